// A byte stream in two chunkings: all at once, and in pieces whose sizes the first byte chooses. Both give the same
// frames up to the first error.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/syntax/framer.hpp"

namespace {

using sip::framer;

void require(bool holds) {
    if (!holds) std::abort();
}

/// Takes what is complete; false once the stream is broken.
bool drain(framer& stream, std::string& seen) {
    for (;;) {
        auto frame = stream.next();
        switch (frame.what) {
            case framer::kind::need_more:
                return true;
            case framer::kind::message:
                seen.append("[").append(frame.bytes.text()).append("]");
                break;
            case framer::kind::ping:
                seen += "<ping>";
                break;
            case framer::kind::pong:
                seen += "<pong>";
                break;
            case framer::kind::error:
                seen += "<error>" + std::to_string(static_cast<int>(frame.failure.code));
                return false;
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view text(reinterpret_cast<char const*>(data + 1), size - 1);
    auto const opener = data[0] & 1 ? sip::stream_opener::us : sip::stream_opener::peer;
    std::size_t const step = 1 + data[0] / 2;
    sip::parse_limits const limits{.message_size = 2000, .header_bytes = 1000};
    sip::buffer_pool pool;
    {
        framer whole(pool, limits, opener), pieces(pool, limits, opener);
        std::string expected, seen;
        whole.on_bytes(text);
        (void)drain(whole, expected);
        for (std::size_t at = 0; at < text.size(); at += step) {
            pieces.on_bytes(text.substr(at, step));
            if (!drain(pieces, seen)) break;
        }
        require(seen == expected);
        require(whole.pending() == pieces.pending());
    }
    require(pool.live() == 0);
    return 0;
}
