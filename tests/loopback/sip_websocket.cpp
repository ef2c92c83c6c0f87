// WebSocket through the driver (RFC 7118, RFC 6455). Covered: both roles, with and without TLS; the sub-protocol; text
// and binary; one message a frame, and a message in several frames; what ends a handshake; ping and pong; sizes;
// silence; the end with and without a close frame. Not here: a browser's library as client (tests/interop/websocket).
#include <doctest/doctest.h>

#include "support/certificates.hpp"
#include "loopback/sip_support.hpp"

using namespace sip_test;
using sip::flow_change;
using sip::transport_kind;
using sip::net::pem;

namespace {

enum opcode : unsigned { more = 0, text = 1, binary = 2, close_frame = 8, ping = 9, pong = 10 };

/// A frame as a client sends it: masked, here with a key of zeros.
std::string frame(unsigned kind, std::string_view payload, bool is_last = true) {
    std::string made;
    made += static_cast<char>((is_last ? 0x80U : 0U) | kind);
    if (payload.size() < 126) {
        made += static_cast<char>(0x80U | payload.size());
    } else if (payload.size() < 65536) {
        made += static_cast<char>(0x80U | 126U);
        made += static_cast<char>(payload.size() >> 8U);
        made += static_cast<char>(payload.size() & 0xffU);
    } else {
        made += static_cast<char>(0x80U | 127U);
        for (int shift = 56; shift >= 0; shift -= 8)
            made += static_cast<char>((payload.size() >> static_cast<unsigned>(shift)) & 0xffU);
    }
    return made + std::string(4, '\0') + std::string(payload);
}

struct received_frame {
    unsigned kind = 0;
    std::string payload;
};

/// A WebSocket client without manners.
struct bare_websocket : bare_client {
    using bare_client::bare_client;

