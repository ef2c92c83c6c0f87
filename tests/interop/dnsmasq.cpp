// Covers: servers located through a real name server (dnsmasq): pointers, services and addresses, priorities, targets
// that are dead over TCP and UDP, a server that dies between two requests, and that the second request does not pay for
// what the first one learnt.
// Not covered: the order of steps and their bounds (tests/unit/sip/transport/locator_test.cpp).
#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "interop/name_server.hpp"
#include "loopback/sip_support.hpp"
#include "sip/net/user_agent.hpp"

using namespace sip_test;
using test::name_server;

namespace {

sip::net::shell_config asking(std::string const& server) {
    sip::net::shell_config config;
    config.name_servers = {server};
    return config;
}

/// Answers OPTIONS at one port.
struct server {
    server(asio::io_context& loop, std::uint16_t port, sip::transport_kind kind)
        : agent(loop.get_executor(), named(port)) {
        agent.listen(on_loopback(kind, port)).value();
        sip::account_config me;
        me.address_of_record = "sip:server@test";
        (void)agent.add_account(me).value();
    }
    static sip::user_agent_config named(std::uint16_t port) {
        sip::user_agent_config config;
        config.product = "at " + std::to_string(port);
        return config;
    }
    sip::net::user_agent agent;
};

/// Leaves the transport to the domain, and gives up on a silent server after 64 * 10 ms.
struct client {
    client(asio::io_context& on, std::string const& name_server)
        : loop(on), agent(on.get_executor(), {}, asking(name_server)) {
        agent.listen(on_loopback(sip::transport_kind::udp, 0)).value();
        sip::account_config me;
        me.address_of_record = "sip:client@test";
        me.transport.reset();
        me.timing.t1 = 10ms;
        line = agent.add_account(me).value();
        agent.on_event([this](sip::event const& what) {
            if (auto const* done = std::get_if<sip::request_completed>(&what)) {
                status = done->status;
                answered = std::string(done->response.view().raw(sip::header_id::server));
                if (answered.empty()) answered = std::string(done->response.view().raw(sip::header_id::user_agent));
                is_done = true;
            }
        });
    }
    /// Who answered; "nobody (STATUS)" where that was no 200.
    std::string ask(std::string const& target) {
        is_done = false;
        if (!line.request({sip::method::options, target})) return "not sent";
        if (!run_until(loop, [&] { return is_done; })) return "never";
        return status == 200 ? answered : "nobody (" + std::to_string(status) + ")";
    }
    asio::io_context& loop;
    sip::net::user_agent agent;
    sip::net::account line;
    bool is_done = false;
    std::uint16_t status = 0;
    std::string answered;
};

std::string at(std::uint16_t port) {
    return "at " + std::to_string(port);
}

}  // namespace

TEST_CASE("dnsmasq: a domain's pointer chooses TCP before UDP, its services the port (RFC 3263 4.1, 4.2)") {
    auto const tcp_port = static_cast<std::uint16_t>(name_server::ports.first() + 1);
    auto const udp_port = static_cast<std::uint16_t>(tcp_port + 1);
    name_server names(
        {"--naptr-record=example.test,20,10,s,SIP+D2U,,_sip._udp.example.test",
         "--naptr-record=example.test,10,10,s,SIP+D2T,,_sip._tcp.example.test",
         "--srv-host=_sip._tcp.example.test,one.example.test," + std::to_string(tcp_port) + ",1,1",
         "--srv-host=_sip._udp.example.test,one.example.test," + std::to_string(udp_port) + ",1,1",
         "--address=/one.example.test/127.0.0.1"}
    );
    asio::io_context loop{1};
    server over_tcp(loop, tcp_port, sip::transport_kind::tcp), over_udp(loop, udp_port, sip::transport_kind::udp);
    client caller(loop, names.address());
    CHECK(caller.ask("sip:x@example.test") == at(tcp_port));
    CHECK(caller.ask("sip:x@example.test;transport=udp") == at(udp_port));
    // All of it holds for 300 s: nobody needs the name server any more.
    names.stop();
    CHECK(caller.ask("sip:x@example.test") == at(tcp_port));
}

TEST_CASE(
    "dnsmasq: dead servers are passed over by priority, over TCP and over UDP, and tried last afterwards (RFC 3263 4.3)"
) {
    for (auto const kind : {sip::transport_kind::tcp, sip::transport_kind::udp}) {
        CAPTURE(to_string(kind));
        auto const first = static_cast<std::uint16_t>(name_server::ports.first() + 10);
        auto const service =
            std::string("_sip._") + (kind == sip::transport_kind::tcp ? "tcp" : "udp") + ".example.test";
        std::vector<std::string> records = {"--address=/example.test/127.0.0.1"};
        for (int i = 0; i < 3; ++i)
            records.push_back(
                "--srv-host=" + service + ",h" + std::to_string(i) + ".example.test," + std::to_string(first + i) +
                "," + std::to_string(i) + ",1"
            );
        name_server names(records);
        asio::io_context loop{1};
        client caller(loop, names.address());
        auto const second = static_cast<std::uint16_t>(first + 1), third = static_cast<std::uint16_t>(first + 2);
        std::optional<server> middle(std::in_place, loop, second, kind);
        server last(loop, third, kind);
        auto const target =
            std::string("sip:x@example.test;transport=") + (kind == sip::transport_kind::tcp ? "tcp" : "udp");

        auto started = std::chrono::steady_clock::now();
        CHECK(caller.ask(target) == at(second));
        if (kind == sip::transport_kind::udp) CHECK(std::chrono::steady_clock::now() - started >= 640ms);
        started = std::chrono::steady_clock::now();
        CHECK(caller.ask(target) == at(second));
        CHECK(std::chrono::steady_clock::now() - started < 640ms);  // the dead one was not asked again

        middle.reset();
        CHECK(caller.ask(target) == at(third));
    }
}

TEST_CASE("dnsmasq: a domain without pointers and services is its host, and an unknown one is an outcome (RFC 3263 4.2)"
) {
    auto const port = static_cast<std::uint16_t>(name_server::ports.first() + 20);
    name_server names({"--address=/plain.test/127.0.0.1"});
    asio::io_context loop{1};
    server here(loop, port, sip::transport_kind::udp);
    client caller(loop, names.address());
    CHECK(caller.ask("sip:x@plain.test:" + std::to_string(port)) == at(port));
    CHECK(caller.ask("sip:x@unknown.test") == "nobody (0)");
}
