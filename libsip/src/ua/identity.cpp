// Connected identity (RFC 4916): who is at the other end of a call may change while it lasts, and so may we.
#include "in_turn.hpp"

namespace sip {

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

void user_agent_core::impl::note_identity(turn& t, session_id id, dialog& in, message const& request) {
    if (in.change_remote_address(request.view()))
        t.out.events.emplace_back(identity_changed{.id = id, .request = request});
}

error_code user_agent_core::set_identity(now_t now, session_id id, std::string_view address, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn&) { return impl_->set_identity(id, address); });
}

}  // namespace sip
