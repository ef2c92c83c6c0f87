// Four shards under traffic. Covered: calls that take the place of calls of other shards (Replaces), their later
// requests in both directions, and a CANCEL of one that still rings; a transfer that names a call by Target-Dialog;
// calls, Replaces and subscriptions all at once; the end of everything in the middle of that. Made for the thread
// sanitizer. Not covered: which datagram reaches which shard (sip_shards.cpp).
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
constexpr char const* description = "v=0\r\n";

/// A service on four threads. Answers calls; to one whose Subject is "ring" it only rings. Hangs up on "bye".
struct service {
    service()
        : all(
              shard_count,
              [](std::size_t, sip::environment& surroundings) {
                  sip::user_agent_config config;
                  config.methods = {sip::method::subscribe, sip::method::refer, sip::method::info};
                  config.packages = {{"dialog", "text/plain", {}}};
                  config.supported = {"tdialog"};
                  config.limits.sessions = 1000;
                  auto core = std::make_unique<sip::user_agent_core>(config, surroundings);
                  sip::account_config settings;
                  settings.address_of_record = "sip:service@127.0.0.1";
                  (void)core->add_account(settings).value();
                  return core;
              },
              [this](std::size_t, sip::protocol_core& core, sip::net::driver& loop, sip::event& what) {
                  serve(static_cast<sip::user_agent_core&>(core), loop, what);
              }
          ) {
        local = all.listen(on_loopback(transport_kind::udp)).value();
        uri = "sip:service@" + host_port(local);
        all.start();
    }
    void serve(sip::user_agent_core& agent, sip::net::driver& loop, sip::event& what) {
        auto const run = [&](auto&& command) {
            return loop.command([&](sip::now_t now, sip::outbox& out) { return command(now, out); });
        };
        sip::error_code error;
        if (auto const* arrived = std::get_if<sip::incoming_call>(&what)) {
            if (arrived->replaces) ++replacing;
            bool const rings = arrived->invite.view().raw(sip::header_id::subject) == "ring";
            error = run([&](sip::now_t now, sip::outbox& out) {
                return rings ? agent.ring(now, arrived->id, 180, {}, out)
                             : agent.answer(now, arrived->id, description, out);
            });
        } else if (auto const* asked = std::get_if<sip::in_call_request>(&what)) {
            error = run([&](sip::now_t now, sip::outbox& out) { return agent.hang_up(now, asked->id, {}, out); });
        } else if (auto const* watcher = std::get_if<sip::incoming_subscription>(&what)) {
            error = run([&](sip::now_t now, sip::outbox& out) {
                return agent.accept_subscription(
                    now, watcher->id, sip::subscription_phase::active, "text/plain", "x", out
                );
            });
        } else if (auto const* transfer = std::get_if<sip::transfer_requested>(&what)) {
            if (transfer->session) ++known_transfers;
            error = run([&](sip::now_t now, sip::outbox& out) {
                return agent.refuse_subscription(now, transfer->id, 603, {}, out);
            });
        } else if (auto const* ended = std::get_if<sip::call_ended>(&what)) {
            auto& counter = ended->why == sip::end_reason::replaced    ? replaced
                            : ended->why == sip::end_reason::cancelled ? cancelled
                                                                       : ended_otherwise;
            ++counter;
        }
        if (error) ++wrong;
    }

    std::atomic<int> replacing{0}, replaced{0}, cancelled{0}, ended_otherwise{0}, known_transfers{0}, wrong{0};
    std::string uri;
    sip::endpoint local;
    sip::net::shards all;
};

/// One user agent that calls the service, with one callback.
struct caller {
    caller() : agent(loop.get_executor(), config()) {
        auto const at = agent.listen(on_loopback(transport_kind::udp)).value();
        sip::account_config settings;
        settings.address_of_record = "sip:caller@" + host_port(at);
        account = agent.add_account(settings).value();
        agent.on_event([this](sip::event const& what) {
            if (auto const* up = std::get_if<sip::call_answered>(&what)) answered.insert(up->id);
            if (auto const* progress = std::get_if<sip::call_progress>(&what)) ringing.insert(progress->id);
            if (auto const* ended = std::get_if<sip::call_ended>(&what)) ends.emplace(ended->id, *ended);
            if (std::holds_alternative<sip::notification>(what)) ++notified;
            if (auto const* ended = std::get_if<sip::subscription_ended>(&what)) refusals.push_back(ended->status);
        });
    }
    static sip::user_agent_config config() {
        sip::user_agent_config made;
        made.methods = {sip::method::notify};
        made.limits.sessions = 1000;
        return made;
    }
    sip::session_id invite(
        std::string const& uri, std::string_view subject = {}, sip::net::call const* instead_of = {}
    ) {
        sip::invite_options options(uri);
        options.with_offer(description);
        if (!subject.empty()) options.with_header("Subject", std::string(subject));
        if (instead_of != nullptr) {
            auto const name = instead_of->identity().value();
            options.with_replaces(name.call_id, name.remote_tag, name.local_tag);
        }
        auto made = account.invite(options).value();
        auto const id = made.id();
        calls.emplace(id, std::move(made));
        return id;
    }
    bool wait(std::function<bool()> const& done) { return run_until(loop, done, 30s); }

