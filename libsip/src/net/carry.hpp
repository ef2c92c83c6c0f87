// Moves values to another executor. Buffers are counted without atomics, so what leaves the loop is copied into memory
// of its own, which nobody here touches any more.
#pragma once

#include <variant>

#include "sip/syntax/buffer.hpp"
#include "sip/ua/events.hpp"

namespace sip::net {

template <class Value>
void detach(Value& value) {
    buffer_pool own;  // its memory lives as long as the copies
    if constexpr (requires { value.invite.clone_to(own); }) value.invite = value.invite.clone_to(own);
    if constexpr (requires { value.response.clone_to(own); }) value.response = value.response.clone_to(own);
    if constexpr (requires { value.request.clone_to(own); }) value.request = value.request.clone_to(own);
    if constexpr (requires { value.carrier.clone_to(own); }) value.carrier = value.carrier.clone_to(own);
    if constexpr (requires { value.ack.clone_to(own); }) value.ack = value.ack.clone_to(own);
    if constexpr (requires { value.cause.clone_to(own); }) value.cause = value.cause.clone_to(own);
}

inline void detach(event& what) {
    std::visit([](auto& value) { detach(value); }, what);
}

}  // namespace sip::net
