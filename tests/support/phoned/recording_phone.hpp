// A phone that writes down what it is asked to do, for tests of the hub and of the socket server.
#pragma once

#include "phoned/protocol/hub.hpp"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

namespace phoned::testing {

class recording_phone final : public phone_commands {
public:
    std::vector<std::string> asked;
    std::vector<call_summary> calls;
    std::vector<account_summary> accounts;
    std::function<void(now_t)> on_dial;  // what the phone publishes while it dials

    std::vector<account_summary> account_list(const command_context&) override { return accounts; }
    command_result<done> account_register(const command_context&, unsigned account) override {
        return note(fmt::format("register {}", account));
    }
    command_result<done> account_unregister(const command_context&, unsigned account) override {
        return note(fmt::format("unregister {}", account));
    }
    command_result<call_number> call_dial(const command_context& context, const dial_request& request) override {
        note(fmt::format("dial {} by {}", request.target, context.client));
        if (on_dial) on_dial(context.now);
        if (request.target == "nobody") {
            return command_failure{
                .code = error_number::bad_target,
                .message = "nobody cannot be called",
                .cause = "target",
                .sip_code = 404};
        }
        return call_number{7};
    }
    command_result<done> call_answer(const command_context&, call_number call) override {
        return on_call("answer", call);
    }
    command_result<done> call_reject(const command_context&, call_number call, std::optional<unsigned> code) override {
        return on_call(fmt::format("reject with {}", code.value_or(0)), call);
    }
    command_result<done> call_hangup(const command_context&, call_number call) override {
        return on_call("hangup", call);
    }
    command_result<done> call_hold(const command_context&, call_number call) override { return on_call("hold", call); }
    command_result<done> call_resume(const command_context&, call_number call) override {
        return on_call("resume", call);
    }
    command_result<done> call_mute(const command_context&, call_number call, bool muted) override {
        return on_call(muted ? "mute" : "unmute", call);
    }
    command_result<done> call_dtmf(const command_context&, call_number call, std::string_view digits) override {
        return on_call(fmt::format("dtmf {}", digits), call);
    }
    command_result<call_number> call_redial(const command_context&, std::optional<unsigned>) override {
        note("redial");
        return call_number{8};
    }
    command_result<call_number> call_return(const command_context&, std::optional<unsigned>) override {
        note("return");
        return call_number{9};
    }
    command_result<done> call_forward(const command_context&, call_number call, std::string_view target) override {
        return on_call(fmt::format("forward to {}", target), call);
    }
    command_result<call_number> call_swap(const command_context&) override {
        note("swap");
        return call_number{7};
    }
    command_result<done> call_transfer(const command_context&, call_number call, std::string_view target) override {
        return on_call(fmt::format("transfer to {}", target), call);
    }
    command_result<done> call_transfer_attended(const command_context&, call_number call, call_number to) override {
        return on_call(fmt::format("transfer to call {}", static_cast<unsigned>(to)), call);
    }
    command_result<std::optional<call_number>> call_conference(
        const command_context&, call_number call, call_number with
    ) override {
        if (auto outcome = on_call(fmt::format("conference with {}", static_cast<unsigned>(with)), call); !outcome)
            return outcome.error();
        return std::optional<call_number>();
    }
    command_result<done> call_split(const command_context&, call_number call) override {
        return on_call("split", call);
    }
    command_result<done> call_leave_conference(const command_context&) override { return note("leave"); }
    command_result<done> dnd_set(const command_context&, bool on, std::optional<unsigned> account) override {
        return note(fmt::format("dnd {} {}", on ? "on" : "off", account.value_or(0)));
    }
    command_result<done> forward_set(const command_context&, const forward_request& wanted) override {
        return note(fmt::format(
            "forward {} {} to {} after {}", static_cast<int>(wanted.kind), wanted.on ? "on" : "off",
            wanted.target.value_or("-"), wanted.rings.value_or(99)
        ));
    }
    std::vector<feature_summary> feature_list(const command_context&) override { return {{1, true, {}}}; }
    command_result<history_page> history_list(const command_context&, const history_request& wanted) override {
        note(fmt::format("history {} {}", wanted.kind ? static_cast<int>(*wanted.kind) : -1, wanted.limit));
        return history_page{{history_entry{.id = 3, .kind = history_kind::missed, .account = 1, .began = {}}}, 1};
    }
    command_result<done> history_clear(const command_context&) override { return note("history clear"); }
    std::vector<call_summary> call_list(const command_context&) override { return calls; }
    command_result<call_quality> call_stats(const command_context&, call_number call) override {
        if (auto outcome = on_call("stats", call); !outcome) return outcome.error();
        return call_quality{.call = call, .packets_sent = 50};
    }
    std::vector<metric> metrics(const command_context&) override { return {{"phone_calls_total", 3, "Calls"}}; }
    void set_message_trace(bool wanted) override { note(wanted ? "trace on" : "trace off"); }
    void set_log_level(log_level to) override { level = to; }
    [[nodiscard]] log_level current_log_level() const override { return level; }
    void shut_down(const command_context& context) override { note(fmt::format("shutdown by {}", context.client)); }
    void on_key(const command_context&, const key_event& key) override {
        note(fmt::format("key {} {}", key.key, key.down ? "down" : "up"));
    }
    void on_hook(const command_context&, const hook_state& hook) override {
        note(fmt::format("hook {}", hook.off_hook ? "off" : "on"));
    }
    void on_audio_status(const command_context&, const audio_status& status) override {
        note(fmt::format("audio delay {}", status.delay_frames));
    }

private:
    command_result<done> note(std::string what) {
        asked.push_back(std::move(what));
        return done{};
    }
    // Call 7 exists, no other.
    command_result<done> on_call(const std::string& what, call_number call) {
        if (call != call_number{7}) {
            return command_failure{
                .code = error_number::no_such_call,
                .message = fmt::format("there is no call {}", static_cast<unsigned>(call))};
        }
        return note(what);
    }

    log_level level = log_level::info;
};

}  // namespace phoned::testing
