// A user agent with a peer that does anything: the input chooses between messages of any kind, answers to what the user
// agent has sent, requests in its dialogs, commands of its user, lost connections, and time. Whatever comes: what is
// sent is well-formed, deadlines move on, and when the user has hung up and time has passed nothing is left.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sip/syntax/parse.hpp"
#include "sip/ua/core.hpp"
#include "support/sim_network.hpp"
#include "support/wire.hpp"

namespace {

using namespace std::chrono_literals;

void require(bool holds) {
    if (!holds) std::abort();
}

sip::user_agent_config abilities() {
    sip::user_agent_config config;
    config.methods = {
        sip::method::refer, sip::method::notify, sip::method::subscribe, sip::method::message, sip::method::info};
    config.packages = {{"dialog", "application/dialog-info+xml", {}}};
    config.limits.sessions = 8;
    config.limits.subscriptions = config.limits.notifiers = 8;
    return config;
}

class play {
public:
    play(std::uint8_t const* data, std::size_t size) : rest_(data, size), core_(abilities(), env_) {
        udp_ = core_.add_flow(clock_.now(), {test::at("10.0.0.1:5060"), std::nullopt}, out_);
        sip::account_config account;
        account.address_of_record = "sip:alice@example.com";
        account.password = "secret";
        account.registrar = "sip:10.0.0.9";
        account_ = core_.add_account(account).value();
        settle();
    }

    void run() {
        while (!rest_.empty() && steps_++ < 400) {
            auto const choice = next();
            step(choice % 8, next());
            settle();
        }
        finish();
    }

private:
    std::uint8_t next() {
        if (rest_.empty()) return 0;
        auto const value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }
    std::string_view text() {
        auto const wanted = std::size_t{next()} * 4;
        auto const length = std::min(wanted, rest_.size());
        std::string_view const taken(reinterpret_cast<char const*>(rest_.data()), length);
        rest_ = rest_.subspan(length);
        return taken;
    }

    void step(unsigned choice, std::uint8_t detail) {
        switch (choice) {
            case 0:
                return receive(text());
            case 1:
                return respond(detail);
            case 2:
                return request(detail);
            case 3:
            case 4:
                return command(detail);
            case 5:
                return pass(std::chrono::milliseconds(detail) * 20);
            case 6:
                return pass(std::chrono::seconds(detail));
            default:
                return new_call(detail);
        }
    }

    // ---- the network

