// TLS through the driver. Covered: messages both ways; every reason to refuse a certificate, and the text that says so;
// certificates of clients; versions; garbage, cuts and silence at every stage of the handshake; the end of a connection
// with and without close_notify; resets; renegotiation; what our own settings may get wrong.
// Not here: the rules for names, as a table (tests/unit/sip/transport/certificate_names_test.cpp); which connection is
// used for which name (tests/unit/sip/transport/flow_test.cpp, tests/unit/sip/ua/secure.cpp).
#include <doctest/doctest.h>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "support/certificates.hpp"
#include "loopback/sip_support.hpp"

using namespace sip_test;
using sip::flow_change;
using sip::transport_kind;
using sip::net::pem;
namespace ssl = asio::ssl;

namespace {

authority const& our_ca() {
    static authority const ca("Test CA");
    return ca;
}

sip::net::shell_config showing(certificate const& mine, sip::net::client_certificate clients = {}) {
    sip::net::shell_config config;
    config.tls.trust_system = false;
    config.tls.trusted = {pem::in_memory(our_ca().pem())};
    config.tls.certificate = pem::in_memory(mine.pem);
    config.tls.private_key = pem::in_memory(mine.key);
    config.tls.clients = clients;
    return config;
}

sip::net::shell_config trusting() {
    sip::net::shell_config config;
    config.tls.trust_system = false;
    config.tls.trusted = {pem::in_memory(our_ca().pem())};
    return config;
}

certificate good_server() {
    static auto const made = our_ca().issue({.common_name = "good", .alternative_names = "DNS:good.example"});
    return made;
}

sip::endpoint listening(station& where) {
    auto const local = where.driver.listen(on_loopback(transport_kind::tls));
    REQUIRE(local.has_value());
    CHECK(local->kind == transport_kind::tls);
    return *local;
}

sip::flow_id open(station& from, sip::endpoint const& to, std::string name) {
    auto const flow = from.core.new_flow();
    from.driver.command([&](sip::now_t, sip::outbox& out) {
        out.actions.emplace_back(sip::open_flow{flow, to, std::move(name)});
    });
    return flow;
}

template <class Done>
bool run_both(station& a, station& b, Done&& done, std::chrono::steady_clock::duration limit = 10s) {
    return run_until(
        a.loop,
        [&] {
            b.loop.restart();
            b.loop.poll();
            return done();
        },
        limit
    );
}

/// What the caller is told of a connection to a server with this certificate, when it wants `name`.
sip::flow_event verdict(certificate const& shown, std::string const& name, sip::net::shell_config config = trusting()) {
    station server(showing(shown)), caller(std::move(config));
    open(caller, listening(server), name);
    REQUIRE(run_both(caller, server, [&] { return !caller.core.changes.empty(); }));
    if (caller.core.changes[0].change == flow_change::failed)
        REQUIRE(run_both(caller, server, [&] { return server.driver.count().connections == 0; }));
    return caller.core.changes[0];
}

/// A TLS client without manners, on a loop of its own that runs beside the one under test.
struct bare_tls {
    bare_tls() {
        context.set_verify_mode(ssl::verify_none);
        SSL_CTX_set_security_level(context.native_handle(), 0);
    }
    void connect(sip::endpoint const& to) {
        stream.emplace(loop, context);
        stream->next_layer().connect({asio::ip::make_address(sip::to_string(to.address)), to.port});
        stream->async_handshake(ssl::stream_base::client, [this](sip::error_code error) {
            ready = !error;
            failed = error;
            if (ready) read();
        });
    }
    void read() {
        stream->async_read_some(asio::buffer(chunk), [this](sip::error_code error, std::size_t size) {
            text.append(chunk.data(), size);
            if (error)
                ended = error;
            else
                read();
        });
    }
    void send(std::string_view what) {
        sent = what;
        asio::async_write(*stream, asio::buffer(sent), [](sip::error_code, std::size_t) {});
    }
    template <class Done>
    bool run_with(station& other, Done&& done) {
        return run_until(other.loop, [&] {
            loop.restart();
            loop.poll();
            return done();
        });
    }

