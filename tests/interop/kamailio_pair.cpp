// Covers: two Kamailio nodes behind one name (SRV, a primary and a secondary), of which the primary is killed while our
// phones are registered, while a call rings, and in a call: registrations are renewed at the other node, nothing waits
// longer than 64*T1, and a new call succeeds (RFC 3263 4.3). Names come from dnsmasq.
// Not covered: the order and the bounds of the search (tests/unit/sip/transport/locator_test.cpp).
#include <algorithm>
#include <fstream>
#include <utility>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include "interop/name_server.hpp"
#include "loopback/sip_support.hpp"
#include "sip/net/user_agent.hpp"
#include "support/kamailio.hpp"
#include "support/temporary_folder.hpp"

using namespace sip_test;
using test::replace_all;

namespace {

constexpr auto t1 = 20ms, give_up = 64 * t1;
/// Of a registration: how long it may take until a phone notices that its node is gone.
constexpr auto expires = 6s;

/// A registrar and record-routing proxy, one of two that know nothing of each other.
constexpr auto configuration = R"cfg(#!KAMAILIO
debug=2
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
alias="pair.test"
listen=udp:127.0.0.1:@PORT@
mpath="@MODULES@"
@BASICS@
modparam("registrar", "min_expires", 2)

@ROUTE@
)cfg";

class node {
public:
    explicit node(std::uint16_t port) : port_(port) {
        auto const modules = test::kamailio_modules();
        REQUIRE_MESSAGE(!modules.empty(), "Kamailio's modules are not installed");
        auto text =
            replace_all(replace_all(configuration, "@ROUTE@", test::kamailio_route), "@BASICS@", test::kamailio_basics);
        text = replace_all(text, "@PORT@", std::to_string(port));
        std::ofstream(folder_.path + "/kamailio.cfg") << replace_all(text, "@MODULES@", modules);
        process_ = conformance::child::start(
            {"kamailio", "-f", folder_.path + "/kamailio.cfg", "-DD", "-E", "-m", "32", "-M", "8", "-w", folder_.path,
             "-Y", folder_.path, "-P", folder_.path + "/kamailio.pid"},
            folder_.path + "/kamailio.log"
        );
    }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    void kill() { process_.kill(); }

private:
    std::uint16_t port_;
    test::temporary_folder folder_;
    conformance::child process_;
};

struct phone {
    phone(asio::io_context& on, std::string const& name_server, std::string const& user)
        : loop(on), agent(on.get_executor(), {}, asking(name_server)) {
        REQUIRE(agent.listen(on_loopback(sip::transport_kind::udp)).has_value());
        sip::account_config settings;
        settings.address_of_record = "sip:" + user + "@pair.test";
        settings.password = "secret" + user;
        settings.registrar = "sip:pair.test";
        settings.route_set = {"sip:pair.test;lr"};
        settings.expires = expires;
        settings.retry_after_failure = 500ms;
        settings.timing.t1 = t1;
        settings.timing.t2 = 4 * t1;
        line = agent.add_account(settings).value();
        agent.on_event([this](sip::event const& what) { events.push_back(what); });
    }
    static sip::net::shell_config asking(std::string const& name_server) {
        sip::net::shell_config config;
        config.name_servers = {name_server};
        return config;
    }
    template <class Event>
    [[nodiscard]] Event const* find() const {
        for (auto const& one : events)
            if (auto const* found = std::get_if<Event>(&one)) return found;
        return nullptr;
    }
    template <class Event>
    [[nodiscard]] bool hears(std::chrono::steady_clock::duration limit = 10s) {
        return run_until(
            loop, [&] { return find<Event>() != nullptr; }, limit
        );
    }
    /// Waits until it is registered; news of failures on the way are passed over.
    [[nodiscard]] bool registers(std::chrono::steady_clock::duration limit = 10s) {
        auto const is_registered = [this] {
            return std::any_of(events.begin(), events.end(), [](sip::event const& one) {
                auto const* change = std::get_if<sip::registration_changed>(&one);
                return change != nullptr && change->state == sip::registration_state::registered;
            });
        };
        return run_until(loop, is_registered, limit);
    }

    asio::io_context& loop;
    sip::net::user_agent agent;
    sip::net::account line;
    std::vector<sip::event> events;
};

/// Two nodes, and two phones that are registered at the first.
struct pair_fixture {
    std::uint16_t const first = static_cast<std::uint16_t>(test::name_server::ports.first() + 40);
    node primary{first}, secondary{static_cast<std::uint16_t>(first + 1)};
    test::name_server names{
        {"--srv-host=_sip._udp.pair.test,node.pair.test," + std::to_string(first) + ",1,1",
         "--srv-host=_sip._udp.pair.test,node.pair.test," + std::to_string(first + 1) + ",2,1",
         "--address=/node.pair.test/127.0.0.1"}};
    asio::io_context loop{1};
    phone alice{loop, names.address(), "1001"}, bob{loop, names.address(), "1002"};

