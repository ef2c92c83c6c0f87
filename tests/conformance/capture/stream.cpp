#include "conformance/capture/stream.hpp"

namespace conformance {

namespace {

constexpr std::size_t most_held = 1 << 20;  ///< bytes behind a gap
constexpr std::size_t most_segments = 256;  ///< then the gap is taken as lost
constexpr std::uint32_t half = 0x80000000U;

}  // namespace

std::vector<std::string> stream_reader::read(const transport_unit& segment) {
    std::vector<std::string> out;
    if (segment.begins) {  // a connection anew on the same ports
        *this = stream_reader(*pool_);
        has_begun_ = true;
        first_ = next_ = segment.sequence + 1;
    }
    if (segment.payload.empty()) return out;
    if (!has_begun_) {  // the capture began in the middle
        has_begun_ = true;
        first_ = next_ = segment.sequence;
    }
    take(segment.sequence, {reinterpret_cast<const char*>(segment.payload.data()), segment.payload.size()});
    give_in_order(out);
    if (held_ > most_held || early_.size() > most_segments) {
        skip_gap();
        give_in_order(out);
    }
    return out;
}

void stream_reader::take(std::uint32_t sequence, std::string data) {
    const auto behind = next_ - sequence;  // how much of it is known already
    if (behind < half) {
        if (behind >= data.size()) return;
        data.erase(0, behind);
        sequence = next_;
    }
    auto& place = early_[sequence - first_];
    if (place.size() >= data.size()) return;
    held_ += data.size() - place.size();
    place = std::move(data);
}

void stream_reader::give_in_order(std::vector<std::string>& out) {
    while (!early_.empty()) {
        auto first = early_.begin();
        const auto begins = first_ + first->first;
        const auto behind = next_ - begins;
        if (behind >= half && behind != 0) return;  // a gap
        held_ -= first->second.size();
        if (behind < first->second.size()) {
            framer_.on_bytes(std::string_view(first->second).substr(behind));
            next_ = begins + static_cast<std::uint32_t>(first->second.size());
        }
        early_.erase(first);
    }
    for (;;) {
        auto frame = framer_.next();
        if (frame.what == sip::framer::kind::message) out.emplace_back(frame.bytes.text());
        if (frame.what == sip::framer::kind::error) framer_ = sip::framer(*pool_);
        if (frame.what == sip::framer::kind::need_more || frame.what == sip::framer::kind::error) return;
    }
}

void stream_reader::skip_gap() {
    ++gaps_;
    framer_ = sip::framer(*pool_);
    next_ = first_ + early_.begin()->first;
}

}  // namespace conformance