    asio::io_context loop{1};
    ssl::context context{ssl::context::tls};
    std::optional<ssl::stream<tcp::socket>> stream;
    std::array<char, 4096> chunk{};
    std::string text, sent;
    bool ready = false;
    sip::error_code failed, ended;
};

/// Passes bytes on between our client and our server, and cuts both off after so many bytes of one side.
struct cutting_wire {
    cutting_wire(asio::io_context& loop, sip::endpoint const& to) : acceptor(loop), near(loop), far(loop), target(to) {
        acceptor.open(tcp::v4());
        acceptor.bind({asio::ip::address_v4::loopback(), 0});
        acceptor.listen();
        acceptor.async_accept(near, [this](sip::error_code error) {
            if (error) return;
            far.connect({asio::ip::address_v4::loopback(), target.port});
            pass(near, far, upwards, up);
            pass(far, near, downwards, down);
        });
    }
    void pass(tcp::socket& from, tcp::socket& to, std::array<char, 4096>& chunk, std::size_t& count) {
        from.async_read_some(
            asio::buffer(chunk),
            [this, &from, &to, &chunk, &count](sip::error_code error, std::size_t size) {
                auto const rest = limit - std::min(limit, up + down);
                sip::error_code ignored;
                asio::write(to, asio::buffer(chunk.data(), std::min(size, rest)), ignored);
                count += std::min(size, rest);
                if (!error && size < rest) return pass(from, to, chunk, count);
                near.close(ignored);
                far.close(ignored);
            }
        );
    }
    sip::endpoint local() const { return on_loopback(transport_kind::tls, acceptor.local_endpoint().port()); }

    tcp::acceptor acceptor;
    tcp::socket near, far;
    sip::endpoint target;
    std::array<char, 4096> upwards{}, downwards{};
    std::size_t limit = ~std::size_t{0}, up = 0, down = 0;
};

}  // namespace

TEST_CASE("messages go both ways over TLS, and the flow knows whom the server proved to be (RFC 3261 26.2.1)") {
    station server(showing(good_server())), caller(trusting());
    echo_sizes(server.core);
    auto const local = listening(server);
    auto const flow = open(caller, local, "good.example");
    caller.send(flow, local, options_message("one"));
    REQUIRE(run_both(caller, server, [&] { return !caller.core.changes.empty(); }));
    REQUIRE(caller.core.changes[0].change == flow_change::up);
    CHECK(caller.core.changes[0].local.kind == transport_kind::tls);
    CHECK(caller.core.changes[0].verified_names == std::vector<std::string>{"good.example"});
    auto const whole = options_message("big", 60000);
    caller.send(flow, local, whole);
    REQUIRE(run_both(caller, server, [&] { return server.core.messages.size() == 2; }));
    CHECK((server.core.messages[0].bytes == options_message("one")));
    CHECK((server.core.messages[1].bytes == whole));
    CHECK(server.core.messages[0].from.kind == transport_kind::tls);
    REQUIRE(server.core.flows.size() == 1);
    CHECK(server.core.flows[0].local == local);
    CHECK(server.core.flows[0].verified_names.empty());  // nobody was asked for a certificate
}

TEST_CASE("an expired certificate is refused, and the text says since when (RFC 3261 26.3.1)") {
    auto const told = verdict(
        our_ca().issue({.common_name = "old", .alternative_names = "DNS:good.example", .valid_until = -60}),
        "good.example"
    );
    CHECK(told.change == flow_change::failed);
    CHECK(told.cause == sip::errc::certificate_refused);
    CHECK(told.cause_text.starts_with("the handshake with tls 127.0.0.1:"));
    CHECK(told.cause_text.find("the certificate \"CN = old\" has expired: it was valid until ") != std::string::npos);
}

TEST_CASE("a certificate of the future is refused") {
    auto const told = verdict(
        our_ca().issue({.common_name = "early", .alternative_names = "DNS:good.example", .valid_from = 600}),
        "good.example"
    );
    CHECK(told.cause == sip::errc::certificate_refused);
    CHECK(
        told.cause_text.find("the certificate \"CN = early\" is not yet valid: it will be from ") != std::string::npos
    );
}

