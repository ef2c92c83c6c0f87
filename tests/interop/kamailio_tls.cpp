// Covers: our user agent at Kamailio over TLS: registrations with digest, a call between two of ours through it, client
// certificates, and servers that show a certificate for another name, an expired one and one of an unknown CA, each
// refused with its reason.
#include <fstream>
#include <map>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "conformance/run/child.hpp"
#include "conformance/run/port_block.hpp"
#include "loopback/sip_support.hpp"
#include "sip/net/user_agent.hpp"
#include "support/certificates.hpp"
#include "support/kamailio.hpp"
#include "support/temporary_folder.hpp"

using namespace sip_test;
using sip::net::pem;
using test::replace_all;

namespace {

/// A registrar and record-routing proxy with one TLS port for each certificate. A client is reached over the connection
/// that it opened: its Contact names that connection's port.
constexpr auto configuration = R"cfg(#!KAMAILIO
debug=2
log_stderror=yes
children=1
tcp_children=2
enable_tls=yes
auto_aliases=no
alias="kam.test"
@LISTEN@
mpath="@MODULES@"
loadmodule "tls.so"
@BASICS@
modparam("tls", "config", "@FOLDER@/tls.cfg")

@ROUTE@
)cfg";

/// Kamailio with a port for each of: good, wrong (name), expired, unknown (CA), mutual (wants a certificate of ours).
class secure_kamailio {
public:
    secure_kamailio() {
        REQUIRE_MESSAGE(
            !test::kamailio_modules("tls.so").empty(), "Kamailio's TLS module is not installed (kamailio-tls-modules)"
        );
        REQUIRE(ports_.first() != 0);
        authority const stranger("Unknown CA");
        auto const names = "DNS:kam.test,IP:127.0.0.1,URI:sip:kam.test,URI:sip:127.0.0.1";
        add("good", ca.issue({.common_name = "kam.test", .alternative_names = names}));
        add("wrong", ca.issue({.common_name = "other.test", .alternative_names = "DNS:other.test"}));
        add("expired", ca.issue({.common_name = "kam.test", .alternative_names = names, .valid_until = -60}));
        add("unknown", stranger.issue({.common_name = "kam.test", .alternative_names = names}));
        add("mutual", ca.issue({.common_name = "kam.test", .alternative_names = names}),
            "verify_certificate = yes\nrequire_certificate = yes\nca_list = " + folder_.path + "/ca.pem\n");
        write("ca.pem", ca.pem());
        write("tls.cfg", tls_ + "[client:default]\nmethod = TLSv1.2+\nverify_certificate = no\n");
        auto text = replace_all(replace_all(configuration, "@ROUTE@", test::kamailio_route), "@LISTEN@", listen_);
        text = replace_all(text, "@BASICS@", test::kamailio_basics);
        write(
            "kamailio.cfg",
            replace_all(replace_all(text, "@FOLDER@", folder_.path), "@MODULES@", test::kamailio_modules("tls.so"))
        );
        process_ = conformance::child::start(
            {"kamailio", "-f", folder_.path + "/kamailio.cfg", "-DD", "-E", "-m", "64", "-M", "8", "-w", folder_.path,
             "-Y", folder_.path, "-P", folder_.path + "/kamailio.pid"},
            folder_.path + "/kamailio.log"
        );
        REQUIRE_MESSAGE(listens(), log());
    }

    [[nodiscard]] std::uint16_t port(std::string const& which) const { return ports_of_.at(which); }

    authority const ca{"Test CA"};

private:
    void write(std::string const& name, std::string const& text) const {
        std::ofstream(folder_.path + "/" + name) << text;
    }
    void add(std::string const& name, certificate const& shown, std::string const& more = "verify_certificate = no\n") {
        auto const port = static_cast<std::uint16_t>(ports_.first() + ports_of_.size());
        ports_of_[name] = port;
        write(name + ".pem", shown.pem);
        write(name + ".key", shown.key);
        auto const at = "127.0.0.1:" + std::to_string(port);
        listen_ += "listen=tls:" + at + "\n";
        auto const section = [&](std::string const& where) {
            return "[server:" + where + "]\nmethod = TLSv1.2+\nprivate_key = " + folder_.path + "/" + name +
                   ".key\ncertificate = " + folder_.path + "/" + name + ".pem\n" + more;
        };
        if (tls_.empty()) tls_ = section("default");
        tls_ += section(at);
    }
    [[nodiscard]] bool listens() {
        auto const give_up = std::chrono::steady_clock::now() + 20s;
        while (std::chrono::steady_clock::now() < give_up && process_.is_running()) {
            std::size_t open = 0;
            for (auto const& [name, port] : ports_of_)
                open += bare_client(on_loopback(sip::transport_kind::tcp, port)).connected() ? 1U : 0U;
            if (open == ports_of_.size()) return true;
            asio::io_context pause;
            run_for(pause, 50ms);
        }
        return false;
    }
    [[nodiscard]] std::string log() const {
        std::ifstream in(folder_.path + "/kamailio.log.err");
        return {std::istreambuf_iterator<char>(in), {}};
    }

    test::temporary_folder folder_;
    conformance::port_block ports_;
    std::map<std::string, std::uint16_t> ports_of_;
    std::string tls_, listen_;
    conformance::child process_;
};

