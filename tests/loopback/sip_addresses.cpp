// Local addresses. Covered: a user agent on several addresses names the one that a request leaves by; and changes of
// this machine's addresses, in a network namespace of the test's own: a socket on all addresses names the new one, a
// connection from the old one is given up, a registered user agent binds its new address. The test needs the right to
// make namespaces (root, or unprivileged user namespaces).
#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <sys/ioctl.h>
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

/// Loopback serves as the network of the namespace: beside 127.0.0.1, which it gets when it goes up, it has one address
/// that the test changes, and every other address lies behind it.
class network {
public:
    network() : control_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        REQUIRE(control_ >= 0);
        auto up = request("lo");
        up.ifr_flags = IFF_UP | IFF_RUNNING;
        REQUIRE(::ioctl(control_, SIOCSIFFLAGS, &up) == 0);
    }
    network(network const&) = delete;
    network& operator=(network const&) = delete;
    ~network() { ::close(control_); }

    void set_address(char const* address) {
        auto change = request("lo:9");
        set(change.ifr_addr, address);
        REQUIRE(::ioctl(control_, SIOCSIFADDR, &change) == 0);
        set(change.ifr_addr, "255.255.255.0");
        REQUIRE(::ioctl(control_, SIOCSIFNETMASK, &change) == 0);
        rtentry everything{};
        char device[] = "lo";
        set(everything.rt_dst, "0.0.0.0");
        set(everything.rt_genmask, "0.0.0.0");
        everything.rt_flags = RTF_UP;
        everything.rt_dev = device;
        REQUIRE((::ioctl(control_, SIOCADDRT, &everything) == 0 || errno == EEXIST));
    }

private:
    static ifreq request(char const* interface) {
        ifreq made{};
        std::strncpy(made.ifr_name, interface, IFNAMSIZ - 1);
        return made;
    }
    static void set(sockaddr& to, char const* address) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_addr.s_addr = ::inet_addr(address);
        std::memcpy(&to, &in, sizeof in);
    }
    int control_;
};

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

TEST_CASE(
    "a user agent on several addresses names in Via and Contact the one that a request leaves by (RFC 3261 8.1.1.8, "
    "18.1.1)"
) {
    asio::io_context loop{1};
    sip::net::user_agent phone(loop.get_executor());
    for (auto const* address : {"127.0.0.1", "127.0.0.2", "::1"})
        REQUIRE(phone.listen({ip(address), 0, transport_kind::udp}).has_value());
    sip::account_config me;
    me.address_of_record = "sip:alice@example.com";
    auto line = phone.add_account(me).value();
    for (auto const& [there, ours] : {
             std::pair{"127.0.0.1", "127.0.0.1"},
             std::pair{"127.0.0.3", "127.0.0.2"},
             std::pair{"::1", "[::1]"},
             std::pair{"::ffff:127.0.0.1", "127.0.0.1"},
         }) {
        CAPTURE(there);
        udp::socket peer(loop, {asio::ip::make_address(sip::to_string(ip(there))), 0});
        peer.non_blocking(true);
        auto const port = std::to_string(peer.local_endpoint().port());
        auto const host = ip(there).is_v6 || std::string_view(there).find(':') != std::string_view::npos
                              ? "[" + std::string(there) + "]"
                              : std::string(there);
        REQUIRE(line.request({sip::method::options, "sip:bob@" + host + ":" + port}).has_value());
        std::array<char, 2048> chunk{};
        std::string text;
        udp::endpoint from;
        REQUIRE(run_until(loop, [&] {
            sip::error_code error;
            auto const size = peer.receive_from(asio::buffer(chunk), from, 0, error);
            if (!error) text.assign(chunk.data(), size);
            return !text.empty();
        }));
        auto const own = std::string(ours) + ":" + std::to_string(from.port());
        CHECK_MESSAGE(text.find("Via: SIP/2.0/UDP " + own + ";") != std::string::npos, text);
        CHECK_MESSAGE(text.find("Contact: <sip:alice@" + own + ">") != std::string::npos, text);
    }
}

TEST_CASE("when the machine's address changes, sockets name the new one and connections of the old one are given up") {
    REQUIRE_MESSAGE(enter_namespace(), "a network namespace cannot be made: ", std::strerror(errno));
    network here;
    here.set_address("10.9.1.1");
    station phone, server;
    auto const peer = ip("192.0.2.1");
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

    here.set_address("10.9.2.1");
    REQUIRE(both([&] { return phone.core.changes.size() == 2; }));
    for (auto const& change : phone.core.changes) {
        CHECK(change.change == flow_change::moved);
        if (change.flow == link) continue;
        CHECK(change.local.address == ip("10.9.2.1"));
        CHECK(change.local.port == bound->port);
        CHECK(change.cause_text.find("our address has changed from udp 10.9.1.1:") != std::string::npos);
    }
    CHECK(phone.driver.count().connections == 0);
    run_until(phone.loop, [until = sip::clock::now() + 500ms] { return sip::clock::now() > until; });
    CHECK(phone.core.changes.size() == 2);  // once
}

TEST_CASE("a registered user agent binds its new address when the machine's changes (RFC 3261 10.2.1)") {
    REQUIRE_MESSAGE(enter_namespace(), "a network namespace cannot be made: ", std::strerror(errno));
    network here;
    here.set_address("10.9.1.1");
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
    REQUIRE(phone.listen({ip("0.0.0.0"), 0, transport_kind::udp}, ip("192.0.2.1")).has_value());
    me.address_of_record = "sip:alice@example.com";
    me.registrar = "sip:127.0.0.9:" + std::to_string(there.port);
    auto line = phone.add_account(me).value();
    REQUIRE(!line.start_registering());
    REQUIRE(run_until(loop, [&] { return contacts.size() == 1; }));
    CHECK(contacts[0].starts_with("<sip:alice@10.9.1.1:"));
    here.set_address("10.9.2.1");  // the way to the registrar stays
    REQUIRE(run_until(loop, [&] { return contacts.size() == 2; }));
    CHECK(contacts[1].starts_with("<sip:alice@10.9.2.1:"));
}
