// Covers: which kept ACK answers which 2xx, and forgetting.
#include "sip/usage/ack_keeper.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

namespace {

sip::buffer_pool pool;

sip::message message(std::string const& start, std::string const& cseq, std::string const& tag) {
    auto parsed = sip::parse_message(
        pool.copy(test::wire(
            start + "\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@x>;tag=at\nTo: <sip:b@x>;tag=" + tag +
            "\nCall-ID: c\nCSeq: " + cseq + "\n"
        )),
        pool
    );
    REQUIRE(parsed.has_value());
    return *parsed;
}
sip::message ack(std::string const& number, std::string const& tag) {
    return message("ACK sip:b@x SIP/2.0", number + " ACK", tag);
}
sip::message success(std::string const& number, std::string const& tag) {
    return message("SIP/2.0 200 OK", number + " INVITE", tag);
}

}  // namespace

TEST_CASE("A 2xx finds its ACK by dialog and CSeq") {
    sip::ack_keeper acks({9, 9});
    auto const one = acks.keep(ack("1", "bt"), sip::ack_state::on_its_way);
    auto const two = acks.keep(ack("2", "bt"), sip::ack_state::awaits_answer);
    auto const fork = acks.keep(ack("1", "other"), sip::ack_state::sent);
    CHECK(acks.find(success("1", "bt").view()) == one);
    CHECK(acks.find(success("2", "bt").view()) == two);
    CHECK(acks.find(success("1", "other").view()) == fork);
    CHECK(!acks.find(success("3", "bt").view()));
    CHECK(!acks.find(success("1", "third").view()));
    CHECK(acks.find(two)->state == sip::ack_state::awaits_answer);
}

TEST_CASE("A forgotten ACK answers nothing, and leaves no memory behind") {
    sip::ack_keeper acks({9, 9});
    auto const before = pool.live();
    auto const one = acks.keep(ack("1", "bt"), sip::ack_state::sent);
    acks.forget(one);
    acks.forget(one);
    CHECK(!acks.find(success("1", "bt").view()));
    CHECK(acks.find(one) == nullptr);
    CHECK(acks.size() == 0);
    CHECK(pool.live() == before);
}

TEST_CASE("Many ACKs are kept apart") {
    sip::ack_keeper acks({9, 9});
    for (int i = 0; i < 1000; ++i)
        acks.keep(ack(std::to_string(i), "bt"), sip::ack_state::sent);
    int wrong = 0;
    for (int i = 0; i < 1000; ++i) {
        auto* kept = acks.find(acks.find(success(std::to_string(i), "bt").view()));
        if (kept == nullptr || kept->draft.view().cseq().number != static_cast<std::uint32_t>(i)) ++wrong;
    }
    CHECK(wrong == 0);
}