TEST_CASE("a certificate of an unknown CA is refused, and the text names the CA (RFC 3261 26.3.1)") {
    authority const stranger("Other CA");
    auto const told =
        verdict(stranger.issue({.common_name = "good", .alternative_names = "DNS:good.example"}), "good.example");
    CHECK(told.cause == sip::errc::certificate_refused);
    CHECK(
        told.cause_text.find(
            "the certificate \"CN = good\" was issued by an unknown CA: \"CN = Other CA\" is not trusted"
        ) != std::string::npos
    );
}

TEST_CASE("a certificate for another name is refused, and the text has both names (RFC 5922 7.3)") {
    auto const told = verdict(
        our_ca().issue({.common_name = "good.example", .alternative_names = "DNS:a.example,DNS:*.example"}),
        "good.example"
    );
    CHECK(told.cause == sip::errc::certificate_refused);
    CHECK(
        told.cause_text.find("expected good.example, the certificate is for a.example, *.example") != std::string::npos
    );
}

TEST_CASE("a server that is reached by number proves its address") {
    auto const by_number = our_ca().issue({.alternative_names = "IP:127.0.0.1"});
    CHECK(verdict(by_number, "127.0.0.1").change == flow_change::up);
    CHECK(verdict(by_number, "127.0.0.2").cause == sip::errc::certificate_refused);
    CHECK(verdict(good_server(), "127.0.0.1").cause == sip::errc::certificate_refused);
}

TEST_CASE("the common name proves a server whose certificate has no subjectAltName (RFC 5922 7.1)") {
    CHECK(verdict(our_ca().issue({.common_name = "good.example"}), "good.example").change == flow_change::up);
}

TEST_CASE("a single certificate may be trusted as it is") {
    authority const stranger("Other CA");
    auto const shown = stranger.issue({.alternative_names = "URI:sip:good.example"});
    auto config = trusting();
    config.tls.trusted = {pem::in_memory(shown.pem)};
    CHECK(verdict(shown, "good.example", config).change == flow_change::up);
    CHECK(verdict(shown, "other.example", config).cause == sip::errc::certificate_refused);
}

TEST_CASE("verification is on by default, and off only where that is said") {
    authority const stranger("Other CA");
    auto const shown = stranger.issue({.alternative_names = "DNS:other.example"});
    CHECK(verdict(shown, "good.example", {}).cause == sip::errc::certificate_refused);
    sip::net::shell_config careless;
    careless.tls.verify_servers = false;
    CHECK(verdict(shown, "good.example", careless).change == flow_change::up);
}

TEST_CASE("a name in a certificate cannot put lines into a log") {
    auto const told =
        verdict(our_ca().issue({.common_name = "evil\r\nwarning: all is well", .valid_until = -60}), "good.example");
    CHECK(told.cause == sip::errc::certificate_refused);
    CHECK(told.cause_text.find_first_of("\r\n") == std::string::npos);
}

TEST_CASE("a client with a certificate is known to the server by its SIP domains (RFC 5922 7.4)") {
    using sip::net::client_certificate;
    auto const mine = our_ca().issue({.alternative_names = "URI:sip:p1.example,DNS:other.example"});
    for (auto const wish : {client_certificate::wished, client_certificate::demanded}) {
        station server(showing(good_server(), wish)), caller(showing(mine));
        auto const local = listening(server);
        caller.send(open(caller, local, "good.example"), local, options_message("one"));
        REQUIRE(run_both(caller, server, [&] { return server.core.messages.size() == 1; }));
        CHECK(server.core.flows[0].verified_names == std::vector<std::string>{"p1.example"});
    }
}

