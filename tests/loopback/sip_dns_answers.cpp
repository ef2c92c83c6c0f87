// Covered: SRV and NAPTR records read from a name server's answer, with compressed names and aliases, the time that
// they hold, messages that are cut off anywhere, and a bound on records. Not covered: the look-up itself
// (sip_names.cpp, tests/interop/dnsmasq.cpp).
#include "../../libsip/src/net/dns_answer.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using sip::dns_type;
using sip::net::read_dns_answer;

namespace {

/// Writes an answer record by record; the question is for "a.test" and stands at offset 12.
class answer_writer {
public:
    answer_writer() : bytes_(12, '\0') {
        bytes_[5] = 1;  // one question
        bytes_ += name({"a", "test"}) + std::string("\0\x21\0\1", 4);
    }
    static std::string name(std::vector<std::string> const& labels) {
        std::string made;
        for (auto const& label : labels)
            made += static_cast<char>(label.size()) + label;
        return made + '\0';
    }
    static std::string number(unsigned value) {
        return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
    }
    static std::string text(std::string const& value) { return static_cast<char>(value.size()) + value; }
    answer_writer& record(unsigned type, std::uint32_t ttl, std::string const& data) {
        bytes_ += std::string("\xc0\x0c", 2) + number(type) + number(1) + number(ttl >> 16U) + number(ttl & 0xffffU) +
                  number(static_cast<unsigned>(data.size())) + data;
        ++records_;
        return *this;
    }
    answer_writer& srv(
        unsigned priority, unsigned weight, unsigned port, std::string const& target, std::uint32_t ttl = 60
    ) {
        return record(33, ttl, number(priority) + number(weight) + number(port) + target);
    }
    [[nodiscard]] std::vector<std::uint8_t> bytes() const {
        auto made = bytes_;
        made[6] = static_cast<char>(records_ >> 8U);
        made[7] = static_cast<char>(records_ & 0xffU);
        return {made.begin(), made.end()};
    }

private:
    std::string bytes_;
    unsigned records_ = 0;
};

std::string const pointer_to_question("\xc0\x0c", 2);

}  // namespace

TEST_CASE("SRV records are read with their targets, compressed or not, and the shortest time counts (RFC 2782)") {
    answer_writer message;
    message.srv(10, 20, 5060, answer_writer::name({"x", "example"}), 300);
    message.srv(20, 0, 5070, std::string("\1y") + pointer_to_question, 120);
    message.srv(30, 0, 0, std::string(1, '\0'), 600);
    auto const found = read_dns_answer(message.bytes(), dns_type::srv);
    REQUIRE(found.has_value());
    CHECK(
        found->services ==
        std::vector<sip::srv_record>{{10, 20, 5060, "x.example"}, {20, 0, 5070, "y.a.test"}, {30, 0, 0, ""}}
    );
    CHECK(found->ttl == 120s);
}

TEST_CASE("NAPTR records are read with flags, service and replacement (RFC 3403 4.1)") {
    answer_writer message;
    message.record(
        35, 60,
        answer_writer::number(50) + answer_writer::number(7) + answer_writer::text("s") +
            answer_writer::text("SIP+D2U") + answer_writer::text("") + answer_writer::name({"_sip", "_udp", "test"})
    );
    auto const found = read_dns_answer(message.bytes(), dns_type::naptr);
    REQUIRE(found.has_value());
    CHECK(found->pointers == std::vector<sip::naptr_record>{{50, 7, "s", "SIP+D2U", "_sip._udp.test"}});
}

TEST_CASE("An alias on the way shortens the time, records of other types do not") {
    answer_writer message;
    message.record(5, 15, answer_writer::name({"b", "test"}));
    message.record(1, 3, std::string("\x7f\0\0\1", 4));
    message.srv(1, 1, 5060, answer_writer::name({"c"}), 60);
    auto const found = read_dns_answer(message.bytes(), dns_type::srv);
    REQUIRE(found.has_value());
    CHECK(found->ttl == 15s);
    CHECK(found->services.size() == 1);
}

TEST_CASE("A time with its top bit set is none (RFC 2181 8)") {
    answer_writer message;
    message.srv(1, 1, 5060, answer_writer::name({"c"}), 0x80000001U);
    CHECK(read_dns_answer(message.bytes(), dns_type::srv)->ttl == 0s);
}

TEST_CASE("An answer that is cut off anywhere is broken, or holds what was whole") {
    answer_writer message;
    message.srv(10, 20, 5060, answer_writer::name({"x", "example"})).srv(20, 0, 5070, pointer_to_question);
    auto const whole = message.bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::vector<std::uint8_t> const part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CAPTURE(size);
        CHECK_FALSE(read_dns_answer(part, dns_type::srv).has_value());
    }
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (int value : {0x00, 0xc0, 0xff}) {
            auto damaged = whole;
            damaged[at] = static_cast<std::uint8_t>(value);
            (void)read_dns_answer(damaged, dns_type::srv);  // reads nothing that is not there (address sanitizer)
        }
}

TEST_CASE("Records beyond the bound are left out") {
    answer_writer message;
    for (unsigned i = 0; i < 500; ++i)
        message.srv(i, 1, 5060, pointer_to_question);
    CHECK(read_dns_answer(message.bytes(), dns_type::srv)->services.size() == sip::net::most_records);
}
