// An INVITE that takes the place of another call (RFC 3891) or joins it (RFC 3911): which call it means, and when it
// may not.
#include "core_impl.hpp"

namespace sip {

user_agent_core::impl::replacement user_agent_core::impl::named_call(time_point now, dialog_id_view id) {
    auto at = dialogs.find(id);
    // 3: a tag of zero also stands for none (RFC 2543).
    if (!at && id.remote_tag == "0") at = dialogs.find({id.call_id, id.local_tag, {}});
    auto const usage = dialogs.usage(at, usage_kind::invite);
    if (!usage) return {.of = {}, .refusal = static_cast<std::uint16_t>(ended.contains(now, id) ? 603 : 481)};
    auto const session = handle_of<session_id>(usage->owner);
    auto const* call = calls.find(session);
    if (call == nullptr) return {.of = {}, .refusal = 481};
    if (call->stage == call_stage::releasing || call->stage == call_stage::refused) return {.of = {}, .refusal = 603};
    return {.of = session};
}

user_agent_core::impl::replacement user_agent_core::impl::joined_by(time_point now, message_view invite) {
    if (!invite.has(header_id::join) || !takes_join()) return {};
    auto const values = invite.all<header_id::join>();
    auto value = values.begin();
    auto const reference = *value;
    if (++value != values.end() || !reference) return {.of = {}, .refusal = 400};
    return named_call(now, {reference->call_id, reference->to_tag, reference->from_tag});
}

user_agent_core::impl::replacement user_agent_core::impl::replaced_by(time_point now, message_view invite) {
    if (!invite.has(header_id::replaces)) return {};
    auto const values = invite.all<header_id::replaces>();
    auto value = values.begin();
    auto const reference = *value;
    // 3: exactly one, and not together with Join.
    if (++value != values.end() || !reference || invite.has(header_id::join)) return {.of = {}, .refusal = 400};
    auto const named = named_call(now, {reference->call_id, reference->to_tag, reference->from_tag});
    auto const* call = calls.find(named.of);
    if (call == nullptr) return named;
    // 3: an early dialog that we did not begin is not replaced.
    if (call->stage == call_stage::ringing) return {.of = {}, .refusal = 481};
    if (call->stage == call_stage::up && reference->early_only) return {.of = {}, .refusal = 486};
    return named;
}

std::string_view user_agent_core::impl::other_side(session_id id) const noexcept {
    auto const* call = calls.find(id);
    if (call == nullptr) return {};
    bool const is_early = call->stage == call_stage::inviting && !call->forks.empty();
    auto const* in = dialogs.find(is_early ? call->forks.front().leg.dialog : call->main.dialog);
    return in != nullptr ? in->remote_address() : std::string_view{};
}

std::optional<dialog_identity> user_agent_core::impl::identity_of(session_id id) const {
    auto const* call = calls.find(id);
    if (call == nullptr) return std::nullopt;
    bool const is_early = call->stage == call_stage::inviting;
    if (is_early && call->forks.empty()) return std::nullopt;
    auto const* in = dialogs.find(is_early ? call->forks.front().leg.dialog : call->main.dialog);
    if (in == nullptr) return std::nullopt;
    auto const name = in->id();
    return dialog_identity{std::string(name.call_id), std::string(name.local_tag), std::string(name.remote_tag)};
}

}  // namespace sip
