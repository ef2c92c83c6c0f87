#include "sip/usage/identity.hpp"

namespace sip {

namespace {

bool is_same(std::string_view a, std::string_view b) noexcept {
    return detail::equal_ignoring_case(a, b);
}

bool is_in_anonymous_domain(std::string_view host) noexcept {
    constexpr std::string_view domain = "anonymous.invalid";
    if (host.size() <= domain.size()) return is_same(host, domain);
    auto const from = host.size() - domain.size();
    return host[from - 1] == '.' && is_same(host.substr(from), domain);
}

/// The display name without its quotes.
std::string_view bare_name(name_addr_view const& address) noexcept {
    auto name = address.display_name;
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    return name;
}

/// The Remote-Party-ID of the side that the message comes from, where there are several.
name_addr_view remote_party(message_view message) noexcept {
    std::string_view const side = message.is_request() ? "calling" : "called";
    for (auto const& value : message.all<header_id::remote_party_id>()) {
        if (!value) continue;
        auto const party = value->params.find("party");
        if (!party || is_same(party->value, side)) return *value;
    }
    return {};
}

template <header_id Id>
name_addr_view sip_or_first(message_view message) noexcept {
    name_addr_view first;
    for (auto const& value : message.all<Id>()) {
        if (!value || value->is_star) continue;
        if (value->uri.is_sip_or_sips()) return *value;
        if (first.text.empty()) first = *value;
    }
    return first;
}

name_addr_view read(message_view message, identity_source source) noexcept {
    switch (source) {
        case identity_source::asserted:
            return sip_or_first<header_id::p_asserted_identity>(message);
        case identity_source::remote_party_id:
            return remote_party(message);
        case identity_source::preferred:
            return sip_or_first<header_id::p_preferred_identity>(message);
        case identity_source::address:
            return message.is_request() ? message.from() : message.to();
    }
    return {};
}

bool asks_to_be_hidden(message_view message) noexcept {
    auto const wanted = message.get<header_id::privacy>();
    return wanted && wanted->hides_person();
}

}  // namespace

bool is_anonymous_address(name_addr_view const& address) noexcept {
    return is_in_anonymous_domain(address.uri.host) || is_same(bare_name(address), "anonymous");
}

bool is_anonymous(message_view request) noexcept {
    return is_anonymous_address(request.from()) || asks_to_be_hidden(request);
}

identity_choice choose_identity(message_view message, identity_rules const& rules, bool is_trusted) noexcept {
    identity_choice choice;
    choice.is_trusted = is_trusted;
    if (rules.honours_privacy && asks_to_be_hidden(message)) {
        choice.is_hidden = true;
        return choice;
    }
    for (auto const source : rules.order) {
        bool const needs_trust = source == identity_source::asserted || source == identity_source::remote_party_id;
        if (needs_trust && !is_trusted) continue;
        auto const found = read(message, source);
        if (found.text.empty()) continue;
        choice.source = source;
        // draft-ietf-sip-privacy-04 5: a Remote-Party-ID says itself what of it may be shown.
        auto const secret = found.params.value("privacy");
        if (source == identity_source::remote_party_id && rules.honours_privacy)
            choice.is_hidden = is_same(secret, "full") || is_same(secret, "uri");
        return choice;
    }
    return choice;
}

name_addr_view named_by(message_view message, identity_choice choice) noexcept {
    return choice.is_hidden ? name_addr_view() : read(message, choice.source);
}

}  // namespace sip
