// TCP through the driver. Covered: accepted and opened connections over IPv4 and IPv6, messages in any chunking, keep-
// alives, half messages, silence, broken streams, half-close, reset, refused and endless connects, the queue of a slow
// peer, messages that their transaction has outlived, the limits on connections and newcomers, running out of
// descriptors, connection reuse, closing.
#include <sys/resource.h>

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "loopback/sip_support.hpp"

using namespace sip_test;
using sip::flow_change;
using sip::transport_kind;

namespace {

sip::endpoint listening(station& where, bool is_v6 = false) {
    auto const local = where.driver.listen(on_loopback(transport_kind::tcp, 0, is_v6));
    REQUIRE(local.has_value());
    return *local;
}

bool changed(station const& where, flow_change what) {
    for (auto const& change : where.core.changes)
        if (change.change == what) return true;
    return false;
}

/// A listener that accepts nothing by itself: its backlog does.
struct silent_server {
    explicit silent_server(int backlog = 8) {
        acceptor.open(tcp::v4());
        acceptor.bind({asio::ip::address_v4::loopback(), 0});
        acceptor.listen(backlog);
    }
    [[nodiscard]] sip::endpoint local() const {
        return on_loopback(transport_kind::tcp, acceptor.local_endpoint().port());
    }
    asio::io_context context{1};
    tcp::acceptor acceptor{context};
};

}  // namespace

TEST_CASE("an accepted connection is a flow with both addresses, and answers go back on it") {
    for (bool const is_v6 : {false, true}) {
        CAPTURE(is_v6);
        station under_test;
        auto const local = listening(under_test, is_v6);
        echo_sizes(under_test.core);
        bare_client client(local);
        auto const text = options_message("one");
        REQUIRE_FALSE(client.send(text));
        REQUIRE(run_until(under_test.loop, [&] { return !client.received().empty(); }));
        CHECK(client.received() == "answer to " + std::to_string(text.size()));
        REQUIRE(under_test.core.flows.size() == 1);
        CHECK(under_test.core.flows[0].local == local);
        REQUIRE(under_test.core.flows[0].remote.has_value());
        CHECK(under_test.core.flows[0].remote->port == client.socket().local_endpoint().port());
        CHECK(under_test.core.messages[0].from == *under_test.core.flows[0].remote);
        CHECK(under_test.driver.count().connections == 1);
    }
}

TEST_CASE("messages are found in any chunking of the stream") {
    station under_test;
    auto const local = listening(under_test);
    bare_client client(local);
    auto const stream = options_message("a", 700) + options_message("b") + options_message("c", 20000);
    for (std::size_t const step : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, stream.size()}) {
        CAPTURE(step);
        under_test.core.messages.clear();
        for (std::size_t at = 0; at < stream.size(); at += step) {
            REQUIRE_FALSE(client.send(std::string_view(stream).substr(at, step)));
            if (step == 7) run_until(under_test.loop, [] { return true; });
        }
        REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == 3; }));
        CHECK((under_test.core.messages[0].bytes == options_message("a", 700)));
        CHECK((under_test.core.messages[1].bytes == options_message("b")));
        CHECK((under_test.core.messages[2].bytes == options_message("c", 20000)));
    }
}

TEST_CASE("a ping is answered with a pong and is no message (RFC 5626 4.4.1)") {
    station under_test;
    auto const local = listening(under_test);
    bare_client client(local);
    client.send("\r\n\r\n");
    REQUIRE(run_until(under_test.loop, [&] { return client.received() == "\r\n"; }));
    CHECK(under_test.core.messages.empty());
    CHECK(under_test.driver.count().keep_alives == 1);
}

