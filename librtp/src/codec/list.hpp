// The codecs of this folder by name, for the list in codecs.cpp. Those that need another library are there only in
// builds that have found it: their sources and their lines of the list stand and fall together (librtp/CMakeLists.txt).
#pragma once

#include "rtp/codec/codec.hpp"

namespace rtp {

[[nodiscard]] std::span<codec const* const> l16_codecs() noexcept;   // at 8, 16, 44.1 and 48 kHz
[[nodiscard]] std::span<codec const* const> opus_codecs() noexcept;  // at 16, 8 and 48 kHz
[[nodiscard]] codec const& g722() noexcept;
[[nodiscard]] std::span<codec const* const> g726_codecs() noexcept;  // four bit rates, in both packings
[[nodiscard]] codec const& gsm() noexcept;
[[nodiscard]] codec const& g729() noexcept;

}  // namespace rtp
