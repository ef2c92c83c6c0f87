#include "rtp/wire/rtcp_xr_trace.hpp"

#include "rtp/wire/bytes.hpp"

namespace rtp {

namespace {

constexpr std::size_t interval_size = 8;
constexpr unsigned longest_interval = 65'533;  // RFC 3611 4.1: from 65,534 on a wrap could not be told
constexpr unsigned vector_bits = 15;

unsigned interval_length(xr_interval const& interval) noexcept {
    return static_cast<std::uint16_t>(static_cast<unsigned>(interval.end) - static_cast<unsigned>(interval.begin));
}

// How far the first multiple of 2^thinning lies behind the begin. Multiples go on over the wrap, since 2^16 is one.
unsigned first_reported(xr_interval const& interval) noexcept {
    auto const step = 1U << interval.thinning;
    return (step - static_cast<unsigned>(interval.begin) % step) % step;
}

parsed<xr_interval> parse_interval(xr_block const& block) noexcept {
    byte_reader in(block.body);
    xr_interval interval;
    interval.thinning = block.specific & 0x0FU;
    interval.source = static_cast<ssrc_t>(in.u32());
    interval.begin = static_cast<sequence_t>(in.u16());
    interval.end = static_cast<sequence_t>(in.u16());
    if (in.has_failed() || interval_length(interval) > longest_interval)
        return parse_failure{errc::bad_rtcp_item, block.offset};
    return interval;
}

}  // namespace

std::size_t xr_interval::reported_packets() const noexcept {
    auto const length = interval_length(*this);
    auto const first = first_reported(*this);
    return first >= length ? 0 : ((length - 1 - first) >> thinning) + 1;
}

sequence_t xr_interval::sequence(std::size_t index) const noexcept {
    auto const from_begin = first_reported(*this) + (index << thinning);
    return static_cast<sequence_t>(static_cast<std::uint16_t>(static_cast<std::size_t>(begin) + from_begin));
}

parsed<xr_trace_reader> xr_trace_reader::parse(xr_block const& block) noexcept {
    auto const interval = parse_interval(block);
    if (!interval) return interval.error();
    return xr_trace_reader(*interval, block.body.subspan(interval_size));
}

// Moves to the next chunk that describes something; false at the end.
bool xr_trace_reader::load_chunk() noexcept {
    if (chunks_.empty()) return false;
    chunk_ = load_u16(chunks_);
    chunks_ = chunks_.subspan(2);
    bool const is_vector = (chunk_ & 0x8000U) != 0;
    left_ = static_cast<std::uint16_t>(is_vector ? vector_bits : chunk_ & 0x3FFFU);
    // RFC 3611 4.1.3: a null chunk ends the list. A run of nothing, which 4.1.1 forbids, is taken as one.
    if (left_ == 0) chunks_ = {};
    return left_ != 0;
}

std::optional<xr_trace_reader::bit> xr_trace_reader::next() noexcept {
    if (index_ == interval_.reported_packets()) return std::nullopt;
    if (left_ == 0 && !load_chunk()) return std::nullopt;
    --left_;
    bool const is_vector = (chunk_ & 0x8000U) != 0;
    bool const value = is_vector ? (unsigned{chunk_} >> left_ & 1U) != 0 : (chunk_ & 0x4000U) != 0;
    return bit{interval_.sequence(index_++), value};
}

parsed<receipt_times_view> receipt_times_view::parse(xr_block const& block) noexcept {
    auto const interval = parse_interval(block);
    if (!interval) return interval.error();
    auto const times = block.body.subspan(interval_size);
    if (times.size() != 4 * interval->reported_packets()) return parse_failure{errc::bad_rtcp_item, block.offset};
    return receipt_times_view(*interval, times);
}

timestamp_t receipt_times_view::operator[](std::size_t index) const noexcept {
    return static_cast<timestamp_t>(load_u32(times_.subspan(4 * index)));
}

}  // namespace rtp
