// Covered: what a warmed-up layer costs. No allocation for any kind of transaction from its first message to its end,
// no buffer left, work for an input that does not grow with the number of live transactions.
#include <chrono>

#include "layer_fixture.hpp"
#include "support/counting_new.hpp"

using namespace test;

namespace {

/// Two layers whose outboxes feed each other: no log, no text of the test's own.
struct linked_layers {
    seeded_random random{5};
    environment env = seeded_environment(random);
    buffer_pool pool;
    transaction_layer client{env, pool}, server{env, pool};
    actions client_actions, server_actions;
    transaction_events client_events, server_events;
    time_point now{1000s};

    std::string invite = layer_fixture().request_text("INVITE"), bye = layer_fixture().request_text("BYE", "us", 2),
                ack = layer_fixture().request_text("ACK", "us");

    transaction_outbox to_client() { return {client_actions, client_events}; }
    transaction_outbox to_server() { return {server_actions, server_events}; }

    outgoing_request outgoing(std::string_view text) {
        outgoing_request request;
        request.wire = pool.copy(text);
        request.flow = udp_flow;
        request.to = peer_udp;
        request.sent_by = us_udp;
        return request;
    }
    static message parsed(buffer_ref const& wire, buffer_pool& pool) { return *parse_message(wire, pool); }
    /// Carries everything across, without loss, until both are quiet.
    void exchange() {
        while (!client_actions.empty() || !server_actions.empty()) {
            auto requests = std::move(client_actions);
            client_actions.clear();
            for (auto const& action : requests)
                server.on_message(
                    now, parsed(std::get<send_message>(action).bytes, pool), udp_flow, us_udp, to_server()
                );
            auto responses = std::move(server_actions);
            server_actions.clear();
            for (auto const& action : responses)
                client.on_message(
                    now, parsed(std::get<send_message>(action).bytes, pool), udp_flow, peer_udp, to_client()
                );
        }
    }
    void respond(transaction_id id, std::uint16_t status) {
        (void)server.respond(now, id, *start_response(pool, server.request_of(id), status, "us").finish(), to_server());
    }
    transaction_id received() { return std::get<request_received>(server_events.back()).id; }

    /// INVITE 180 200 ACK BYE 200, an INVITE that is cancelled, and all timers to their end.
    void calls() {
        (void)client.send_request(now, outgoing(invite), to_client());
        exchange();
        auto id = received();
        respond(id, 180);
        exchange();
        respond(id, 200);
        exchange();
        (void)client.send_ack(outgoing(ack), to_client());
        (void)client.send_request(now, outgoing(bye), to_client());
        exchange();
        respond(received(), 200);
        exchange();

        auto second = *client.send_request(now, outgoing(invite), to_client());
        exchange();
        auto cancelled = received();
        respond(cancelled, 180);
        exchange();
        (void)client.cancel(now, second, 0, to_client());
        exchange();
        respond(received(), 200);
        respond(cancelled, 487);
        exchange();
        while (client.live() + server.live() > 0) {
            now = std::min(
                client.next_deadline().value_or(time_point::max()), server.next_deadline().value_or(time_point::max())
            );
            client.on_timeout(now, to_client());
            server.on_timeout(now, to_server());
            exchange();
        }
        client_events.clear();
        server_events.clear();
    }
};

}  // namespace

TEST_CASE("A warmed-up layer does not allocate: call, cancelled call, every timer") {
    linked_layers pair;
    for (int i = 0; i < 3; ++i)
        pair.calls();
    auto before = allocations();
    for (int i = 0; i < 20; ++i)
        pair.calls();
    CHECK(allocations() == before);
    CHECK(pair.client.live() == 0);
    CHECK(pair.server.live() == 0);
    CHECK(pair.pool.live() == 0);
}

TEST_CASE("Server transaction costs no thread or task while it waits out Timer J") {
    // It is one slot in a table and one node in a heap: what 1000 of them hold is given back to the last buffer.
    layer_fixture f;
    for (int i = 0; i < 1000; ++i) {
        f.receive(layer_fixture::from_peer("OPTIONS", fmt::format("z9hG4bK{}", i)));
        f.respond(f.newest_request_received, 200);
    }
    CHECK(f.layer.live() == 1000);
    f.newest_send = {};
    f.advance(32s);
    CHECK(f.layer.live() == 0);
    CHECK(f.pool.live() == 0);
}

TEST_CASE("Work per input does not grow with the number of transactions") {
    // Each input is timed among few and among many; the fastest of many tries keeps other processes out of the figure.
    auto cost = [](int live) {
        layer_fixture f;
        for (int i = 0; i < live; ++i)
            f.receive(layer_fixture::from_peer("INVITE", fmt::format("z9hG4bKfill{}", i)));
        auto least = std::chrono::nanoseconds::max();
        auto probe = parse_message(f.pool.copy(layer_fixture::from_peer("OPTIONS", "z9hG4bKprobe")), f.pool).value();
        auto answer = f.pool.copy("SIP/2.0 408 Gone\r\n\r\n");  // ends a non-INVITE transaction at once
        for (int i = 0; i < 2000; ++i) {
            auto begin = std::chrono::steady_clock::now();
            f.layer.on_message(f.now, probe, tcp_flow, peer_tcp, f.out());
            auto id = std::get<request_received>(f.told_events.back()).id;
            (void)f.layer.respond(f.now, id, answer, f.out());
            f.layer.on_timeout(f.now, f.out());
            f.layer.on_flow_failed(f.now, tcp_flow, f.out());
            least = std::min(least, std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin));
            f.told_events.clear();
            f.sent_actions.clear();
        }
        return least;
    };
    auto few = cost(10), many = cost(20'000);
    INFO("among 10: ", few.count(), " ns, among 20000: ", many.count(), " ns");
    // A search through all of them would make it a thousand times dearer; cold caches may cost a few times.
    CHECK(many < 20 * few);
}
