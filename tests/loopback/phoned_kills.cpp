// Covers: twelve places in the guide's flows at which a phone is killed (kill -9): phones and proxy are processes, with
// media between them. Each of the others comes to a clear state within a bound that the place names with its reason;
// the phone that was killed comes back, is registered, has written down what was, and takes calls again. Not here:
// every message of every flow (departures.cpp, on virtual time), programs that die while phones live
// (phoned_crashes.cpp).
//
// The places are played side by side, each with a proxy and ports of its own.
#include "conformance/run/network.hpp"
#include "conformance/run/phoned_process.hpp"
#include "conformance/run/port_block.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

using steady = std::chrono::steady_clock;

constexpr auto patience = 20s;           // for what does not wait for anything but processors
constexpr auto slack = 6s;               // beside a bound, for the same
constexpr auto media_bound = 2s;         // offhook.rtp_timeout
constexpr auto ring_bound = 6s;          // offhook.ring_time
constexpr auto no_answer_bound = 4s;     // offhook.no_answer_time
constexpr auto transaction_bound = 32s;  // 64*T1 (RFC 3261 17.1.1.2)
constexpr auto let_go_bound = 5s;        // a transferor that does not end the call it has transferred

void succeed(const std::optional<std::string>& problem) {
    REQUIRE_MESSAGE(!problem.has_value(), problem.value_or(""));
}

struct seen_call {
    std::int64_t number = 0;
    std::string state, direction, remote;
    bool held_by_us = false, held_by_peer = false;

    [[nodiscard]] bool is_with(const std::string& user) const {
        return remote.find("sip:" + user + '@') != std::string::npos;
    }
    [[nodiscard]] bool is_up() const { return state == "confirmed"; }
    [[nodiscard]] bool rings_here() const { return state == "early" && direction == "incoming"; }
};
using seen_calls = std::vector<seen_call>;

std::string text_of(const seen_calls& calls) {
    std::string out;
    for (const auto& each : calls)
        out += "\n  call " + std::to_string(each.number) + ' ' + each.direction + ' ' + each.state + ' ' + each.remote +
               (each.held_by_us ? " held by us" : "") + (each.held_by_peer ? " held by it" : "");
    return out.empty() ? " no call" : out;
}

class telephone {
public:
    telephone(conformance::handset_setting setting, std::vector<std::string> more)
        : phone_(OFFHOOK_PROGRAMS "/phoned", std::move(setting), std::move(more)) {}

    void start() {
        succeed(phone_.start(patience));
        succeed(phone_.wait_for_registration(patience));
    }
    void kill() { phone_.process().kill(); }
    [[nodiscard]] const std::string& user() const { return phone_.setting().user; }

    seen_calls calls() {
        const auto list = phone_.ask("call.list", {});
        REQUIRE_MESSAGE(list.has_value(), user() << " tells nothing about its calls");
        seen_calls out;
        for (const auto& each : list->at("calls").as_array()) {
            const auto& call = each.as_object();
            const auto text = [&](const char* key) { return std::string(conformance::text_of(call, key)); };
            if (text("state") == "terminated") continue;
            out.push_back(
                {call.at("call").to_number<std::int64_t>(), text("state"), text("direction"), text("remote"),
                 call.at("held_by_us").as_bool(), call.at("held_by_peer").as_bool()}
            );
        }
        return out;
    }
    template <class Fits>
    void wait_until(const char* what, Fits fits, std::chrono::milliseconds bound = patience) {
        const auto until = steady::now() + bound;
        for (;;) {
            const auto now = calls();
            if (fits(now)) return;
            REQUIRE_MESSAGE(steady::now() < until, user() << ": not " << what << " but:" << text_of(now));
            std::this_thread::sleep_for(50ms);
        }
    }
    void wait_for_no_call(std::chrono::milliseconds bound) {
        wait_until(
            "without calls", [](const seen_calls& calls) { return calls.empty(); }, bound
        );
    }
    /// One call alone, up, with this user, and media come in it.
    void wait_to_talk_with(const std::string& other, std::chrono::milliseconds bound = patience) {
        wait_until(
            ("talking with " + other + " alone").c_str(),
            [&](const seen_calls& calls) {
                return calls.size() == 1 && calls[0].is_up() && calls[0].is_with(other) && !calls[0].held_by_us &&
                       !calls[0].held_by_peer;
            },
            bound
        );
        expect_media_from(other);
    }
    void expect_media_from(const std::string& other) {
        const auto before = phone_.packets_received(other).value_or(0);
        const auto until = steady::now() + patience;
        while (phone_.packets_received(other).value_or(0) < before + 10) {
            REQUIRE_MESSAGE(steady::now() < until, user() << " hears nothing from " << other);
            std::this_thread::sleep_for(50ms);
        }
    }

