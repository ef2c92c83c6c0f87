// Covered: the vectors of RFC 4648 10, every octet, text that is not base64, room that is too small.
#include "sdp/text/base64.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace sdp;

namespace {

std::string encoded(std::string_view octets) {
    std::string out;
    append_base64(out, {reinterpret_cast<std::uint8_t const*>(octets.data()), octets.size()});
    return out;
}

std::optional<std::string> decoded(std::string_view text, std::size_t room = 64) {
    std::vector<std::uint8_t> out(room);
    auto const size = decode_base64(text, out);
    if (!size) return std::nullopt;
    return std::string{out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*size)};
}

}  // namespace

TEST_CASE("Octets become letters and come back (RFC 4648 10)") {
    struct row {
        std::string_view octets, text;
    };
    for (auto const& c :
         {row{"", ""}, row{"f", "Zg=="}, row{"fo", "Zm8="}, row{"foo", "Zm9v"}, row{"foob", "Zm9vYg=="},
          row{"fooba", "Zm9vYmE="}, row{"foobar", "Zm9vYmFy"}}) {
        CHECK(encoded(c.octets) == c.text);
        CHECK((decoded(c.text) == c.octets));
    }
}

TEST_CASE("Every octet in every place comes back") {
    for (unsigned octet = 0; octet != 256; ++octet) {
        for (std::size_t before = 0; before != 3; ++before) {
            auto const octets = std::string(before, '\x55') + static_cast<char>(octet);
            CHECK((decoded(encoded(octets)) == octets));
        }
    }
}

TEST_CASE("Padding may be missing (RFC 4568 6.1), anything else may not be wrong") {
    CHECK((decoded("Zg") == "f"));
    CHECK((decoded("Zm8") == "fo"));
    for (std::string_view const bad :
         {"Z", "Zg=", "Zm9vY", "Zm9v=", "=", "====", "Zm 9v", "Zm9-", "Zh==", "Zm9", "Zg===="}) {
        CAPTURE(bad);
        CHECK_FALSE(decoded(bad).has_value());
    }
}

TEST_CASE("Text that needs more room than there is fails at the last octet") {
    CHECK((decoded("Zm9v", 3) == "foo"));
    CHECK_FALSE(decoded("Zm9v", 2).has_value());
    CHECK_FALSE(decoded("Zg==", 0).has_value());
}
