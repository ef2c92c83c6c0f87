#include "conformance/run/session.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "conformance/run/baresip_handset.hpp"
#include "conformance/run/datagram_relay.hpp"
#include "conformance/run/device_handset.hpp"
#include "conformance/run/linphone_handset.hpp"
#include "conformance/run/media_tap.hpp"
#include "conformance/run/phoned_handset.hpp"
#include "conformance/run/stream_relay.hpp"

namespace conformance {

namespace {

using std::chrono::milliseconds;

constexpr auto patience = milliseconds(20000);
// Timers B and F, after which nobody sends anything again (RFC 3261 17.1), and a moment.
constexpr auto patience_under_impairment = milliseconds(35000);
constexpr unsigned first_user = 1001, last_user = 1005;  // those that the proxies know

bool does(const flow& f, const std::string& party, std::string_view verb) {
    return std::any_of(f.steps.begin(), f.steps.end(), [&](const step& s) {
        return s.action && s.action->verb == verb && s.action->party == party;
    });
}

/// A call that keeps the phone's user busy, before the flow begins.
std::optional<std::string> occupy(handset& caller, handset& phone) {
    if (auto problem = caller.start(patience)) return problem;
    if (auto problem = caller.dial(phone.setting().user)) return problem;
    for (const auto until = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < until;) {
        if (!phone.act("answers", {})) return std::nullopt;
        std::this_thread::sleep_for(milliseconds(50));
    }
    return fmt::format("{} could not be made busy", phone.setting().party);
}

}  // namespace

bool run_setting::has(const std::string& phone) const {
    return std::any_of(phones.begin(), phones.end(), [&](const auto& each) { return each.second == phone; });
}

bool is_device(std::string_view player) noexcept {
    return player == "prompt" || player.starts_with("command:");
}

bool run_setting::has_device() const {
    return std::any_of(phones.begin(), phones.end(), [](const auto& each) { return is_device(each.second); });
}

bool run_setting::shares_proxy_with(const run_setting& other) const {
    return proxy == other.proxy && transport == other.transport && host() == other.host() && port == other.port &&
           has("baresip") == other.has("baresip") && has_device() == other.has_device() &&
           impaired.has_value() == other.impaired.has_value() && (!impaired || impaired->seed == other.impaired->seed);
}

std::string run_setting::name() const {
    return fmt::format(
        "{}-{}{}{}{}{}", proxy, transport, has_secure_media ? "-srtp" : "", is_ipv6 ? "-6" : "",
        impaired ? fmt::format("-seed-{}", impaired->seed) : "", alone.empty() ? "" : "-alone-as-" + alone
    );
}

std::string run_setting::in_words(const flow& f) const {
    std::string out;
    for (const auto& party : f.parties)
        if (const auto phone = phones.find(party); phone != phones.end())
            out += fmt::format(
                "{}{} as {}", out.empty() ? "" : ", ", is_device(phone->second) ? "your device" : phone->second, party
            );
    return fmt::format(
        "{}, through the {} proxy over {}{}{}{}", out, proxy, transport, has_secure_media ? " with SRTP" : "",
        is_ipv6 ? ", IPv6" : "", impaired ? ", " + impaired->in_words() : ""
    );
}

session::session(run_setting setting, unsigned number)
    : setting_(std::move(setting)),
      number_(number),
      port_(setting_.port != 0 ? static_cast<std::uint16_t>(setting_.port + number * port_block::size) : 0U) {}

std::optional<std::string> session::start() {
    if (port_ == 0) port_ = own_ports_.emplace().first();
    if (port_ == 0) return fmt::format("no block of {} ports is free: choose one with --port", port_block::size);
    network_setting proxy{setting_.proxy, setting_.where.proxy};
    proxy.host = setting_.host();
    proxy.port = port_;
    if (setting_.impaired && (shadow_ports_.emplace().first() == 0)) return "no block of ports is free for the relay";
    if (setting_.impaired && setting_.transport != "udp") proxy.stream_port = shadow_ports_->first();
    proxy.is_secure = setting_.transport == "tls";
    proxy.folder = fmt::format("{}/{}/network", setting_.folder, number_);
    // baresip 1.0 knows no other, and of devices many do not.
    if (setting_.has("baresip") || setting_.has_device()) proxy.algorithms = {"MD5"};
    proxy_.emplace(std::move(proxy));
    return proxy_->start(patience);
}

std::optional<std::string> session::impair(
    const run_setting& how, const flow& f, std::unique_ptr<impaired_network>& between
) const {
    const auto& host = proxy_->setting().host;
    if (how.transport != "udp") {
        auto made = std::make_unique<stream_relay>(host, shadow_ports_->first(), port_, *how.impaired);
        auto problem = made->start();
        between = std::move(made);
        return problem;
    }
    std::vector<relayed_party> parties{{"P", port_, 0, 0}};
    const auto add_phone = [&](const std::string& name) {
        const auto number = static_cast<unsigned>(parties.size() - 1);
        parties.push_back({name, sip_port(number), first_media_port(number), media_ports_of_a_phone});
    };
    for (const auto& party : f.parties)
        if (party != "P") add_phone(party);
    add_phone("X");
    auto made =
        std::make_unique<datagram_relay>(host, port_, shadow_ports_->first(), std::move(parties), *how.impaired);
    auto problem = made->start();
    between = std::move(made);
    return problem;
}

std::vector<std::string> session::take_trace() {
    auto lines = proxy_->take_trace();
    for (const auto& line : lines)
        registered_.note(line);
    return lines;
}

std::unique_ptr<handset> session::make_handset(
    const run_setting& how, const flow& f, const std::string& party, unsigned number
) {
    const auto player = how.phones.find(party);
    const auto kind = player == how.phones.end() ? "phoned" : player->second;
    handset_setting setting;
    setting.party = party;
    // A device that stands alone keeps its user, whichever party it is.
    setting.user = std::to_string(is_device(kind) && !how.alone.empty() ? last_user : first_user + number);
    setting.password = "secret" + setting.user;
    setting.host = proxy_->setting().host;
    setting.proxy_port = port_;
    if (how.impaired && how.transport == "udp") setting.outbound_port = shadow_ports_->first();
    // The proxy itself says that it is at the relay's port.
    if (how.impaired && how.transport != "udp") setting.proxy_port = shadow_ports_->first();
    setting.transport = how.transport;
    if (how.transport == "tls") setting.authority_file = proxy_->setting().authority_file();
    if (how.has_secure_media) setting.media_encryption = "srtp-mand";
    setting.sip_port = sip_port(number);
    setting.first_rtp_port = first_media_port(number);
    // No sum or difference of two, or of their harmonics, is the third.
    constexpr double tones[] = {600, 850, 1270, 1530};
    setting.tone = tones[number];
    const bool forwards_busy = does(f, party, "forwards-when-busy-to");
    setting.is_busy = does(f, party, "is-busy") && !forwards_busy;
    setting.calls_wait = !forwards_busy;
    setting.codec = how.codec;
    setting.folder = fmt::format("{}/{}/{}/{}", how.folder, number_, f.name, party);
    if (kind == "baresip") return std::make_unique<baresip_handset>(setting);
    if (kind == "linphone") return std::make_unique<linphone_handset>(setting);
    if (is_device(kind)) {
        auto user = kind == "prompt" ? user_at_the_terminal(setting, f)
                                     : user_by_command(setting, kind.substr(kind.find(':') + 1));
        return std::make_unique<device_handset>(setting, std::move(user), [this, own = setting.user] {
            (void)take_trace();
            return registered_.address_of(own);
        });
    }
    std::vector<std::string> more;
    if (how.leaves_at_once) more.push_back("offhook.transfer_bye = 1");
    // Calls come over the connection that the phone made (RFC 5626): its own address is behind the relay.
    if (how.impaired && how.transport != "udp") more.push_back("offhook.outbound = 1");
    for (const auto& parameter : how.parameters) {
        const bool is_of_one = parameter.size() > 1 && parameter[1] == ':';
        if (!is_of_one || parameter.starts_with(party)) more.push_back(parameter.substr(is_of_one ? 2 : 0));
    }
    return std::make_unique<phoned_handset>(how.where, setting, std::move(more));
}

std::variant<played, std::string> session::play(const run_setting& how, const flow& f) {
    std::unique_ptr<impaired_network> between;  // before the phones: it goes after them
    std::vector<std::unique_ptr<handset>> phones;
    stage s;
    if (how.impaired) {
        if (auto problem = impair(how, f, between)) return *problem;
        s.between = between.get();
        s.patience = patience_under_impairment;
    }
    s.proxy_address = proxy_->address();
    s.proxy = [this] { return take_trace(); };
    s.registered = &registered_;
    for (const auto& party : f.parties) {
        if (party == "P") continue;
        phones.push_back(make_handset(how, f, party, static_cast<unsigned>(phones.size())));
        s.phones[party] = phones.back().get();
    }
    for (auto& phone : phones)
        if (auto problem = phone->start(patience)) return *problem;
    std::unique_ptr<handset> occupant;
    for (const auto& [party, phone] : s.phones)
        if (does(f, party, "is-busy") && !phone->setting().calls_wait) {
            occupant = make_handset(how, f, "X", static_cast<unsigned>(phones.size()));
            if (auto problem = occupy(*occupant, *phone)) return *problem;
        }
    if (!how.has_capture) return conformance::play(f, s);
    const auto beyond = first_media_port(static_cast<unsigned>(phones.size()));
    media_tap media(how.host(), first_media_port(0), static_cast<std::uint16_t>(beyond - 1));
    auto result = conformance::play(f, s);
    result.captured.packets = media.finish();
    if (!media.problem().empty()) result.captured.notes.push_back("RTP was not captured: " + media.problem());
    return result;
}

}  // namespace conformance
