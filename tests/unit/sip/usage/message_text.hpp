// Messages for tests of pure functions: a start line and a few headers, with what every message must have.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

namespace test {

struct message_maker {
    sip::buffer_pool pool;

    sip::message request(
        std::string const& headers, std::string const& from = "<sip:alice@example.com>",
        std::string const& method = "INVITE", std::string const& body = {}
    ) {
        return made(
            method + " sip:bob@here SIP/2.0\n" + common(method, from) + "Max-Forwards: 70\n" + headers + "\n" + body
        );
    }
    sip::message response(
        unsigned status, std::string const& headers, std::string const& to = "<sip:bob@example.com>"
    ) {
        return made(
            "SIP/2.0 " + std::to_string(status) + " Whatever\n" + common("INVITE", "<sip:alice@example.com>", to) +
            headers
        );
    }

private:
    static std::string common(
        std::string const& method, std::string const& from, std::string const& to = "<sip:bob@example.com>"
    ) {
        return "Via: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: " + from + ";tag=1\nTo: " + to +
               ";tag=2\nCall-ID: x\nCSeq: 1 " + method + "\n";
    }
    sip::message made(std::string const& text) {
        auto parsed = sip::parse_message(pool.copy(wire(text)), pool);
        REQUIRE(parsed.has_value());
        return *parsed;
    }
};

}  // namespace test
