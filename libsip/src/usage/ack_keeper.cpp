#include "sip/usage/ack_keeper.hpp"

#include <utility>

#include "sip/dialog/hash.hpp"
#include "sip/dialog/id.hpp"

namespace sip {

namespace {

/// The ACK and its 2xx carry the same From, To, Call-ID and CSeq number.
bool same_answer(message_view a, message_view b) noexcept {
    return a.cseq().number == b.cseq().number && dialog_of_response(a) == dialog_of_response(b);
}

}  // namespace

std::size_t ack_keeper::hash::operator()(message_view message) const noexcept {
    return static_cast<std::size_t>(detail::hash_dialog_id(dialog_of_response(message), seed + message.cseq().number));
}

std::size_t ack_keeper::hash::operator()(ack_handle handle) const noexcept {
    auto const* found = acks->find(handle);
    return found != nullptr ? (*this)(found->draft.view()) : 0;
}

bool ack_keeper::equal::operator()(message_view success, ack_handle handle) const noexcept {
    auto const* found = acks->find(handle);
    return found != nullptr && same_answer(found->draft.view(), success);
}

ack_keeper::ack_keeper(std::uint64_t seed) : index_(0, hash{&acks_, seed}, equal{&acks_}) {}

ack_handle ack_keeper::keep(message draft, ack_state state) {
    auto const handle = acks_.emplace(kept_ack{std::move(draft), state, false, {}, flow_id::none, {}});
    try {
        index_.insert(handle);
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
    auto const at = index_.find(success);
    return at != index_.end() ? *at : ack_handle{};
}

void ack_keeper::forget(ack_handle handle) noexcept {
    if (acks_.find(handle) == nullptr) return;
    index_.erase(handle);
    acks_.erase(handle);
}

}  // namespace sip