    void dial(const std::string& target) { succeed(phone_.command("call.dial", {{"target", target}})); }
    /// Until a call of this user rings.
    std::int64_t wait_for_ringing(const std::string& caller) {
        std::int64_t number = 0;
        wait_until(("ringing for " + caller).c_str(), [&](const seen_calls& calls) {
            for (const auto& each : calls)
                if (each.rings_here() && each.is_with(caller)) number = each.number;
            return number != 0;
        });
        return number;
    }
    void answer(const std::string& caller) {
        succeed(phone_.command("call.answer", {{"call", wait_for_ringing(caller)}}));
    }
    void reject(const std::string& caller) {
        succeed(phone_.command("call.reject", {{"call", wait_for_ringing(caller)}}));
    }
    std::int64_t call_with(const std::string& other) {
        for (const auto& each : calls())
            if (each.is_with(other)) return each.number;
        FAIL(user() << " has no call with " << other);
        return 0;
    }
    void command(const char* method, json::object params) { succeed(phone_.command(method, std::move(params))); }
    void hold(const std::string& other) {
        command("call.hold", {{"call", call_with(other)}});
        wait_until("holding", [&](const seen_calls& calls) {
            return std::any_of(calls.begin(), calls.end(), [&](const seen_call& each) {
                return each.is_with(other) && each.held_by_us;
            });
        });
    }

    struct remembered {
        const char *kind, *other, *cause = "interrupted";  ///< the cause of what nobody saw the end of
    };
    /// The newest entry of its call lists with this user is such a one.
    void expect_in_history(const remembered& wanted) {
        const auto page = phone_.ask("history.list", {});
        REQUIRE(page.has_value());
        const auto& entries = page->at("entries").as_array();
        const auto user_wanted = std::string("sip:") + wanted.other + '@';
        const auto at = std::find_if(entries.begin(), entries.end(), [&](const json::value& each) {
            return conformance::text_of(each.as_object(), "remote").find(user_wanted) != std::string_view::npos;
        });
        const bool is_right = at != entries.end() && conformance::text_of(at->as_object(), "kind") == wanted.kind &&
                              conformance::text_of(at->as_object(), "cause").starts_with(wanted.cause);
        CHECK_MESSAGE(
            is_right, user() << " should have written down a call " << wanted.kind << " with " << wanted.other << " ("
                             << wanted.cause << ") but has: " << json::serialize(entries)
        );
    }

private:
    conformance::phoned_process phone_;
};

/// A proxy and its phones.
class exchange {
public:
    explicit exchange(const std::vector<std::string>& settings_of_b = {})
        : proxy_({.program = OFFHOOK_PROXY, .port = ports_.first(), .folder = folder_.path + "/proxy"}),
          a(setting_of("1001", 1), settings({})),
          b(setting_of("1002", 2), settings(settings_of_b)),
          c(setting_of("1003", 3), settings({})) {
        REQUIRE(ports_.first() != 0);
        succeed(proxy_.start(patience));
        for (auto* each : {&a, &b, &c})
            each->start();
    }

    void connect(telephone& from, telephone& to) {
        from.dial(to.user());
        to.answer(from.user());
        from.expect_media_from(to.user());
        to.expect_media_from(from.user());
    }
    /// The phone that was killed has written down what was, and is a phone like any other again: it is called, and its
    /// user declines.
    void expect_return_of(telephone& of, telephone& caller, const std::vector<telephone::remembered>& what) {
        of.start();
        CHECK(of.calls().empty());
        for (const auto& each : what)
            of.expect_in_history(each);
        caller.dial(of.user());
        of.reject(caller.user());
        of.wait_for_no_call(patience);
    }

private:
    static std::vector<std::string> settings(std::vector<std::string> more) {
        more.insert(
            more.begin(), {"offhook.rtp_timeout = 2", "offhook.ring_time = 6", "offhook.no_answer_time = 4",
                           "account.1.reg_fail_retry_interval = 1"}
        );
        return more;
    }
    [[nodiscard]] conformance::handset_setting setting_of(const std::string& user, unsigned place) const {
        conformance::handset_setting out;
        out.party = out.user = user;
        out.password = "secret" + user;
        out.proxy_port = ports_.first();
        out.sip_port = static_cast<std::uint16_t>(ports_.first() + 4 * place);
        out.first_rtp_port = static_cast<std::uint16_t>(ports_.first() + 40 * place);
        out.folder = folder_.path + '/' + user;
        return out;
    }