    pair_fixture() {
        // Kamailio may still be starting: nothing else begins before both nodes have answered.
        for (auto const port : {first, static_cast<std::uint16_t>(first + 1)})
            REQUIRE_MESSAGE(answers(port), "Kamailio does not answer on port ", port);
        for (auto* one : {&alice, &bob}) {
            REQUIRE(!one->line.start_registering());
            REQUIRE(one->registers());
            one->events.clear();
        }
    }
    [[nodiscard]] bool answers(std::uint16_t port, std::chrono::steady_clock::duration limit = 10s) {
        udp::socket socket(loop, {asio::ip::address_v4::loopback(), 0});
        socket.non_blocking(true);
        auto const request = "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:" +
                             std::to_string(socket.local_endpoint().port()) +
                             ";branch=z9hG4bKup\r\nMax-Forwards: 1\r\nFrom: <sip:t@127.0.0.1>;tag=1\r\nTo: "
                             "<sip:t@127.0.0.1>\r\nCall-ID: up\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
        char reply[2000];
        return run_until(
            loop,
            [&] {
                sip::error_code error;
                socket.send_to(asio::buffer(request), {asio::ip::address_v4::loopback(), port}, 0, error);
                run_for(loop, 50ms);
                return socket.receive(asio::buffer(reply), 0, error) > 0 && !error;
            },
            limit
        );
    }
    void kill_primary() {
        primary.kill();
        REQUIRE_FALSE(answers(first, 500ms));
    }
    /// Alice calls Bob, who rings: both halves of the call.
    std::pair<sip::net::call, sip::net::call> ring() {
        sip::invite_options invite("sip:1002@pair.test");
        invite.with_offer("v=0\r\n");
        auto outgoing = alice.line.invite(invite);
        REQUIRE(outgoing.has_value());
        REQUIRE(bob.hears<sip::incoming_call>());
        auto incoming = bob.agent.take(bob.find<sip::incoming_call>()->id);
        REQUIRE(!incoming.ring());
        REQUIRE(alice.hears<sip::call_progress>());
        return {std::move(*outgoing), std::move(incoming)};
    }
    std::pair<sip::net::call, sip::net::call> talk() {
        auto call = ring();
        REQUIRE(!call.second.answer("v=0\r\n"));
        REQUIRE(alice.hears<sip::call_answered>());
        REQUIRE(bob.hears<sip::call_confirmed>());
        return call;
    }
    /// The primary is gone; both phones find the other node by themselves, by their next registration at the latest.
    void wait_until_moved() {
        for (auto* one : {&alice, &bob}) {
            one->events.clear();
            REQUIRE(one->registers(expires + 4 * give_up));
            one->events.clear();
        }
    }
    /// A call from its beginning to its end.
    void call_again() {
        auto call = talk();
        REQUIRE(!call.first.hang_up());
        REQUIRE(bob.hears<sip::call_ended>());
        CHECK(bob.find<sip::call_ended>()->why == sip::end_reason::remote_hang_up);
    }
};

}  // namespace

TEST_CASE_FIXTURE(
    pair_fixture,
    "pair: the node that a phone is registered at dies; the registration is renewed at the other, and calls go on (RFC "
    "3263 4.3)"
) {
    call_again();
    kill_primary();
    wait_until_moved();
    call_again();
}

TEST_CASE_FIXTURE(
    pair_fixture,
    "pair: a node dies while a call rings: both ends are free within 64*T1 of giving up, and the next call succeeds "
    "(RFC 3261 9.1)"
) {
    auto call = ring();
    kill_primary();
    SUBCASE("the caller gives up") {
        REQUIRE(!call.first.hang_up());
        // The CANCEL reaches nobody.
        REQUIRE(alice.hears<sip::call_ended>(3 * give_up));
        REQUIRE(!call.second.reject(486));
        REQUIRE(bob.hears<sip::call_ended>(3 * give_up));
    }
    SUBCASE("the callee answers") {
        REQUIRE(!call.second.answer("v=0\r\n"));
        // No ACK comes: the callee ends what it cannot confirm (13.3.1.4).
        REQUIRE(bob.hears<sip::call_ended>(64 * 500ms + 3s));
        REQUIRE(!call.first.hang_up());
        REQUIRE(alice.hears<sip::call_ended>(3 * give_up));
    }
    wait_until_moved();
    call_again();
}

TEST_CASE_FIXTURE(
    pair_fixture,
    "pair: a node dies in a call: its BYE ends in bounded time at both ends, and the next call succeeds (RFC 3261 "
    "15.1.1)"
) {
    auto call = talk();
    kill_primary();
    REQUIRE(!call.first.hang_up());
    REQUIRE(alice.hears<sip::call_ended>(3 * give_up));
    REQUIRE(!call.second.hang_up());
    REQUIRE(bob.hears<sip::call_ended>(3 * give_up));
    wait_until_moved();
    call_again();
}