    static std::string request(std::string_view protocol = "sip", std::string_view more_headers = {}) {
        std::string made =
            "GET /any HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
        if (!protocol.empty()) made += "Sec-WebSocket-Protocol: " + std::string(protocol) + "\r\n";
        return made + std::string(more_headers) + "\r\n";
    }
    /// The HTTP response, once it is whole.
    std::string response() {
        auto const end = received().find("\r\n\r\n");
        return end == std::string::npos ? std::string{} : received().substr(0, end + 4);
    }
    /// The frames behind it, as far as they are whole; a server does not mask.
    std::vector<received_frame> frames() {
        std::vector<received_frame> all;
        auto rest = std::string_view(received()).substr(response().size());
        while (rest.size() >= 2) {
            std::size_t head = 2, size = static_cast<unsigned char>(rest[1]);
            if (size == 126) {
                if (rest.size() < 4) break;
                size = static_cast<std::size_t>(static_cast<unsigned char>(rest[2])) << 8U |
                       static_cast<unsigned char>(rest[3]);
                head = 4;
            }
            if (rest.size() < head + size) break;
            all.push_back({static_cast<unsigned char>(rest[0]) & 15U, std::string(rest.substr(head, size))});
            rest.remove_prefix(head + size);
        }
        return all;
    }
    void upgrade(station& server) {
        send(request());
        REQUIRE(run_until(server.loop, [&] { return !response().empty(); }));
        REQUIRE(response().starts_with("HTTP/1.1 101 "));
    }
};

sip::endpoint listening(station& where, transport_kind kind = transport_kind::ws) {
    auto const local = where.driver.listen(on_loopback(kind));
    REQUIRE(local.has_value());
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
bool run_both(station& a, station& b, Done&& done) {
    return run_until(a.loop, [&] {
        b.loop.restart();
        b.loop.poll();
        return done();
    });
}

/// A server that reads one request and answers what it is told to.
struct fixed_server {
    explicit fixed_server(asio::io_context& loop) : acceptor(loop, {asio::ip::address_v4::loopback(), 0}), peer(loop) {}
    void answer(std::string what) {
        reply = std::move(what);
        acceptor.async_accept(peer, [this](sip::error_code) {
            peer.async_read_some(asio::buffer(chunk), [this](sip::error_code, std::size_t size) {
                request.assign(chunk.data(), size);
                sip::error_code ignored;
                asio::write(peer, asio::buffer(reply), ignored);
            });
        });
    }
    sip::endpoint local() const { return on_loopback(transport_kind::ws, acceptor.local_endpoint().port()); }
    tcp::acceptor acceptor;
    tcp::socket peer;
    std::array<char, 4096> chunk{};
    std::string reply, request;
};

}  // namespace

TEST_CASE("the handshake of RFC 7118 4.1 is answered with the sub-protocol sip (RFC 7118 4.1, RFC 6455 1.3)") {
    station server;
    bare_websocket client(listening(server));
    client.upgrade(server);
    CHECK(client.response().find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != std::string::npos);
    CHECK(client.response().find("Sec-WebSocket-Protocol: sip\r\n") != std::string::npos);
    REQUIRE(run_until(server.loop, [&] { return server.core.flows.size() == 1; }));
    CHECK(server.core.flows[0].local.kind == transport_kind::ws);
    CHECK(server.core.flows[0].remote->kind == transport_kind::ws);
}

TEST_CASE("a message comes in a text or a binary frame, whole or in pieces (RFC 7118 4.2, 5)") {
    station server;
    bare_websocket client(listening(server));
    client.upgrade(server);
    auto const message = options_message("one", 700);
    client.send(frame(text, message));
    client.send(frame(binary, message));
    client.send(frame(text, message.substr(0, 100), false) + frame(more, message.substr(100, 1), false));
    client.send(frame(more, message.substr(101)));
    REQUIRE(run_until(server.loop, [&] { return server.core.messages.size() == 3; }));
    for (auto const& got : server.core.messages)
        CHECK((got.bytes == message));
}

TEST_CASE("a message needs no Content-Length over WebSocket (RFC 7118 5)") {
    station server;
    bare_websocket client(listening(server));
    client.upgrade(server);
    std::string message = options_message("one");
    message.erase(message.find("Content-Length"), message.find("\r\n\r\n") + 2 - message.find("Content-Length"));
    client.send(frame(text, message));
    REQUIRE(run_until(server.loop, [&] { return server.core.messages.size() == 1; }));
    CHECK((server.core.messages[0].bytes == message));
}

TEST_CASE("an answer is one frame: text where it is UTF-8, else binary (RFC 7118 4.2)") {
    struct row {
        std::string message;
        unsigned kind;
    };
    row const table[] = {
        {"plain", text},
        {"B\xc3\xbc"
         "cher \xe2\x82\xac \xf0\x9f\x98\x80",
         text},
        {std::string("a NUL is UTF-8 \0", 16), text},
        {"\xff", binary},
        {"cut \xc3", binary},
        {"overlong \xc0\xaf", binary},
        {"overlong \xe0\x80\xaf", binary},
        {"surrogate \xed\xa0\x80", binary},
        {"beyond \xf4\x90\x80\x80", binary},
        {"stray \x80", binary},
    };
    station server;
    std::size_t next = 0;
    server.core.on_message = [&](recording_core::received const& got, sip::outbox& out) {
        out.actions.emplace_back(sip::send_message{
            got.flow, got.from, server.core.pool().copy(table[next++].message), {}});
    };
    bare_websocket client(listening(server));
    client.upgrade(server);
    for (std::size_t i = 0; i < std::size(table); ++i)
        client.send(frame(text, options_message("m" + std::to_string(i))));
    REQUIRE(run_until(server.loop, [&] { return client.frames().size() == std::size(table); }));
    for (std::size_t i = 0; i < std::size(table); ++i) {
        CAPTURE(i);
        CHECK(client.frames()[i].kind == table[i].kind);
        CHECK((client.frames()[i].payload == table[i].message));
    }
}

TEST_CASE("pings of both kinds are answered: WebSocket's own, and CRLF CRLF (RFC 7118 6, RFC 6455 5.5.2)") {
    station server;
    bare_websocket client(listening(server));
    client.upgrade(server);
    client.send(frame(ping, "are you there"));
    client.send(frame(text, "\r\n\r\n"));
    REQUIRE(run_until(server.loop, [&] { return client.frames().size() == 2; }));
    CHECK(client.frames()[0].kind == pong);
    CHECK(client.frames()[0].payload == "are you there");
    CHECK(client.frames()[1].payload == "\r\n");
    CHECK(server.core.messages.empty());
    CHECK(server.driver.count().keep_alives == 1);
}

TEST_CASE("a client that does not ask for sip, or asks for no WebSocket, is refused with a reason (RFC 7118 4.1)") {
    struct row {
        std::string request;
        std::string_view status;
    };
    row const table[] = {
        {bare_websocket::request(""), "HTTP/1.1 400 "},
        {bare_websocket::request("chat, xmpp"), "HTTP/1.1 400 "},
        {bare_websocket::request("chat, sip"), "HTTP/1.1 101 "},
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 426 "},
        {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 426 "},
    };
    for (auto const& [request, status] : table) {
        CAPTURE(request);
        station server;
        bare_websocket client(listening(server));
        client.send(request);
        REQUIRE(run_until(server.loop, [&] { return !client.response().empty(); }));
        CHECK_MESSAGE(client.response().starts_with(status), client.response());
        if (status.find("101") != status.npos) continue;
        REQUIRE(run_until(server.loop, [&] { return client.ended().failed(); }));
        CHECK(server.core.flows.empty());
        CHECK(server.driver.count().handshakes_failed == 1);
        CHECK(server.driver.count().connections == 0);
    }
}

TEST_CASE("garbage, endless headers and frames before the answer end the handshake") {
    std::string const stories[] = {
        options_message("plain SIP"), std::string(20000, 'x'),
        "GET / HTTP/1.1\r\n" + std::string("X: ") + std::string(20000, 'x') + "\r\n\r\n",
        bare_websocket::request() + frame(text, "too early"), std::string("\x16\x03\x01\x02\x00", 5)};
    for (auto const& story : stories) {
        CAPTURE(story.substr(0, 30));
        station server;
        bare_websocket client(listening(server));
        client.send(story);
        sip::error_code ignored;
        client.socket().shutdown(tcp::socket::shutdown_send, ignored);
        REQUIRE(run_until(server.loop, [&] { return client.ended().failed(); }));
        CHECK(server.core.flows.empty());
        CHECK(server.core.messages.empty());
        REQUIRE(run_until(server.loop, [&] { return server.driver.count().connections == 0; }));
    }
}

TEST_CASE("only the web pages that are named may connect, if any are (RFC 6455 10.2)") {
    sip::net::shell_config config;
    config.websocket_origins = {"https://phone.example.com"};
    station server(config);
    auto const local = listening(server);
    for (auto const& [origin, status] : {
             std::pair{"Origin: https://phone.example.com\r\n", "HTTP/1.1 101 "},
             std::pair{"Origin: https://evil.example.com\r\n", "HTTP/1.1 403 "},
             std::pair{"Origin: https://phone.example.com.evil.com\r\n", "HTTP/1.1 403 "},
             std::pair{"", "HTTP/1.1 403 "},
         }) {
        CAPTURE(origin);
        bare_websocket client(local);
        client.send(bare_websocket::request("sip", origin));
        REQUIRE(run_until(server.loop, [&] { return !client.response().empty(); }));
        CHECK(client.response().starts_with(status));
    }
}

TEST_CASE("a handshake that is not finished ends after its time") {
    sip::net::shell_config config;
    config.handshake_timeout = 60ms;
    station server(config);
    auto const local = listening(server);
    bare_websocket silent(local), half(local);
    half.send("GET / HTTP/1.1\r\nHost: ");
    REQUIRE(run_until(server.loop, [&] { return silent.ended().failed() && half.ended().failed(); }));
    CHECK(server.driver.count().handshakes_failed == 2);
}

TEST_CASE("a message over the limit ends its connection, whole or in pieces") {
    for (bool const in_pieces : {false, true}) {
        CAPTURE(in_pieces);
        sip::net::shell_config config;
        config.parse.message_size = 4000;
        station server(config);
        bare_websocket client(listening(server));
        client.upgrade(server);
        client.send(frame(text, options_message("fits", 4000)));
        REQUIRE(run_until(server.loop, [&] { return server.core.messages.size() == 1; }));
        if (in_pieces)
            for (int i = 0; i < 5; ++i)
                client.send(frame(i == 0 ? text : more, std::string(1000, 'x'), i == 4));
        else
            client.send(frame(text, std::string(4001, 'x')));
        REQUIRE(run_until(server.loop, [&] { return !server.core.changes.empty(); }));
        CHECK(server.core.changes[0].change == flow_change::failed);
        CHECK(server.core.changes[0].cause_text.find("its message is too large") != std::string::npos);
        REQUIRE(run_until(server.loop, [&] { return client.ended().failed(); }));
        CHECK(server.core.messages.size() == 1);
    }
}

TEST_CASE("frames against the rules end the connection: unmasked, reserved, a text that is no UTF-8") {
    std::string unmasked = frame(text, "hello");
    unmasked = std::string{unmasked[0], static_cast<char>(5)} + "hello";
    for (auto const& wrong :
         {unmasked, frame(3, "x"), frame(text, "\xff\xfe"), frame(more, "no beginning"),
          frame(ping, std::string(126, 'x'))}) {
        station server;
        bare_websocket client(listening(server));
        client.upgrade(server);
        client.send(wrong);
        REQUIRE(run_until(server.loop, [&] { return !server.core.changes.empty(); }));
        CHECK(server.core.changes[0].change == flow_change::failed);
        CHECK(server.core.messages.empty());
        REQUIRE(run_until(server.loop, [&] { return server.driver.count().connections == 0; }));
    }
}

TEST_CASE("a close frame is answered, and the flow is closed") {
    station server;
    bare_websocket client(listening(server));
    client.upgrade(server);
    client.send(frame(close_frame, std::string("\x03\xe8", 2)));
    REQUIRE(run_until(server.loop, [&] { return client.ended().failed() && server.driver.count().connections == 0; }));
    REQUIRE(client.frames().size() == 1);
    CHECK(client.frames()[0].kind == close_frame);
    REQUIRE(server.core.changes.size() == 1);
    CHECK(server.core.changes[0].change == flow_change::closed);
}

TEST_CASE("a write to a peer that is gone ends the connection at once (resiprocate #205)") {
    station server;
    bare_websocket client(listening(server));
    client.upgrade(server);
    client.send(frame(text, options_message("one")));
    REQUIRE(run_until(server.loop, [&] { return server.core.messages.size() == 1; }));
    auto const flow = server.core.messages[0].flow;
    client.reset();
    server.send(flow, {}, "into the void");
    server.send(flow, {}, "and once more");
    REQUIRE(run_until(server.loop, [&] { return !server.core.changes.empty(); }));
    CHECK(server.core.changes.size() == 1);
    CHECK(server.core.changes[0].flow == flow);
    REQUIRE(run_until(server.loop, [&] { return server.driver.count().connections == 0; }));
    server.send(flow, {}, "the flow is gone, and this harms nobody");
    CHECK(server.core.pool().live() == 0);
}

TEST_CASE("a silent peer is pinged, and given up where it does not answer (RFC 6455 5.5.2)") {
    sip::net::shell_config config;
    config.websocket_silence = 600ms;
    station server(config), caller;
    auto const local = listening(server);
    bare_websocket dead(local);
    dead.upgrade(server);
    open(caller, local, "living.example");
    REQUIRE(run_both(caller, server, [&] { return !caller.core.changes.empty(); }));
    REQUIRE(run_both(caller, server, [&] { return !server.core.changes.empty(); }));
    CHECK(server.core.changes[0].cause_text.find("it does not answer pings") != std::string::npos);
    REQUIRE_FALSE(dead.frames().empty());
    CHECK(dead.frames()[0].kind == ping);
    run_both(caller, server, [until = sip::clock::now() + 900ms] { return sip::clock::now() > until; });
    CHECK(server.core.changes.size() == 1);  // the one that answers stays
    CHECK(caller.core.changes.size() == 1);
}

TEST_CASE("as a client we ask for sip, and messages go both ways (RFC 7118 4.1)") {
    station server, caller;
    echo_sizes(server.core);
    auto const local = listening(server);
    auto const flow = open(caller, local, "example.com");
    caller.send(flow, local, options_message("one"));
    caller.send(flow, local, options_message("two", 50000));
    REQUIRE(run_both(caller, server, [&] { return caller.core.messages.size() == 2; }));
    CHECK(caller.core.changes[0].local.kind == transport_kind::ws);
    CHECK((server.core.messages[1].bytes == options_message("two", 50000)));
    caller.driver.command([&](sip::now_t, sip::outbox& out) { out.actions.emplace_back(sip::close_flow{flow}); });
    REQUIRE(run_both(caller, server, [&] {
        return server.driver.count().connections == 0 && caller.driver.count().connections == 0;
    }));
    CHECK(server.core.changes.size() == 1);
    CHECK(server.core.changes[0].change == flow_change::closed);
}

TEST_CASE("our request for a WebSocket names the host, the path and the sub-protocol (RFC 7118 4.1)") {
    sip::net::shell_config config;
    config.websocket_path = "/sip";
    station caller(config);
    fixed_server server(caller.loop);
    server.answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    open(caller, server.local(), "example.com");
    REQUIRE(run_until(caller.loop, [&] { return !caller.core.changes.empty(); }));
    CHECK(server.request.starts_with("GET /sip HTTP/1.1\r\nHost: example.com:"));
    CHECK(server.request.find("Sec-WebSocket-Protocol: sip\r\n") != std::string::npos);
    CHECK(caller.core.changes[0].cause == sip::errc::handshake_failed);
    CHECK(caller.core.changes[0].cause_text.ends_with("it answered 404 instead of opening a WebSocket"));
}

TEST_CASE("a server that is not of WebSocket is told so") {
    for (std::string const reply :
         {"SIP/2.0 400 Bad Request\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n", ""}) {
        CAPTURE(reply);
        station caller;
        fixed_server server(caller.loop);
        server.answer(reply);
        open(caller, server.local(), "example.com");
        if (reply.empty()) {
            REQUIRE(run_until(caller.loop, [&] { return !server.request.empty(); }));
            server.peer.close();
        }
        REQUIRE(run_until(caller.loop, [&] { return !caller.core.changes.empty(); }));
        CHECK(caller.core.changes[0].cause == sip::errc::handshake_failed);
        CHECK(caller.driver.count().connections == 0);
    }
}

TEST_CASE("secure WebSocket verifies the server like TLS does (RFC 7118, RFC 5922 7.3)") {
    authority const ca("Test CA");
    auto const mine = ca.issue({.alternative_names = "DNS:good.example"});
    sip::net::shell_config serving, trusting;
    serving.tls.certificate = pem::in_memory(mine.pem);
    serving.tls.private_key = pem::in_memory(mine.key);
    trusting.tls.trust_system = false;
    trusting.tls.trusted = {pem::in_memory(ca.pem())};
    station server(serving), caller(trusting);
    echo_sizes(server.core);
    auto const local = listening(server, transport_kind::wss);
    auto const flow = open(caller, local, "good.example");
    caller.send(flow, local, options_message("one", 30000));
    REQUIRE(run_both(caller, server, [&] { return caller.core.messages.size() == 1; }));
    CHECK(caller.core.changes[0].verified_names == std::vector<std::string>{"good.example"});
    CHECK(server.core.flows[0].local.kind == transport_kind::wss);
    CHECK((server.core.messages[0].bytes == options_message("one", 30000)));

    open(caller, local, "other.example");
    REQUIRE(run_both(caller, server, [&] { return caller.core.changes.size() == 2; }));
    CHECK(caller.core.changes[1].cause == sip::errc::certificate_refused);
    CHECK(
        caller.core.changes[1].cause_text.find("expected other.example, the certificate is for good.example") !=
        std::string::npos
    );
    caller.driver.command([&](sip::now_t, sip::outbox& out) { out.actions.emplace_back(sip::close_flow{flow}); });
    REQUIRE(run_both(caller, server, [&] {
        return server.driver.count().connections == 0 && caller.driver.count().connections == 0;
    }));
}
