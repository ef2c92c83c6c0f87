// Four threads on one UDP port. Covered: every message of a Call-ID reaches one shard whatever address it comes from;
// Call-IDs spread over the shards; unreadable datagrams are served where they arrive; a full inbox drops; calls in and
// calls out between a user agent with one loop and one with four; start and stop. Made for the thread sanitizer.
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "loopback/sip_support.hpp"
#include "sip/net/shards.hpp"
#include "sip/net/user_agent.hpp"

using namespace sip_test;
using sip::transport_kind;

namespace {

constexpr std::size_t shard_count = 4;
constexpr char const* description =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";

/// Four recording cores; what they recorded is read after stop().
struct recording_shards {
    recording_shards()
        : all(
              shard_count,
              [this](std::size_t, sip::environment& surroundings) {
                  prefixes.push_back(surroundings.mark);
                  auto core = std::make_unique<recording_core>();
                  echo_sizes(*core);
                  cores.push_back(core.get());
                  return core;
              },
              nullptr
          ) {
        auto const bound = all.listen(on_loopback(transport_kind::udp));
        REQUIRE(bound.has_value());
        local = *bound;
    }
    std::vector<recording_core*> cores;
    std::vector<std::string> prefixes;
    sip::net::shards all;
    sip::endpoint local;
};

/// Waits for `count` answers on these sockets.
bool answers(std::vector<std::unique_ptr<bare_socket>>& peers, std::size_t count) {
    asio::io_context loop(1);
    std::size_t seen = 0;
    return run_until(loop, [&] {
        for (auto& peer : peers)
            while (peer->receive())
                ++seen;
        return seen >= count;
    });
}

}  // namespace

TEST_CASE("all messages of one Call-ID reach the same shard, whoever sends them") {
    recording_shards under_test;
    under_test.all.start();
    std::vector<std::unique_ptr<bare_socket>> peers;
    for (int i = 0; i < 8; ++i)
        peers.push_back(std::make_unique<bare_socket>());
    constexpr int calls = 50;
    for (int call = 0; call < calls; ++call)
        for (auto& peer : peers)
            peer->send(under_test.local, options_message("call" + std::to_string(call)));
    CHECK(answers(peers, calls * peers.size()));
    under_test.all.stop();

    std::map<std::string, std::set<std::size_t>> owners;
    std::set<std::size_t> used;
    std::size_t total = 0;
    for (std::size_t shard = 0; shard < shard_count; ++shard) {
        for (auto const& message : under_test.cores[shard]->messages) {
            auto const at = message.bytes.find("Call-ID: ") + 9;
            auto const call_id = message.bytes.substr(at, message.bytes.find("\r\n", at) - at);
            owners[call_id].insert(shard);
            CHECK(under_test.all.owner_of(call_id) == shard);
            used.insert(shard);
            ++total;
        }
    }
    CHECK(total == calls * peers.size());
    CHECK(owners.size() == calls);
    for (auto const& [call_id, shards] : owners)
        CHECK(shards.size() == 1);
    CHECK(used.size() == shard_count);
    CHECK(under_test.all.count().handed_over > 0);
    CHECK(under_test.all.count().dropped == 0);
}

TEST_CASE("a Call-ID that one of our cores made belongs to that core, and nobody else's mark counts") {
    recording_shards under_test;
    REQUIRE(under_test.prefixes.size() == shard_count);
    for (std::size_t shard = 0; shard < shard_count; ++shard)
        for (int i = 0; i < 10; ++i)
            CHECK(under_test.all.owner_of(under_test.prefixes[shard] + std::to_string(i)) == shard);
    auto const mark = under_test.prefixes[0].substr(0, under_test.prefixes[0].size() - 2);
    for (auto const& forged :
         std::vector<std::string>{mark, mark + "9-x", mark + "99999999999999999999-x", mark + "x", mark + "1"})
        CHECK(under_test.all.owner_of(forged) < shard_count);
}

TEST_CASE("what cannot be read is served by the shard that received it") {
    recording_shards under_test;
    under_test.all.start();
    std::vector<std::unique_ptr<bare_socket>> peers;
    for (int i = 0; i < 4; ++i)
        peers.push_back(std::make_unique<bare_socket>());
    for (auto& peer : peers)
        for (int i = 0; i < 20; ++i)
            peer->send(under_test.local, "garbage " + std::to_string(i));
    CHECK(answers(peers, 80));
    under_test.all.stop();
    CHECK(under_test.all.count().handed_over == 0);
}