    test::temporary_folder folder_;
    conformance::port_block ports_;
    conformance::network proxy_;

public:
    telephone a, b, c;
};

// ---- the places

/// A rings at B and is killed: nobody cancels, B rings to its end.
void caller_of_a_ringing_call() {
    exchange e;
    e.a.dial("1002");
    e.b.wait_for_ringing("1001");
    e.a.kill();
    e.b.wait_for_no_call(ring_bound + slack);
    e.b.expect_in_history({"missed", "1001", ""});
    e.expect_return_of(e.a, e.c, {{"dialled", "1002"}});
}

/// B rings and is killed: A gives up, though nothing answers its CANCEL.
void callee_of_a_ringing_call() {
    exchange e;
    e.a.dial("1002");
    e.b.wait_for_ringing("1001");
    e.b.kill();
    e.a.wait_for_no_call(no_answer_bound + transaction_bound + slack);
    e.a.expect_in_history({"dialled", "1002", "no answer"});
    e.expect_return_of(e.b, e.c, {{"missed", "1001"}});
}

/// Who talks with a phone that is killed hears nothing any more.
void talking() {
    exchange e;
    e.connect(e.a, e.b);
    e.b.kill();
    e.a.wait_for_no_call(media_bound + slack);
    e.a.expect_in_history({"dialled", "1002", "no media"});
    e.expect_return_of(e.b, e.a, {{"received", "1001"}});
}

/// Silence is what hold sounds like: who takes back a phone that was killed finds that nobody answers.
void held() {
    exchange e;
    e.connect(e.a, e.b);
    e.a.hold("1002");
    e.b.kill();
    std::this_thread::sleep_for(media_bound + 1s);
    CHECK(e.a.calls().size() == 1);
    e.a.command("call.resume", {{"call", e.a.call_with("1002")}});
    e.a.wait_for_no_call(transaction_bound + slack);
    e.expect_return_of(e.b, e.a, {{"received", "1001"}});
}

/// A waiting caller is killed: the waiting call rings to its end, and the one that talks hears nothing of it.
void waiting_caller() {
    exchange e;
    e.connect(e.a, e.b);
    e.c.dial("1001");
    e.a.wait_for_ringing("1003");
    e.c.kill();
    e.a.wait_to_talk_with("1002", ring_bound + slack);
    e.b.wait_to_talk_with("1001");
    e.a.expect_in_history({"missed", "1003", ""});
    e.expect_return_of(e.c, e.b, {{"dialled", "1001"}});
}

/// B has sent A to C, and is killed while C rings: the new call comes about, and the old one is lost or let go.
void transferor() {
    exchange e;
    e.connect(e.a, e.b);
    e.b.command("call.transfer", {{"call", e.b.call_with("1001")}, {"target", "1003"}});
    e.c.wait_for_ringing("1001");
    e.b.kill();
    e.c.answer("1001");
    e.c.wait_to_talk_with("1001");
    e.a.wait_to_talk_with("1003", let_go_bound + slack);
    e.expect_return_of(e.b, e.c, {{"received", "1001"}});
}

/// A has been sent to C, and is killed while C rings: B hears nothing any more, and its transfer has failed; C rings to
/// its end.
void transferee() {
    exchange e;
    e.connect(e.a, e.b);
    e.b.command("call.transfer", {{"call", e.b.call_with("1001")}, {"target", "1003"}});
    e.c.wait_for_ringing("1001");
    e.a.kill();
    e.b.wait_for_no_call(media_bound + slack);
    e.c.wait_for_no_call(ring_bound + slack);
    e.c.expect_in_history({"missed", "1001", ""});
    e.expect_return_of(e.a, e.b, {{"dialled", "1003"}});
}

