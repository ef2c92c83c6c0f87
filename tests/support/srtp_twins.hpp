// Two implementations of SRTP under the same keys and the same traffic: whatever one does, the other must do too.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "rtp/crypto/srtp.hpp"
#include "rtp/wire/bytes.hpp"

namespace test {

/// Our own provider beside libsrtp2. Each function returns false where the two differ.
class srtp_twins {
public:
    explicit srtp_twins(rtp::srtp_settings const& settings)
        : own_{make(rtp::make_srtp_sender(settings)), make(rtp::make_srtp_receiver(settings))},
          reference_{
              make(rtp::make_srtp_sender(settings, rtp::srtp_provider::libsrtp)),
              make(rtp::make_srtp_receiver(settings, {}, rtp::srtp_provider::libsrtp))} {}

    [[nodiscard]] bool protect_rtp(std::span<const std::byte> packet) {
        return run(packet, [](side& s, rtp::packet_buffer& b) { return s.sender->protect_rtp(b); });
    }
    [[nodiscard]] bool protect_rtcp(std::span<const std::byte> packet) {
        // RFC 3711 3.4 begins with index 0 and libsrtp2 with 1: one packet of a source goes ahead.
        if (packet.size() >= 8) {
            auto const ssrc = rtp::load_u32(packet.subspan(4));
            if (std::ranges::find(begun_, ssrc) == begun_.end()) {
                auto first = rtp::packet_buffer::unpooled(packet);
                if (!own_.sender->protect_rtcp(first)) begun_.push_back(ssrc);
            }
        }
        return run(packet, [](side& s, rtp::packet_buffer& b) { return s.sender->protect_rtcp(b); });
    }
    [[nodiscard]] bool unprotect_rtp(std::span<const std::byte> packet) {
        return run(packet, [](side& s, rtp::packet_buffer& b) { return s.receiver->unprotect_rtp(b); });
    }
    [[nodiscard]] bool unprotect_rtcp(std::span<const std::byte> packet) {
        return run(packet, [](side& s, rtp::packet_buffer& b) { return s.receiver->unprotect_rtcp(b); });
    }
    /// Of the last function, the same for both.
    [[nodiscard]] rtp::error_code error() const noexcept { return error_; }
    /// The packet after it; after an error as it was given.
    [[nodiscard]] std::vector<std::byte> const& result() const noexcept { return result_; }

private:
    struct side {
        std::unique_ptr<rtp::srtp_sender> sender;
        std::unique_ptr<rtp::srtp_receiver> receiver;
    };
    template <class T>
    static std::unique_ptr<T> make(rtp::result<std::unique_ptr<T>> made) {
        if (!made) std::abort();
        return std::move(*made);
    }
    template <class Function>
    bool run(std::span<const std::byte> packet, Function const& function) {
        auto ours = rtp::packet_buffer::unpooled(packet);
        auto theirs = rtp::packet_buffer::unpooled(packet);
        error_ = function(own_, ours);
        auto const their_error = function(reference_, theirs);
        if (error_ || their_error) {
            result_.assign(packet.begin(), packet.end());
            return error_ == their_error;
        }
        result_.assign(ours.bytes().begin(), ours.bytes().end());
        return std::ranges::equal(ours.bytes(), theirs.bytes());
    }

    side own_;
    side reference_;
    std::vector<std::uint32_t> begun_;
    rtp::error_code error_;
    std::vector<std::byte> result_;
};

}  // namespace test