TEST_CASE("calls into four shards, and calls out of them") {
    // Each shard calls the single user agent once for each call that it has answered.
    std::vector<sip::account_id> accounts(shard_count);
    std::string single_uri;
    std::atomic<int> answered{0}, ended_in{0}, ended_out{0}, wrong{0};
    struct side {
        std::set<sip::session_id> out;
    };
    std::vector<side> sides(shard_count);
    sip::net::shards many(
        shard_count,
        [&](std::size_t shard, sip::environment& surroundings) {
            auto core = std::make_unique<sip::user_agent_core>(sip::user_agent_config{}, surroundings);
            sip::account_config settings;
            settings.address_of_record = "sip:many@127.0.0.1";
            accounts[shard] = core->add_account(settings).value();
            return core;
        },
        [&](std::size_t shard, sip::protocol_core& core, sip::net::driver& loop, sip::event& what) {
            auto& agent = static_cast<sip::user_agent_core&>(core);
            auto& mine = sides[shard];
            if (auto const* arrived = std::get_if<sip::incoming_call>(&what)) {
                auto const error = loop.command([&](sip::now_t now, sip::outbox& out) {
                    return agent.answer(now, arrived->id, description, out);
                });
                error ? ++wrong : ++answered;
            } else if (auto const* ended = std::get_if<sip::call_ended>(&what)) {
                if (mine.out.erase(ended->id) != 0) {
                    if (ended->why != sip::end_reason::local_hang_up) ++wrong;
                    ++ended_out;
                    return;
                }
                ++ended_in;
                auto const made = loop.command([&](sip::now_t now, sip::outbox& out) {
                    sip::invite_options options(single_uri);
                    options.with_offer(description);
                    return agent.invite(now, accounts[shard], options, out);
                });
                if (made.has_value())
                    mine.out.insert(*made);
                else
                    ++wrong;
            } else if (auto const* up = std::get_if<sip::call_answered>(&what)) {
                (void)loop.command([&](sip::now_t now, sip::outbox& out) { return agent.hang_up(now, up->id, {}, out); }
                );
            }
        }
    );
    auto const local = many.listen(on_loopback(transport_kind::udp));
    REQUIRE(local.has_value());

    asio::io_context loop(1);
    sip::net::user_agent single(loop.get_executor());
    auto const at = single.listen(on_loopback(transport_kind::udp));
    REQUIRE(at.has_value());
    single_uri = "sip:single@" + host_port(*at);
    sip::account_config settings;
    settings.address_of_record = single_uri;
    auto account = single.add_account(settings).value();
    std::map<sip::session_id, sip::net::call> calls;
    single.on_event([&](sip::event const& what) {
        if (auto const* arrived = std::get_if<sip::incoming_call>(&what)) {
            auto& call = calls[arrived->id] = single.take(arrived->id);
            CHECK_FALSE(call.answer(description));
        } else if (auto const* up = std::get_if<sip::call_answered>(&what)) {
            CHECK_FALSE(calls[up->id].hang_up());
        } else if (auto const* ended = std::get_if<sip::call_ended>(&what)) {
            calls.erase(ended->id);
        }
    });
    many.start();
    constexpr int count = 30;
    for (int i = 0; i < count; ++i) {
        sip::invite_options options("sip:many@" + host_port(*local));
        options.with_offer(description);
        auto made = account.invite(options);
        REQUIRE(made.has_value());
        auto const id = made->id();
        calls.emplace(id, std::move(*made));
    }
    CHECK(run_until(
        loop, [&] { return ended_out == count && calls.empty(); }, 30s
    ));
    many.stop();
    CHECK(answered == count);
    CHECK(ended_in == count);
    CHECK(wrong == 0);
    CHECK(many.count().handed_over > 0);
}

TEST_CASE("shards start and stop in any order, and work is posted to the right thread") {
    { recording_shards never_started; }
    recording_shards under_test;
    under_test.all.start();
    under_test.all.start();
    std::atomic<int> done{0};
    for (std::size_t shard = 0; shard < shard_count; ++shard)
        under_test.all.post(shard, [&, shard](sip::protocol_core& core, sip::net::driver&) {
            if (&core == under_test.cores[shard]) ++done;
        });
    asio::io_context loop(1);
    CHECK(run_until(loop, [&] { return done == shard_count; }));
    under_test.all.stop();
    under_test.all.stop();
    CHECK(under_test.all.listen(on_loopback(transport_kind::tcp)).has_error());
}
