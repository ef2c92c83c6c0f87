// Answers of the name service that still hold. Bounded: the one that ends first makes room.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sip/transport/dns_records.hpp"

namespace sip {

/// Answers of the name service, kept for their time to live.
class dns_cache {
public:
    /// Keeps at most so many; the one that expires first makes room.
    explicit dns_cache(std::size_t most) noexcept : most_(most) {}

    /// Keeps an answer for its time, at most a day. An answer that holds for no time is not kept.
    void keep(time_point now, dns_type, std::string_view name, dns_answer);
    /// An answer, and how long it holds.
    struct kept_answer {
        dns_answer answer;  ///< as the name service gave it
        time_point until;   ///< from then on it is asked for anew
    };
    /// The answer that still holds; null where there is none. Valid until the next keep(). Names compare without case.
    [[nodiscard]] kept_answer const* find(time_point now, dns_type, std::string_view name) const noexcept;
    /// The network has changed: what another one's servers said holds no more.
    void clear() noexcept { entries_.clear(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }  ///< how many there are

private:
    struct entry {
        dns_type type{};
        std::string name;
        kept_answer kept;
    };
    std::size_t most_;
    std::vector<entry> entries_;  ///< few: a phone knows its servers and a handful of domains
};

}  // namespace sip
