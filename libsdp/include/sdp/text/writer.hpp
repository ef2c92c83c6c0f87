// Appends the pieces of lines to a string. A value can never end its line: CR, LF and NUL are left out.
#pragma once

#include "sdp/text/base64.hpp"

#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sdp {

/// Writes lines of a description.
class writer final {
public:
    /// `out` must outlive the writer; what it holds stays.
    explicit writer(std::string& out) noexcept : out_{out} {}

    /// Text of our own, known to be clean: "a=rtpmap:".
    writer& literal(std::string_view text) {
        out_.append(text);
        return *this;
    }

    /// A value from elsewhere.
    writer& value(std::string_view text) {
        auto const start = out_.size();
        out_.append(text);
        // One comparison for each byte settles the usual case: nothing here is as low as CR.
        bool is_low = false;
        for (char const c : text) {
            is_low |= static_cast<unsigned char>(c) <= '\r';
        }
        if (is_low) clean_up(start);
        return *this;
    }

    /// In decimal digits.
    writer& number(std::uint64_t number) {
        char digits[20];
        auto const end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
        out_.append(digits, end);
        return *this;
    }

    /// RFC 4648 4, with padding.
    writer& base64(std::span<std::uint8_t const> octets) {
        append_base64(out_, octets);
        return *this;
    }

    writer& end_line() { return literal("\r\n"); }  ///< CR LF.

private:
    void clean_up(std::size_t start);

    std::string& out_;
};

}  // namespace sdp
