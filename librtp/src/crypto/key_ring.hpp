// The master keys of one direction, with their session keys and what is left of their lifetimes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crypto/transform.hpp"
#include "rtp/crypto/srtp.hpp"

namespace rtp {

class key_ring final {
public:
    struct entry {
        boost::container::small_vector<std::byte, 4> mki;
        transform rtp;
        transform rtcp;
        std::uint64_t rtp_left;
        std::uint64_t rtcp_left;

        [[nodiscard]] transform& of(packet_kind kind) noexcept { return kind == packet_kind::rtp ? rtp : rtcp; }
        [[nodiscard]] std::uint64_t& left(packet_kind kind) noexcept {
            return kind == packet_kind::rtp ? rtp_left : rtcp_left;
        }
    };

    /// Errors: as of make_srtp_sender().
    [[nodiscard]] static result<key_ring> create(srtp_settings const&);

    [[nodiscard]] suite_traits const& traits() const noexcept { return *traits_; }
    [[nodiscard]] std::size_t mki_size() const noexcept { return entries_.front().mki.size(); }
    [[nodiscard]] entry& first() noexcept { return entries_.front(); }
    [[nodiscard]] entry const& first() const noexcept { return entries_.front(); }
    /// Null if no key has this MKI.
    [[nodiscard]] entry* find(std::span<const std::byte> mki) noexcept {
        auto const at = std::ranges::find_if(entries_, [&](entry const& e) { return std::ranges::equal(e.mki, mki); });
        return at == entries_.end() ? nullptr : &*at;
    }

private:
    key_ring() = default;

    suite_traits const* traits_ = nullptr;
    std::vector<entry> entries_;  // at least one
};

/// What both providers ask of settings. Errors: invalid_argument, bad_key_size.
[[nodiscard]] error_code check(srtp_settings const&) noexcept;

}  // namespace rtp
