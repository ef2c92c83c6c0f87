// Two user agents call each other at random over a bad network (loss up to 40 %, doubling, reordering, and links that
// are cut for 1 to 40 s), offer, answer, refuse, replace and hang up at random times, by reliable provisional
// responses, PRACK, UPDATE and re-INVITE, with session timers of every kind. Whatever happens, for every seed:
//   each call ends with exactly one call_ended at each end that knew of it, and no event follows it;
//   when the users are quiet for longer than 64*T1 both ends agree on which calls are up, and on their descriptions;
//   after a call has ended nothing new is sent for it but ACK, BYE and CANCEL;
//   next_deadline() always advances (the network checks it at every step);
//   in the end no call, dialog, transaction, ACK, request or buffer is left, and no deadline.
// OFFHOOK_SIM_SEEDS sets how many seeds are run, OFFHOOK_SIM_SEED runs one alone and prints its messages.
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "support/ua_pair.hpp"

namespace {

using namespace std::chrono_literals;

using test::header;

/// What one end believes of one call.
struct belief {
    sip::session_id id;
    bool up = false, ended = false;
    bool may_answer = false;  ///< rings here
    bool owes_answer = false;
    bool first_is_open = false;  ///< the INVITE's own offer has no answer
    bool is_settled = false;     ///< callee: a reliable provisional response has described the session
    std::string local, remote;   ///< the agreed descriptions
    std::string offered;         ///< ours, not answered
    std::string peer_offer;      ///< theirs, not answered
};

struct user {
    test::phone* phone = nullptr;
    std::string peer_uri;
    std::map<std::string, belief> calls;  ///< by the name that the caller gave them
    std::map<sip::session_id, std::string> names;
};

class simulation {
public:
    simulation(std::uint64_t seed, bool verbose)
        : seed_(seed), verbose_(verbose), pair_(seed), random_(seed ^ 0x5eedu) {
        auto& net = pair_.net;
        net.everywhere = {
            .loss = static_cast<unsigned>(random_.below(41)),
            .duplication = static_cast<unsigned>(random_.below(20)),
            .delay = std::chrono::milliseconds(1 + random_.below(100)),
            .jitter = std::chrono::milliseconds(random_.below(300)),
        };
        // Every fourth seed runs over connections, which break now and then.
        by_connection_ = seed % 4 == 0;
        std::string const how = by_connection_ ? ";transport=tcp" : "";
        for (auto* phone : {&pair_.alice, &pair_.bob}) {
            using settings = sip::session_timer_settings;
            auto account = test::ua_pair::account_at(phone == &pair_.alice ? "sip:1001@10.0.0.1" : "sip:1002@10.0.0.2");
            account.session_timer.when = random_.chance(50) ? settings::use::requested : settings::use::supported;
            account.session_timer.interval = std::chrono::seconds(90 + random_.below(60));
            account.session_timer.who = static_cast<settings::refresher>(random_.below(3));
            account.session_timer.by = static_cast<settings::method>(random_.below(2));
            if (phone->core.update_account(phone->account, account)) fail("update_account was refused");
        }
        users_[0] = {&pair_.alice, "sip:1002@10.0.0.2:5060" + how, {}, {}};
        users_[1] = {&pair_.bob, "sip:1001@10.0.0.1:5060" + how, {}, {}};
        for (auto& u : users_)
            u.phone->on_event = [this, &u](sip::event const& e) { on_event(u, e); };
        net.on_packet = [this](auto const& p) { on_packet(p); };
        net.on_arrival = [this](auto const& p) {
            if (p.text.starts_with("BYE ")) bye_arrived_.insert(names_[header(p.text, "Call-ID")]);
        };
    }

