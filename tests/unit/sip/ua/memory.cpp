// Covers: what a user agent allocates for a call once it is warm, that nothing grows over many calls and re-INVITEs,
// and that a failed allocation at any place costs at most the call it hits: calls out and in, answered, refused,
// cancelled and left alone, registrations, single requests, over datagrams and connections.
#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/allocation_counter.hpp"
#include "support/back_to_back.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;

namespace {

/// Bytes in use on the heap, where the allocator tells.
std::size_t heap_in_use() {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

struct footprint {
    std::size_t sessions, dialogs, transactions, ack_keepers, requests, buffers;
    friend bool operator==(footprint const&, footprint const&) = default;
    friend doctest::String toString(footprint const& f) {
        return doctest::toString(f.sessions) + " sessions, " + doctest::toString(f.dialogs) + " dialogs, " +
               doctest::toString(f.transactions) + " transactions, " + doctest::toString(f.ack_keepers) + " ACKs, " +
               doctest::toString(f.requests) + " requests, " + doctest::toString(f.buffers) + " buffers";
    }
};
footprint of(sip::user_agent_core const& core) {
    auto const live = core.live();
    return {live.sessions, live.dialogs, live.transactions, live.ack_keepers, live.requests, live.buffers};
}

/// A user agent among peers that answer by a rule of the test. Allocations fail inside the user agent only, so that the
/// n-th is the same one each time and the test itself always goes on.
class starved {
public:
    using peer_rule = std::function<std::vector<unsigned>(std::string const& request)>;

    starved(sip::transport_kind kind, peer_rule rule) : kind_(kind), rule_(std::move(rule)), core(config(), env_) {
        sip::account_config settings;
        settings.address_of_record = "sip:1001@10.0.0.2";
        settings.password = "secret";
        settings.registrar = "sip:10.0.0.2";
        settings.route_set = {is_stream() ? "sip:10.0.0.2;lr;transport=tcp" : "sip:10.0.0.2;lr"};
        settings.transport = kind;
        account = core.add_account(std::move(settings)).value();
        calls_.reserve(100);
        if (!is_stream()) flow_ = core.add_flow(clock.now(), {local_, std::nullopt}, out_);
    }

    /// An input or a command; what it says is taken to the peers and the user afterwards.
    template <class Work>
    void step(Work&& work) {
        test::fail_allocation(std::max(0L, until_failure_));
        try {
            work(clock.now(), out_);
        } catch (std::bad_alloc const&) {
            has_failed_ = true;
        }
        if (until_failure_ > 0) until_failure_ = has_failed_ ? 0 : test::allocations_until_failure.load();
        test::fail_allocation(0);
        collect();
    }
    void fail(long n) { until_failure_ = n; }
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }
    void stop_failing() { until_failure_ = 0; }

    // ---- the user
    void invite() {
        step([&](auto now, auto& out) {
            if (auto const made = core.invite(now, account, target_, out)) calls_.push_back(*made);
        });
    }
    void hang_up_all() {
        auto const calls = calls_;
        for (auto const id : calls)
            step([&](auto now, auto& out) { (void)core.hang_up(now, id, {}, out); });
    }
    void register_account() {
        step([&](auto now, auto& out) { (void)core.register_account(now, account, out); });
    }
    void unregister_account() {
        step([&](auto now, auto& out) { (void)core.unregister_account(now, account, out); });
    }
    void send_options() {
        step([&](auto now, auto& out) {
            if (core.send_request(now, account, sip::method::options, "sip:1002@10.0.0.2", {}, {}, {}, out)) ++asked;
        });
    }
    /// What the user does with a call that comes in: 0 nothing, 200 answer, else refuse.
    std::uint16_t wanted = 200;

    // ---- peers
    void receive(std::string const& text) {
        step([&](auto now, auto& out) { core.on_bytes(now, flow_, at(), core.pool().copy(text), out); });
    }
    [[nodiscard]] std::string request(std::string const& method, std::string const& call, unsigned cseq = 1) const {
        return test::wire(
            method + " sip:1001@10.0.0.1 SIP/2.0\nVia: SIP/2.0/" + (is_stream() ? "TCP" : "UDP") +
            " 10.0.0.2:5060;branch=z9hG4bK" + call + std::to_string(cseq) +
            "\nMax-Forwards: 70\nFrom: <sip:1002@10.0.0.2>;tag=peer\nTo: <sip:1001@10.0.0.2>\nCall-ID: " + call +
            "\nCSeq: " + std::to_string(cseq) + ' ' + method + "\nContact: <sip:1002@10.0.0.2:5060>\n" +
            (method == "INVITE" ? "Content-Type: application/sdp\n\noffer" : "")
        );
    }
    void advance(sip::duration by) {
        auto const end = clock.mono() + by;
        for (;;) {
            auto const next = core.next_deadline();
            if (!next || next->at > end) break;
            clock.advance_to(next->at);
            step([&](auto now, auto& out) { core.on_timeout(now, out); });
        }
        clock.advance_to(end);
    }
    void lose_connection() {
        if (is_stream() && flow_ != sip::flow_id::none) change_flow(sip::flow_change::failed);
    }

    /// Nothing is owed any more: every call was put down, and every time limit has passed.
    void come_to_rest() {
        stop_failing();
        hang_up_all();
        unregister_account();
        advance(std::chrono::hours(2));
        hang_up_all();
        advance(10min);
    }

    test::virtual_clock clock;
    int asked = 0, completed = 0;
    std::optional<sip::registration_changed> registration;

private:
    static sip::user_agent_config config() {
        sip::user_agent_config made;
        made.methods = {sip::method::message};
        return made;
    }
    [[nodiscard]] bool is_stream() const noexcept { return kind_ == sip::transport_kind::tcp; }
    [[nodiscard]] sip::endpoint at() const { return test::at("10.0.0.2:5060", kind_); }

    void collect() {
        while (!out_.actions.empty() || !out_.events.empty()) {
            sip::outbox said;
            std::swap(said, out_);
            for (auto const& event : said.events) {
                if (auto const* call = std::get_if<sip::incoming_call>(&event)) {
                    calls_.push_back(call->id);
                    step([&](auto now, auto& out) { (void)core.ring(now, call->id, 180, {}, out); });
                    if (wanted == 200)
                        step([&](auto now, auto& out) { (void)core.answer(now, call->id, "answer", out); });
                    else if (wanted != 0)
                        step([&](auto now, auto& out) { (void)core.reject(now, call->id, wanted, {}, {}, out); });
                }
                if (auto const* end = std::get_if<sip::call_ended>(&event)) std::erase(calls_, end->id);
                if (auto const* changed = std::get_if<sip::registration_changed>(&event)) registration = *changed;
                if (std::holds_alternative<sip::request_completed>(event)) ++completed;
            }
            for (auto const& action : said.actions) {
                if (auto const* open = std::get_if<sip::open_flow>(&action)) {
                    flow_ = open->flow;
                    change_flow(sip::flow_change::up);
                }
                auto const* message = std::get_if<sip::send_message>(&action);
                if (message == nullptr || message->bytes.text().starts_with("SIP/2.0")) continue;
                std::string const sent(message->bytes.text());
                for (auto const status : rule_(sent))
                    receive(response(sent, status));
            }
        }
    }
    void change_flow(sip::flow_change change) {
        auto const flow = change == sip::flow_change::failed ? std::exchange(flow_, sip::flow_id::none) : flow_;
        step([&](auto now, auto& out) { core.on_flow(now, {flow, change, local_, {}, "gone"}, out); });
    }
    static std::string response(std::string const& request, unsigned status) {
        using test::header;
        auto text = "SIP/2.0 " + std::to_string(status) + " Whatever\nVia: " + header(request, "Via") +
                    "\nFrom: " + header(request, "From") + "\nTo: " + header(request, "To") +
                    (test::tag_of(header(request, "To")).empty() ? ";tag=far" : "") +
                    "\nCall-ID: " + header(request, "Call-ID") + "\nCSeq: " + header(request, "CSeq") + '\n';
        if (status == 401) text += "WWW-Authenticate: Digest realm=\"10.0.0.2\", nonce=\"n\", qop=\"auth\"\n";
        if (status == 423) text += "Min-Expires: 7200\n";
        if (request.starts_with("REGISTER")) {
            text += "Contact: " + header(request, "Contact") + ";expires=" + header(request, "Expires") + '\n';
        } else if (status < 300) {
            text += "Contact: <sip:1002@10.0.0.2:5060>\n";
        }
        if (status == 200 && request.starts_with("INVITE")) text += "Content-Type: application/sdp\n\nanswer";
        return test::wire(text);
    }

    sip::transport_kind kind_;
    peer_rule rule_;
    test::seeded_random random_{5};
    sip::environment env_ = test::surroundings(random_);
    sip::endpoint local_ = test::at("10.0.0.1:5060", kind_);
    sip::flow_id flow_ = sip::flow_id::none;
    sip::outbox out_;
    std::vector<sip::session_id> calls_;
    sip::invite_options target_ = [] {
        sip::invite_options made("sip:1002@10.0.0.2");
        made.with_offer("offer");
        return made;
    }();
    long until_failure_ = 0;
    bool has_failed_ = false;

public:
    sip::user_agent_core core;
    sip::account_id account;
};

/// Runs the play again and again, each time with another allocation failing, over both kinds of transport. Afterwards
/// the user agent has nothing left, and serves the same user as before.
void starve(std::string const& what, starved::peer_rule const& rule, std::function<void(starved&)> const& play) {
    for (auto const kind : {sip::transport_kind::udp, sip::transport_kind::tcp}) {
        long failures = 0;
        for (long n = 1;; ++n) {
            INFO(what, ", allocation ", n, (kind == sip::transport_kind::udp ? " over UDP" : " over TCP"));
            starved agent(kind, rule);
            agent.fail(n);
            play(agent);
            agent.come_to_rest();
            CHECK(of(agent.core) == footprint{});
            CHECK(agent.completed == agent.asked);

            agent.register_account();
            agent.advance(1min);
            REQUIRE(agent.registration.has_value());
            CHECK(agent.registration->state == sip::registration_state::registered);
            agent.come_to_rest();
            CHECK(of(agent.core) == footprint{});
            if (!agent.has_failed()) break;
            ++failures;
        }
        CHECK(failures > 10);
    }
}

/// A registrar that wants a password and two hours, and a peer that does not answer calls.
std::vector<unsigned> registrar(std::string const& request) {
    if (!request.starts_with("REGISTER")) return {};
    if (test::header(request, "Authorization").empty()) return {401};
    auto const expires = test::header(request, "Expires");
    return {expires == "0" || expires == "7200" ? 200U : 423U};
}
/// Answers a request with credentials by these; one without is asked for them.
starved::peer_rule answering(std::vector<unsigned> const& invite) {
    return [invite](std::string const& request) -> std::vector<unsigned> {
        if (request.starts_with("REGISTER")) return registrar(request);
        if (request.starts_with("ACK")) return {};
        if (request.starts_with("CANCEL")) return {200};
        if (request.starts_with("INVITE"))
            return test::header(request, "Authorization").empty() ? std::vector<unsigned>{401} : invite;
        return {200};
    };
}

}  // namespace