TEST_CASE("a half message ends its connection after its time, however slowly its bytes drip") {
    sip::net::shell_config config;
    config.half_message_timeout = 120ms;
    station under_test(config);
    auto const local = listening(under_test);
    bare_client whole(local), half(local);
    whole.send(options_message("whole"));
    auto const start = sip::clock::now();
    auto const text = options_message("half");
    std::size_t at = 0;
    REQUIRE(run_until(under_test.loop, [&] {
        if (at < 40) half.send(std::string_view(text).substr(at++, 1));
        return changed(under_test, flow_change::failed);
    }));
    CHECK(sip::clock::now() - start >= 120ms);
    REQUIRE(run_until(under_test.loop, [&] { return half.ended().failed(); }));
    run_for(under_test.loop, 150ms);
    CHECK_FALSE(whole.ended().failed());  // it has said something: it may stay
    CHECK(under_test.core.changes.size() == 1);
    CHECK(under_test.driver.count().connections == 1);
}

TEST_CASE("a client that connects and says nothing is let go") {
    sip::net::shell_config config;
    config.half_message_timeout = 60ms;
    station under_test(config);
    bare_client client(listening(under_test));
    REQUIRE(run_until(under_test.loop, [&] { return client.ended().failed(); }));
    CHECK(under_test.driver.count().connections == 0);
}

TEST_CASE("a silent connection is closed after the idle time, a ping keeps it open") {
    sip::net::shell_config config;
    config.idle_timeout = 150ms;
    station under_test(config);
    auto const local = listening(under_test);
    bare_client silent(local), kept(local);
    silent.send(options_message("s"));
    kept.send(options_message("k"));
    auto last_ping = sip::clock::now();
    REQUIRE(run_until(under_test.loop, [&] {
        if (sip::clock::now() - last_ping > 40ms) {
            kept.send("\r\n\r\n");
            last_ping = sip::clock::now();
        }
        return silent.ended().failed();
    }));
    CHECK_FALSE(kept.ended().failed());
    CHECK(changed(under_test, flow_change::closed));
}

TEST_CASE("a stream that cannot be followed hands its beginning to the core, sends the refusal, and closes") {
    station under_test;
    under_test.core.on_message = [&](recording_core::received const& message, sip::outbox& out) {
        out.actions.emplace_back(sip::send_message{
            message.flow, message.from, under_test.core.pool().copy("refused"), {}});
    };
    bare_client client(listening(under_test));
    auto text = options_message("bad");
    text.replace(text.find("Content-Length: 0"), 17, "Content-Length: -7");
    client.send(text);
    REQUIRE(run_until(under_test.loop, [&] { return client.ended().failed(); }));
    CHECK(client.received() == "refused");
    REQUIRE(under_test.core.changes.size() == 1);
    CHECK(under_test.core.changes[0].change == flow_change::failed);
    CHECK_FALSE(under_test.core.changes[0].cause_text.empty());
    client.reset();
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 0; }));
}

TEST_CASE("a refusal reaches a peer that has more to say, and a peer that never stops is cut off") {
    station under_test;
    under_test.core.on_message = [&](recording_core::received const& message, sip::outbox& out) {
        out.actions.emplace_back(sip::send_message{
            message.flow, message.from, under_test.core.pool().copy("refused"), {}});
    };
    auto const local = listening(under_test);
    bare_client client(local);
    auto text = options_message("bad");
    text.replace(text.find("Content-Length: 0"), 17, "Content-Length: -7");
    client.send(text + std::string(300000, 'x'));
    REQUIRE(run_until(under_test.loop, [&] { return client.received() == "refused"; }));
    REQUIRE(run_until(under_test.loop, [&] { return client.ended().failed(); }));
    CHECK(client.ended() == asio::error::eof);  // not a reset
    CHECK(under_test.driver.count().connections == 1);
    client.socket().shutdown(tcp::socket::shutdown_send);
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 0; }));

    bare_client stubborn(local);
    stubborn.send(text);
    auto const start = sip::clock::now();
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.changes.size() == 2; }));
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 0; }));
    CHECK(sip::clock::now() - start >= 1900ms);
}

TEST_CASE("a promise of a gigabyte does not take a gigabyte") {
    station under_test;
    bare_client client(listening(under_test));
    auto text = options_message("greedy");
    text.replace(text.find("Content-Length: 0"), 17, "Content-Length: 1073741824");
    client.send(text);
    REQUIRE(run_until(under_test.loop, [&] { return changed(under_test, flow_change::failed); }));
    client.reset();
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 0; }));
}

