#include "sdp/negotiate/capabilities.hpp"
#include "sdp/text/scan.hpp"

namespace sdp {

namespace {

struct known {
    std::string_view name;
    int payload;  ///< Below 0: any free number.
    std::uint32_t clock_rate;
    std::uint16_t channels;
    std::string_view parameters;
};

constexpr known known_codecs[] = {
    {"PCMU", 0, 8000, 1, ""},
    {"PCMA", 8, 8000, 1, ""},
    {"G722", 9, 8000, 1, ""},  // Sampled at 16 kHz, but its RTP clock is 8 kHz (RFC 3551 4.5.2).
    {"G729", 18, 8000, 1, "annexb=no"},
    {"G723", 4, 8000, 1, "annexa=no"},
    {"GSM", 3, 8000, 1, ""},
    {"iLBC", -1, 8000, 1, "mode=30"},
    {"G726-16", -1, 8000, 1, ""},
    {"G726-24", -1, 8000, 1, ""},
    {"G726-32", -1, 8000, 1, ""},
    {"G726-40", -1, 8000, 1, ""},
    {"opus", -1, 48000, 2, "useinbandfec=1"},  // Always written with two channels (RFC 7587 7).
};

}  // namespace

std::optional<codec_capability> known_codec(std::string_view name) {
    for (auto const& entry : known_codecs) {
        if (!same_text(entry.name, name)) continue;
        codec_capability able{
            {std::string{entry.name}, entry.clock_rate, entry.channels}, {}, std::string{entry.parameters}};
        if (entry.payload >= 0) able.payload = static_cast<payload_type>(entry.payload);
        return able;
    }
    return std::nullopt;
}

}  // namespace sdp