    asio::io_context loop{1};
    sip::net::user_agent agent;
    sip::net::account account;
    std::map<sip::session_id, sip::net::call> calls;
    std::set<sip::session_id> answered, ringing;
    std::map<sip::session_id, sip::call_ended> ends;
    std::vector<std::uint16_t> refusals;
    int notified = 0;
};

constexpr int count = 24;  // three of four meet a call of another shard

}  // namespace

TEST_CASE("A call takes the place of one that lives in another shard (RFC 3891 3)") {
    service many;
    caller one;
    std::vector<sip::session_id> first, second;
    for (int i = 0; i < count; ++i)
        first.push_back(one.invite(many.uri));
    REQUIRE(one.wait([&] { return one.answered.size() == count; }));
    for (auto const id : first)
        second.push_back(one.invite(many.uri, {}, &one.calls.at(id)));
    CHECK(one.wait([&] { return one.answered.size() == 2 * count && one.ends.size() == count; }));
    for (auto const id : first)
        CHECK((one.ends.contains(id) && one.ends.at(id).why == sip::end_reason::remote_hang_up));
    CHECK(many.replacing == count);
    CHECK(many.replaced == count);

    // What follows in the new dialogs finds them: half end here, half there.
    for (int i = 0; i < count; ++i) {
        auto& call = one.calls.at(second[static_cast<std::size_t>(i)]);
        if (i % 2 == 0)
            CHECK_FALSE(call.hang_up());
        else
            CHECK(call.request(sip::net::call_request_options(sip::method::info)).has_value());
    }
    CHECK(one.wait([&] { return one.ends.size() == 2 * count; }));
    for (int i = 0; i < count; ++i)
        CHECK(
            one.ends.at(second[static_cast<std::size_t>(i)]).why ==
            (i % 2 == 0 ? sip::end_reason::local_hang_up : sip::end_reason::remote_hang_up)
        );
    CHECK(one.wait([&] { return many.ended_otherwise == count; }));
    many.all.stop();
    CHECK(many.wrong == 0);
    CHECK(many.all.count().handed_over > 0);
    CHECK(many.all.count().dropped == 0);
}

TEST_CASE("A CANCEL finds the INVITE that was handed to another call's shard (RFC 3261 9.2)") {
    service many;
    caller one;
    std::vector<sip::session_id> first, second;
    for (int i = 0; i < count; ++i)
        first.push_back(one.invite(many.uri));
    REQUIRE(one.wait([&] { return one.answered.size() == count; }));
    for (auto const id : first)
        second.push_back(one.invite(many.uri, "ring", &one.calls.at(id)));
    REQUIRE(one.wait([&] { return one.ringing.size() == count; }));
    for (auto const id : second)
        CHECK_FALSE(one.calls.at(id).hang_up());
    CHECK(one.wait([&] { return many.cancelled == count; }));
    CHECK(many.replaced == 0);
    many.all.stop();
    CHECK(many.wrong == 0);
}

TEST_CASE("A transfer outside of a call finds the call that it names in another shard (RFC 4538 5)") {
    service many;
    caller one;
    std::vector<sip::net::subscription> transfers;
    for (int i = 0; i < count; ++i)
        one.invite(many.uri);
    REQUIRE(one.wait([&] { return one.answered.size() == count; }));
    for (auto const& [id, call] : one.calls) {
        sip::refer_options options("sip:elsewhere@127.0.0.1");
        options.target_dialog = id;
        transfers.push_back(one.account.refer(many.uri, options).value());
    }
    CHECK(one.wait([&] { return one.refusals.size() == count; }));
    CHECK(one.refusals == std::vector<std::uint16_t>(count, 603));
    CHECK(many.known_transfers == count);
    many.all.stop();
    CHECK(many.wrong == 0);
}

TEST_CASE("Calls, Replaces and subscriptions at once, until all ends in the middle of it") {
    service many;
    auto one = std::make_unique<caller>();
    std::vector<sip::net::subscription> subscriptions;
    for (int i = 0; i < 40; ++i)
        subscriptions.push_back(one->account.subscribe({many.uri, "dialog"}).value());
    int rounds = 0;
    std::size_t begun = 0;
    auto const a_round = [&] {
        for (int i = 0; i < 10; ++i)
            one->invite(many.uri, i % 3 == 0 ? "ring" : "");
        auto const up = one->answered;
        for (auto const id : up) {
            if (one->ends.contains(id)) continue;
            auto const& call = one->calls.at(id);
            if (begun++ % 2 == 0 && call.identity())
                one->invite(many.uri, {}, &call);
            else
                (void)one->calls.at(id).hang_up();
            one->answered.erase(id);
        }
        for (auto const id : one->ringing)
            (void)one->calls.at(id).hang_up();
        one->ringing.clear();
        for (auto& subscription : subscriptions)
            (void)subscription.refresh();
    };
    while (rounds < 20) {
        a_round();
        ++rounds;
        run_for(one->loop, 10ms);
    }
    CHECK(many.replaced > 0);
    CHECK(many.cancelled > 0);
    CHECK(many.ended_otherwise > 0);
    CHECK(one->notified >= 40);
    a_round();
    many.all.stop();  // with messages on their way in both directions
    CHECK(many.all.count().handed_over > 0);
    CHECK(many.wrong == 0);
    subscriptions.clear();  // no handle outlives its loop
    one.reset();
}
