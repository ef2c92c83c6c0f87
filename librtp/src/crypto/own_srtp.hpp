// Our own SRTP on OpenSSL's ciphers: what make_srtp_sender() and make_srtp_receiver() give by default.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "crypto/key_ring.hpp"
#include "crypto/srtp_layout.hpp"
#include "rtp/crypto/packet_index.hpp"
#include "rtp/crypto/srtp.hpp"

namespace rtp {

/// What is kept for each source (RFC 3711 3.2.1).
struct srtp_source {
    srtp_source(ssrc_t who, std::size_t window) : ssrc(who), rtp(window), rtcp(window) {}

    ssrc_t ssrc;
    replay_list rtp;                    ///< Of a sender too: no index may be used twice.
    replay_list rtcp;                   ///< Of a receiver.
    std::uint32_t next_rtcp_index = 0;  ///< Of a sender.
    bool is_confirmed = false;          ///< Of a receiver: an RTP packet under these keys has proved its index.
};

/// The sources of one direction. There are few, and mostly the same one follows itself.
class srtp_sources final {
public:
    explicit srtp_sources(srtp_settings const& settings) noexcept
        : window_(settings.replay_window), limit_(settings.max_sources) {}

    [[nodiscard]] srtp_source* find(ssrc_t) noexcept;
    /// Null if there are too many.
    [[nodiscard]] srtp_source* find_or_add(ssrc_t);
    [[nodiscard]] bool is_full() const noexcept { return sources_.size() >= limit_; }
    [[nodiscard]] std::vector<srtp_source> const& all() const noexcept { return sources_; }

private:
    std::size_t window_;
    std::size_t limit_;
    std::size_t last_ = 0;  // where the last one found is
    std::vector<srtp_source> sources_;
};

class own_sender final : public srtp_sender {
public:
    own_sender(key_ring keys, srtp_settings const& settings) noexcept : keys_(std::move(keys)), sources_(settings) {}

    error_code protect_rtp(packet_buffer&) override;
    error_code protect_rtcp(packet_buffer&) override;
    error_code set_keys(srtp_settings const&) override;
    std::uint64_t packets_left() const noexcept override {
        return std::min(keys_.first().rtp_left, keys_.first().rtcp_left);
    }

private:
    [[nodiscard]] parsed<srtp_layout> add_trailer(packet_buffer&, packet_kind);

    key_ring keys_;
    srtp_sources sources_;
};

class own_receiver final : public srtp_receiver {
public:
    own_receiver(key_ring keys, srtp_settings const&, source_positions const& known);

    error_code unprotect_rtp(packet_buffer&) override;
    error_code unprotect_rtcp(packet_buffer&) override;
    source_positions positions() const override;

private:
    /// What a packet says of itself before it is authenticated. The source is null if it was never heard.
    struct arrival {
        srtp_layout parts;
        key_ring::entry* key;
        srtp_source* source;
    };
    [[nodiscard]] result<arrival> identify(packet_buffer&, packet_kind);

    key_ring keys_;
    srtp_sources sources_;
};

}  // namespace rtp
