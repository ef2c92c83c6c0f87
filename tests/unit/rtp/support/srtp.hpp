// Keys, packets and pairs of contexts for the tests of SRTP.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rtp/crypto/srtp.hpp"
#include "rtp/wire/bytes.hpp"
#include "support/seeded_random.hpp"
#include "unit/rtp/support/bytes.hpp"

namespace rtp_test {

inline byte_vector random_bytes(test::seeded_random& random, std::size_t size) {
    byte_vector bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::byte>(random());
    return bytes;
}

inline rtp::srtp_master_key make_key(
    rtp::crypto_suite suite, std::uint64_t seed = 1, byte_vector const& mki = {},
    std::uint64_t lifetime = rtp::srtp_master_key::longest_lifetime
) {
    test::seeded_random random(seed);
    auto const& traits = rtp::traits_of(suite);
    auto const made =
        rtp::srtp_master_key::create(suite, random_bytes(random, traits.key_size + traits.salt_size), mki, lifetime);
    REQUIRE(made.has_value());
    return *made;
}

inline rtp::srtp_settings settings_with(rtp::crypto_suite suite, std::uint64_t seed = 1) {
    return {.suite = suite, .keys = {make_key(suite, seed)}};
}

inline std::unique_ptr<rtp::srtp_sender> make_sender(
    rtp::srtp_settings const& settings, rtp::srtp_provider provider = rtp::srtp_provider::own
) {
    auto made = rtp::make_srtp_sender(settings, provider);
    REQUIRE(made.has_value());
    return std::move(*made);
}

inline std::unique_ptr<rtp::srtp_receiver> make_receiver(
    rtp::srtp_settings const& settings, rtp::srtp_provider provider = rtp::srtp_provider::own,
    rtp::source_positions const& known = {}
) {
    auto made = rtp::make_srtp_receiver(settings, known, provider);
    REQUIRE(made.has_value());
    return std::move(*made);
}

/// A packet of 172 bytes whose payload tells its sequence number.
inline byte_vector plain_rtp(unsigned sequence, std::uint32_t ssrc = 0xcafebabe, std::size_t payload = 160) {
    byte_vector bytes(rtp::fixed_header_size + payload, static_cast<std::byte>(sequence));
    auto const at = std::span(bytes);
    rtp::store_u16(at, 0x8000);
    rtp::store_u16(at.subspan(2), static_cast<std::uint16_t>(sequence));
    rtp::store_u32(at.subspan(4), sequence * 160);
    rtp::store_u32(at.subspan(8), ssrc);
    return bytes;
}

/// A receiver report without blocks and some bytes more.
inline byte_vector plain_rtcp(unsigned number, std::uint32_t ssrc = 0xcafebabe) {
    byte_vector bytes(32, static_cast<std::byte>(number));
    auto const at = std::span(bytes);
    rtp::store_u32(at, 0x80c9'0007);
    rtp::store_u32(at.subspan(4), ssrc);
    return bytes;
}

struct outcome {
    rtp::error_code error;
    byte_vector bytes;  ///< Of the packet if there was no error.

    friend bool operator==(outcome const&, outcome const&) = default;
};

template <class Function>
outcome run_in_place(std::span<const std::byte> packet, Function&& change) {
    auto buffer = rtp::packet_buffer::unpooled(packet);
    auto const error = change(buffer);
    return {error, error ? byte_vector{} : to_vector(buffer.bytes())};
}
inline outcome protect_rtp(rtp::srtp_sender& sender, std::span<const std::byte> packet) {
    return run_in_place(packet, [&](auto& buffer) { return sender.protect_rtp(buffer); });
}
inline outcome protect_rtcp(rtp::srtp_sender& sender, std::span<const std::byte> packet) {
    return run_in_place(packet, [&](auto& buffer) { return sender.protect_rtcp(buffer); });
}
inline outcome unprotect_rtp(rtp::srtp_receiver& receiver, std::span<const std::byte> packet) {
    return run_in_place(packet, [&](auto& buffer) { return receiver.unprotect_rtp(buffer); });
}
inline outcome unprotect_rtcp(rtp::srtp_receiver& receiver, std::span<const std::byte> packet) {
    return run_in_place(packet, [&](auto& buffer) { return receiver.unprotect_rtcp(buffer); });
}

}  // namespace rtp_test