    void receive(std::string_view bytes) {
        core_.on_bytes(clock_.now(), udp_, test::at("10.0.0.9:5060"), core_.pool().copy(bytes), out_);
    }
    /// Answers one of the requests that came from the user agent, the newest first.
    void respond(std::uint8_t detail) {
        if (sent_.empty()) return;
        static constexpr std::uint16_t statuses[] = {100, 180, 183, 200, 202, 301, 302, 401, 407, 408, 415, 420,
                                                     422, 423, 480, 481, 486, 487, 488, 491, 500, 503, 600, 603};
        auto const& request = sent_[sent_.size() - 1 - next() % sent_.size()];
        auto const status = statuses[detail % std::size(statuses)];
        std::string response = "SIP/2.0 " + std::to_string(status) + " What\n";
        for (auto const* name : {"Via", "From", "Call-ID", "CSeq", "Record-Route"})
            if (auto const value = test::header(request, name); !value.empty())
                response.append(name).append(": ").append(value).append("\n");
        auto to = test::header(request, "To");
        if (to.find(";tag=") == std::string::npos && status > 100) to += ";tag=p" + std::to_string(next() % 3);
        response += "To: " + to +
                    "\nContact: <sip:peer@10.0.0.9>\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE, PRACK\n"
                    "Supported: 100rel, timer, replaces\n";
        auto const extra = next();
        if (status < 200 && (extra & 1U) != 0)
            response += "Require: 100rel\nRSeq: " + std::to_string(1 + extra / 32) + "\n";
        if (status == 401)
            response += "WWW-Authenticate: Digest realm=\"r\", nonce=\"" + std::to_string(extra) + "\"\n";
        if (status == 407) response += "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n";
        if (status == 422) response += "Min-SE: " + std::to_string(90 + extra) + "\n";
        if (status == 423) response += "Min-Expires: " + std::to_string(extra) + "\n";
        if (status >= 480 && (extra & 2U) != 0) response += "Retry-After: " + std::to_string(extra % 8) + "\n";
        if ((extra & 4U) != 0) response += "Session-Expires: 90;refresher=uas\n";
        if ((extra & 8U) != 0) response += "Content-Type: application/sdp\n\nanswer";
        receive(test::wire(response));
    }
    /// A request in the dialog of a message that passed, from the peer's side.
    void request(std::uint8_t detail) {
        if (passed_.empty()) return;
        auto const& seen = passed_[passed_.size() - 1 - next() % passed_.size()];
        bool const was_ours = seen.is_ours;
        static constexpr std::string_view methods[] = {"INVITE", "ACK",    "BYE",       "CANCEL", "UPDATE",  "PRACK",
                                                       "REFER",  "NOTIFY", "SUBSCRIBE", "INFO",   "MESSAGE", "OPTIONS"};
        auto const method = std::string(methods[detail % std::size(methods)]);
        bool const is_request = !seen.text.starts_with("SIP/");
        // From the peer: its own side is the other end of what we sent, or the same end of what it sent itself.
        bool const swap = was_ours == is_request;
        auto from = test::header(seen.text, swap ? "To" : "From"), to = test::header(seen.text, swap ? "From" : "To");
        if (from.find(";tag=") == std::string::npos) from += ";tag=p" + std::to_string(next() % 3);
        auto const extra = next();
        auto via = test::header(seen.text, "Via");
        if ((extra & 1U) == 0 || was_ours)
            via = "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK" + std::to_string(method == "ACK" ? extra : ++branches_);
        auto const number = method == "ACK" || method == "CANCEL" ? cseq_ : ++cseq_;
        std::string made = method + " sip:alice@10.0.0.1 SIP/2.0\nVia: " + via + "\nFrom: " + from + "\nTo: " + to +
                           "\nCall-ID: " + test::header(seen.text, "Call-ID") + "\nCSeq: " + std::to_string(number) +
                           " " + method + "\nMax-Forwards: 70\nContact: <sip:peer@10.0.0.9>\n";
        if (method == "NOTIFY")
            made += "Event: " + std::string((extra & 2U) != 0 ? "refer" : "dialog") +
                    "\nSubscription-State: " + ((extra & 4U) != 0 ? "terminated" : "active;expires=60") + "\n";
        if (method == "SUBSCRIBE") made += "Event: dialog\nExpires: " + std::to_string(extra) + "\n";
        if (method == "REFER") made += "Refer-To: <sip:carol@10.0.0.9>\n";
        if (method == "PRACK")
            made += "RAck: " + std::to_string(1 + extra / 32) + " " + std::to_string(cseq_) + " INVITE\n";
        if ((extra & 8U) != 0) made += "Supported: timer, 100rel\nSession-Expires: 90\n";
        if ((extra & 16U) != 0) made += "Content-Type: application/sdp\n\noffer";
        remember(test::wire(made), false);
        receive(test::wire(made));
    }
    void new_call(std::uint8_t detail) {
        std::string made = "INVITE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKn" +
                           std::to_string(detail % 16) + "\nFrom: <sip:peer@10.0.0.9>;tag=f" +
                           std::to_string(detail % 4) + "\nTo: <sip:alice@example.com>\nCall-ID: c" +
                           std::to_string(detail % 16) +
                           "\nCSeq: 1 INVITE\nMax-Forwards: 70\nContact: <sip:peer@10.0.0.9>\n"
                           "Supported: 100rel, timer, replaces\n";
        if ((detail & 128U) != 0) made += "Require: 100rel\n";
        if ((detail & 64U) != 0) made += "Session-Expires: 100;refresher=uac\n";
        if ((detail & 32U) != 0) made += "Content-Type: application/sdp\n\noffer";
        remember(test::wire(made), false);
        receive(test::wire(made));
    }
    void pass(sip::duration length) {
        auto const end = clock_.mono() + length;
        for (auto at = core_.next_deadline(); at && at->at <= end; at = core_.next_deadline()) {
            clock_.advance_to(at->at);
            core_.on_timeout(clock_.now(), out_);
            settle();
            auto const after = core_.next_deadline();
            require(!after || after->at > clock_.mono());
        }
        clock_.advance_to(end);
    }

