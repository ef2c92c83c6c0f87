#include "conformance/run/phoned_handset.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace conformance {

namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr auto patience_of_a_command = milliseconds(3000);

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

std::string_view text_of(const json::object& from, const char* key) {
    const auto* member = from.if_contains(key);
    const auto* text = member != nullptr ? member->if_string() : nullptr;
    return text != nullptr ? std::string_view(*text) : std::string_view();
}

}  // namespace

phoned_handset::phoned_handset(programs where, handset_setting setting)
    : programs_(std::move(where)), setting_(std::move(setting)) {}

phoned_handset::~phoned_handset() {
    ends_ = true;
    if (watcher_.joinable()) watcher_.join();
    sound_.reset();
    phone_.stop();
}

bool phoned_handset::write_configuration() const {
    std::filesystem::create_directories(setting_.folder);
    std::ofstream common(setting_.folder + "/common.cfg");
    common << "#!version:1.0.0.1\n"
           << "features.dnd_refuse_code = 486\n"
           << "features.dnd.enable = " << (setting_.is_busy ? 1 : 0) << '\n'
           << "network.port.min_rtpport = " << setting_.first_rtp_port << '\n'
           << "network.port.max_rtpport = " << setting_.first_rtp_port + 19 << '\n'
           << "offhook.local_address = 127.0.0.1\n";
    std::ofstream own(setting_.folder + "/phone.cfg");
    own << "#!version:1.0.0.1\n"
        << "account.1.enable = 1\n"
        << "account.1.label = " << setting_.party << '\n'
        << "account.1.display_name = " << setting_.party << '\n'
        << "account.1.user_name = " << setting_.user << '\n'
        << "account.1.auth_name = " << setting_.user << '\n'
        << "account.1.password = " << setting_.password << '\n'
        << "account.1.sip_server_host = " << setting_.proxy_host << '\n'
        << "account.1.sip_server_port = " << setting_.proxy_port << '\n'
        << "account.1.sip_listen_port = " << setting_.sip_port << '\n'
        << "account.1.transport = " << (setting_.transport == "tcp" ? 1 : 0) << '\n';
    return static_cast<bool>(common.flush()) && static_cast<bool>(own.flush());
}

std::optional<std::string> phoned_handset::join(
    std::optional<phoned::tools::connection>& to, const char* name, milliseconds patience
) {
    const auto until = steady::now() + patience;
    for (;;) {
        auto made = phoned::tools::connection::open(setting_.folder + "/control.sock", milliseconds(1000));
        if (made) {
            to.emplace(std::move(*made));
            break;
        }
        if (!phone_.is_running())
            return fmt::format("phoned of {} ended at once: see {}.err", setting_.party, phone_.output());
        if (steady::now() > until) return made.error().text;
        std::this_thread::sleep_for(milliseconds(20));
    }
    auto joined =
        to->call("client.register", object{{"name", name}, {"protocol", json::array{1, 0}}}, patience_of_a_command);
    if (!joined) return joined.error().text;
    return std::nullopt;
}

std::optional<std::string> phoned_handset::start(milliseconds patience) {
    if (!write_configuration())
        return fmt::format("cannot write the configuration of {} into {}", setting_.party, setting_.folder);
    const auto& folder = setting_.folder;
    phone_ = child::start(
        {programs_.phoned, "-c", folder + "/common.cfg", "-c", folder + "/phone.cfg", "--state", folder + "/state",
         "--runtime", folder},
        folder + "/phoned.log"
    );
    if (auto problem = join(control_, "flows", patience)) return problem;
    if (auto problem = join(traces_, "flows-trace", patience)) return problem;
    if (auto started = traces_->call("trace.start", object{}, patience_of_a_command); !started)
        return started.error().text;
    watcher_ = std::thread([this] { watch(); });
    sound_ = std::make_unique<sound_card>(folder + "/driver.sock", setting_.tone);
    if (auto problem = sound_->start()) return fmt::format("the sound device of {}: {}", setting_.party, *problem);
    return wait_for_registration(patience);
}

std::optional<std::string> phoned_handset::wait_for_registration(milliseconds patience) {
    const auto until = steady::now() + patience;
    std::string state = "nothing";
    while (steady::now() < until) {
        auto list = control_->call("account.list", object{}, patience_of_a_command);
        if (!list) return list.error().text;
        if (const auto* accounts = list->if_contains("accounts");
            accounts != nullptr && accounts->is_array() && !accounts->get_array().empty()) {
            const auto& first = accounts->get_array().front().as_object();
            state = text_of(first, "state");
            if (state == "registered") return std::nullopt;
            if (state == "failed")
                return fmt::format("{} is not registered: {}", setting_.party, text_of(first, "reason"));
        }
        std::this_thread::sleep_for(milliseconds(20));
    }
    return fmt::format("{} did not register in time (its state is {})", setting_.party, state);
}

std::int64_t phoned_handset::current_call() {
    auto list = control_->call("call.list", object{}, patience_of_a_command);
    if (!list) return 0;
    const auto* calls = list->if_contains("calls");
    if (calls == nullptr || !calls->is_array()) return 0;
    std::int64_t newest = 0;
    for (const auto& each : calls->get_array()) {
        const auto& call = each.as_object();
        if (text_of(call, "state") == "terminated") continue;
        boost::system::error_code problem;
        const auto* number = call.if_contains("call");
        if (number != nullptr) newest = std::max(newest, number->to_number<std::int64_t>(problem));
    }
    return newest;
}

std::optional<std::string> phoned_handset::command(const char* method, object params) {
    auto done = control_->call(method, std::move(params), patience_of_a_command);
    if (done) return std::nullopt;
    return fmt::format("{}: {} refused: {}", setting_.party, method, done.error().text);
}

std::optional<std::string> phoned_handset::dial(const std::string& target) {
    return command("call.dial", object{{"target", target}});
}

std::optional<std::string> phoned_handset::act(const std::string& verb) {
    static const std::map<std::string, const char*> methods{
        {"answers", "call.answer"},
        {"rejects", "call.reject"},
        {"holds", "call.hold"},
        {"resumes", "call.resume"},
        {"hangs-up", "call.hangup"}};
    const auto method = methods.find(verb);
    if (method == methods.end()) return fmt::format("this phone cannot '{}'", verb);
    return command(method->second, object{{"call", current_call()}});
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
            time_of(text_of(p, "time")), text_of(p, "direction") == "sent", std::string(text_of(p, "remote")),
            std::string(text_of(p, "text"))};
        const std::lock_guard lock(guard_);
        traced_.push_back(std::move(message));
    }
}

std::vector<traced_message> phoned_handset::take_trace() {
    const std::lock_guard lock(guard_);
    return std::exchange(traced_, {});
}

std::optional<std::uint64_t> phoned_handset::packets_received() {
    const auto number = current_call();
    if (number == 0) return std::nullopt;
    auto stats = control_->call("call.stats", object{{"call", number}}, patience_of_a_command);
    if (!stats) return std::nullopt;
    const auto* quality = stats->if_contains("quality");
    const auto& from = quality != nullptr && quality->is_object() ? quality->get_object() : *stats;
    const auto* received = from.if_contains("packets_received");
    boost::system::error_code problem;
    return received != nullptr ? received->to_number<std::uint64_t>(problem) : 0;
}

void phoned_handset::begin_listening() {
    sound_->begin_listening();
}

handset::sound phoned_handset::end_listening() {
    return sound_in(sound_->heard());
}

}  // namespace conformance
