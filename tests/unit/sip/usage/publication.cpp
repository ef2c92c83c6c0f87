// Covers: the life of a publication as its client decides it (tags, refresh, change, removal, 412, 423, failures), and
// as the server judges it.
#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "sip/usage/publication.hpp"
#include "sip/usage/state_compositor.hpp"
#include "support/seeded_environment.hpp"
#include "support/wire.hpp"

using namespace std::chrono_literals;
using state = sip::publication::state;

namespace {

struct surroundings {
    test::seeded_random random{5};
    sip::environment env = test::seeded_environment(random);
    sip::buffer_pool pool;
    sip::time_point now{};

    sip::message message(std::string const& first_line, std::string const& more, std::string const& body = {}) {
        return *sip::parse_message(
            pool.copy(test::wire(
                first_line +
                "\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: x\nCSeq: 1 "
                "PUBLISH\n" +
                more + "\n" + body
            )),
            pool
        );
    }
};

struct client : surroundings {
    sip::publication of;
    explicit client(sip::publication_settings settings = {.expires = 600}) : of(settings, env) {}

    auto answered(unsigned status, std::string const& headers = {}) {
        auto const response = message("SIP/2.0 " + std::to_string(status) + " x", headers);
        return of.on_response(now, response.view());
    }
    void publish() {
        REQUIRE(of.start({"text/plain", "one"}).send.has_value());
        CHECK(answered(200, "SIP-ETag: t1\nExpires: 600\n").news.has_value());
        REQUIRE(of.current() == state::published);
    }
    auto advance() {
        REQUIRE(of.next_deadline().has_value());
        now = *of.next_deadline();
        return of.on_timeout(now);
    }
};

struct server : surroundings {
    sip::state_compositor of;
    explicit server(sip::compositor_settings settings = {.events = {"presence"}}) : of(std::move(settings), env) {}

    auto publish(
        std::string const& headers, std::string const& body, std::string const& resource = "sip:bob@example.com"
    ) {
        auto const request = message(
            "PUBLISH sip:bob@example.com SIP/2.0",
            headers + (body.empty() ? "" : "Content-Type: application/pidf+xml\n"), body
        );
        return of.on_publish(now, resource, request.view());
    }
    static std::string header(sip::state_compositor::outcome const& made, std::string const& name) {
        for (auto const& [known, value] : made.headers)
            if (known == name) return value;
        return {};
    }
    std::vector<std::string> bodies() {
        std::vector<std::string> all;
        for (auto const& one : of.states(now, "sip:bob@example.com", "presence"))
            all.push_back(one.body.text);
        return all;
    }
};
using list = std::vector<std::string>;

}  // namespace

// ---- client

TEST_CASE("The first PUBLISH has a body and no tag; a refresh has the tag and no body (RFC 3903 4.1, 4.2, 4.3)") {
    client c;
    auto const first = c.of.start({"text/plain", "one"});
    CHECK(first.send->if_match.empty());
    CHECK(first.send->has_body);
    CHECK(first.send->expires == 600);
    (void)c.answered(200, "SIP-ETag: t1\nExpires: 600\n");
    auto const refresh = c.advance();
    CHECK(c.now < sip::time_point{} + 560s);
    CHECK(refresh.send->if_match == "t1");
    CHECK(!refresh.send->has_body);
    CHECK(!c.answered(200, "SIP-ETag: t2\nExpires: 600\n").news);
    CHECK(c.advance().send->if_match == "t2");
}

TEST_CASE("A change carries the tag and the body; while a request is out the newest one waits (RFC 3903 4.4)") {
    client c;
    c.publish();
    auto const change = c.of.modify({"text/plain", "two"});
    CHECK(change.send->if_match == "t1");
    CHECK(change.send->has_body);
    CHECK(!c.of.modify({"text/plain", "three"}).send);
    CHECK(!c.of.modify({"text/plain", "four"}).send);
    auto const next = c.answered(200, "SIP-ETag: t2\n");
    CHECK(next.send->if_match == "t2");
    CHECK(c.of.body().text == "four");
}

TEST_CASE("412 says that the server has lost our state: it is published anew, whole (RFC 3903 4.3)") {
    client c;
    c.publish();
    (void)c.advance();
    auto const again = c.answered(412);
    REQUIRE(again.send.has_value());
    CHECK(again.send->if_match.empty());
    CHECK(again.send->has_body);
    // A 412 to a request without a tag makes no sense, and is a failure like others.
    CHECK(!c.answered(412).send);
    CHECK(c.of.current() == state::waiting);
}

TEST_CASE("423 is answered with the minimum that it names (RFC 3903 5)") {
    client c({.expires = 30});
    (void)c.of.start({"text/plain", "one"});
    CHECK(c.answered(423, "Min-Expires: 300\n").send->expires == 300);
    CHECK(!c.answered(423, "Min-Expires: 300\n").send);
}

