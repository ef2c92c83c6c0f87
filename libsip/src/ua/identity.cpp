// Who is at which end of a call: what we tell of ourselves (RFC 3323, 3325), whom we believe (RFC 3325 8), and how it
// changes while the call lasts (RFC 4916).
#include "in_turn.hpp"

namespace sip {

bool account::trusts(endpoint const& peer) const noexcept {
    auto const has = [&](std::vector<ip_address> const& list) {
        return std::find(list.begin(), list.end(), peer.address) != list.end();
    };
    if (has(identity.trusted)) return true;
    if (!identity.config.trusts_own_servers) return false;
    if (has(server_addresses)) return true;
    for (auto const& host : identity.own_hosts)
        if (ip_address::from(host) == peer.address) return true;
    return false;
}

identity_choice user_agent_core::impl::identity_in(account_id id, message_view message, endpoint const& from)
    const noexcept {
    auto const* account = accounts.find(id);
    if (account == nullptr) return {};
    return choose_identity(message, account->identity.config.reads, account->trusts(from));
}

void user_agent_core::impl::write_own_identity(message_builder& out, account const& of, own_identity const& shows) {
    if (auto const wanted = to_string(shows.privacy); !wanted.empty()) out.header(header_id::privacy, wanted);
    if (shows.tells_preferred) out.header(header_id::p_preferred_identity, of.identity.from_address());
}

error_code user_agent_core::impl::set_identity(session_id id, std::string_view address) {
    auto const* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    auto* in = dialogs.find(call->main.dialog);
    if (in == nullptr || call->stage != call_stage::up) return errc::wrong_state;
    auto const parsed = parse_name_addr(address);
    bool const usable =
        parsed && !parsed->is_star && parsed->uri.is_sip_or_sips() && parsed->tag().empty() && !has_line_break(address);
    if (!usable) return errc::invalid_argument;
    in->change_local_address(address);
    return {};
}

bool user_agent_core::impl::note_asserted(call& of, message_view message, identity_choice who) const noexcept {
    bool const is_asserted = who.source == identity_source::asserted || who.source == identity_source::remote_party_id;
    if (!is_asserted && !who.is_hidden) return false;
    // Somebody hidden is one person more: whoever it is, it is not the one who was shown.
    auto const seen = keyed_hash(subscription_key).text(named_by(message, who).uri.text).mark().finish() | 1;
    return std::exchange(of.asserted_peer, seen) != seen;
}

void user_agent_core::impl::note_identity(
    turn& t, session_id id, dialog& in, message const& carrier, endpoint const& from
) {
    auto& call = *calls.find(id);
    auto who = identity_in(call.account, carrier.view(), from);
    bool const asserts = note_asserted(call, carrier.view(), who);
    // From of a response is our own.
    bool const has_renamed = carrier.view().is_request() && in.change_remote_address(carrier.view());
    if (asserts || has_renamed) t.out.events.emplace_back(identity_changed{.id = id, .carrier = carrier, .who = who});
}

error_code user_agent_core::set_identity(now_t now, session_id id, std::string_view address, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn&) { return impl_->set_identity(id, address); });
}

}  // namespace sip