TEST_CASE("A warm user agent makes a bounded number of allocations for a call, and the same for each") {
    test::back_to_back pair;
    for (int i = 0; i < 50; ++i) {
        REQUIRE(pair.establish());
        pair.hang_up();
    }
    pair.advance(70s);
    std::size_t most = 0;
    for (int i = 0; i < 20; ++i) {
        auto const before = test::allocations();
        REQUIRE(pair.establish());
        pair.hang_up();
        most = std::max(most, test::allocations() - before);
    }
    MESSAGE(most, " allocations for INVITE, 180, 200, ACK, BYE, 200 on both sides together");
    CHECK(most <= 24);
}

TEST_CASE("Memory is flat over 10,000 calls") {
    test::back_to_back pair;
    auto const calls = [&](int count) {
        for (int i = 0; i < count; ++i) {
            REQUIRE(pair.establish());
            pair.hang_up();
            pair.advance(700ms);  // no more than 50 of the 32 s transactions at a time
        }
    };
    calls(200);
    auto const alice = of(pair.alice.core), bob = of(pair.bob.core);
    auto const heap = heap_in_use();
    calls(9'800);
    CHECK(heap_in_use() <= heap + 1024);
    CHECK(of(pair.alice.core) == alice);
    CHECK(of(pair.bob.core) == bob);
    pair.advance(70s);
    CHECK(of(pair.alice.core) == footprint{});
    CHECK(of(pair.bob.core) == footprint{});
}

TEST_CASE("Memory is flat over 10,000 re-INVITEs and UPDATEs in one call (pjsip #877, #2668)") {
    test::back_to_back pair;
    REQUIRE(pair.establish());
    auto const offers = [&](int count) {
        for (int i = 0; i < count; ++i) {
            pair.reoffer(i % 2 == 0 ? sip::offer_method::automatic : sip::offer_method::update);
            pair.advance(700ms);
        }
    };
    offers(200);
    auto const alice = of(pair.alice.core), bob = of(pair.bob.core);
    auto const heap = heap_in_use();
    offers(9'800);
    CHECK(heap_in_use() <= heap + 1024);
    CHECK(of(pair.alice.core) == alice);
    CHECK(of(pair.bob.core) == bob);
    pair.hang_up();
    pair.advance(70s);
    CHECK(of(pair.alice.core) == footprint{});
    CHECK(of(pair.bob.core) == footprint{});
}

TEST_CASE("A failed allocation anywhere in a call loses that call at most: nothing leaks, and the next call works") {
    long failures = 0;
    for (long n = 1;; ++n) {
        CAPTURE(n);
        test::back_to_back pair;
        bool hit = false;
        auto const guarded = [&](auto&& work) {
            try {
                work();
            } catch (std::bad_alloc const&) {
                hit = true;
            }
        };
        test::fail_allocation(n);
        guarded([&] { (void)pair.establish(); });
        guarded([&] { pair.reoffer(); });
        guarded([&] { pair.reoffer(sip::offer_method::update); });
        guarded([&] { pair.hang_up(); });
        guarded([&] { pair.advance(70s); });
        bool const used_up = test::allocations_until_failure.load() <= 0;
        test::fail_allocation(0);
        CHECK(hit == used_up);
        if (!hit) break;
        ++failures;

        pair.hang_up_all();
        pair.advance(10min);  // whatever was left half done runs into its time limits
        CHECK(pair.establish());
        pair.hang_up();
        pair.advance(10min);
        CHECK(of(pair.alice.core) == footprint{});
        CHECK(of(pair.bob.core) == footprint{});
    }
    MESSAGE(failures, " places failed");
    CHECK(failures > 50);
}

TEST_CASE("After a failed allocation anywhere, an account registers again and leaves when it is told to") {
    starve("registration", registrar, [](starved& s) {
        s.register_account();
        s.advance(3h);
        s.lose_connection();
        s.advance(1min);
        s.unregister_account();
        s.advance(1min);
    });
}

TEST_CASE("A failed allocation leaves nothing of calls that are answered, refused or cancelled") {
    for (std::vector<unsigned> const& answers :
         {std::vector<unsigned>{100, 180, 200, 200}, {180, 486, 486}, {302}, {180}, {503}}) {
        starve("answers up to " + std::to_string(answers.back()), answering(answers), [](starved& s) {
            s.invite();
            s.advance(5s);
            s.hang_up_all();
            s.lose_connection();
            s.advance(70s);
        });
    }
}

TEST_CASE("A failed allocation leaves nothing of many calls that nobody answers") {
    starve("nobody answers", registrar, [](starved& s) {
        for (int i = 0; i < 6; ++i)
            s.invite();
        for (int i = 0; i < 3; ++i)
            s.send_options();
        s.advance(70s);
    });
}

TEST_CASE("A failed allocation leaves nothing of calls that came in: not acknowledged, refused, cancelled, left ringing"
) {
    for (auto const wanted : std::vector<std::uint16_t>{200, 486, 0}) {
        starve("user wants " + std::to_string(wanted), registrar, [wanted](starved& s) {
            s.wanted = wanted;
            s.register_account();
            s.receive(s.request("INVITE", "one"));
            s.receive(s.request("INVITE", "two"));
            s.advance(2s);
            s.receive(s.request("CANCEL", "two"));
            s.receive(s.request("MESSAGE", "three"));
            s.receive(s.request("OPTIONS", "four"));
            s.advance(70s);
        });
    }
}