/// C is killed while it rings for a transfer: A gives up and says so, B takes the call back.
void target() {
    exchange e;
    e.connect(e.a, e.b);
    e.b.command("call.transfer", {{"call", e.b.call_with("1001")}, {"target", "1003"}});
    e.c.wait_for_ringing("1001");
    e.c.kill();
    e.b.wait_to_talk_with("1001", no_answer_bound + transaction_bound + slack);
    e.a.wait_to_talk_with("1002", no_answer_bound + transaction_bound + slack);
    e.expect_return_of(e.c, e.b, {{"missed", "1001"}});
}

/// B consults C and is killed before it joins the two: C hears nothing any more; A, on hold, learns it when it speaks
/// to its phone: its hang-up is its own, and waits for no answer.
void consulting() {
    exchange e;
    e.connect(e.a, e.b);
    e.b.hold("1001");
    e.connect(e.b, e.c);
    e.b.kill();
    e.c.wait_for_no_call(media_bound + slack);
    e.c.expect_in_history({"received", "1002", "no media"});
    e.a.wait_until("held", [](const seen_calls& calls) { return calls.size() == 1 && calls[0].held_by_peer; });
    e.a.command("call.hangup", {{"call", e.a.call_with("1002")}});
    e.a.wait_for_no_call(slack);
    e.expect_return_of(e.b, e.c, {{"received", "1001"}, {"dialled", "1003"}});
}

/// B has forwarded A to C and is killed: it is not needed any more, and has written down what it did.
void forwarding() {
    exchange e({"forward.always.enable = 1", "forward.always.target = 1003"});
    e.a.dial("1002");
    e.c.wait_for_ringing("1001");
    e.b.kill();
    e.c.answer("1001");
    e.a.wait_to_talk_with("1003");
    e.c.wait_to_talk_with("1001");
    e.b.start();
    e.b.expect_in_history({"forwarded", "1001", "forwarded to"});
}

void confer(exchange& e) {
    e.connect(e.a, e.b);
    e.a.hold("1002");
    e.connect(e.a, e.c);
    e.a.command("call.conference", {{"call", e.a.call_with("1003")}, {"with", e.a.call_with("1002")}});
    for (auto* guest : {&e.b, &e.c})
        guest->wait_to_talk_with("1001");
    e.a.expect_media_from("1002");
    e.a.expect_media_from("1003");
}

/// The host of a conference is killed: its guests hear nothing any more.
void conference_host() {
    exchange e;
    confer(e);
    e.a.kill();
    e.b.wait_for_no_call(media_bound + slack);
    e.c.wait_for_no_call(media_bound + slack);
    e.expect_return_of(e.a, e.b, {{"dialled", "1003"}});
}

/// A guest is killed: host and the other guest go on as an ordinary call.
void conference_guest() {
    exchange e;
    confer(e);
    e.b.kill();
    e.a.wait_to_talk_with("1003", media_bound + slack);
    e.c.wait_to_talk_with("1001");
    e.a.expect_in_history({"dialled", "1002", "no media"});
    e.expect_return_of(e.b, e.c, {{"received", "1001"}});
}

struct place {
    const char* who_is_killed;
    void (*play)();
};
constexpr place places[] = {
    {"the caller of a call that rings", caller_of_a_ringing_call},
    {"the callee of a call that rings", callee_of_a_ringing_call},
    {"one of two that talk", talking},
    {"who is on hold", held},
    {"a waiting caller", waiting_caller},
    {"the transferor, while the target rings", transferor},
    {"the transferee, while the target rings", transferee},
    {"the target, while it rings", target},
    {"who consults, with a call on hold", consulting},
    {"who has forwarded the call", forwarding},
    {"the host of a conference", conference_host},
    {"a guest of a conference", conference_guest},
};

}  // namespace

TEST_CASE("Whoever is killed at twelve places of the flows: the others come to a clear state, and it comes back") {
    std::vector<std::future<void>> under_way;
    for (const auto& each : places)
        under_way.push_back(std::async(std::launch::async, each.play));
    for (std::size_t i = 0; i < std::size(places); ++i) {
        INFO("killed: " << places[i].who_is_killed);
        CHECK_NOTHROW(under_way[i].get());  // what a thread has required and not found ends its place alone
    }
}