TEST_CASE("a peer that closes its side after asking still gets what was answered") {
    station under_test;
    echo_sizes(under_test.core);
    bare_client client(listening(under_test));
    client.send(options_message("a") + options_message("b"));
    client.socket().shutdown(tcp::socket::shutdown_send);
    REQUIRE(run_until(under_test.loop, [&] { return client.ended().failed(); }));
    CHECK(client.ended() == asio::error::eof);
    auto const each = "answer to " + std::to_string(options_message("a").size());
    CHECK(client.received() == each + each);
    REQUIRE(under_test.core.changes.size() == 1);
    CHECK(under_test.core.changes[0].change == flow_change::closed);
}

TEST_CASE("a reset connection fails its flow, and sending on it afterwards does no harm") {
    station under_test;
    bare_client client(listening(under_test));
    client.send(options_message("a"));
    REQUIRE(run_until(under_test.loop, [&] { return !under_test.core.messages.empty(); }));
    client.reset();
    REQUIRE(run_until(under_test.loop, [&] { return changed(under_test, flow_change::failed); }));
    under_test.send(sip::flow_id{1}, under_test.core.messages[0].from, "too late");
    run_for(under_test.loop, 10ms);
    CHECK(under_test.core.changes.size() == 1);
    CHECK(under_test.driver.count().connections == 0);
}

TEST_CASE("an opened connection reports its local address, then carries what waited for it in order") {
    for (bool const is_v6 : {false, true}) {
        CAPTURE(is_v6);
        station caller, callee;
        auto const local = listening(callee, is_v6);
        echo_sizes(callee.core);
        caller.core.on_message = [](recording_core::received const&, sip::outbox&) {};
        auto const flow = caller.open(local);
        caller.send(flow, local, options_message("first"));
        caller.send(flow, local, options_message("second"));
        REQUIRE(run_until(caller.loop, [&] {
            run_until(callee.loop, [] { return true; });
            callee.loop.poll();
            return callee.core.messages.size() == 2;
        }));
        REQUIRE(caller.core.changes.size() == 1);
        CHECK(caller.core.changes[0].flow == flow);
        CHECK(caller.core.changes[0].change == flow_change::up);
        CHECK(caller.core.changes[0].local.port == callee.core.flows[0].remote->port);
        CHECK(callee.core.messages[0].bytes == options_message("first"));
        CHECK(callee.core.messages[1].bytes == options_message("second"));
    }
}

TEST_CASE("what waited for a connection is not sent once its transaction is over (field bug: request after time-out)") {
    station caller;
    silent_server server;
    auto const flow = caller.open(server.local());
    sip::transaction_id const ended{1, 1}, living{2, 1};
    caller.send(flow, server.local(), "ended ", ended);
    caller.send(flow, server.local(), "living ", living);
    caller.send(flow, server.local(), "nobody's", {});
    caller.core.dead.push_back(ended);
    REQUIRE(run_until(caller.loop, [&] { return changed(caller, flow_change::up); }));
    tcp::socket accepted(server.context);
    server.acceptor.accept(accepted);
    accepted.non_blocking(true);
    std::string text;
    REQUIRE(run_until(caller.loop, [&] {
        char chunk[256];
        sip::error_code error;
        text.append(chunk, accepted.read_some(asio::buffer(chunk), error));
        return text == "living nobody's";
    }));
    CHECK(caller.driver.count().messages_outlived == 1);
}

TEST_CASE("a refused connect fails the flow with its cause") {
    station caller;
    sip::endpoint nobody;
    {
        silent_server gone;
        nobody = gone.local();
    }
    auto const flow = caller.open(nobody);
    caller.send(flow, nobody, "never");
    REQUIRE(run_until(caller.loop, [&] { return !caller.core.changes.empty(); }));
    CHECK(caller.core.changes[0].change == flow_change::failed);
    CHECK(caller.core.changes[0].cause == asio::error::connection_refused);
    CHECK(caller.core.changes[0].cause_text.find("127.0.0.1") != std::string::npos);
    CHECK(caller.driver.count().connections == 0);
    CHECK(caller.core.pool().live() == 0);
}