TEST_CASE("a client without a certificate is taken where one is wished, and not where one is demanded (RFC 5922 7.4)") {
    using sip::net::client_certificate;
    {
        station server(showing(good_server(), client_certificate::wished)), caller(trusting());
        auto const local = listening(server);
        caller.send(open(caller, local, "good.example"), local, options_message("one"));
        REQUIRE(run_both(caller, server, [&] { return server.core.messages.size() == 1; }));
        CHECK(server.core.flows[0].verified_names.empty());
    }
    station server(showing(good_server(), client_certificate::demanded)), caller(trusting());
    open(caller, listening(server), "good.example");
    REQUIRE(run_both(caller, server, [&] {
        return !caller.core.changes.empty() && caller.core.changes.back().change != flow_change::up;
    }));
    CHECK(caller.core.changes.back().cause_text.find("it demands a certificate of ours") != std::string::npos);
    CHECK(server.core.flows.empty());
    CHECK(server.driver.count().handshakes_failed == 1);
}

TEST_CASE("a client's certificate of an unknown CA is refused, and the client is told so") {
    authority const stranger("Other CA");
    station server(showing(good_server(), sip::net::client_certificate::wished));
    station caller(showing(stranger.issue({.alternative_names = "URI:sip:p1.example"})));
    open(caller, listening(server), "good.example");
    REQUIRE(run_both(caller, server, [&] {
        return !caller.core.changes.empty() && caller.core.changes.back().change != flow_change::up;
    }));
    CHECK(caller.core.changes.back().cause_text.find("it refuses our certificate: unknown CA") != std::string::npos);
    CHECK(server.core.flows.empty());
}