TEST_CASE("A removal has the tag, no body and Expires 0, and waits for the request that is out (RFC 3903 4.5)") {
    client c;
    c.publish();
    auto const removal = c.of.stop();
    CHECK(removal.send->expires == 0);
    CHECK(removal.send->if_match == "t1");
    CHECK(!removal.send->has_body);
    (void)c.answered(200);
    CHECK(c.of.current() == state::ended);

    client d;
    (void)d.of.start({"text/plain", "one"});
    CHECK(!d.of.stop().send);
    auto const then = d.answered(200, "SIP-ETag: t1\n");
    CHECK(then.send->expires == 0);
    CHECK(then.send->if_match == "t1");

    client e;
    (void)e.of.start({"text/plain", "one"});
    (void)e.of.stop();
    (void)e.answered(500);
    CHECK(e.of.current() == state::ended);
}

TEST_CASE("A server that will never serve it ends it; one that may is asked again with the whole state, ever later") {
    for (unsigned const status : {403U, 404U, 489U, 501U}) {
        client c;
        (void)c.of.start({"text/plain", "one"});
        CHECK(c.answered(status).news->status == status);
        CHECK(c.of.current() == state::ended);
    }
    client c;
    c.publish();
    (void)c.advance();
    (void)c.of.on_failed(c.now, sip::errc::transaction_timeout);
    CHECK(c.of.current() == state::waiting);
    auto const before = c.now;
    auto const again = c.advance();
    CHECK(c.now - before >= 15s);
    CHECK(again.send->has_body);
    CHECK(again.send->if_match == "t1");
    (void)c.answered(503, "Retry-After: 120\n");
    auto const then = c.now;
    (void)c.advance();
    CHECK(c.now - then == 120s);
}

// ---- server

TEST_CASE("A server takes, refreshes, changes and removes by entity tag (RFC 3903 6)") {
    server s;
    auto const made = s.publish("Event: presence\nExpires: 600\n", "one");
    CHECK(made.status == 200);
    CHECK(made.has_changed);
    CHECK(s.header(made, "Expires") == "600");
    auto const tag = s.header(made, "SIP-ETag");
    REQUIRE(!tag.empty());
    CHECK(s.bodies() == list{"one"});

    auto const refreshed = s.publish("Event: presence\nExpires: 600\nSIP-If-Match: " + tag + "\n", "");
    CHECK(refreshed.status == 200);
    CHECK(!refreshed.has_changed);
    auto const second = s.header(refreshed, "SIP-ETag");
    CHECK(second != tag);
    CHECK(s.bodies() == list{"one"});

    CHECK(s.publish("Event: presence\nSIP-If-Match: " + tag + "\n", "x").status == 412);  // the tag has gone
    auto const changed = s.publish("Event: presence\nExpires: 600\nSIP-If-Match: " + second + "\n", "two");
    CHECK(changed.has_changed);
    CHECK(s.bodies() == list{"two"});

    auto const removed =
        s.publish("Event: presence\nExpires: 0\nSIP-If-Match: " + s.header(changed, "SIP-ETag") + "\n", "");
    CHECK(removed.status == 200);
    CHECK(removed.has_changed);
    CHECK(s.bodies().empty());
    CHECK(s.of.size() == 0);
}

TEST_CASE("Unknown packages, strangers' tags, brief and empty publications are refused (RFC 3903 6)") {
    server s({.events = {"presence"}, .largest_body = 100});
    CHECK(s.header(s.publish("Event: dialog\n", "x"), "Allow-Events") == "presence");
    CHECK(s.publish("", "x").status == 489);
    CHECK(s.header(s.publish("Event: presence\nExpires: 10\n", "x"), "Min-Expires") == "60");
    CHECK(s.publish("Event: presence\n", "").status == 400);
    CHECK(s.publish("Event: presence\nSIP-If-Match: guess\n", "").status == 412);
    auto const tag = s.header(s.publish("Event: presence\n", "x"), "SIP-ETag");
    CHECK(s.publish("Event: presence\nSIP-If-Match: " + tag + "\n", "", "sip:alice@example.com").status == 412);
    CHECK(s.publish("Event: presence\n", std::string(101, 'x')).status == 413);
}

TEST_CASE("Publications expire, the others of the resource stay, and all are bounded (RFC 3903 6)") {
    server s({.events = {"presence"}, .most_of_one = 2});
    (void)s.publish("Event: presence\nExpires: 100\n", "short");
    (void)s.publish("Event: presence\nExpires: 1000\n", "long");
    CHECK(s.bodies() == list{"short", "long"});
    CHECK(s.publish("Event: presence\n", "third").status == 503);
    CHECK(s.of.next_deadline() == s.now + 100s);
    s.now += 100s;
    CHECK(s.bodies() == list{"long"});
    CHECK(s.of.on_timeout(s.now) == list{"sip:bob@example.com"});
    CHECK(s.of.size() == 1);
    CHECK(s.publish("Event: presence\n", "third").status == 200);
}