TEST_CASE("a connect that nobody answers fails after the connect time-out") {
    // A listener with a full backlog: the kernel lets further connects hang.
    silent_server server(0);
    std::vector<std::unique_ptr<station>> fillers;
    for (int i = 0; i < 4; ++i) {
        fillers.push_back(std::make_unique<station>());
        fillers.back()->open(server.local());
    }
    sip::net::shell_config config;
    config.connect_timeout = 80ms;
    station caller(config);
    auto const start = sip::clock::now();
    caller.open(server.local());
    REQUIRE(run_until(caller.loop, [&] { return !caller.core.changes.empty(); }));
    CHECK(caller.core.changes[0].change == flow_change::failed);
    CHECK(caller.core.changes[0].cause == asio::error::timed_out);
    CHECK(sip::clock::now() - start >= 80ms);
}

TEST_CASE("datagrams have no connections: asking for one fails its flow") {
    station caller;
    caller.open(on_loopback(transport_kind::udp, 5061));
    REQUIRE(caller.core.changes.size() == 1);
    CHECK(caller.core.changes[0].change == flow_change::failed);
    CHECK(caller.core.changes[0].cause == sip::errc::transport_failed);
}

TEST_CASE("a peer that reads nothing fails its own flow when its queue is full, and nobody else's") {
    sip::net::shell_config config;
    config.write_queue_bytes = 64 * 1024;
    station under_test(config);
    auto const local = listening(under_test);
    bare_client slow(local), good(local);
    slow.send(options_message("slow"));
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == 1; }));
    good.send(options_message("good"));
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == 2; }));
    auto const slow_flow = under_test.core.messages[0].flow;
    auto const good_flow = under_test.core.messages[1].flow;
    std::string const load(8000, 'x');
    REQUIRE(run_until(under_test.loop, [&] {
        for (int i = 0; i < 8; ++i)
            under_test.send(slow_flow, {}, load);
        return changed(under_test, flow_change::failed);
    }));
    CHECK(under_test.core.changes.size() == 1);
    CHECK(under_test.core.changes[0].flow == slow_flow);
    CHECK(under_test.core.changes[0].cause == sip::errc::queue_full);
    under_test.send(good_flow, {}, "still here");
    REQUIRE(run_until(under_test.loop, [&] { return good.received() == "still here"; }));
    run_for(under_test.loop, 10ms);
    CHECK(under_test.core.pool().live() <= 1);  // the good connection may keep one to read into
}

TEST_CASE("a peer that stops reading with little queued fails after the write time-out") {
    sip::net::shell_config config;
    config.write_queue_bytes = 64 * 1024 * 1024;
    config.write_timeout = 100ms;
    station under_test(config);
    bare_client slow(listening(under_test));
    slow.send(options_message("slow"));
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == 1; }));
    std::string const load(60000, 'x');
    for (int i = 0; i < 400; ++i)
        under_test.send(sip::flow_id{1}, {}, load);
    REQUIRE(run_until(under_test.loop, [&] { return changed(under_test, flow_change::failed); }));
    CHECK(under_test.core.changes[0].cause == asio::error::timed_out);
}

TEST_CASE("a peer that takes byte after byte fails all the same, for one message has one time") {
    sip::net::shell_config config;
    config.write_queue_bytes = 64 * 1024 * 1024;
    config.write_timeout = 300ms;
    station under_test(config);
    bare_client slow(listening(under_test));
    sip::error_code ignored;
    slow.socket().set_option(asio::socket_base::receive_buffer_size(4096), ignored);
    slow.send(options_message("slow"));
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == 1; }));
    auto const start = sip::clock::now();
    under_test.send(sip::flow_id{1}, {}, std::string(16 * 1024 * 1024, 'x'));
    char chunk[2048];
    REQUIRE(run_until(under_test.loop, [&] {
        slow.socket().non_blocking(true, ignored);
        (void)slow.socket().read_some(asio::buffer(chunk), ignored);
        return changed(under_test, flow_change::failed);
    }));
    CHECK(under_test.core.changes[0].cause == asio::error::timed_out);
    CHECK(under_test.core.changes[0].cause_text.find("takes no bytes") != std::string::npos);
    CHECK(sip::clock::now() - start >= 300ms);
}

