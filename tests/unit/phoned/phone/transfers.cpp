// Covers: transfers in all three parts between phones (the guide's flows 6 and 7): blind, semi-attended, attended, the
// guide's order of BYE, and what goes wrong: a target that is busy, does not answer or declines, a transferee that
// hangs up or vanishes. Against peers that are no phones of ours: without REFER, without reports, with strange wishes.
// Not here: REFER and NOTIFY themselves (libsip's tests), conferences.
#include <doctest/doctest.h>

#include "sip/syntax/sipfrag.hpp"
#include "support/phoned/three_phones.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using phoned::call_state;

namespace {

struct a_and_c_at_last : test::three_phones {
    using test::three_phones::three_phones;

    /// B and C talk with each other and hear nobody else, A has no call.
    void expect_joined(test::sim_phone& one, test::sim_phone& other, test::sim_phone& transferor) {
        REQUIRE(run_until(10s, [&] {
            return transferor.live_calls() == 0 && one.live_calls() == 1 && other.live_calls() == 1;
        }));
        run(2s);
        CHECK(one.hears(other.tone));
        CHECK(other.hears(one.tone));
        CHECK(transferor.open_sockets() == 0);
        CHECK(one.open_sockets() == 1);
        CHECK(other.open_sockets() == 1);
    }
    void transfer(test::sim_phone& who, phoned::call_number call, const std::string& target) {
        const auto outcome = who.phone().call_transfer(who.context(), call, target);
        REQUIRE(outcome.has_value());
    }
};

}  // namespace

TEST_CASE_FIXTURE(
    a_and_c_at_last, "a blind transfer waits for the report that the new call is up (flow 6, RFC 5589 6.1)"
) {
    const auto [at_a, at_b] = connect(a, b);
    wire.clear();
    transfer(b, at_b, "1003");
    REQUIRE(run_until(3s, [&] { return c.live_calls() == 1; }));
    run(1s);
    CHECK(b.call(at_b).state == call_state::confirmed);  // it could still take the call back
    CHECK(b.has_told("\"role\":\"transferor\"", "\"state\":\"accepted\"", "\"sip_code\":202"));
    CHECK(b.has_told("\"state\":\"progress\"", "\"sip_code\":180"));
    CHECK(a.has_told("\"role\":\"transferee\"", "\"state\":\"accepted\"", "\"new_call\":2"));
    CHECK(a.call(phoned::call_number{2}).referred_by == "sip:1002@10.0.0.1");
    CHECK(c.last_call().referred_by == "sip:1002@10.0.0.1");
    CHECK(a.level() > -40);  // ring-back
    (void)c.answer();
    expect_joined(a, c, b);
    CHECK(b.has_told("\"role\":\"transferor\"", "\"state\":\"done\"", "\"sip_code\":200"));
    expect_on_wire(
        {"B>P REFER 1001", "A>P 202 REFER", "A>P NOTIFY 1002", "A>P INVITE 1003", "C>P 180 INVITE", "C>P 200 INVITE",
         "A>P ACK 1003", "B>P BYE 1001", "A>P 200 BYE"}
    );
    CHECK(a.call(at_a).ended == phoned::ended_by::remote);
}

TEST_CASE("the transferor releases right after the 202 where it is set so, as the guide prints it (flow 6)") {
    a_and_c_at_last world({}, [](phoned::settings& s) {
        s.release_transferred = phoned::transfer_release::when_accepted;
    });
    const auto [at_a, at_b] = world.connect(world.a, world.b);
    world.wire.clear();
    world.transfer(world.b, at_b, "1003");
    REQUIRE(world.run_until(3s, [&] { return world.c.live_calls() == 1 && world.b.live_calls() == 0; }));
    world.run(500ms);
    CHECK(world.a.live_calls() == 1);
    (void)world.c.answer();
    world.expect_joined(world.a, world.c, world.b);
    world.expect_on_wire(
        {"B>P REFER 1001", "A>P 202 REFER", "P>B 202 REFER", "B>P BYE 1001", "A>P 200 BYE", "C>P 200 INVITE"}
    );
    CHECK(world.b.has_told("\"state\":\"done\""));
    (void)at_a;
}