    void run() {
        auto& net = pair_.net;
        // Some seeds make many short calls, others few that are renegotiated over and over.
        bool const few_calls = random_.chance(50);
        bool const has_cuts = random_.chance(50);
        most_calls_ = few_calls ? 1 + random_.below(2) : 6;
        auto const actions = 5 + random_.below(few_calls ? 60 : 25);
        for (std::uint64_t i = 0; i < actions; ++i) {
            net.run_for(std::chrono::milliseconds(random_.below(random_.chance(20) ? 8000 : 700)));
            act(users_[random_.below(2)]);
            if (by_connection_ && random_.chance(5)) net.break_connections(pair_.alice.node);
            if (has_cuts && random_.chance(6)) {
                net.cut(pair_.alice.node, pair_.bob.node, std::chrono::seconds(1 + random_.below(40)));
                ++cuts_;
            }
        }
        // Everybody does what is owed, then nobody touches a telephone for a while.
        for (int i = 0; i < 60; ++i) {
            net.run_for(2s);
            for (auto& u : users_)
                settle_debts(u);
        }
        // A refresh by re-INVITE may be on its way just now, and bring a new answer.
        for (int i = 0; i < 20 && !descriptions_agree(); ++i) {
            net.run_for(1s);
            for (auto& u : users_)
                settle_debts(u);
        }
        check_agreement();
        for (auto& u : users_)
            for (auto& [name, call] : u.calls)
                if (!call.ended) hang_up(u, call);
        if (!net.run_until_idle(200'000)) fail("the network does not come to rest");
        for (auto& u : users_)
            check_end(u);
    }

    [[nodiscard]] std::size_t calls() const { return users_[0].calls.size(); }
    [[nodiscard]] std::size_t new_descriptions() const { return new_descriptions_; }
    [[nodiscard]] std::size_t collisions() const { return collisions_; }
    [[nodiscard]] std::size_t refreshes() const { return refreshes_; }
    [[nodiscard]] std::size_t early_sessions() const { return early_sessions_; }
    [[nodiscard]] std::size_t cuts() const { return cuts_; }
    [[nodiscard]] std::size_t replaced() const { return replaced_; }

private:
    [[noreturn]] void fail(std::string const& what) {
        throw std::runtime_error("seed " + std::to_string(seed_) + ": " + what);
    }

    std::string fresh(std::string_view kind) { return std::string(kind) + ' ' + std::to_string(++texts_); }

    // ---- the users

    void act(user& u) {
        switch (random_.below(11)) {
            case 0:
            case 1:
            case 2:
                if (u.calls.size() < most_calls_) place(u, sip::invite_options(u.peer_uri));
                return;
            case 10:
                // A call takes the place of another one of the same two people (RFC 3891).
                if (u.calls.size() >= most_calls_ + 2) return;
                return for_some_call(u, [&](belief& call) {
                    auto const known = u.phone->core.identity(call.id);
                    if (!known) return;
                    sip::invite_options options(u.peer_uri);
                    options.with_replaces(known->call_id, known->remote_tag, known->local_tag);
                    place(u, std::move(options));
                });
            case 3:
            case 4:
            case 5:
                return for_some_call(u, [&](belief& call) {
                    if (call.may_answer) return decide(u, call);
                    if (!call.owes_answer) return reoffer(u, call);
                });
            case 6:
            case 7:
                return settle_debts(u);
            case 8:
                if (most_calls_ < 6 && random_.chance(80)) return act(u);
                return for_some_call(u, [&](belief& call) { hang_up(u, call); });
            default:
                return for_some_call(u, [&](belief& call) {
                    if (call.may_answer) ring(u, call);
                });
        }
    }

    void place(user& u, sip::invite_options options) {
        auto const offer = random_.chance(80) ? fresh("offer") : std::string();
        // The name travels in the INVITE, so that both ends know the call by it.
        auto const name = fresh("call");
        options.with_header("X-Name", name);
        if (!offer.empty()) options.with_offer(offer);
        auto const id = u.phone->command([&](auto now, auto& out) {
            return u.phone->core.invite(now, u.phone->account, options, out);
        });
        if (!id) fail("invite was refused: " + id.error().message());
        u.names[*id] = name;
        auto& call = u.calls[name];
        call.id = *id;
        call.offered = offer;
        call.first_is_open = !offer.empty();
    }

    template <class Work>
    void for_some_call(user& u, Work&& work) {
        std::vector<belief*> alive;
        for (auto& [name, call] : u.calls)
            if (!call.ended) alive.push_back(&call);
        if (!alive.empty()) work(*alive[random_.below(alive.size())]);
    }

    void ring(user& u, belief& call) {
        if (call.is_settled || random_.chance(50)) {
            (void)u.phone->ring(call.id);
            return;
        }
        // Both ends know 100rel: what is described in a provisional response is acknowledged, and settles the session.
        auto const text = fresh("early");
        if (u.phone->ring(call.id, 183, text)) return;
        call.is_settled = true;
        ++early_sessions_;
        if (call.peer_offer.empty()) {
            call.offered = text;
        } else {
            call.local = text;
            call.remote = std::exchange(call.peer_offer, {});
        }
    }

    void decide(user& u, belief& call) {
        call.may_answer = false;
        if (random_.chance(20)) {
            must(u.phone->reject(call.id, 486), "reject");
            return;
        }
        auto const text = call.is_settled ? std::string() : fresh("answer");
        if (call.is_settled) {
            // nothing to say any more
        } else if (call.peer_offer.empty()) {
            call.offered = text;
        } else {
            call.local = text;
            call.remote = std::exchange(call.peer_offer, {});
        }
        call.up = true;
        must(u.phone->answer(call.id, text), "answer");
    }

    void reoffer(user& u, belief& call) {
        auto const text = fresh("offer");
        auto const before = call.offered;
        call.offered = text;
        auto const by = random_.chance(30) ? sip::offer_method::update : sip::offer_method::automatic;
        if (u.phone->reoffer(call.id, text, sip::offer_options(by))) call.offered = before;  // something else is open
    }

    void settle_debts(user& u) {
        for (auto& [name, call] : u.calls) {
            if (call.ended) continue;
            if (call.may_answer && random_.chance(50)) decide(u, call);
            if (!call.ended && call.owes_answer) settle_offer(u, call);
        }
    }

    void settle_offer(user& u, belief& call) {
        call.owes_answer = false;
        if (random_.chance(15)) {
            call.peer_offer.clear();
            must(u.phone->refuse_offer(call.id, 488), "refuse_offer");
            return;
        }
        auto const text = fresh("answer");
        if (call.peer_offer.empty()) {
            call.offered = text;  // we were asked for an offer
        } else {
            call.local = text;
            call.remote = std::exchange(call.peer_offer, {});
        }
        must(u.phone->answer_offer(call.id, text), "answer_offer");
    }

    void hang_up(user& u, belief& call) {
        must(u.phone->hang_up(call.id), "hang_up");
        if (!call.ended) fail("hang_up() did not end the call at once");
    }

    void must(sip::error_code error, std::string_view what) {
        if (error) fail(std::string(what) + " was refused: " + error.message());
    }

    // ---- what the cores say

    void on_event(user& u, sip::event const& e) {
        std::visit([&](auto const& what) { heard(u, what); }, e);
        u.phone->events.clear();
    }

    belief& known(user& u, sip::session_id id) {
        auto const name = u.names.find(id);
        if (name == u.names.end()) fail("an event of an unknown call");
        auto& call = u.calls[name->second];
        if (call.ended) fail("an event after call_ended");
        return call;
    }

    void heard(user& u, sip::incoming_call const& e) {
        auto const name = std::string(e.invite.view().raw("X-Name"));
        // A copy that the network has held back until its call was given up for want of an ACK makes a call of its own:
        // nobody remembers a transaction for longer than its timers (17.2.1).
        auto const known = u.calls.find(name);
        if (known != u.calls.end() && !known->second.ended) fail("an INVITE made two calls");
        ended_at_.erase({u.phone->node, name});
        auto& call = u.calls[name] = {};
        call.id = e.id;
        call.may_answer = true;
        if (e.has_offer) call.peer_offer = e.invite.view().body();
        u.names[e.id] = name;
    }
    void heard(user& u, sip::call_progress const& e) {
        auto& call = known(u, e.id);
        if (!e.is_reliable || !e.has_description) return;
        if (!std::exchange(call.first_is_open, false)) fail("an early answer to nothing");
        call.local = std::exchange(call.offered, {});
        call.remote = e.response.view().body();
    }
    void heard(user& u, sip::call_answered const& e) {
        auto& call = known(u, e.id);
        if (call.up) fail("answered twice");
        call.up = true;
        if (!std::exchange(call.first_is_open, false)) return;
        if (!e.has_description) fail("an offer without answer");
        call.local = std::exchange(call.offered, {});
        call.remote = e.response.view().body();
    }
    void heard(user& u, sip::call_confirmed const& e) { (void)known(u, e.id); }
    void heard(user& u, sip::remote_offer const& e) {
        auto& call = known(u, e.id);
        if (call.owes_answer) fail("a second offer before the first was answered");
        if (!call.offered.empty() && !e.wanted_from_us) fail("two offers are open");
        call.owes_answer = true;
        call.peer_offer = e.wanted_from_us ? std::string() : std::string(e.carrier.view().body());
    }
    void heard(user& u, sip::remote_answer const& e) {
        auto& call = known(u, e.id);
        if (call.offered.empty()) fail("an answer to nothing");
        call.local = std::exchange(call.offered, {});
        call.remote = e.carrier.view().body();
        ++new_descriptions_;
    }
    void heard(user& u, sip::offer_failed const& e) {
        auto& call = known(u, e.id);
        if (e.status == 491) ++collisions_;
        if (!e.will_retry) call.offered.clear();
    }
    void heard(user& u, sip::offer_withdrawn const& e) {
        auto& call = known(u, e.id);
        call.owes_answer = false;
        call.peer_offer.clear();
    }
    void heard(user& u, sip::call_ended const& e) {
        auto& call = known(u, e.id);
        call.ended = true;
        call.up = call.may_answer = call.owes_answer = false;
        if (e.why == sip::end_reason::replaced) ++replaced_;
        ended_at_[{u.phone->node, u.names[e.id]}] = pair_.net.packets();
        if (verbose_)
            std::cout << pair_.net.clock().elapsed() / 1ms << " ms: node " << u.phone->node << " ended, reason "
                      << static_cast<int>(e.why) << ", status " << e.status << '\n';
    }
    void heard(user& u, sip::session_refreshed const& e) {
        auto& call = known(u, e.id);
        ++refreshes_;
        // A re-INVITE repeats our description; the peer's user may answer it differently this time.
        bool const is_answered = e.status >= 200 && e.status < 300 && !e.response.view().body().empty();
        if (is_answered) call.remote = e.response.view().body();
    }
    void heard(user&, sip::call_redirected const&) { fail("a redirection that nobody sent"); }
    template <class Event>
    void heard(user&, Event const&) {
        fail("an event of a subscription that nobody made");
    }
    void heard(user&, sip::in_call_request const&) { fail("a request that nobody sent"); }
    void heard(user&, sip::registration_changed const&) { fail("a registration that nobody asked for"); }
    void heard(user&, sip::request_completed const&) { fail("a request that nobody sent"); }
    void heard(user&, sip::incoming_request const&) { fail("a request that nobody sent"); }

    // ---- what must hold

    void on_packet(test::sim_network::packet const& p) {
        if (auto const given = header(p.text, "X-Name"); !given.empty()) names_[header(p.text, "Call-ID")] = given;
        auto const name = names_[header(p.text, "Call-ID")];
        if (verbose_)
            std::cout << pair_.net.clock().elapsed() / 1ms << " ms: node " << p.from << ' ' << test::summary(p.text)
                      << "  " << header(p.text, "CSeq") << "  " << name << '\n';
        if (p.text.starts_with("SIP/2.0 ")) return;
        auto const line = header(p.text, "CSeq");
        bool const is_new = requests_seen_.insert(std::to_string(p.from) + name + line).second;
        auto const over = ended_at_.find({p.from, name});
        if (!is_new || over == ended_at_.end()) return;
        if (!line.ends_with(" ACK") && !line.ends_with(" BYE") && !line.ends_with(" CANCEL"))
            fail("a new request after the end of its call: " + p.text);
    }

    bool descriptions_agree() const {
        for (auto const& [name, here] : users_[0].calls) {
            auto const there = users_[1].calls.find(name);
            if (!here.up || there == users_[1].calls.end() || !there->second.up) continue;
            if (here.local != there->second.remote || here.remote != there->second.local) return false;
        }
        return true;
    }

    void check_agreement() {
        for (auto const& [name, here] : users_[0].calls) {
            auto const there = users_[1].calls.find(name);
            bool const there_up = there != users_[1].calls.end() && there->second.up;
            if (here.up != there_up) {
                // All eleven copies of a BYE may be lost, or each connection that took it: then nothing can tell the
                // other side.
                if (!bye_arrived_.contains(name)) continue;
                fail("the ends do not agree on call " + name);
            }
            if (!here.up) continue;
            if (here.local != there->second.remote || here.remote != there->second.local)
                fail(
                    "different descriptions in call " + name + ": " + here.local + " / " + here.remote + " and " +
                    there->second.local + " / " + there->second.remote
                );
        }
        for (auto const& [name, call] : users_[1].calls)
            if (call.up && !users_[0].calls.contains(name)) fail("a call up at one end only");
    }

    void check_end(user& u) {
        for (auto const& [name, call] : u.calls)
            if (!call.ended) fail("a call without an end");
        auto const live = u.phone->core.live();
        auto const say = [&](std::string_view what, std::size_t count) {
            if (count != 0) fail(std::to_string(count) + ' ' + std::string(what) + " left");
        };
        say("sessions", live.sessions);
        say("dialogs", live.dialogs);
        say("transactions", live.transactions);
        say("ACKs", live.ack_keepers);
        say("requests", live.requests);
        say("buffers", live.buffers);
        if (u.phone->core.next_deadline()) fail("a deadline left");
    }

    std::uint64_t seed_;
    bool verbose_, by_connection_ = false;
    test::ua_pair pair_;
    test::seeded_random random_;
    user users_[2];
    std::size_t most_calls_ = 6, new_descriptions_ = 0, collisions_ = 0, refreshes_ = 0, early_sessions_ = 0;
    std::size_t cuts_ = 0, replaced_ = 0;
    std::uint64_t texts_ = 0;
    std::map<std::string, std::string> names_;  ///< of calls, by Call-ID
    std::set<std::string> requests_seen_, bye_arrived_;
    std::map<std::pair<std::size_t, std::string>, std::uint64_t> ended_at_;
};

std::uint64_t number_from(char const* variable, std::uint64_t otherwise) {
    auto const* text = std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

TEST_CASE("Random calls over a bad network that is cut now and then keep every invariant of a call") {
    if (auto const seed = number_from("OFFHOOK_SIM_SEED", 0)) {
        simulation(seed, true).run();
        return;
    }
    std::size_t calls = 0, descriptions = 0, collisions = 0, refreshes = 0, early = 0, cuts = 0, replaced = 0;
    auto const seeds = number_from("OFFHOOK_SIM_SEEDS", 1000);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        simulation one(seed, false);
        one.run();
        calls += one.calls();
        descriptions += one.new_descriptions();
        collisions += one.collisions();
        refreshes += one.refreshes();
        early += one.early_sessions();
        cuts += one.cuts();
        replaced += one.replaced();
    }
    MESSAGE(
        seeds, " seeds, ", calls, " calls, ", descriptions, " renegotiations, ", collisions, " collisions, ", refreshes,
        " refreshes, ", early, " early sessions, ", cuts, " cuts, ", replaced, " replaced"
    );
    // The run is worth nothing if the random users never get anywhere.
    CHECK(calls > seeds);
    CHECK(descriptions > seeds / 2);
    CHECK(collisions > seeds / 40);
    CHECK(refreshes > seeds / 20);
    CHECK(early > seeds / 20);
    CHECK(cuts > seeds / 4);
    CHECK(replaced > seeds / 20);
}
