// Covers: every input of the INVITE client in every state, with and without a CANCEL wanted.
#include "sip/usage/invite_client.hpp"

#include <doctest/doctest.h>

using client = sip::invite_client;
using state = client::state;
using step = client::step;

TEST_CASE("An INVITE that is answered") {
    client c;
    CHECK(c.current() == state::calling);
    CHECK(c.on_provisional() == step::nothing);
    CHECK(c.current() == state::proceeding);
    CHECK(c.on_provisional() == step::nothing);
    CHECK(c.on_success() == step::answered);
    CHECK(!c.is_open());
    CHECK(c.on_success() == step::release);  // another fork
    CHECK(c.on_provisional() == step::nothing);
    CHECK(c.current() == state::succeeded);
}

TEST_CASE("A CANCEL waits for the first provisional response, and goes once (RFC 3261 9.1)") {
    client c;
    CHECK(c.cancel() == step::nothing);
    CHECK(c.is_cancelled());
    CHECK(c.on_provisional() == step::send_cancel);
    CHECK(c.on_provisional() == step::nothing);
    CHECK(c.cancel() == step::nothing);
    CHECK(c.on_success() == step::release);
}

TEST_CASE("A CANCEL goes at once after a provisional response") {
    client c;
    CHECK(c.on_provisional() == step::nothing);
    CHECK(c.cancel() == step::send_cancel);
    CHECK(c.cancel() == step::nothing);
    c.on_failure();
    CHECK(c.current() == state::failed);
}

TEST_CASE("A CANCEL after the final response is not wanted") {
    client answered;
    CHECK(answered.on_success() == step::answered);
    CHECK(answered.cancel() == step::nothing);
    CHECK(!answered.is_cancelled());
    client refused;
    refused.on_failure();
    CHECK(refused.cancel() == step::nothing);
    CHECK(refused.on_provisional() == step::nothing);
}

TEST_CASE("A CANCEL that was wanted before a success without provisional response is not sent: it is released") {
    client c;
    CHECK(c.cancel() == step::nothing);
    CHECK(c.on_success() == step::release);
}

TEST_CASE("The same INVITE in a new transaction begins again") {
    client c;
    CHECK(c.on_provisional() == step::nothing);
    c.restart();
    CHECK(c.current() == state::calling);
    CHECK(c.cancel() == step::nothing);
    CHECK(c.on_provisional() == step::send_cancel);
}