TEST_CASE("one who only connects makes room for others, the one that has waited longest first") {
    sip::net::shell_config config;
    config.newcomers = 3;
    station under_test(config);
    auto const local = listening(under_test);
    bare_client talker(local);
    talker.send(options_message("known"));
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == 1; }));
    std::vector<std::unique_ptr<bare_client>> silent;
    for (std::size_t i = 0; i < 5; ++i) {
        silent.push_back(std::make_unique<bare_client>(local));
        REQUIRE(run_until(under_test.loop, [&] { return under_test.core.flows.size() == i + 2; }));
    }
    REQUIRE(run_until(under_test.loop, [&] { return silent[0]->ended().failed() && silent[1]->ended().failed(); }));
    CHECK(under_test.driver.count().newcomers_dropped == 2);
    CHECK_FALSE(silent[2]->ended().failed());
    CHECK_FALSE(talker.ended().failed());
    silent[2]->send(options_message("at last"));
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == 2; }));
    CHECK(under_test.driver.count().connections == 4);
}

TEST_CASE("one address cannot take every place") {
    sip::net::shell_config config;
    config.connections_per_address = 2;
    station under_test(config);
    auto const local = under_test.driver.listen({*sip::ip_address::from("0.0.0.0"), 0, transport_kind::tcp});
    REQUIRE(local.has_value());
    auto const here = on_loopback(transport_kind::tcp, local->port);
    bare_client first(here), second(here);
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 2; }));
    bare_client third(here);
    REQUIRE(run_until(under_test.loop, [&] { return third.ended().failed(); }));
    CHECK(under_test.driver.count().connections_refused == 1);
    // 127.0.0.2 is somebody else.
    asio::io_context other_loop;
    tcp::socket other(other_loop);
    other.open(tcp::v4());
    other.bind({asio::ip::make_address("127.0.0.2"), 0});
    other.connect({asio::ip::address_v4::loopback(), local->port});
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 3; }));
    first.reset();
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 2; }));
    bare_client fourth(here);
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 3; }));
}

TEST_CASE("a ping of ours is answered by CRLF, which the core hears of (RFC 5626 4.4.1)") {
    station caller, server;
    auto const local = listening(server);
    auto const flow = caller.open(local);
    auto const both = [&](auto&& done) {
        return run_until(caller.loop, [&] {
            server.loop.restart();
            server.loop.poll();
            return done();
        });
    };
    REQUIRE(both([&] { return changed(caller, flow_change::up); }));
    caller.driver.command([&](sip::now_t, sip::outbox& out) {
        out.actions.push_back(sip::send_keep_alive{flow, local, caller.core.pool().copy("\r\n\r\n")});
    });
    REQUIRE(both([&] { return !caller.core.keep_alives.empty(); }));
    CHECK(caller.core.keep_alives[0].flow == flow);
    CHECK(caller.core.keep_alives[0].from == local);
    CHECK(caller.core.keep_alives[0].bytes == "\r\n");
    CHECK(caller.driver.count().sent == 0);
    CHECK(server.core.messages.empty());
    CHECK(server.core.keep_alives.empty());
}

TEST_CASE("a quiet connection of ours is kept alive with CRLF CRLF, and the answer is no message (RFC 5626 4.4.1)") {
    sip::net::shell_config config;
    config.keep_alive_interval = 50ms;
    station caller(config), server;
    auto const local = listening(server);
    caller.open(local);
    REQUIRE(run_until(caller.loop, [&] {
        server.loop.restart();
        server.loop.poll();
        return server.driver.count().keep_alives >= 2 && caller.driver.count().keep_alives >= 2;
    }));
    CHECK(server.core.messages.empty());
    CHECK(caller.core.messages.empty());
}