TEST_CASE("a call is on hold for a while before its transfer is asked for, where it is set so (hold_trans_delay)") {
    a_and_c_at_last world({}, [](phoned::settings& s) { s.hold_transfer_delay = 700ms; });
    const auto [at_a, at_b] = world.connect(world.a, world.b);
    world.wire.clear();
    world.transfer(world.b, at_b, "1003");
    world.run(600ms);
    CHECK(world.b.call(at_b).held_by_us);
    CHECK(world.count_on_wire("B>P REFER 1001") == 0);
    SUBCASE("then it is") {
        REQUIRE(world.run_until(2s, [&] { return world.c.live_calls() == 1; }));
        world.expect_on_wire({"B>P INVITE 1001", "B>P ACK 1001", "B>P REFER 1001"});
        (void)world.c.answer();
        world.expect_joined(world.a, world.c, world.b);
    }
    SUBCASE("unless the call ends first") {
        world.hang_up(world.a, at_a);
        world.run(2s);
        CHECK(world.count_on_wire("B>P REFER 1001") == 0);
        CHECK(world.b.has_told("\"role\":\"transferor\"", "\"state\":\"failed\""));
        world.expect_all_over();
    }
}

TEST_CASE("the transferor takes the call back where the target is busy, does not answer, or declines") {
    struct {
        unsigned expected;
        std::function<void(test::three_phones&)> target_does;
        std::function<void(phoned::settings&)> target_is;
    } const cases[] = {
        {480, {}, [](phoned::settings& s) { s.do_not_disturb = true; }},
        {480, {}, [](phoned::settings& s) { s.ring_time = 6s; }},
        {603,
         [](test::three_phones& world) {
             REQUIRE(world.run_until(3s, [&] { return world.c.live_calls() == 1; }));
             REQUIRE(world.c.phone().call_reject(world.c.context(), world.c.last_call().call, 603).has_value());
         },
         {}},
    };
    for (const auto& each : cases) {
        CAPTURE(each.expected);
        a_and_c_at_last world({}, {}, each.target_is);
        const auto [at_a, at_b] = world.connect(world.a, world.b);
        REQUIRE(world.b.phone().call_hold(world.b.context(), at_b).has_value());
        world.run(500ms);
        world.transfer(world.b, at_b, "1003");
        if (each.target_does) each.target_does(world);
        CHECK(world.run_until(12s, [&] {
            return world.b.has_told("\"state\":\"failed\"", std::to_string(each.expected));
        }));
        CHECK(world.a.has_told("\"role\":\"transferee\"", "\"state\":\"failed\"", std::to_string(each.expected)));
        world.run(2500ms);
        CHECK(world.a.live_calls() == 1);
        CHECK_FALSE(world.b.call(at_b).held_by_us);
        CHECK(world.a.hears(world.b.tone));
        CHECK(world.b.hears(world.a.tone));
        world.hang_up(world.a, at_a);
        world.expect_all_over();
    }
}

TEST_CASE_FIXTURE(
    a_and_c_at_last, "an attended transfer joins the other two in the target's call (flow 7, RFC 5589 7, RFC 3891)"
) {
    const auto [at_a, at_b] = connect(a, b);
    REQUIRE(a.phone().call_hold(a.context(), at_a).has_value());
    run(500ms);
    const auto [consultation, at_c] = connect(a, c);
    wire.clear();
    REQUIRE(a.phone().call_transfer_attended(a.context(), at_a, consultation).has_value());
    expect_joined(b, c, a);
    CHECK(c.has_told("\"role\":\"target\"", "\"state\":\"done\"", "\"new_call\":2"));
    CHECK(c.call(at_c).cause == "another call has taken its place");
    CHECK(a.has_told("\"state\":\"done\"", "\"sip_code\":200"));
    expect_on_wire({"A>P REFER 1002", "B>P 202 REFER", "B>P INVITE 1003", "C>P 200 INVITE", "B>P ACK 1003"});
    CHECK(count_on_wire("C>P BYE 1001") == 1);  // RFC 3891 3: the replaced call
    CHECK(count_on_wire("A>P BYE 1002") == 1);
    CHECK(count_on_wire("C>P 180 INVITE") == 0);
    (void)at_b;
}

