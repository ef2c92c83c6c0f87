#include "sip/usage/replacing.hpp"

namespace sip {

replacement_evidence evidence_for(message_view invite, identity_choice who, std::string_view other_side) noexcept {
    if (who.is_trusted) return replacement_evidence::own_server;
    auto const other = parse_name_addr(other_side);
    // Nobody proves anything by calling themselves anonymous like another.
    if (!other || is_anonymous_address(*other)) return replacement_evidence::none;
    auto const by = invite.get<header_id::referred_by>();
    if (by && equivalent(by->uri, other->uri)) return replacement_evidence::referred;
    auto const sender = named_by(invite, who);
    if (!sender.text.empty() && equivalent(sender.uri, other->uri)) return replacement_evidence::same_person;
    return replacement_evidence::none;
}

}  // namespace sip
