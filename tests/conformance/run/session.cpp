#include "conformance/run/session.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "conformance/run/baresip_handset.hpp"
#include "conformance/run/linphone_handset.hpp"
#include "conformance/run/media_tap.hpp"
#include "conformance/run/phoned_handset.hpp"

namespace conformance {

namespace {

using std::chrono::milliseconds;

constexpr auto patience = milliseconds(20000);
// Timers B and F, after which nobody sends anything again (RFC 3261 17.1), and a moment.
constexpr auto patience_under_impairment = milliseconds(35000);

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

std::string run_setting::name() const {
    return fmt::format(
        "{}-{}{}{}{}", proxy, transport, has_secure_media ? "-srtp" : "", is_ipv6 ? "-6" : "",
        impaired ? fmt::format("-seed-{}", impaired->seed) : ""
    );
}

std::string run_setting::in_words(const flow& f) const {
    std::string out;
    for (const auto& party : f.parties)
        if (const auto phone = phones.find(party); phone != phones.end())
            out += fmt::format("{}{} as {}", out.empty() ? "" : ", ", phone->second, party);
    return fmt::format(
        "{}, through the {} proxy over {}{}{}{}", out, proxy, transport, has_secure_media ? " with SRTP" : "",
        is_ipv6 ? ", IPv6" : "", impaired ? ", " + impaired->in_words() : ""
    );
}

session::session(const run_setting& setting, unsigned number)
    : setting_(setting),
      port_(setting.port != 0 ? static_cast<std::uint16_t>(setting.port + number * port_block::size) : 0U),
      folder_(fmt::format("{}/{}", setting.folder, number)) {}

std::optional<std::string> session::start() {
    if (port_ == 0) port_ = own_ports_.emplace().first();
    if (port_ == 0) return fmt::format("no block of {} ports is free: choose one with --port", port_block::size);
    network_setting proxy{setting_.proxy, setting_.where.proxy};
    proxy.host = setting_.is_ipv6 ? "::1" : "127.0.0.1";
    proxy.port = port_;
    proxy.is_secure = setting_.transport == "tls";
    proxy.folder = folder_ + "/network";
    if (setting_.has("baresip")) proxy.algorithms = {"MD5"};  // baresip 1.0 knows no other
    proxy_.emplace(std::move(proxy));
    return proxy_->start(patience);
}

std::optional<std::string> session::impair(const flow& f, std::optional<datagram_relay>& between) {
    if (!shadow_ports_) shadow_ports_.emplace();
    if (shadow_ports_->first() == 0) return "no block of ports is free for the relay";
    std::vector<relayed_party> parties{{"P", port_, 0, 0}};
    const auto add_phone = [&](const std::string& name) {
        const auto number = static_cast<unsigned>(parties.size() - 1);
        parties.push_back({name, sip_port(number), first_media_port(number), media_ports_of_a_phone});
    };
    for (const auto& party : f.parties)
        if (party != "P") add_phone(party);
    add_phone("X");
    between.emplace(proxy_->setting().host, port_, shadow_ports_->first(), std::move(parties), *setting_.impaired);
    return between->start();
}

std::unique_ptr<handset> session::make_handset(
    const flow& f, const std::string& party, unsigned number, const std::string& folder, const datagram_relay* between
) const {
    handset_setting setting;
    setting.party = party;
    setting.user = std::to_string(1001 + number);
    setting.password = "secret" + setting.user;
    setting.host = proxy_->setting().host;
    setting.proxy_port = port_;
    if (between != nullptr) setting.outbound_port = between->shadow_of(port_);
    setting.transport = setting_.transport;
    if (setting_.transport == "tls") setting.authority_file = proxy_->setting().authority_file();
    if (setting_.has_secure_media) setting.media_encryption = "srtp-mand";
    setting.sip_port = sip_port(number);
    setting.first_rtp_port = first_media_port(number);
    // No sum or difference of two, or of their harmonics, is the third.
    constexpr double tones[] = {600, 850, 1270, 1530};
    setting.tone = tones[number];
    const bool forwards_busy = does(f, party, "forwards-when-busy-to");
    setting.is_busy = does(f, party, "is-busy") && !forwards_busy;
    setting.calls_wait = !forwards_busy;
    setting.codec = setting_.codec;
    setting.folder = folder + "/" + party;
    const auto phone = setting_.phones.find(party);
    const auto kind = phone == setting_.phones.end() ? "phoned" : phone->second;
    if (kind == "baresip") return std::make_unique<baresip_handset>(setting);
    if (kind == "linphone") return std::make_unique<linphone_handset>(setting);
    std::vector<std::string> more;
    if (setting_.leaves_at_once) more.push_back("offhook.transfer_bye = 1");
    return std::make_unique<phoned_handset>(setting_.where, setting, std::move(more));
}

std::variant<played, std::string> session::play(const flow& f) {
    const auto folder = folder_ + "/" + f.name;
    std::optional<datagram_relay> between;  // before the phones: it goes after them
    std::vector<std::unique_ptr<handset>> phones;
    stage s;
    if (setting_.impaired) {
        if (auto problem = impair(f, between)) return *problem;
        s.between = &*between;
        s.patience = patience_under_impairment;
    }
    s.proxy_address = proxy_->address();
    s.proxy = [this] { return proxy_->take_trace(); };
    for (const auto& party : f.parties) {
        if (party == "P") continue;
        phones.push_back(
            make_handset(f, party, static_cast<unsigned>(phones.size()), folder, between ? &*between : nullptr)
        );
        s.phones[party] = phones.back().get();
    }
    for (auto& phone : phones)
        if (auto problem = phone->start(patience)) return *problem;
    std::unique_ptr<handset> occupant;
    for (const auto& [party, phone] : s.phones)
        if (does(f, party, "is-busy") && !phone->setting().calls_wait) {
            occupant =
                make_handset(f, "X", static_cast<unsigned>(phones.size()), folder, between ? &*between : nullptr);
            if (auto problem = occupy(*occupant, *phone)) return *problem;
        }
    if (!setting_.has_capture) return conformance::play(f, s);
    // Not the call that keeps a phone busy.
    const auto beyond = first_media_port(static_cast<unsigned>(phones.size()));
    media_tap media(first_media_port(0), static_cast<std::uint16_t>(beyond - 1));
    auto result = conformance::play(f, s);
    result.captured.packets = media.finish();
    if (!media.problem().empty()) result.captured.notes.push_back("RTP was not captured: " + media.problem());
    return result;
}

}  // namespace conformance