TEST_CASE_FIXTURE(a_and_c_at_last, "a semi-attended transfer waits until the target has answered") {
    const auto [at_a, at_b] = connect(a, b);
    const auto consultation = a.dial("1003");
    REQUIRE(run_until(3s, [&] { return c.live_calls() == 1; }));
    REQUIRE(a.phone().call_transfer_attended(a.context(), at_a, consultation).has_value());
    run(2s);
    CHECK(count_on_wire("A>P REFER 1002") == 0);
    CHECK(c.live_calls() == 1);
    (void)c.answer();
    expect_joined(b, c, a);
    (void)at_b;
}

TEST_CASE("a semi-attended transfer calls the target anew where it is set so (transfer.semi_attend_tran_enable 0)") {
    a_and_c_at_last world([](phoned::settings& s) { s.semi_attended = false; });
    const auto [at_a, at_b] = world.connect(world.a, world.b);
    const auto consultation = world.a.dial("1003");
    REQUIRE(world.run_until(3s, [&] { return world.c.live_calls() == 1; }));
    REQUIRE(world.a.phone().call_transfer_attended(world.a.context(), at_a, consultation).has_value());
    REQUIRE(world.run_until(3s, [&] {
        return world.c.live_calls() == 1 && world.c.last_call().remote == "sip:1002@10.0.0.1";
    }));
    (void)world.c.answer();
    world.expect_joined(world.b, world.c, world.a);
    (void)at_b;
}

TEST_CASE_FIXTURE(a_and_c_at_last, "a target that never answers a semi-attended transfer gives the call back") {
    const auto [at_a, at_b] = connect(a, b);
    const auto consultation = a.dial("1003");
    REQUIRE(run_until(3s, [&] { return c.live_calls() == 1; }));
    REQUIRE(a.phone().call_transfer_attended(a.context(), at_a, consultation).has_value());
    REQUIRE(c.phone().call_reject(c.context(), c.last_call().call, 486).has_value());
    CHECK(run_until(3s, [&] { return a.has_told("\"state\":\"failed\"", "486"); }));
    run(2s);
    CHECK(a.hears(b.tone));
    CHECK_FALSE(b.call(at_b).held_by_peer);
}

TEST_CASE_FIXTURE(a_and_c_at_last, "a transferee that hangs up before any report has left for good (RFC 5589 6.1)") {
    const auto [at_a, at_b] = connect(a, b);
    network.lets_pass = [](const test::sim_network::packet& p) { return !p.text.starts_with("NOTIFY "); };
    transfer(b, at_b, "1003");
    REQUIRE(run_until(3s, [&] { return c.live_calls() == 1; }));
    (void)c.answer();
    run(1s);
    hang_up(a, at_a);
    CHECK(run_until(3s, [&] { return b.live_calls() == 0; }));
    CHECK(b.has_told("\"state\":\"done\"", "the other side has left"));
    expect_joined(a, c, b);
}

TEST_CASE_FIXTURE(a_and_c_at_last, "a transfer with a peer that vanishes ends in bounded time") {
    const auto [at_a, at_b] = connect(a, b);
    network.lets_pass = [](const test::sim_network::packet& p) { return line_of(p).find('A') == std::string::npos; };
    transfer(b, at_b, "1003");
    CHECK(run_until(40s, [&] { return b.has_told("\"state\":\"failed\""); }));
    (void)at_a;
}

TEST_CASE_FIXTURE(a_and_c_at_last, "a call is transferred once at a time, not to itself, and only while it is up") {
    const auto [at_a, at_b] = connect(a, b);
    const auto code = [](const auto& outcome) { return outcome ? phoned::error_number{} : outcome.error().code; };
    CHECK(code(a.phone().call_transfer_attended(a.context(), at_a, at_a)) == phoned::error_number::wrong_state);
    CHECK(code(a.phone().call_transfer(a.context(), at_a, "")) == phoned::error_number::bad_target);
    CHECK(
        code(a.phone().call_transfer(a.context(), phoned::call_number{9}, "1003")) == phoned::error_number::no_such_call
    );
    transfer(b, at_b, "1003");
    CHECK(code(b.phone().call_transfer(b.context(), at_b, "1003")) == phoned::error_number::wrong_state);
    const auto ringing = a.dial("1003");
    CHECK(code(a.phone().call_transfer(a.context(), ringing, "1002")) == phoned::error_number::wrong_state);
}

