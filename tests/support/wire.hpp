// SIP messages as a test writes them: plain lines, turned into what stands on the wire; and reading single headers of
// what was sent.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace test {

/// Lines end in CR LF, Content-Length is added where the text has none, and a missing blank line too.
///     wire("OPTIONS sip:b@x SIP/2.0\n"
///          "Via: ...\n"
///          "\n"
///          "body")
inline std::string wire(std::string_view text) {
    auto const end = text.find("\n\n");
    auto const head = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
    auto const body = end == std::string_view::npos ? std::string_view{} : text.substr(end + 2);
    std::string out;
    for (char const c : head) {
        if (c == '\n' && !out.ends_with('\r')) out += '\r';
        out += c;
    }
    if (!out.ends_with("\r\n")) out += "\r\n";
    if (out.find("\r\nContent-Length:") == std::string::npos)
        out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    out += "\r\n";
    out += body;
    return out;
}

/// The value of the first line of this header; empty where there is none.
inline std::string header(std::string_view message, std::string_view name) {
    auto const head = message.substr(0, message.find("\r\n\r\n") + 2);
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();) {
        auto const line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        if (line.size() > name.size() && line.substr(0, name.size()) == name && line[name.size()] == ':') {
            auto value = line.substr(name.size() + 1);
            while (value.starts_with(' '))
                value.remove_prefix(1);
            return std::string(value);
        }
        at = head.find("\r\n", at + 2);
    }
    return {};
}

inline std::string body_of(std::string_view message) {
    return std::string(message.substr(message.find("\r\n\r\n") + 4));
}

/// The value of ;tag= in a From or To header.
inline std::string tag_of(std::string_view address) {
    auto const at = address.find(";tag=");
    if (at == std::string_view::npos) return {};
    auto const value = address.substr(at + 5);
    return std::string(value.substr(0, value.find(';')));
}

/// A request's method, a response's status and method: "INVITE", "200 INVITE".
inline std::string summary(std::string_view message) {
    if (!message.starts_with("SIP/2.0 ")) return std::string(message.substr(0, message.find(' ')));
    auto const cseq = header(message, "CSeq");
    return std::string(message.substr(8, 3)) + cseq.substr(cseq.find(' '));
}

}  // namespace test
