// What session descriptions cost: reading, printing, and the whole work of an incoming offer (read, answer, print).
//   sdp_bench --benchmark_filter=answer
#include "sdp/model/parse.hpp"
#include "sdp/model/print.hpp"
#include "sdp/negotiate/answer.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string_view>

namespace {

/// What a desk phone with five codecs offers: 320 bytes, 15 lines.
constexpr std::string_view audio_offer =
    "v=0\r\n"
    "o=anna 3927461022 3927461022 IN IP4 203.0.113.21\r\n"
    "s=-\r\n"
    "c=IN IP4 203.0.113.21\r\n"
    "t=0 0\r\n"
    "m=audio 11780 RTP/AVP 96 9 8 0 101\r\n"
    "a=rtpmap:96 opus/48000/2\r\n"
    "a=fmtp:96 useinbandfec=1\r\n"
    "a=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-16\r\n"
    "a=ptime:20\r\n"
    "a=sendrecv\r\n";

/// Audio and video with keys, bandwidths and RTCP addresses: 730 bytes, 29 lines.
constexpr std::string_view audio_video_offer =
    "v=0\r\n"
    "o=- 3927461022 3927461023 IN IP4 203.0.113.21\r\n"
    "s=talk\r\n"
    "b=AS:384\r\n"
    "t=0 0\r\n"
    "a=X-nat:0\r\n"
    "m=audio 11780 RTP/SAVP 96 9 8 0 101\r\n"
    "c=IN IP4 203.0.113.21\r\n"
    "b=TIAS:64000\r\n"
    "a=rtcp:11781 IN IP4 203.0.113.21\r\n"
    "a=sendrecv\r\n"
    "a=rtpmap:96 opus/48000/2\r\n"
    "a=fmtp:96 useinbandfec=1\r\n"
    "a=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-16\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:bm90IGEgcmVhbCBrZXksIGp1c3Qgc29tZSB0ZXh0ISE=\r\n"
    "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:YW5vdGhlciBub3QgcmVhbCBrZXksIHNvbWUgdGV4dCE=\r\n"
    "m=video 11782 RTP/SAVP 97\r\n"
    "c=IN IP4 203.0.113.21\r\n"
    "b=TIAS:256000\r\n"
    "a=rtcp:11783 IN IP4 203.0.113.21\r\n"
    "a=sendrecv\r\n"
    "a=rtpmap:97 H264/90000\r\n"
    "a=fmtp:97 profile-level-id=42e01e; packetization-mode=1\r\n";

sdp::capabilities desk_phone() {
    sdp::capabilities able;
    for (auto const* name : {"PCMA", "PCMU", "G722"})
        able.audio.push_back(*sdp::known_codec(name));
    return able;
}

void parse(benchmark::State& state, std::string_view text) {
    for (auto _ : state) {
        auto description = sdp::parse(text);
        if (!description) std::abort();
        benchmark::DoNotOptimize(description);
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK_CAPTURE(parse, audio, audio_offer);
BENCHMARK_CAPTURE(parse, audio_video, audio_video_offer);

void print(benchmark::State& state, std::string_view text) {
    auto const description = sdp::parse(text);
    if (!description) std::abort();
    std::string out;
    for (auto _ : state) {
        out.clear();
        sdp::print(*description, out);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK_CAPTURE(print, audio, audio_offer);
BENCHMARK_CAPTURE(print, audio_video, audio_video_offer);

void parse_answer_print(benchmark::State& state) {
    auto const able = desk_phone();
    sdp::local_media const local{{sdp::address_family::ip4, "198.51.100.7"}, {sdp::local_stream{.port = 4000}}};
    sdp::origin const own{"-", 1, 1, {}};
    sdp::agreement const nothing;
    for (auto _ : state) {
        auto const offer = sdp::parse(audio_offer);
        if (!offer) std::abort();
        auto const answer = sdp::make_answer(*offer, able, local, own, nothing);
        if (!answer || !answer->lines[0].may_send) std::abort();
        auto text = sdp::to_text(answer->description);
        benchmark::DoNotOptimize(text);
    }
}
BENCHMARK(parse_answer_print);

}  // namespace