TEST_CASE("being out of descriptors pauses accepting, and what waits is accepted later") {
    station under_test;
    echo_sizes(under_test.core);
    auto const local = listening(under_test);
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    auto client = std::make_unique<bare_client>(local);  // waits in the backlog
    rlimit none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    auto const wakes = under_test.driver.count().wake_ups;
    run_for(under_test.loop, 50ms);
    CHECK(under_test.driver.count().connections == 0);
    CHECK(under_test.driver.count().wake_ups == wakes);
    setrlimit(RLIMIT_NOFILE, &before);
    client->send(options_message("waited"));
    REQUIRE(run_until(under_test.loop, [&] { return !client->received().empty(); }));
}

TEST_CASE("connections over the limit are closed at once, and a free place can be taken again") {
    sip::net::shell_config config;
    config.connections = 2;
    station under_test(config);
    auto const local = listening(under_test);
    auto first = std::make_unique<bare_client>(local);
    bare_client second(local);
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 2; }));
    bare_client third(local);
    REQUIRE(run_until(under_test.loop, [&] { return third.ended().failed(); }));
    CHECK(under_test.driver.count().connections_refused == 1);
    first.reset();
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 1; }));
    bare_client fourth(local);
    fourth.send(options_message("fourth"));
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == 1; }));
}

TEST_CASE("close_flow writes what is queued, then closes without a report") {
    station under_test;
    under_test.core.on_message = [&](recording_core::received const& message, sip::outbox& out) {
        auto& pool = under_test.core.pool();
        out.actions.emplace_back(sip::send_message{message.flow, message.from, pool.copy("good"), {}});
        out.actions.emplace_back(sip::send_message{message.flow, message.from, pool.copy("bye"), {}});
        out.actions.emplace_back(sip::close_flow{message.flow});
    };
    bare_client client(listening(under_test));
    client.send(options_message("a"));
    REQUIRE(run_until(under_test.loop, [&] { return client.ended().failed(); }));
    CHECK(client.received() == "goodbye");
    CHECK(client.ended() == asio::error::eof);
    CHECK(under_test.core.changes.empty());
    client.reset();
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 0; }));
}

TEST_CASE("after a peer's restart a new connection is opened and works") {
    station caller;
    auto server = std::make_unique<station>();
    auto const local = listening(*server);
    auto const both = [&](auto&& done) {
        return run_until(caller.loop, [&] {
            server->loop.restart();
            server->loop.poll();
            return done();
        });
    };
    auto const first = caller.open(local);
    caller.send(first, local, options_message("one"));
    REQUIRE(both([&] { return server->core.messages.size() == 1; }));
    server->driver.close();
    REQUIRE(both([&] { return caller.core.changes.size() == 2; }));
    CHECK(caller.core.changes[1].flow == first);

    server = std::make_unique<station>();
    REQUIRE(server->driver.listen(local).has_value());  // the same port, at once
    auto const second = caller.open(local);
    caller.send(second, local, options_message("two"));
    REQUIRE(both([&] { return server->core.messages.size() == 1; }));
    CHECK(server->core.messages[0].bytes == options_message("two"));
}

TEST_CASE("hundreds of clients that come, talk and reset leave nothing behind") {
    station under_test;
    echo_sizes(under_test.core);
    auto const local = listening(under_test);
    std::size_t whole = 0;
    for (int round = 0; round < 10; ++round) {
        std::vector<std::unique_ptr<bare_client>> clients;
        for (int i = 0; i < 20; ++i) {
            clients.push_back(std::make_unique<bare_client>(local));
            auto const text = options_message("c" + std::to_string(i));
            if (i % 3 == 0) {
                clients.back()->send(std::string_view(text).substr(0, 50));
            } else {
                clients.back()->send(text);
                ++whole;
            }
            if (i % 5 == 0 && i % 3 == 0) clients.back()->reset();
        }
        REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == whole; }));
        clients.clear();
    }
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().connections == 0; }));
    run_for(under_test.loop, 10ms);
    CHECK(under_test.core.pool().live() == 0);
    CHECK_FALSE(under_test.core.reentered);
}