    // ---- the user

    void command(std::uint8_t detail) {
        auto const now = clock_.now();
        auto const which = next();
        auto const call = calls_.empty() ? sip::session_id{} : calls_[which % calls_.size()];
        switch (detail % 16) {
            case 0: {
                sip::invite_options options("sip:peer@10.0.0.9");
                if ((which & 1U) != 0) options.with_offer("offer");
                if (auto const made = core_.invite(now, account_, options, out_)) calls_.push_back(*made);
                return;
            }
            case 1:
                return ignore(
                    core_.ring(now, call, (which & 1U) != 0 ? 180 : 183, (which & 2U) != 0 ? "answer" : "", out_)
                );
            case 2:
            case 3:
                return ignore(core_.answer(now, call, (which & 4U) != 0 ? "" : "answer", out_));
            case 4:
                return ignore(core_.reject(now, call, 486, {}, {}, out_));
            case 5:
                return ignore(core_.hang_up(now, call, {}, out_));
            case 6:
                return ignore(core_.reoffer(now, call, "offer", out_));
            case 7:
                return ignore(core_.reoffer(now, call, "offer", out_, sip::offer_options(sip::offer_method::update)));
            case 8:
            case 9:
                return ignore(core_.answer_offer(now, call, "answer", out_));
            case 10:
                return ignore(core_.refuse_offer(now, call, 488, out_));
            case 11:
                (void)core_.request_in_call(now, call, sip::method::info, "text/plain", "x", out_);
                return;
            case 12:
                if (auto const made =
                        core_.subscribe(now, account_, sip::subscribe_options("sip:peer@10.0.0.9", "dialog"), out_))
                    subscriptions_.push_back(*made);
                return;
            case 13:
                (void)core_.refer(now, call, sip::refer_options("sip:carol@10.0.0.9"), out_);
                return;
            case 14:
                return ignore(core_.register_account(now, account_, out_));
            default:
                return decide(which);
        }
    }
    /// What peers wait for.
    void decide(std::uint8_t which) {
        auto const now = clock_.now();
        if (!requests_.empty()) {
            ignore(core_.respond(now, requests_.back(), 200, {}, {}, {}, out_));
            requests_.pop_back();
        }
        if (notifiers_.empty()) return;
        auto const id = notifiers_.back();
        if ((which & 1U) != 0)
            ignore(core_.refuse_subscription(now, id, 403, {}, out_));
        else if ((which & 2U) != 0)
            ignore(core_.accept_transfer(now, id, out_));
        else
            ignore(core_.accept_subscription(
                now, id, sip::subscription_phase::active, "application/dialog-info+xml", "<x/>", out_
            ));
        if ((which & 4U) != 0) ignore(core_.report_transfer(now, id, 200, {}, out_));
    }
    static void ignore(sip::error_code) {}

