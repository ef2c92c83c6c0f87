// Covers: every file of messages/ gets the verdict of its row in verdicts.tsv, with status and header; none is without
// a row; refused requests can be answered; accepted messages survive parse, print, parse; cutting or flipping bytes
// does no harm. Covers examples/ (ordinary messages of every kind) in the same way.
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/build.hpp"
#include "sip/syntax/framer.hpp"
#include "support/seeded_random.hpp"
#include "torture/every_header.hpp"
#include "torture/message_set.hpp"

using torture::judge;
using torture::read_messages;

namespace {

std::string const folder = TORTURE_FOLDER;

/// The messages that must parse, print and parse again to the same.
void check_round_trip(std::string const& bytes) {
    sip::buffer_pool pool;
    auto first = sip::parse_message(pool.copy(bytes), pool);
    REQUIRE(first.has_value());
    auto printed = torture::print(pool, first->view());
    auto second = sip::parse_message(pool.copy(printed), pool);
    REQUIRE_MESSAGE(second.has_value(), printed);
    CHECK(torture::difference(first->view(), second->view()) == "");
    CHECK(torture::print(pool, second->view()) == printed);
}

/// Whatever the bytes are: no crash, no lost buffer, and every value of what parses can be asked for.
void handle(std::string const& bytes) {
    sip::buffer_pool pool;
    {
        auto verdict = judge(pool, bytes);
        torture::read_every_header(verdict.message.view(), [](auto, auto, auto) {});
        sip::framer stream(pool);
        stream.on_bytes(bytes);
        while (stream.next().what == sip::framer::kind::message) {
        }
    }
    REQUIRE(pool.live() == 0);
}

}  // namespace

TEST_CASE("Every torture message has a verdict, and every verdict a message") {
    auto messages = read_messages(folder + "/messages", ".sip");
    CHECK(messages.size() >= 60);
    std::set<std::string> named;
    for (auto const& row : torture::read_table(folder + "/verdicts.tsv")) {
        REQUIRE(row.size() == 5);
        CHECK_MESSAGE(named.insert(row[0]).second, row[0], " stands twice");
        CHECK_MESSAGE(messages.count(row[0]) == 1, row[0], " has no message");
        CHECK_FALSE(row[4].empty());
    }
    for (auto const& message : messages)
        CHECK_MESSAGE(named.count(message.first) == 1, message.first, " has no verdict");
}

TEST_CASE("Every torture message gets its verdict, status and header") {
    auto messages = read_messages(folder + "/messages", ".sip");
    for (auto const& row : torture::read_table(folder + "/verdicts.tsv")) {
        CAPTURE(row[0]);
        sip::buffer_pool pool;
        auto verdict = judge(pool, messages.at(row[0]));
        REQUIRE((verdict.failure ? "reject" : "accept") == row[1]);
        if (!verdict.failure) continue;
        CAPTURE(to_string(*verdict.failure));
        CHECK(std::to_string(verdict.failure->suggested_status) == row[2]);
        CHECK((verdict.failure->where == sip::header_id::unknown ? "-" : to_string(verdict.failure->where)) == row[3]);
        CHECK(verdict.failure->offset <= messages.at(row[0]).size());
    }
}

TEST_CASE("A refused request that can be answered is answered with a valid response") {
    std::size_t answered = 0;
    for (auto const& entry : read_messages(folder + "/messages", ".sip")) {
        auto const &name = entry.first, &bytes = entry.second;
        CAPTURE(name);
        sip::buffer_pool pool;
        auto verdict = judge(pool, bytes);
        if (!verdict.failure || !verdict.message) continue;
        CHECK(verdict.is_request);
        auto response = start_response(pool, verdict.message.view(), 400, "own-tag").finish();
        REQUIRE(response.has_value());
        ++answered;
        // What was broken in the request is broken in its copy, and nothing else.
        auto parsed = sip::parse_message(*response, pool);
        if (!parsed) CHECK(parsed.error().why.where == verdict.failure->where);
    }
    CHECK(answered >= 50);
}

TEST_CASE("Accepted torture messages and ordinary messages survive parse, print, parse") {
    std::size_t round_trips = 0;
    for (auto const& entry : read_messages(folder + "/messages", ".sip")) {
        auto const &name = entry.first, &bytes = entry.second;
        CAPTURE(name);
        sip::buffer_pool pool;
        if (judge(pool, bytes).failure) continue;
        check_round_trip(bytes);
        ++round_trips;
    }
    CHECK(round_trips >= 50);
    auto examples = read_messages(folder + "/examples", ".sip");
    CHECK(examples.size() >= 40);
    for (auto const& entry : examples) {
        auto const &name = entry.first, &bytes = entry.second;
        CAPTURE(name);
        sip::buffer_pool pool;
        auto verdict = judge(pool, bytes);
        REQUIRE_FALSE(verdict.failure.has_value());
        auto read = torture::read_every_header(verdict.message.view(), [&](auto id, auto text, auto why) {
            FAIL_CHECK(to_string(id), " ", std::string(text), ": ", to_string(why));
        });
        CHECK(read >= 6);
        check_round_trip(bytes);
    }
}

TEST_CASE("A stream of all ordinary messages gives each of them back") {
    sip::buffer_pool pool;
    sip::framer stream(pool);
    for (auto const& entry : read_messages(folder + "/examples", ".sip")) {
        auto const &name = entry.first, &bytes = entry.second;
        CAPTURE(name);
        stream.on_bytes(bytes + "\r\n\r\n");
        auto frame = stream.next();
        REQUIRE(frame.what == sip::framer::kind::message);
        CHECK(frame.bytes.text() == bytes);
        CHECK(stream.next().what == sip::framer::kind::ping);
    }
}

TEST_CASE("Torture messages cut off at any byte do no harm") {
    for (auto const& entry : read_messages(folder + "/messages", ".sip")) {
        auto const &name = entry.first, &bytes = entry.second;
        CAPTURE(name);
        std::size_t step = bytes.size() > 1500 ? 97 : 1;
        for (std::size_t size = 0; size < bytes.size(); size += step)
            handle(bytes.substr(0, size));
    }
}

TEST_CASE("Messages with flipped, doubled and missing bytes do no harm") {
    auto messages = read_messages(folder + "/messages", ".sip");
    messages.merge(read_messages(folder + "/examples", ".sip"));
    std::uint64_t seed = 1;
    for (auto const& entry : messages) {
        auto const &name = entry.first, &bytes = entry.second;
        CAPTURE(name);
        for (int round = 0; round < 20; ++round, ++seed) {
            CAPTURE(seed);
            test::seeded_random random(seed);
            auto changed = bytes;
            for (auto changes = 1 + random.below(4); changes > 0 && !changed.empty(); --changes) {
                auto at = random.below(changed.size());
                switch (random.below(4)) {
                    case 0:
                        changed[at] = static_cast<char>(random.below(256));
                        break;
                    case 1:
                        changed.erase(at, 1 + random.below(8));
                        break;
                    case 2:
                        changed.insert(at, changed.substr(random.below(changed.size()), random.below(40)));
                        break;
                    default:
                        changed[at] = "\r\n\t \",;<>()[]@:%\\"[random.below(17)];
                        break;
                }
            }
            handle(changed);
        }
    }
}
