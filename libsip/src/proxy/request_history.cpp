#include "sip/proxy/request_history.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "sip/syntax/headers/retargeting.hpp"

namespace sip::proxy {
namespace {

constexpr std::size_t longest_reason = 256;

/// 1.2 stands before 1.2.1, and that before 1.10.
bool is_before(std::string_view a, std::string_view b) noexcept {
    auto const take = [](std::string_view& index) {
        std::uint64_t number = 0;
        auto const [end, error] = std::from_chars(index.data(), index.data() + index.size(), number);
        index.remove_prefix(error == std::errc() ? static_cast<std::size_t>(end - index.data()) : index.size());
        if (index.starts_with('.')) index.remove_prefix(1);
        return number;
    };
    while (!a.empty() && !b.empty()) {
        auto const first = take(a), second = take(b);
        if (first != second) return first < second;
    }
    return a.empty() && !b.empty();
}

/// As a header's value may stand in a URI (RFC 3261 19.1.1).
std::string escaped(std::string_view value) {
    std::string text;
    for (char const c : value) {
        bool const is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                              c == '_' || c == '.' || c == '~';
        if (is_plain)
            text += c;
        else
            text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return text;
}

std::optional<request_history::entry> entry_from(std::string_view element) {
    auto const read = parse_history_info(element);
    if (!read) return std::nullopt;
    request_history::entry made{
        .index = std::string(read->index), .uri = std::string(read->address.uri.text), .how = {}};
    made.name = element.substr(0, std::min(element.find('<'), element.size()));
    for (auto const& param : read->address.params)
        if (!detail::equal_ignoring_case(param.name, "index"))
            made.how += fmt::format(
                ";{}{}{}{}{}", param.name, param.has_value ? "=" : "", param.quoted ? "\"" : "", param.value,
                param.quoted ? "\"" : ""
            );
    return made;
}

/// Nothing where an entry cannot be read, or there are too many.
std::optional<std::vector<request_history::entry>> entries_of(message_view message) {
    std::vector<request_history::entry> found;
    for (auto const& entry : message.headers()) {
        if (entry.id != header_id::history_info) continue;
        auto list = message.value(entry);
        while (!list.empty()) {
            auto const element = detail::next_list_element(list);
            if (element.empty()) continue;
            auto made = entry_from(element);
            if (!made || found.size() >= request_history::most_entries) return std::nullopt;
            found.push_back(std::move(*made));
        }
    }
    return found;
}

/// The target as it was, without what was added to it since.
std::string_view plain(std::string_view uri) noexcept {
    return uri.substr(0, uri.find('?'));
}

}  // namespace

request_history::request_history(message_view request) {
    auto came = entries_of(request);
    if (!came) return;
    is_kept_ = true;
    is_told_ = !came->empty() || request.has_token<header_id::supported>("histinfo");
    entries_ = std::move(*came);
    if (!entries_.empty()) {
        auto const last = parse_uri(plain(entries_.back().uri)), target = parse_uri(plain(request.request_uri()));
        if (last && target && equivalent(*last, *target)) {
            base_ = entries_.back().index;
            return;
        }
    }
    base_ = entries_.empty() ? "1" : entries_.back().index + ".0";  // 10.3 rule 6
    entries_.push_back({.index = base_, .uri = std::string(plain(request.request_uri())), .how = {}});
}

request_history::entry request_history::branch(std::string_view uri, origin how, std::string_view contact_params) {
    entry made{.index = fmt::format("{}.{}", base_, ++branches_), .uri = std::string(plain(uri)), .how = {}};
    switch (how) {
        case origin::unchanged:
            made.how = ";np=" + base_;
            break;
        case origin::registered:
            made.how = ";rc=" + base_;
            break;
        case origin::redirected:
            made.how = contact_params;
            break;
    }
    return made;
}

std::string request_history::lines(entry const* sent) const {
    std::string text;
    auto const add = [&](entry const& one) {
        text += fmt::format("History-Info: {}<{}>;index={}{}\r\n", one.name, one.uri, one.index, one.how);
    };
    for (auto const& one : entries_) {
        if (sent != nullptr && one.index == sent->index) sent = nullptr;
        if (sent != nullptr && is_before(sent->index, one.index)) add(*std::exchange(sent, nullptr));
        add(one);
    }
    if (sent != nullptr) add(*sent);
    return text;
}

void request_history::keep(entry one) {
    if (entries_.size() >= most_entries) return;
    auto const at = std::find_if(entries_.begin(), entries_.end(), [&](entry const& known) {
        return is_before(one.index, known.index);
    });
    entries_.insert(at, std::move(one));
}

void request_history::settle(entry const& sent, std::uint16_t status, std::optional<message_view> response) {
    if (!is_kept_ || sent.index.empty()) return;
    auto const find = [&](std::string_view index, std::string_view uri) {
        return std::find_if(entries_.begin(), entries_.end(), [&](entry const& known) {
            return known.index == index && plain(known.uri) == plain(uri);
        });
    };
    if (find(sent.index, sent.uri) == entries_.end()) keep(sent);
    auto const at = find(sent.index, sent.uri);
    bool const has_failed = status >= 300 && !sent.uri.starts_with("tel:");
    if (at != entries_.end() && has_failed && at->uri.find('?') == std::string::npos) {
        at->uri += "?Reason=" + escaped(fmt::format("SIP;cause={}", status));
        if (response)
            for (auto const& header : response->headers())
                if (auto const value = response->value(header);
                    header.id == header_id::reason && value.size() <= longest_reason)
                    at->uri += "&Reason=" + escaped(value);
    }
    if (!response) return;
    auto told = entries_of(*response);
    if (!told) return;
    for (auto& one : *told)
        if (find(one.index, one.uri) == entries_.end()) keep(std::move(one));
}

}  // namespace sip::proxy
