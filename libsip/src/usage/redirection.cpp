#include "sip/usage/redirection.hpp"

#include <algorithm>
#include <utility>

namespace sip {

namespace {

/// 19.1.1, table 1: headers have no place in a Request-URI, and nobody else writes headers of ours.
std::string_view without_headers(std::string_view uri) noexcept {
    return uri.substr(0, uri.find('?'));
}

}  // namespace

bool redirection::is_known(uri_view const& uri) const noexcept {
    return std::any_of(known_.begin(), known_.end(), [&](std::string const& text) {
        auto const known = parse_uri(text);
        return known && equivalent(*known, uri);
    });
}

void redirection::add(message_view response, std::string_view tried) {
    auto const status = response.status();
    if (status != 300 && status != 301 && status != 302) return;
    auto const from = parse_uri(tried);
    if (from && !is_known(*from)) known_.emplace_back(tried);
    bool const is_secure = from && from->scheme == uri_scheme::sips;

    std::vector<std::pair<std::uint16_t, std::string>> found;
    for (auto const& contact : response.all<header_id::contact>()) {
        if (!contact || contact->is_star || known_.size() >= most_known) continue;
        auto const text = without_headers(contact->uri.text);
        auto const uri = parse_uri(text);
        // 26.4.4, RFC 5630 4.3: what was to be safe stays safe. Loops end here as well: each target is tried once.
        if (!uri || !uri->is_sip_or_sips() || (is_secure && uri->scheme != uri_scheme::sips) || is_known(*uri))
            continue;
        found.emplace_back(contact->q_milli(), text);
        known_.emplace_back(text);
    }
    std::stable_sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
    for (auto at = found.rbegin(); at != found.rend(); ++at)
        waiting_.push_back(std::move(at->second));
}

std::optional<std::string> redirection::next(unsigned most) {
    if (waiting_.empty() || followed_ >= most) return std::nullopt;
    ++followed_;
    auto target = std::move(waiting_.back());
    waiting_.pop_back();
    return target;
}

}  // namespace sip
