// Changes of this machine's addresses, in a network namespace of the test's own: the namespace has a loopback interface
// and a dummy one whose address the test changes. Covered: a socket on all addresses names the new one, a connection
// from the old one is given up, and a registered user agent binds its new address. The test needs the right to make
// namespaces (root, or unprivileged user namespaces).
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include <doctest/doctest.h>

#include "loopback/sip_support.hpp"
#include "sip/net/local_address.hpp"
#include "sip/net/user_agent.hpp"

using namespace sip_test;
using sip::flow_change;
using sip::transport_kind;

namespace {

void write_to(char const* file, std::string const& text) {
    std::ofstream(file) << text;
}

/// A network of the calling process alone.
bool enter_namespace() {
    auto const uid = ::getuid();
    if (::unshare(CLONE_NEWNET) == 0) return true;
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
    write_to("/proc/self/setgroups", "deny");
    write_to("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
    return true;
}

/// The interface's address from now on, with a network of 24 bits around it; "0.0.0.0" takes it away. IPv4, since that
/// can be done with an ioctl.
void set_address(char const* interface, char const* address) {
    int const control = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    REQUIRE(control >= 0);
    ifreq request{};
    std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    auto* const in = reinterpret_cast<sockaddr_in*>(&request.ifr_addr);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = ::inet_addr(address);
    REQUIRE(::ioctl(control, SIOCSIFADDR, &request) == 0);
    if (std::strcmp(address, "0.0.0.0") != 0) {
        in->sin_addr.s_addr = ::inet_addr("255.255.255.0");
        REQUIRE(::ioctl(control, SIOCSIFNETMASK, &request) == 0);
        request = {};
        std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
        request.ifr_flags = IFF_UP | IFF_RUNNING;
        REQUIRE(::ioctl(control, SIOCSIFFLAGS, &request) == 0);
    }
    ::close(control);
}

sip::ip_address ip(char const* text) {
    return *sip::ip_address::from(text);
}

}  // namespace

TEST_CASE("an address is ours as long as an interface has it") {
    CHECK(sip::net::is_own_address(ip("127.0.0.1")));
    CHECK(sip::net::is_own_address(ip("127.0.0.2")));
    CHECK_FALSE(sip::net::is_own_address(ip("192.0.2.77")));
    CHECK_FALSE(sip::net::is_own_address(ip("2001:db8::77")));
}

TEST_CASE("when the machine's address changes, sockets name the new one and connections of the old one are given up") {
    // Loopback itself serves as the network: its first address lies where the peer is, so packets to the peer leave
    // from it, and what the kernel answers for the route follows every change.
    REQUIRE_MESSAGE(enter_namespace(), "a network namespace cannot be made: ", std::strerror(errno));
    set_address("lo", "10.9.1.1");
    station phone, server;
    auto const peer = ip("10.9.1.200");
    auto const bound = phone.driver.listen({ip("0.0.0.0"), 0, transport_kind::udp}, peer);
    REQUIRE(bound.has_value());
    REQUIRE(phone.core.flows.size() == 1);
    CHECK(phone.core.flows[0].local.address == ip("10.9.1.1"));

    auto const there = server.driver.listen({ip("0.0.0.0"), 0, transport_kind::tcp});
    REQUIRE(there.has_value());
    auto const both = [&](auto&& done) {
        return run_until(phone.loop, [&] {
            server.loop.restart();
            server.loop.poll();
            return done();
        });
    };
    auto const link = phone.open({ip("10.9.1.1"), there->port, transport_kind::tcp});
    REQUIRE(both([&] { return !phone.core.changes.empty(); }));
    REQUIRE(phone.core.changes[0].change == flow_change::up);
    phone.core.changes.clear();

    set_address("lo", "10.9.1.2");
    REQUIRE(both([&] { return phone.core.changes.size() == 2; }));
    for (auto const& change : phone.core.changes) {
        CHECK(change.change == flow_change::moved);
        if (change.flow == link) continue;
        CHECK(change.local.address == ip("10.9.1.2"));
        CHECK(change.local.port == bound->port);
        CHECK(change.cause_text.find("our address has changed from udp 10.9.1.1:") != std::string::npos);
    }
    CHECK(phone.driver.count().connections == 0);
    run_until(phone.loop, [until = sip::clock::now() + 500ms] { return sip::clock::now() > until; });
    CHECK(phone.core.changes.size() == 2);  // once
}

TEST_CASE("a registered user agent binds its new address when the machine's changes (RFC 3261 10.2.1)") {
    REQUIRE_MESSAGE(enter_namespace(), "a network namespace cannot be made: ", std::strerror(errno));
    set_address("lo", "10.9.1.1");
    asio::io_context loop{1};
    sip::user_agent_config registrar;
    registrar.methods = {sip::method::register_};
    sip::net::user_agent server(loop.get_executor(), registrar), phone(loop.get_executor());
    auto const there = server.listen({ip("0.0.0.0"), 0, transport_kind::udp}).value();
    sip::account_config me;
    me.address_of_record = "sip:server@example.com";
    REQUIRE(server.add_account(me).has_value());
    std::vector<std::string> contacts;
    server.on_event([&](sip::event const& what) {
        auto const* asked = std::get_if<sip::incoming_request>(&what);
        if (asked == nullptr) return;
        contacts.emplace_back(asked->request.view().raw(sip::header_id::contact));
        sip::extra_header const bound[] = {{"Contact", contacts.back() + ";expires=3600"}};
        (void)server.respond(asked->id, 200, bound);
    });
    REQUIRE(phone.listen({ip("0.0.0.0"), 0, transport_kind::udp}, ip("10.9.1.200")).has_value());
    me.address_of_record = "sip:alice@example.com";
    me.registrar = "sip:127.0.0.9:" + std::to_string(there.port);
    auto line = phone.add_account(me).value();
    set_address("lo:1", "127.0.0.1");  // the way to the registrar stays
    REQUIRE(!line.start_registering());
    REQUIRE(run_until(loop, [&] { return contacts.size() == 1; }));
    CHECK(contacts[0].starts_with("<sip:alice@10.9.1.1:"));
    set_address("lo", "10.9.1.2");
    REQUIRE(run_until(loop, [&] { return contacts.size() == 2; }));
    CHECK(contacts[1].starts_with("<sip:alice@10.9.1.2:"));
}
