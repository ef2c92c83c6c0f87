#include "conformance/run/phoned_handset.hpp"

#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace conformance {

namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr auto patience_of_a_command = milliseconds(3000);
constexpr int rings_before_forwarding = 1;  // of 6 s

/// "2026-03-01T12:00:00.123456Z" as seconds since the epoch.
seconds time_of(std::string_view text) {
    std::tm parts{};
    double second = 0;
    const std::string copy(text);
    if (std::sscanf(
            copy.c_str(), "%d-%d-%dT%d:%d:%lf", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
            &parts.tm_min, &second
        ) != 6)
        return {};
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return seconds(static_cast<double>(::timegm(&parts)) + second);
}

}  // namespace

phoned_handset::phoned_handset(programs where, handset_setting setting, std::vector<std::string> more)
    : phone_(std::move(where.phoned), std::move(setting), std::move(more)) {}

phoned_handset::~phoned_handset() {
    ends_ = true;
    if (watcher_.joinable()) watcher_.join();
    sound_.reset();
    phone_.process().stop();
}

std::optional<std::string> phoned_handset::start(milliseconds patience) {
    if (auto problem = phone_.start(patience)) return problem;
    if (auto problem = phone_.join(traces_, "flows-trace", patience)) return problem;
    if (auto started = traces_->call("trace.start", {}, patience_of_a_command); !started) return started.error().text;
    watcher_ = std::thread([this] { watch(); });
    sound_ = std::make_unique<sound_card>(phone_.driver_socket(), setting().tone);
    if (auto problem = sound_->start()) return fmt::format("the sound device of {}: {}", setting().party, *problem);
    return phone_.wait_for_registration(patience);
}

std::optional<std::string> phoned_handset::dial(const std::string& target) {
    return phone_.command("call.dial", {{"target", target}});
}

std::optional<std::string> phoned_handset::act(const std::string& verb, const std::string& object) {
    if (verb == "registers") return phone_.command("account.register", {{"account", 1}});
    if (verb == "unregisters") return phone_.command("account.unregister", {{"account", 1}});
    static const std::map<std::string, const char*> forwards{
        {"forwards-always-to", "always"},
        {"forwards-when-busy-to", "busy"},
        {"forwards-when-unanswered-to", "no_answer"}};
    if (const auto kind = forwards.find(verb); kind != forwards.end())
        return phone_.command(
            "forward.set",
            {{"kind", kind->second}, {"on", true}, {"target", object}, {"rings", rings_before_forwarding}}
        );
    const auto calls = phone_.live_calls();
    if (calls.empty()) return fmt::format("{} has no call for '{}'", setting().party, verb);
    const auto newest = calls.back(), oldest = calls.front();
    if (verb == "transfers-to") return phone_.command("call.transfer", {{"call", newest}, {"target", object}});
    if (verb == "completes-transfer")
        return phone_.command("call.transfer_attended", {{"call", oldest}, {"to", newest}});
    if (verb == "conferences") return phone_.command("call.conference", {{"call", newest}, {"with", oldest}});
    static const std::map<std::string, const char*> methods{{"answers", "call.answer"},  {"rejects", "call.reject"},
                                                            {"holds", "call.hold"},      {"resumes", "call.resume"},
                                                            {"hangs-up", "call.hangup"}, {"splits", "call.split"}};
    const auto method = methods.find(verb);
    if (method == methods.end()) return fmt::format("this phone cannot '{}'", verb);
    return phone_.command(method->second, {{"call", newest}});
}

void phoned_handset::watch() {
    while (!ends_) {
        auto next = traces_->next(steady::now() + milliseconds(50));
        if (!next) {
            if (next.error().kind == phoned::tools::failure_kind::timed_out) continue;
            return;
        }
        if (next->method != "trace") continue;
        const auto& p = next->params;
        traced_message message{
            time_of(text_of(p, "time")), text_of(p, "direction") == "sent", std::string(text_of(p, "local")),
            std::string(text_of(p, "remote")), std::string(text_of(p, "text"))};
        const std::lock_guard lock(guard_);
        traced_.push_back(std::move(message));
    }
}

std::vector<traced_message> phoned_handset::take_trace() {
    const std::lock_guard lock(guard_);
    return std::exchange(traced_, {});
}

std::optional<std::uint64_t> phoned_handset::packets_received(const std::string& user) {
    return phone_.packets("packets_received", user);
}

std::optional<std::uint64_t> phoned_handset::packets_sent(const std::string& user) {
    return phone_.packets("packets_sent", user).value_or(0);  // no call: nothing is sent
}

void phoned_handset::begin_listening() {
    sound_->begin_listening();
}

handset::sound phoned_handset::end_listening() {
    return sound_in(sound_->heard());
}

}  // namespace conformance