TEST_CASE("TLS 1.1 is not spoken") {
    station server(showing(good_server()));
    bare_tls old;
    SSL_CTX_set_min_proto_version(old.context.native_handle(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(old.context.native_handle(), TLS1_1_VERSION);
    old.connect(listening(server));
    REQUIRE(old.run_with(server, [&] { return old.failed.failed() && server.driver.count().connections == 0; }));
    CHECK(server.driver.count().handshakes_failed == 1);
    CHECK(server.core.flows.empty());
}

TEST_CASE("TLS 1.2 and 1.3 are both spoken") {
    for (auto const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        station server(showing(good_server()));
        echo_sizes(server.core);
        bare_tls client;
        SSL_CTX_set_min_proto_version(client.context.native_handle(), version);
        SSL_CTX_set_max_proto_version(client.context.native_handle(), version);
        client.connect(listening(server));
        REQUIRE(client.run_with(server, [&] { return client.ready; }));
        client.send(options_message("one"));
        REQUIRE(client.run_with(server, [&] { return client.text.starts_with("answer to "); }));
        CHECK(SSL_version(client.stream->native_handle()) == version);
    }
}

TEST_CASE("the suite that every peer speaks is spoken: RSA with AES128-SHA (RFC 3261 26.2.1)") {
    station server(showing(our_ca().issue({.common_name = "old", .is_rsa = true})));
    echo_sizes(server.core);
    bare_tls client;
    SSL_CTX_set_max_proto_version(client.context.native_handle(), TLS1_2_VERSION);
    REQUIRE(SSL_CTX_set_cipher_list(client.context.native_handle(), "AES128-SHA") == 1);
    client.connect(listening(server));
    REQUIRE(client.run_with(server, [&] { return client.ready || client.failed.failed(); }));
    REQUIRE(client.ready);
    client.send(options_message("one"));
    REQUIRE(client.run_with(server, [&] { return client.text.starts_with("answer to "); }));
    CHECK(std::string_view(SSL_get_cipher_name(client.stream->native_handle())) == "AES128-SHA");
}

TEST_CASE("renegotiation is refused: what a connection proved stays what it proved") {
    station server(showing(good_server()));
    echo_sizes(server.core);
    bare_tls client;
    SSL_CTX_set_max_proto_version(client.context.native_handle(), TLS1_2_VERSION);
    client.connect(listening(server));
    REQUIRE(client.run_with(server, [&] { return client.ready; }));
    SSL_renegotiate(client.stream->native_handle());
    client.send(options_message("one"));
    REQUIRE(client.run_with(server, [&] { return client.ended.failed() || !client.text.empty(); }));
    CHECK(client.ended.failed());  // no_renegotiation
    CHECK(client.text.empty());
}

TEST_CASE("garbage where TLS should begin ends the connection, and nothing is left of it") {
    station server(showing(good_server()));
    auto const local = listening(server);
    std::string const stories[] = {
        options_message("plain"),
        "\r\n\r\n",
        std::string(3, '\x16'),
        std::string(70000, '\xff'),
        std::string("\x16\x03\x01\x00\x05hello", 10),
        std::string("\x16\x03\x01\xff\xff", 5) + std::string(70000, 'x'),
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n"};
    for (auto const& story : stories) {
        CAPTURE(story.substr(0, 20));
        bare_client client(local);
        client.send(story);
        sip::error_code ignored;
        client.socket().shutdown(tcp::socket::shutdown_send, ignored);
        REQUIRE(run_until(server.loop, [&] {
            return server.driver.count().connections == 0 && client.ended().failed();
        }));
    }
    CHECK(server.driver.count().handshakes_failed == std::size(stories));
    CHECK(server.core.flows.empty());
    CHECK(server.core.messages.empty());
    CHECK(server.core.changes.empty());
}

TEST_CASE("a server that does not speak TLS is told from one that is not there") {
    station caller(trusting());
    std::optional<tcp::acceptor> plain(std::in_place, caller.loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    auto const there = on_loopback(transport_kind::tls, plain->local_endpoint().port());
    tcp::socket peer(caller.loop);
    std::string_view const answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    plain->async_accept(peer, [&](sip::error_code) { asio::write(peer, asio::buffer(answer)); });
    open(caller, there, "good.example");
    REQUIRE(run_until(caller.loop, [&] { return !caller.core.changes.empty(); }));
    CHECK(caller.core.changes[0].cause == sip::errc::handshake_failed);
    CHECK(
        caller.core.changes[0].cause_text == "the handshake with " + sip::to_string(there) + ": what it says is not TLS"
    );
    plain.reset();
    open(caller, there, "good.example");
    REQUIRE(run_until(caller.loop, [&] { return caller.core.changes.size() == 2; }));
    CHECK(caller.core.changes[1].cause == asio::error::connection_refused);
}

TEST_CASE("a handshake may be cut after any byte: the caller hears of it, and nobody keeps anything") {
    std::size_t whole = 0;
    for (std::size_t limit = ~std::size_t{0};; limit = limit == ~std::size_t{0} ? 0 : limit + 61) {
        if (limit != ~std::size_t{0} && limit >= whole) break;
        CAPTURE(limit);
        station server(showing(good_server())), caller(trusting());
        cutting_wire wire(caller.loop, listening(server));
        wire.limit = limit;
        open(caller, wire.local(), "good.example");
        if (limit == ~std::size_t{0}) {
            REQUIRE(run_both(caller, server, [&] { return !caller.core.changes.empty() && !server.core.flows.empty(); })
            );
            REQUIRE(caller.core.changes[0].change == flow_change::up);
            whole = wire.up + wire.down;
            REQUIRE(whole > 1000);
            continue;
        }
        REQUIRE(run_both(caller, server, [&] {
            return !caller.core.changes.empty() && caller.core.changes.back().change != flow_change::up &&
                   server.driver.count().connections == 0;
        }));
        CHECK(caller.driver.count().connections == 0);
        CHECK(caller.core.pool().live() == 0);
        CHECK(server.core.pool().live() == 0);
        CHECK(server.core.messages.empty());
    }
}

TEST_CASE("a handshake that is not finished ends after its time, on both sides") {
    auto config = showing(good_server());
    config.handshake_timeout = 80ms;
    station server(config);
    bare_client silent(listening(server)), half(server.driver.listen(on_loopback(transport_kind::tls)).value());
    half.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
    auto const start = sip::clock::now();
    REQUIRE(run_until(server.loop, [&] { return server.driver.count().handshakes_failed == 2; }));
    CHECK(sip::clock::now() - start >= 80ms);
    CHECK(server.driver.count().connections == 0);

    config = trusting();
    config.handshake_timeout = 80ms;
    station caller(config);
    tcp::acceptor mute(caller.loop, {asio::ip::address_v4::loopback(), 0});
    open(caller, on_loopback(transport_kind::tls, mute.local_endpoint().port()), "good.example");
    REQUIRE(run_until(caller.loop, [&] { return !caller.core.changes.empty(); }));
    CHECK(caller.core.changes[0].cause == asio::error::timed_out);
    CHECK(caller.core.changes[0].cause_text.find("the handshake with") == 0);
}

TEST_CASE("close_notify ends a connection in both directions (RFC 5923 8.3)") {
    station server(showing(good_server()));
    echo_sizes(server.core);
    bare_tls client;
    client.connect(listening(server));
    REQUIRE(client.run_with(server, [&] { return client.ready; }));
    client.send(options_message("last"));
    REQUIRE(client.run_with(server, [&] { return !client.text.empty(); }));
    client.stream->async_shutdown([](sip::error_code) {});
    REQUIRE(client.run_with(server, [&] { return client.ended.failed() && server.driver.count().connections == 0; }));
    CHECK(client.ended == asio::error::eof);  // our close_notify came back: a truncated end would be another error
    REQUIRE(server.core.changes.size() == 1);
    CHECK(server.core.changes[0].change == flow_change::closed);
}

TEST_CASE("close_flow over TLS writes what is queued and says its end") {
    station server(showing(good_server()));
    server.core.on_message = [&](recording_core::received const& message, sip::outbox& out) {
        out.actions.emplace_back(sip::send_message{message.flow, message.from, server.core.pool().copy("goodbye"), {}});
        out.actions.emplace_back(sip::close_flow{message.flow});
    };
    bare_tls client;
    client.connect(listening(server));
    REQUIRE(client.run_with(server, [&] { return client.ready; }));
    client.send(options_message("a"));
    REQUIRE(client.run_with(server, [&] { return client.ended.failed(); }));
    CHECK(client.text == "goodbye");
    CHECK(client.ended == asio::error::eof);  // a truncated end would be another error
    CHECK(server.core.changes.empty());
}

TEST_CASE("an end without close_notify, and a reset, are told as failures") {
    for (bool const is_reset : {false, true}) {
        CAPTURE(is_reset);
        station server(showing(good_server()));
        bare_tls client;
        client.connect(listening(server));
        REQUIRE(client.run_with(server, [&] { return client.ready && server.core.flows.size() == 1; }));
        if (is_reset) client.stream->next_layer().set_option(asio::socket_base::linger(true, 0));
        client.stream->next_layer().close();
        REQUIRE(client.run_with(server, [&] { return !server.core.changes.empty(); }));
        CHECK(server.core.changes[0].change == flow_change::failed);
        if (!is_reset)
            CHECK(server.core.changes[0].cause_text.find("without the end that TLS asks for") != std::string::npos);
        CHECK(server.driver.count().connections == 0);
    }
}

TEST_CASE("what is wrong with our own certificate is told in a sentence, before anything is opened") {
    auto const told = [](sip::net::tls_config const& config) {
        std::string why;
        CHECK(sip::net::check(config, &why) == sip::errc::unusable_certificate);
        return why;
    };
    sip::net::tls_config config;
    auto const mine = good_server();
    config.certificate = pem::from_file("/nowhere/server.pem");
    CHECK(told(config) == "certificate: /nowhere/server.pem cannot be read");
    config.certificate = pem::in_memory("not a certificate");
    config.private_key = pem::in_memory(mine.key);
    CHECK(told(config).starts_with("certificate: "));
    config.certificate = pem::in_memory(mine.pem);
    config.private_key = pem::in_memory(our_ca().issue({}).key);
    CHECK(told(config).starts_with("private key: "));
    config.private_key = {};
    CHECK(told(config).starts_with("private key"));
    config.private_key = pem::in_memory(mine.key);
    CHECK_FALSE(sip::net::check(config).failed());
    config.trusted = {pem::in_memory("")};
    CHECK(told(config).starts_with("trusted certificates: "));
    config.trusted.clear();
    config.certificate = {};
    CHECK(told(config) == "there is a private key, but no certificate for it");

    station without;
    CHECK(without.driver.listen(on_loopback(transport_kind::tls)).error() == sip::errc::unusable_certificate);
}
