#include "sip/usage/ack_keeper.hpp"

#include <utility>

#include "sip/dialog/id.hpp"

namespace sip {

namespace {

/// The ACK and its 2xx carry the same From, To, Call-ID and CSeq number.
bool same_answer(message_view a, message_view b) noexcept {
    return a.cseq().number == b.cseq().number && dialog_of_response(a) == dialog_of_response(b);
}

}  // namespace

std::uint64_t ack_keeper::hash_of(message_view message) const noexcept {
    auto const id = dialog_of_response(message);
    return keyed_hash(key_)
        .text(id.call_id)
        .mark()
        .text(id.local_tag)
        .mark()
        .text(id.remote_tag)
        .mark()
        .number(message.cseq().number)
        .finish();
}

ack_handle ack_keeper::keep(message draft, ack_state state) {
    auto const hash = hash_of(draft.view());
    auto const handle = acks_.emplace(kept_ack{std::move(draft), state, false, {}, flow_id::none, {}});
    try {
        by_answer_.insert(hash, handle.index);
    } catch (...) {
        acks_.erase(handle);
        throw;
    }
    return handle;
}

kept_ack* ack_keeper::find(ack_handle handle) noexcept {
    return acks_.find(handle);
}

ack_handle ack_keeper::find(message_view success) const noexcept {
    auto const at = by_answer_.find(hash_of(success), [&](std::uint32_t index) {
        return same_answer(acks_.find(acks_.handle_at(index))->draft.view(), success);
    });
    return at ? acks_.handle_at(*at) : ack_handle{};
}

void ack_keeper::forget(ack_handle handle) noexcept {
    if (acks_.find(handle) == nullptr) return;
    by_answer_.erase(handle.index);
    acks_.erase(handle);
}

}  // namespace sip
