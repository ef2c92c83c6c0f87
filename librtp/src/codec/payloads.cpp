#include "rtp/codec/payloads.hpp"

#include <algorithm>
#include <array>

namespace rtp {
namespace {

constexpr static_payload row(std::uint8_t number, std::string_view name, std::uint32_t rate, std::uint8_t channels) {
    return {payload_type{number}, {name, clock_rate{rate}, channels}};
}

// RFC 3551 table 4. G722 is sampled at 16 kHz, yet its RTP clock is 8 kHz for good (RFC 3551 4.5.2). MPA carries its
// channel count in its own header.
constexpr std::array table{
    row(0, "PCMU", 8000, 1),  row(3, "GSM", 8000, 1),   row(4, "G723", 8000, 1),   row(5, "DVI4", 8000, 1),
    row(6, "DVI4", 16000, 1), row(7, "LPC", 8000, 1),   row(8, "PCMA", 8000, 1),   row(9, "G722", 8000, 1),
    row(10, "L16", 44100, 2), row(11, "L16", 44100, 1), row(12, "QCELP", 8000, 1), row(13, "CN", 8000, 1),
    row(14, "MPA", 90000, 1), row(15, "G728", 8000, 1), row(16, "DVI4", 11025, 1), row(17, "DVI4", 22050, 1),
    row(18, "G729", 8000, 1),
};

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same_name(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::uint8_t channels_of(payload_format const& format) noexcept {
    return format.channels == 0 ? std::uint8_t{1} : format.channels;
}

}  // namespace

bool is_same_format(payload_format const& a, payload_format const& b) noexcept {
    return a.rate == b.rate && channels_of(a) == channels_of(b) && is_same_name(a.name, b.name);
}

bool is_telephone_event(payload_format const& format) noexcept {
    return is_same_name(format.name, "telephone-event");
}

bool is_comfort_noise(payload_format const& format) noexcept {
    return is_same_name(format.name, "CN");
}

std::span<const static_payload> static_payloads() noexcept {
    return table;
}

payload_format const* find_static_format(payload_type type) noexcept {
    auto const found =
        std::find_if(table.begin(), table.end(), [type](auto const& entry) { return entry.type == type; });
    return found == table.end() ? nullptr : &found->format;
}

payload_type const* find_static_type(payload_format const& format) noexcept {
    auto const found = std::find_if(table.begin(), table.end(), [&](auto const& entry) {
        return is_same_format(entry.format, format);
    });
    return found == table.end() ? nullptr : &found->type;
}

payload_number classify(payload_type type) noexcept {
    auto const number = static_cast<std::uint8_t>(type);
    if (number > 127) return payload_number::invalid;
    if (number >= 96) return payload_number::dynamic;
    if (number >= 64) return payload_number::rtcp;
    if (number == 1 || number == 2 || number == 19) return payload_number::reserved;
    // RFC 3551 table 5: video and combined types.
    constexpr std::array<std::uint8_t, 7> video{25, 26, 28, 31, 32, 33, 34};
    if (std::find(video.begin(), video.end(), number) != video.end()) return payload_number::assigned;
    return find_static_format(type) != nullptr ? payload_number::assigned : payload_number::unassigned;
}

}  // namespace rtp