TEST_CASE_FIXTURE(a_and_c_at_last, "the TRANSFER key holds, takes a number, and sends the other side there") {
    const auto [at_a, at_b] = connect(a, b);
    SUBCASE("blind") {
        b.key("TRANSFER");
        run(500ms);
        CHECK(b.call(at_b).held_by_us);
        for (const char* key : {"1", "0", "0", "3", "TRANSFER"})
            b.key(key);
        REQUIRE(run_until(3s, [&] { return c.live_calls() == 1; }));
        (void)c.answer();
    }
    SUBCASE("attended, by putting the handset down") {
        b.phone().on_hook(b.context(), {true, false, false});
        b.key("TRANSFER");
        run(500ms);
        for (const char* key : {"1", "0", "0", "3", "OK"})
            b.key(key);
        REQUIRE(run_until(3s, [&] { return c.live_calls() == 1; }));
        (void)c.answer();
        run(1s);
        b.phone().on_hook(b.context(), {false, false, false});
    }
    expect_joined(a, c, b);
    (void)at_a;
}

namespace {

/// A phone that talks with a user agent at 10.0.1.9 which takes REFER only where it is told to.
struct phone_and_stranger : test::phone_world {
    explicit phone_and_stranger(std::vector<sip::method> methods)
        : a(add(1001)), b(add(1002)), peer(99, agent(methods)) {
        peer.join(network, "10.0.1.9:5060", test::ua_pair::account_at("sip:peer@10.0.1.9"));
        register_all();
        call = a.dial("peer@10.0.1.9");
        REQUIRE(run_until(2s, [&] { return peer.count<sip::incoming_call>() == 1; }));
        session = peer.last<sip::incoming_call>().id;
        REQUIRE_FALSE(peer.answer(
            session,
            "v=0\r\no=peer 5 1 IN IP4 10.0.1.9\r\ns=-\r\nc=IN IP4 10.0.1.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP "
            "0\r\na=sendrecv\r\n"
        ));
        REQUIRE(run_until(1s, [&] { return a.call(call).state == call_state::confirmed; }));
    }
    static sip::user_agent_config agent(const std::vector<sip::method>& methods) {
        sip::user_agent_config out;
        out.methods = methods;
        return out;
    }
    test::sim_phone &a, &b;
    test::phone peer;
    phoned::call_number call{};
    sip::session_id session;
};

}  // namespace

TEST_CASE("a peer that takes no REFER leaves the call as it was, and the user is told (405)") {
    phone_and_stranger world({});
    REQUIRE(world.a.phone().call_hold(world.a.context(), world.call).has_value());
    world.run(200ms);
    REQUIRE(world.a.phone().call_transfer(world.a.context(), world.call, "1002").has_value());
    CHECK(world.run_until(2s, [&] { return world.a.has_told("\"state\":\"failed\"", "\"sip_code\":405"); }));
    CHECK(world.a.call(world.call).state == call_state::confirmed);
    CHECK(world.b.live_calls() == 0);
}

TEST_CASE("a stranger's REFER is followed only from a call, only to call, and only once at a time (RFC 3515 2.4.2)") {
    phone_and_stranger world({sip::method::refer, sip::method::notify});
    const auto refer = [&](const sip::refer_options& options) {
        world.network.command(world.peer.node, [&](sip::outbox& out) {
            REQUIRE(world.peer.core.refer(world.network.now(), world.session, options, out).has_value());
        });
        world.run(300ms);
        return world.peer.last<sip::subscription_ended>().status;
    };
    sip::refer_options message("sip:1002@10.0.0.1");
    message.refer_to.method = sip::method::message;
    CHECK(refer(message) == 501);
    world.network.command(world.peer.node, [&](sip::outbox& out) {
        REQUIRE(world.peer.core
                    .refer_to(
                        world.network.now(), world.peer.account, "sip:1001@10.0.1.1",
                        sip::refer_options("sip:1002@10.0.0.1"), out
                    )
                    .has_value());
    });
    world.run(300ms);
    CHECK(world.peer.last<sip::subscription_ended>().status == 403);
    CHECK(world.b.live_calls() == 0);
}
