#include "conformance/run/phoned_process.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace conformance {

namespace {

namespace json = boost::json;
using json::object;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr auto patience_of_a_command = milliseconds(3000);

}  // namespace

std::string_view text_of(const object& from, const char* key) {
    const auto* member = from.if_contains(key);
    const auto* text = member != nullptr ? member->if_string() : nullptr;
    return text != nullptr ? std::string_view(*text) : std::string_view();
}

phoned_process::phoned_process(std::string program, handset_setting setting, std::vector<std::string> more)
    : program_(std::move(program)), setting_(std::move(setting)), more_(std::move(more)) {}

bool phoned_process::write_configuration() const {
    std::filesystem::create_directories(setting_.folder);
    std::ofstream common(setting_.folder + "/common.cfg");
    common << "#!version:1.0.0.1\n"
           << "features.dnd_refuse_code = 486\n"
           << "features.dnd.enable = " << (setting_.is_busy ? 1 : 0) << '\n'
           << "call_waiting.enable = " << (setting_.calls_wait ? 1 : 0) << '\n'
           << "network.port.min_rtpport = " << setting_.first_rtp_port << '\n'
           << "network.port.max_rtpport = " << setting_.first_rtp_port + 19 << '\n'
           << "offhook.local_address = " << setting_.host << '\n';
    if (!setting_.authority_file.empty())
        common << "security.ca_cert = 1\n"
               << "trusted_certificates.url = " << setting_.authority_file << '\n';
    std::ofstream own(setting_.folder + "/phone.cfg");
    own << "#!version:1.0.0.1\n"
        << "account.1.enable = 1\n"
        << "account.1.label = " << setting_.party << '\n'
        << "account.1.display_name = " << setting_.party << '\n'
        << "account.1.user_name = " << setting_.user << '\n'
        << "account.1.auth_name = " << setting_.user << '\n'
        << "account.1.password = " << setting_.password << '\n'
        << "account.1.sip_server_host = " << setting_.host << '\n'
        << "account.1.sip_server_port = " << setting_.proxy_port << '\n'
        << "account.1.sip_listen_port = " << setting_.sip_port << '\n'
        << "account.1.transport = "
        << (setting_.transport == "tls"   ? 2
            : setting_.transport == "tcp" ? 1
                                          : 0)
        << '\n';
    if (setting_.outbound_port != 0)
        own << "account.1.outbound_proxy_enable = 1\n"
            << "account.1.outbound_host = " << setting_.host << '\n'
            << "account.1.outbound_port = " << setting_.outbound_port << '\n';
    if (setting_.media_encryption.starts_with("srtp"))
        own << "account.1.srtp_encryption = " << (setting_.media_encryption == "srtp" ? 1 : 2) << '\n';
    if (!setting_.codec.empty()) {
        for (int slot = 0; slot < 13; ++slot)
            own << "account.1.codec." << slot << ".enable = 0\n";
        own << "account.1.codec." << setting_.codec << ".enable = 1\n";
    }
    for (const auto& line : more_)
        own << line << '\n';
    return static_cast<bool>(common.flush()) && static_cast<bool>(own.flush());
}

std::optional<std::string> phoned_process::start(milliseconds patience) {
    const auto& folder = setting_.folder;
    if (!write_configuration())
        return fmt::format("cannot write the configuration of {} into {}", setting_.party, folder);
    process_ = child::start(
        {program_, "-c", folder + "/common.cfg", "-c", folder + "/phone.cfg", "--state", folder + "/state", "--runtime",
         folder},
        folder + "/phoned.log"
    );
    return join(control_, "flows", patience);
}

std::optional<std::string> phoned_process::join(
    std::optional<phoned::tools::connection>& to, const char* name, milliseconds patience
) {
    const auto until = steady::now() + patience;
    for (;;) {
        auto made = phoned::tools::connection::open(control_socket(), milliseconds(1000));
        if (made) {
            to.emplace(std::move(*made));
            break;
        }
        if (!process_.is_running())
            return fmt::format("phoned of {} ended at once: see {}.err", setting_.party, process_.output());
        if (steady::now() > until) return made.error().text;
        std::this_thread::sleep_for(milliseconds(20));
    }
    auto joined =
        to->call("client.register", object{{"name", name}, {"protocol", json::array{1, 0}}}, patience_of_a_command);
    if (!joined) return joined.error().text;
    return std::nullopt;
}

std::optional<std::string> phoned_process::wait_for_registration(milliseconds patience) {
    const auto until = steady::now() + patience;
    registration now;
    while (steady::now() < until) {
        now = ask_registration();
        if (now.state == "registered") return std::nullopt;
        if (now.state == "failed") return fmt::format("{} is not registered: {}", setting_.party, now.reason);
        std::this_thread::sleep_for(milliseconds(20));
    }
    return fmt::format("{} did not register in time (its state is {})", setting_.party, now.state);
}

phoned_process::registration phoned_process::ask_registration() {
    const auto list = ask("account.list", {});
    const auto* accounts = list ? list->if_contains("accounts") : nullptr;
    if (accounts == nullptr || !accounts->is_array() || accounts->get_array().empty()) return {};
    const auto& first = accounts->get_array().front().as_object();
    return {std::string(text_of(first, "state")), std::string(text_of(first, "reason"))};
}

std::optional<std::string> phoned_process::command(const char* method, object params) {
    auto done = control_->call(method, std::move(params), patience_of_a_command);
    if (done) return std::nullopt;
    return fmt::format("{}: {} refused: {}", setting_.party, method, done.error().text);
}

std::optional<object> phoned_process::ask(const char* method, object params) {
    auto done = control_->call(method, std::move(params), patience_of_a_command);
    return done ? std::optional(std::move(*done)) : std::nullopt;
}

std::vector<phoned_process::live_call> phoned_process::list_calls() {
    const auto list = ask("call.list", {});
    const auto* calls = list ? list->if_contains("calls") : nullptr;
    if (calls == nullptr || !calls->is_array()) return {};
    std::vector<live_call> out;
    for (const auto& each : calls->get_array()) {
        const auto& call = each.as_object();
        const auto* number = call.if_contains("call");
        if (text_of(call, "state") == "terminated" || number == nullptr) continue;
        boost::system::error_code problem;
        out.push_back({number->to_number<std::int64_t>(problem), std::string(text_of(call, "remote"))});
    }
    std::sort(out.begin(), out.end(), [](const live_call& a, const live_call& b) { return a.number < b.number; });
    return out;
}

std::vector<std::int64_t> phoned_process::live_calls() {
    std::vector<std::int64_t> out;
    for (const auto& each : list_calls())
        out.push_back(each.number);
    return out;
}

std::int64_t phoned_process::current_call() {
    const auto all = live_calls();
    return all.empty() ? 0 : all.back();
}

std::optional<std::uint64_t> phoned_process::packets(const char* count, const std::string& user) {
    std::optional<std::uint64_t> total;
    for (const auto& each : list_calls()) {
        if (!user.empty() && each.remote.find(fmt::format("sip:{}@", user)) == std::string::npos) continue;
        const auto stats = ask("call.stats", object{{"call", each.number}});
        if (!stats) continue;
        const auto* quality = stats->if_contains("quality");
        const auto& from = quality != nullptr && quality->is_object() ? quality->get_object() : *stats;
        const auto* counted = from.if_contains(count);
        boost::system::error_code problem;
        total = total.value_or(0) + (counted != nullptr ? counted->to_number<std::uint64_t>(problem) : 0);
    }
    return total;
}

}  // namespace conformance
