// Covered: laws that hold after any sequence of inputs, over random ones: on_timeout(now) leaves the next deadline
// later than now; before the deadline it does nothing; every request that was sent gets exactly one end; all
// transactions and buffers are gone when time has passed. Each run prints its seed when it fails.
#include <map>

#include "layer_fixture.hpp"

using namespace test;

namespace {

struct random_walk : layer_fixture {
    explicit random_walk(std::uint64_t seed) : layer_fixture({.transactions = 40}, seed), chance(seed * 7919 + 1) {
        timing_.t1 = milliseconds(chance.below(3) == 0 ? 0 : chance.below(700));
        timing_.t2 = milliseconds(chance.below(5000));
        timing_.t4 = milliseconds(chance.below(6000));
    }
    seeded_random chance;

    struct open_request {
        transaction_id id;
        bool is_invite = false, had_final = false;
    };
    std::map<owner_token, open_request> requests;
    std::map<owner_token, int> ends;
    std::vector<transaction_id> arrived;
    std::vector<std::string> wire;  ///< what either side has ever sent
    owner_token next_owner = 1;

    static duration milliseconds(std::uint64_t n) { return std::chrono::milliseconds(n); }

    void take_events() {
        for (auto const& event : told_events) {
            if (auto const* response = std::get_if<response_received>(&event)) {
                auto& request = requests.at(response->owner);
                if (response->response.view().status() >= 200 && !request.had_final) {
                    request.had_final = true;
                    ++ends[response->owner];
                } else if (response->response.view().status() >= 200) {
                    // Only an INVITE has more than one, and all of them are 2xx (RFC 6026).
                    CHECK(request.is_invite);
                    CHECK(response->response.view().status() < 300);
                }
            } else if (auto const* failed = std::get_if<request_failed>(&event)) {
                CHECK_FALSE(requests.at(failed->owner).had_final);
                ++ends[failed->owner];
            } else if (auto const* request = std::get_if<request_received>(&event)) {
                if (request->id) arrived.push_back(request->id);
            }
        }
        told_events.clear();
        for (auto const& action : sent_actions)
            wire.emplace_back(std::get<send_message>(action).bytes.text());
        sent_actions.clear();
    }

    void step() {
        switch (chance.below(9)) {
            case 0: {
                static constexpr char const* methods[] = {"INVITE", "INVITE", "OPTIONS", "BYE"};
                std::string method = methods[chance.below(4)];
                auto kind = chance.below(2) == 0 ? transport_kind::udp : transport_kind::tcp;
                auto id = layer.send_request(now, outgoing(request_text(method), kind, next_owner), out());
                if (id) requests[next_owner] = {*id, method == "INVITE", false};
                ++next_owner;
                break;
            }
            case 1:
            case 2: {  // a response, maybe late, repeated or of another fork
                if (wire.empty()) break;
                auto const& text = wire[chance.below(wire.size())];
                if (text.starts_with("SIP/2.0") || text.starts_with("ACK")) break;
                static constexpr std::uint16_t statuses[] = {100, 180, 183, 200, 202, 302, 404, 486, 487, 500, 603};
                auto response = response_to(text, statuses[chance.below(11)], chance.chance(50) ? "bob" : "carol");
                layer.on_message(now, *parse_message(pool.copy(response), pool), udp_flow, peer_udp, out());
                break;
            }
            case 3: {  // a request from the peer, maybe a copy
                static constexpr char const* methods[] = {"INVITE", "OPTIONS", "ACK", "CANCEL", "FROB"};
                auto text = from_peer(
                    methods[chance.below(5)], chance.chance(10) ? "" : fmt::format("z9hG4bK{}", chance.below(20)),
                    chance.chance(30) ? "us" : ""
                );
                auto reliable = chance.chance(40);
                layer.on_message(
                    now, *parse_message(pool.copy(text), pool), reliable ? tcp_flow : udp_flow,
                    reliable ? peer_tcp : peer_udp, out()
                );
                break;
            }
            case 4: {
                if (arrived.empty()) break;
                auto id = arrived[chance.below(arrived.size())];
                if (!layer.is_live(id)) break;
                static constexpr std::uint16_t statuses[] = {100, 180, 200, 200, 302, 408, 486, 503};
                auto wire_text = start_response(pool, layer.request_of(id), statuses[chance.below(8)], "us").finish();
                (void)layer.respond(now, id, *wire_text, out());
                break;
            }
            case 5: {
                if (requests.empty()) break;
                auto at = requests.begin();
                std::advance(at, static_cast<long>(chance.below(requests.size())));
                auto canceled = layer.cancel(now, at->second.id, next_owner, out());
                if (canceled) requests[next_owner] = {*canceled, false, false};
                ++next_owner;
                break;
            }
            case 6:
                if (chance.chance(20)) layer.on_flow_failed(now, chance.chance(50) ? udp_flow : tcp_flow, out());
                break;
            default:
                pass_time(milliseconds(chance.below(chance.chance(10) ? 40'000 : 900)));
        }
        take_events();
    }

    void pass_time(duration span) {
        auto deadline = layer.next_deadline();
        if (deadline && chance.chance(30) && *deadline > now) {
            auto live = layer.live();
            layer.on_timeout(*deadline - 1ns, out());  // not due: nothing
            CHECK(sent_actions.empty());
            CHECK(told_events.empty());
            CHECK(layer.live() == live);
            CHECK(layer.next_deadline() == deadline);
        }
        now += span;  // a shell that was late by any amount
        layer.on_timeout(now, out());
        CHECK(layer.next_deadline().value_or(time_point::max()) > now);
    }
};

}  // namespace

TEST_CASE("`on_timeout(next_deadline())` always makes progress, and every request has exactly one end") {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        INFO("seed ", seed);
        random_walk walk(seed);
        for (int i = 0; i < 250; ++i)
            walk.step();

        // The user ends what waits for it; then time alone ends the rest.
        for (auto id : walk.arrived)
            if (walk.layer.is_live(id))
                (void)walk.layer.respond(
                    walk.now, id, *start_response(walk.pool, walk.layer.request_of(id), 486, "us").finish(), walk.out()
                );
        for (auto const& [owner, request] : std::map(walk.requests))
            if (auto cancel = walk.layer.cancel(walk.now, request.id, walk.next_owner, walk.out())) {
                walk.requests[walk.next_owner] = {*cancel, false, false};
                ++walk.next_owner;
            }
        walk.take_events();
        int wakes = 0;
        while (auto next = walk.layer.next_deadline()) {
            walk.now = std::max(walk.now, *next);
            walk.layer.on_timeout(walk.now, walk.out());
            REQUIRE(walk.layer.next_deadline().value_or(time_point::max()) > walk.now);
            walk.take_events();
            REQUIRE(++wakes < 200'000);
        }
        CHECK(walk.layer.live() == 0);
        CHECK(walk.pool.live() == 0);
        for (auto const& [owner, request] : walk.requests) {
            INFO("owner ", owner);
            CHECK(walk.ends[owner] == 1);
        }
    }
}