    /// Takes what the core wants to be done.
    void settle() {
        auto const done = std::move(out_);
        out_.clear();
        for (auto const& action : done.actions) {
            if (auto const* message = std::get_if<sip::send_message>(&action)) {
                auto const bytes = std::string(message->bytes.text());
                if (bytes == "\r\n\r\n") continue;
                // A request that is malformed gets its own Via back as it stood.
                if (!bytes.starts_with("SIP/2.0 400"))
                    require(sip::parse_message(core_.pool().copy(bytes), core_.pool()).has_value());
                remember(bytes, true);
            } else if (auto const* opening = std::get_if<sip::open_flow>(&action)) {
                core_.on_flow(clock_.now(), {opening->flow, sip::flow_change::failed, {}, {}, "refused"}, out_);
            } else if (auto const* question = std::get_if<sip::resolve_name>(&action)) {
                core_.on_resolved(clock_.now(), question->request, {}, sip::errc::name_not_found, out_);
            }
        }
        for (auto const& event : done.events) {
            if (auto const* call = std::get_if<sip::incoming_call>(&event)) calls_.push_back(call->id);
            if (auto const* ended = std::get_if<sip::call_ended>(&event)) {
                require(std::erase(calls_, ended->id) <= 1);
            }
            if (auto const* asked = std::get_if<sip::incoming_subscription>(&event)) notifiers_.push_back(asked->id);
            if (auto const* asked = std::get_if<sip::transfer_requested>(&event)) notifiers_.push_back(asked->id);
            if (auto const* ended = std::get_if<sip::notifier_ended>(&event)) std::erase(notifiers_, ended->id);
            if (auto const* asked = std::get_if<sip::incoming_request>(&event)) requests_.push_back(asked->id);
            if (auto const* ended = std::get_if<sip::subscription_ended>(&event)) std::erase(subscriptions_, ended->id);
        }
        if (!out_.actions.empty() || !out_.events.empty()) settle();
    }
    void remember(std::string message, bool is_ours) {
        constexpr std::size_t most = 16;
        if (is_ours && !message.starts_with("SIP/") && !message.starts_with("ACK ")) {
            if (sent_.size() == most) sent_.erase(sent_.begin());
            sent_.push_back(message);
        }
        if (passed_.size() == most) passed_.erase(passed_.begin());
        passed_.push_back({std::move(message), is_ours});
    }

    void finish() {
        for (auto const call : std::vector(calls_))
            ignore(core_.hang_up(clock_.now(), call, {}, out_));
        settle();
        for (auto const id : std::vector(subscriptions_))
            ignore(core_.unsubscribe(clock_.now(), id, out_));
        for (auto const id : std::vector(notifiers_))
            ignore(core_.end_subscription(clock_.now(), id, sip::termination_reason::noresource, {}, {}, {}, out_));
        for (auto const id : std::vector(requests_))
            ignore(core_.respond(clock_.now(), id, 480, {}, {}, {}, out_));
        ignore(core_.unregister_account(clock_.now(), account_, out_));
        settle();
        pass(2h);  // a subscription that was granted an hour
        auto const left = core_.live();
        require(calls_.empty() && left.sessions == 0 && left.dialogs == 0 && left.transactions == 0);
        require(left.ack_keepers == 0 && left.requests == 0 && left.subscriptions == 0 && left.notifiers == 0);
    }

    struct passed_message {
        std::string text;
        bool is_ours;
    };
    std::span<std::uint8_t const> rest_;
    test::seeded_random random_{1};
    sip::environment env_ = test::surroundings(random_);
    test::virtual_clock clock_;
    sip::user_agent_core core_;
    sip::outbox out_;
    sip::flow_id udp_{};
    sip::account_id account_;
    std::vector<std::string> sent_;
    std::vector<passed_message> passed_;
    std::vector<sip::session_id> calls_;
    std::vector<sip::subscription_id> subscriptions_;
    std::vector<sip::notifier_id> notifiers_;
    std::vector<sip::request_id> requests_;
    unsigned branches_ = 0, cseq_ = 1, steps_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    play(data, size).run();
    return 0;
}
