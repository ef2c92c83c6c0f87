#include "proxy/trace.hpp"

#include <fmt/format.h>

#include <chrono>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "sip/syntax/secrets.hpp"

namespace proxy {
namespace {

/// The length of the well-formed UTF-8 sequence at the start of `text`, or 0 (RFC 3629 4).
std::size_t utf8_length(std::string_view text) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto first = byte(0);
    if (first < 0x80) return 1;
    std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    // Overlong forms, surrogates, and what lies beyond U+10FFFF.
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
    if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
    return length;
}

std::string as_utf8(std::string_view bytes) {
    std::string text;
    while (!bytes.empty()) {
        auto length = utf8_length(bytes);
        text += length == 0 ? std::string_view("\xef\xbf\xbd") : bytes.substr(0, length);
        bytes.remove_prefix(length == 0 ? 1 : length);
    }
    return text;
}

}  // namespace

std::string trace_line(sip::net::traced_message const& message) {
    std::string text(message.bytes);
    sip::mask_secrets(text);
    auto time = std::chrono::duration<double>(message.at.time_since_epoch()).count();
    return fmt::format(
        R"({{"time":{:.6f},"direction":"{}","transport":"{}","local":"{}","remote":"{}","text":{}}})", time,
        message.direction == sip::net::direction::received ? "in" : "out", sip::to_string(message.local.kind),
        sip::host_port(message.local), sip::host_port(message.remote),
        boost::json::serialize(boost::json::string(as_utf8(text)))
    );
}

}  // namespace proxy
