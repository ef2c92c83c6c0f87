// One direction of a TCP connection put together from its segments, and the SIP messages in it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "conformance/capture/link.hpp"
#include "sip/syntax/framer.hpp"

namespace conformance {

class stream_reader final {
public:
    explicit stream_reader(sip::buffer_pool& pool) : pool_(&pool), framer_(pool) {}

    /// The messages that are whole with this segment.
    [[nodiscard]] std::vector<std::string> read(const transport_unit&);
    /// Bytes that never came: what lies behind them is looked for at the next message.
    [[nodiscard]] unsigned gaps() const noexcept { return gaps_; }

private:
    void take(std::uint32_t sequence, std::string data);
    void give_in_order(std::vector<std::string>& out);
    void skip_gap();

    sip::buffer_pool* pool_;
    sip::framer framer_;
    bool has_begun_ = false;
    std::uint32_t next_ = 0;                      ///< sequence number of the byte that comes next
    std::map<std::uint32_t, std::string> early_;  ///< by distance from the first byte seen
    std::uint32_t first_ = 0;
    std::size_t held_ = 0;
    unsigned gaps_ = 0;
};

}  // namespace conformance
