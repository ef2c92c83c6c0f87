// Payloads for every decoder: the first octet names the codec, then come payloads, each after an octet with its length
// and two that say how much is lost before it. Each lies in memory of exactly its own size.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "rtp/codec/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const codecs = rtp::built_in_codecs();
    auto const& codec = *codecs[data[0] % codecs.size()];
    rtp::decoder decoder(codec);
    std::size_t at = 1;
    for (int packets = 0; at + 3 <= size && packets < 32; ++packets) {
        auto const length = std::min<std::size_t>(data[at], size - at - 3);
        std::vector<std::int16_t> gap((data[at + 1] * 256U + data[at + 2]) % 2000);
        at += 3;
        auto const* const begin = reinterpret_cast<std::byte const*>(data + at);
        std::vector<std::byte> const payload(begin, begin + length);
        at += length;
        if (decoder.can_recover(payload))
            decoder.recover(payload, gap);
        else if (decoder.has_concealment())
            decoder.conceal(gap);
        auto const announced = decoder.samples(payload);
        std::vector<std::int16_t> samples(announced.value_or(1));
        auto const made = decoder.decode(payload, samples);
        if (made && (!announced || *made != *announced)) std::abort();
    }
    return 0;
}