/// One of ours, with every event kept.
struct phone {
    phone(
        asio::io_context& loop, secure_kamailio const& server, std::string const& which, std::string const& user,
        std::optional<certificate> mine = {}
    )
        : agent(loop.get_executor(), {}, configured(server, mine)) {
        sip::account_config settings;
        settings.address_of_record = "sip:" + user + "@kam.test";
        settings.auth_name = user;
        settings.password = "secret" + user;
        settings.transport = sip::transport_kind::tls;
        settings.registrar = "sip:kam.test:" + std::to_string(server.port(which)) + ";transport=tls;maddr=127.0.0.1";
        settings.route_set = {
            "<sip:kam.test:" + std::to_string(server.port(which)) + ";transport=tls;maddr=127.0.0.1;lr>"};
        line = agent.add_account(settings).value();
        agent.on_event([this](sip::event const& what) { events.push_back(what); });
    }
    static sip::net::shell_config configured(secure_kamailio const& server, std::optional<certificate> const& mine) {
        sip::net::shell_config config;
        config.tls.trust_system = false;
        config.tls.trusted = {pem::in_memory(server.ca.pem())};
        if (mine) {
            config.tls.certificate = pem::in_memory(mine->pem);
            config.tls.private_key = pem::in_memory(mine->key);
        }
        return config;
    }
    template <class Event>
    [[nodiscard]] Event const* find() const {
        for (auto const& one : events)
            if (auto const* found = std::get_if<Event>(&one)) return found;
        return nullptr;
    }
    [[nodiscard]] sip::registration_changed const* verdict() const {
        for (auto const& one : events) {
            auto const* change = std::get_if<sip::registration_changed>(&one);
            if (change != nullptr && (change->state == sip::registration_state::registered ||
                                      change->state == sip::registration_state::failed))
                return change;
        }
        return nullptr;
    }
    sip::registration_changed register_now(asio::io_context& loop) {
        REQUIRE(!line.start_registering());
        REQUIRE(run_until(loop, [&] { return verdict() != nullptr; }));
        return *verdict();
    }

    sip::net::user_agent agent;
    sip::net::account line;
    std::vector<sip::event> events;
};

}  // namespace

TEST_CASE("Kamailio over TLS: two of ours register with digest and call one another (RFC 3261 26.3.2)") {
    secure_kamailio server;
    asio::io_context loop{1};
    phone alice(loop, server, "good", "1001"), bob(loop, server, "good", "1002");
    for (auto* one : {&alice, &bob}) {
        auto const told = one->register_now(loop);
        REQUIRE_MESSAGE(told.state == sip::registration_state::registered, told.detail);
    }
    sip::invite_options invite("sip:1002@kam.test");
    invite.with_offer("v=0\r\n");
    auto outgoing = alice.line.invite(invite);
    REQUIRE(outgoing.has_value());
    REQUIRE(run_until(loop, [&] { return bob.find<sip::incoming_call>() != nullptr; }));
    auto incoming = bob.agent.take(bob.find<sip::incoming_call>()->id);
    CHECK(bob.find<sip::incoming_call>()->invite.view().top_via().transport == "TLS");
    REQUIRE(!incoming.answer("v=0\r\n"));
    REQUIRE(run_until(loop, [&] {
        return alice.find<sip::call_answered>() != nullptr && bob.find<sip::call_confirmed>() != nullptr;
    }));
    REQUIRE(!incoming.hang_up());
    REQUIRE(run_until(loop, [&] { return alice.find<sip::call_ended>() != nullptr; }));
    CHECK(alice.find<sip::call_ended>()->why == sip::end_reason::remote_hang_up);
    // Everything of a phone, registration and call, went over the one connection that it had opened.
    CHECK(alice.agent.count().connections == 1);
    CHECK(bob.agent.count().connections == 1);
}

TEST_CASE(
    "Kamailio over TLS: a certificate for another name, an expired one and one of an unknown CA are refused, each with "
    "its reason (RFC 5922 7.3)"
) {
    secure_kamailio server;
    asio::io_context loop{1};
    struct row {
        char const *port, *reason;
    };
    row const table[] = {
        {"wrong", "expected kam.test, the certificate is for other.test"},
        {"expired", "the certificate \"CN = kam.test\" has expired: it was valid until "},
        {"unknown",
         "the certificate \"CN = kam.test\" was issued by an unknown CA: \"CN = Unknown CA\" is not trusted"},
    };
    for (auto const& [port, reason] : table) {
        CAPTURE(port);
        phone one(loop, server, port, "1001");
        auto const told = one.register_now(loop);
        CHECK(told.state == sip::registration_state::failed);
        CHECK(told.error == sip::errc::transport_failed);
        CHECK_MESSAGE(told.detail.find(reason) != std::string::npos, told.detail);
        CHECK(one.agent.count().sent == 0);  // not a byte of SIP to a stranger
    }
}

TEST_CASE("Kamailio over TLS: it asks for a certificate of ours, and takes it (RFC 5922 7.4)") {
    secure_kamailio server;
    asio::io_context loop{1};
    auto const mine = server.ca.issue({.common_name = "1001", .alternative_names = "URI:sip:phone.test"});
    phone with(loop, server, "mutual", "1001", mine);
    auto const told = with.register_now(loop);
    CHECK_MESSAGE(told.state == sip::registration_state::registered, told.detail);
    phone without(loop, server, "mutual", "1002");
    auto const refused = without.register_now(loop);
    CHECK(refused.state == sip::registration_state::failed);
    CHECK_MESSAGE(refused.detail.find("it demands a certificate of ours") != std::string::npos, refused.detail);
}
