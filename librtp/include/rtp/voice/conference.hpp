// A mix of many parties in which each hears the others and not itself, whatever their sample rates and frame sizes.
//
//     party: give(20 ms at 8 kHz) -> [queue] -> resample --.                  .-- resample -> [queue] -> take(30 ms at
//     8 kHz) party: give(10 ms at 48 kHz) -> [queue] -> resample -+-> sum, minus own -+-- resample -> [queue] ->
//     take(10 ms at 48 kHz)
//                                                          '-> levels          '-> take_mix: what a recorder hears
//
// Parties give and take when it suits them; mix() is called each 10 ms, by whatever clock the owner has. A music on
// hold or an announcement is a party that only gives, a listener one that only takes. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "rtp/error.hpp"

namespace rtp {

/// Never used again while the conference lives.
enum class party_id : std::uint32_t { none = 0 };

/// Mixes parties: each hears all others.
class conference final {
public:
    /// Further ones are refused.
    static constexpr std::size_t most_parties = 256;
    /// What waits in one direction of a party, at most; beyond it the oldest gives way.
    static constexpr std::size_t longest_queue_ms = 200;

    /// `rate`, in Hz, is that of the sum: a multiple of 100. 8000 cuts what is above 4 kHz of everybody.
    explicit conference(std::uint32_t rate);
    ~conference();
    conference(conference const&) = delete;
    conference& operator=(conference const&) = delete;

    /// A party at a sample rate of its own, a multiple of 100 up to 192 kHz. Allocates. Errors: invalid_argument
    /// (rate), queue_full (256 parties).
    [[nodiscard]] result<party_id> add(std::uint32_t rate);
    void remove(party_id) noexcept;  ///< Nobody hears it any more.

    /// What a party says, in any length. Without effect for one that is gone.
    void give(party_id, std::span<const std::int16_t> samples) noexcept;
    /// What a party hears; silence where nothing is mixed yet.
    void take(party_id, std::span<std::int16_t> samples) noexcept;

    /// Sums the next 10 ms of everybody; who has not given enough is silent for as long.
    void mix() noexcept;

    /// The sum of all, of the last 10 ms, at the conference's rate. Valid until the next mix().
    [[nodiscard]] std::span<const std::int16_t> whole() const noexcept { return whole_; }

    /// How loud a party was in the last 10 ms, as RFC 6464 3 writes it: 0 is overload, 127 silence, in -dBov.
    [[nodiscard]] std::optional<std::uint8_t> level(party_id) const noexcept;
    /// The loudest of those above -60 dBov, over some tenths of a second: who speaks.
    [[nodiscard]] party_id talker() const noexcept;

    [[nodiscard]] std::size_t parties() const noexcept { return parties_.size(); }  ///< How many there are.
    [[nodiscard]] std::uint32_t rate() const noexcept { return rate_; }  ///< At which it mixes, in Hz.

private:
    struct party;
    [[nodiscard]] party* find(party_id) const noexcept;

    std::uint32_t rate_;
    std::uint32_t last_id_ = 0;
    std::vector<std::unique_ptr<party>> parties_;
    std::vector<std::int32_t> sum_;
    std::vector<std::int16_t> whole_, others_;
};

}  // namespace rtp
