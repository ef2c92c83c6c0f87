// Covered: what a warmed-up layer costs. No allocation for any kind of transaction from its first message to its end,
// retransmissions included, no buffer left, work for an input that does not grow with the number of live transactions;
// and a failed allocation, wherever it hits, loses no transaction and no end of one.
#include <chrono>

#include "layer_fixture.hpp"
#include "support/allocation_counter.hpp"

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
    /// How often each message arrives.
    int copies = 1;

    /// Carries everything across until both are quiet.
    void exchange() {
        while (!client_actions.empty() || !server_actions.empty()) {
            auto requests = std::move(client_actions);
            client_actions.clear();
            for (auto const& action : requests)
                for (int i = 0; i < copies; ++i)
                    server.on_message(
                        now, parsed(std::get<send_message>(action).bytes, pool), udp_flow, us_udp, to_server()
                    );
            auto responses = std::move(server_actions);
            server_actions.clear();
            for (auto const& action : responses)
                for (int i = 0; i < copies; ++i)
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
        run_out();
        client_events.clear();
        server_events.clear();
    }

    /// Requests that nobody answers, and a refusal that nobody acknowledges: each is sent again until its time is over.
    void unanswered() {
        (void)client.send_request(now, outgoing(invite), to_client());
        (void)client.send_request(now, outgoing(bye), to_client());
        for (auto const& action : client_actions) {
            auto const bytes = std::get<send_message>(action).bytes;
            server.on_message(now, parsed(bytes, pool), udp_flow, us_udp, to_server());
        }
        client_actions.clear();
        for (auto const& event : server_events)
            if (auto const* request = std::get_if<request_received>(&event)) respond(request->id, 486);
        is_cut = true;
        run_out();
        is_cut = false;
        client_events.clear();
        server_events.clear();
    }
    bool is_cut = false;

    /// Lets all timers ring. What is left then waits for its user.
    void run_out() {
        for (;;) {
            auto const next = std::min(
                client.next_deadline().value_or(time_point::max()), server.next_deadline().value_or(time_point::max())
            );
            if (next == time_point::max()) return;
            now = std::max(now, next);
            client.on_timeout(now, to_client());
            server.on_timeout(now, to_server());
            if (is_cut) {
                client_actions.clear();
                server_actions.clear();
            }
            exchange();
        }
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

TEST_CASE("Sending again and absorbing what comes again allocate nothing") {
    linked_layers pair;
    auto const round = [&] {
        pair.copies = 3;
        pair.calls();
        pair.copies = 1;
        pair.unanswered();
    };
    for (int i = 0; i < 3; ++i)
        round();
    auto const before = allocations();
    for (int i = 0; i < 20; ++i)
        round();
    CHECK(allocations() == before);
    CHECK(pair.client.live() + pair.server.live() == 0);
    CHECK(pair.pool.live() == 0);
}

TEST_CASE("Whichever allocation fails, every transaction still ends, and its user hears of the end") {
    // More at a time than the outbox holds without memory of its own, answered, refused, cancelled and left alone.
    constexpr unsigned requests = 12;
    long failures = 0;
    for (long n = 1;; ++n) {
        CAPTURE(n);
        linked_layers pair;
        bool has_failed = false;
        auto const guarded = [&](auto&& work) {
            try {
                work();
            } catch (std::bad_alloc const&) {
                has_failed = true;
            }
        };
        std::vector<bool> is_ended(requests + 1), is_ours(requests + 1);
        auto const hear = [&] {
            for (auto const& event : pair.client_events) {
                auto const* response = std::get_if<response_received>(&event);
                auto const* failed = std::get_if<request_failed>(&event);
                if (response != nullptr && response->response.view().status() >= 200)
                    is_ended[static_cast<std::size_t>(response->owner)] = true;
                if (failed != nullptr) is_ended[static_cast<std::size_t>(failed->owner)] = true;
            }
            pair.client_events.clear();
        };
        // The user of the server answers what it heard of: a third each is accepted, refused, and left for later.
        auto const answer = [&](bool all) {
            for (std::size_t i = 0; i < pair.server_events.size(); ++i) {
                auto const* request = std::get_if<request_received>(&pair.server_events[i]);
                if (request == nullptr || !request->id || !pair.server.is_live(request->id)) continue;
                std::uint16_t const statuses[] = {200, 486, 500};
                if (i % 3 < 2 || all) pair.respond(request->id, statuses[i % 3]);
            }
        };

        std::vector<outgoing_request> wanted;
        for (unsigned i = 1; i <= requests; ++i) {
            wanted.push_back(pair.outgoing(i % 2 == 0 ? pair.invite : pair.bye));
            wanted.back().owner = i;
        }
        fail_allocation(n);
        for (auto const& request : wanted)
            guarded([&] {
                if (pair.client.send_request(pair.now, request, pair.to_client()))
                    is_ours[static_cast<std::size_t>(request.owner)] = true;
            });
        guarded([&] { pair.exchange(); });
        guarded([&] { answer(false); });
        guarded([&] { pair.exchange(); });
        pair.is_cut = true;
        guarded([&] { pair.run_out(); });
        bool const is_used_up = allocations_until_failure.load() <= 0;
        fail_allocation(0);

        hear();
        answer(true);
        pair.run_out();
        hear();
        CHECK(is_ended == is_ours);
        CHECK(pair.client.live() + pair.server.live() == 0);
        wanted.clear();
        pair.client_actions.clear();
        pair.server_actions.clear();
        pair.server_events.clear();
        CHECK(pair.pool.live() == 0);
        pair.is_cut = false;
        pair.calls();
        CHECK(has_failed == is_used_up);
        if (!is_used_up) break;
        ++failures;
    }
    MESSAGE(failures, " places failed");
    CHECK(failures > 50);
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
