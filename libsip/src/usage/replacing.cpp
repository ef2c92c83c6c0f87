#include "sip/usage/replacing.hpp"

namespace sip {

namespace {

/// The same person: ports and parameters say where they are, not who.
bool is_same_person(uri_view const& a, uri_view const& b) noexcept {
    if (!a.is_sip_or_sips() || !b.is_sip_or_sips()) return equivalent(a, b);
    return a.user == b.user && detail::equal_ignoring_case(a.host, b.host);
}

}  // namespace

replacement_evidence evidence_for(message_view invite, identity_choice who, std::string_view other_side) noexcept {
    if (who.is_trusted) return replacement_evidence::own_server;
    auto const other = parse_name_addr(other_side);
    // Nobody proves anything by calling themselves anonymous like another.
    if (!other || is_anonymous_address(*other)) return replacement_evidence::none;
    auto const by = invite.get<header_id::referred_by>();
    if (by && is_same_person(by->uri, other->uri)) return replacement_evidence::referred;
    auto const sender = named_by(invite, who);
    if (!sender.text.empty() && is_same_person(sender.uri, other->uri)) return replacement_evidence::same_person;
    return replacement_evidence::none;
}

}  // namespace sip
