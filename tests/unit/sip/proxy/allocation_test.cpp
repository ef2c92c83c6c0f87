// Covered: a failed allocation at any place in the proxy costs at most the request that it hits: registrations, a call
// to two phones that one of them answers, its ACK and BYE, a call that is given up, a message, a name that is looked
// up; and the same without state. Each allocation fails in turn; afterwards nothing is left, and the proxy serves on.
// Not covered: what SQLite allocates (sip/store), names that are looked up without state.
#include <algorithm>
#include <new>

#include "proxy_fixture.hpp"
#include "support/allocation_counter.hpp"

using namespace test;

namespace {

/// Phones that act by themselves, around a proxy whose n-th allocation fails.
struct starved_proxy : proxy_fixture {
    using proxy_fixture::proxy_fixture;

    long until_failure = 0;  ///< so many allocations, the last of them in vain; 0: it has been, and the rest succeed

    /// An input. What it asks for before memory runs out happens, as with the shell.
    template <class Work>
    void input(Work&& work) {
        proxy_fixture::input([&](auto& out) {
            fail_allocation(until_failure);
            try {
                work(out);
            } catch (std::bad_alloc const&) {
            }
            until_failure = allocations_until_failure.load();
            fail_allocation(0);
        });
    }
    void receive(sip::endpoint const& from, std::string const& text, sip::flow_id flow) {
        input([&](auto& out) { core->on_bytes(clock.now(), flow, from, core->pool().copy(text), out); });
    }
    void answer_with(sent const& message, unsigned status) {
        receive(message.to, response(message.text, status, "at" + to_string(message.to.address)), message.flow);
    }
    /// All that is on the wire is answered, until nothing is.
    void play() {
        while (!wire_log.empty()) {
            auto const message = next();
            auto const what = summary(message.text);
            if (what == "200 INVITE" && message.to == alice) answer = message.text;
            if (what == "INVITE") {
                ringing.push_back(message);
                answer_with(message, 180);
                if (message.to == bob && wants_to_answer) answer_with(message, 200);
            } else if (what == "CANCEL") {
                answer_with(message, 200);
                for (auto const& one : ringing)
                    if (one.to == message.to && header(one.text, "Via") == header(message.text, "Via"))
                        answer_with(one, 487);
            } else if (!message.text.starts_with("SIP/2.0") && what != "ACK") {
                answer_with(message, 200);
            }
        }
    }
    void send(request const& what) {
        receive(what.via, what.text(), udp);
        play();
    }
    /// What the caller of `answer` sends inside the dialog.
    void send_in_dialog(std::string method, std::string branch) {
        if (answer.empty()) return;
        auto routes = all_headers(answer, "Record-Route");
        std::reverse(routes.begin(), routes.end());
        std::string headers;
        for (auto const& route : routes)
            headers += "Route: " + route + "\n";
        send(request{
            .method = std::move(method),
            .uri = "sip:callee@10.0.0.2:5060",
            .to_tag = tag_of(header(answer, "To")),
            .cseq = 2,
            .branch = std::move(branch),
            .headers = std::move(headers)});
    }
    void wait(sip::duration span) {
        // In steps, so that what a time-out sends is answered.
        for (auto passed = sip::duration::zero(); passed < span; passed += 10s) {
            auto const end = clock.mono() + 10s;
            for (auto next = core->next_deadline(); next && next->at <= end; next = core->next_deadline()) {
                clock.advance_to(next->at);
                input([&](auto& out) { core->on_timeout(clock.now(), out); });
            }
            clock.advance_to(end);
            play();
        }
    }
    void live_through_a_day() {
        for (auto const& [contact, branch] :
             {std::pair{"<sip:b@10.0.0.2>;q=0.8", "z9hG4bKr1"}, std::pair{"<sip:c@10.0.0.3>;q=0.8", "z9hG4bKr2"}})
            send(request{
                .method = "REGISTER",
                .uri = "sip:example.com",
                .from = "1002",
                .call_id = branch,
                .branch = branch,
                .headers = std::string("Contact: ") + contact + "\n"});
        send(request{.branch = "z9hG4bKcall"});
        send(request{.method = "ACK", .to_tag = "x", .branch = "z9hG4bKcall"});  // of a refusal
        send_in_dialog("ACK", "z9hG4bKack");
        send_in_dialog("BYE", "z9hG4bKbye");
        wants_to_answer = false;
        send(request{.call_id = "call-2", .branch = "z9hG4bKcall2"});
        send(request{.method = "CANCEL", .call_id = "call-2", .branch = "z9hG4bKcall2"});
        send(request{.method = "ACK", .to_tag = "x", .call_id = "call-2", .branch = "z9hG4bKcall2"});
        send(request{.method = "MESSAGE", .call_id = "call-3", .branch = "z9hG4bKm"});
        if (config.how == sip::proxy::forwarding::stateful)
            send(request{.method = "MESSAGE", .uri = "sip:x@far.example", .call_id = "call-4", .branch = "z9hG4bKf"});
        for (auto const& question : std::exchange(questions, {}))
            input([&](auto& out) {
                core->on_resolved(
                    clock.now(), question.request, {{*sip::ip_address::from("10.0.0.77")}, {}, {}, {}}, {}, out
                );
            });
        play();
        wait(4min);
    }

    std::vector<sent> ringing;
    std::string answer;
    bool wants_to_answer = true;
};

/// Fails the first allocation, then the second, until there is none more to fail. Returns how many there were.
long fail_each(sip::proxy::forwarding how) {
    for (long place = 1;; ++place) {
        CAPTURE(place);
        auto settings = open_settings();
        settings.how = how;
        starved_proxy proxy(settings);
        proxy.until_failure = place;
        proxy.live_through_a_day();
        bool const has_failed = std::exchange(proxy.until_failure, 0) == 0;
        proxy.wait(10min);

        auto const live = proxy.core->live();
        CHECK(live.contexts == 0);
        CHECK(live.branches == 0);
        CHECK(live.transactions == 0);
        CHECK(live.waiting_acks == 0);
        CHECK(live.buffers == 0);
        CHECK(!proxy.core->next_deadline());
        proxy.register_phone("1003", "<sip:1003@10.0.0.3>", carol);
        proxy.proxy_fixture::receive(request{
            .method = "MESSAGE", .uri = "sip:1003@example.com", .call_id = "last", .branch = "z9hG4bKlast"});
        auto const passed_on = proxy.next();
        CHECK(passed_on.to == carol);
        proxy.reply(passed_on, 200);
        CHECK(summary(proxy.next().text) == "200 MESSAGE");
        if (!has_failed) return place - 1;
    }
}

}  // namespace

TEST_CASE("A failed allocation costs a proxy at most the request that it hits (RFC 3261 16)") {
    auto const places = fail_each(sip::proxy::forwarding::stateful);
    MESSAGE(places, " places failed");
    CHECK(places > 400);
}

TEST_CASE("A failed allocation costs a stateless proxy at most the message that it hits (RFC 3261 16.11)") {
    auto const places = fail_each(sip::proxy::forwarding::stateless);
    MESSAGE(places, " places failed");
    CHECK(places > 200);
}
