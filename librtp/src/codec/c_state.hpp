// The state of a codec that a C library allocates, with the library's own function to free it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace rtp {

template <class State, auto Free>
struct c_state_closer {
    void operator()(State* state) const noexcept { static_cast<void>(Free(state)); }
};

template <class State, auto Free>
using c_state = std::unique_ptr<State, c_state_closer<State, Free>>;

/// Takes a state that was just made. The libraries used here report nothing but a lack of memory by null.
template <auto Free, class State>
[[nodiscard]] c_state<State, Free> own(State* made) {
    if (made == nullptr) throw std::bad_alloc();
    return c_state<State, Free>(made);
}

inline std::uint8_t* as_octets(std::byte* bytes) noexcept {
    return reinterpret_cast<std::uint8_t*>(bytes);
}

inline std::uint8_t const* as_octets(std::byte const* bytes) noexcept {
    return reinterpret_cast<std::uint8_t const*>(bytes);
}

}  // namespace rtp
