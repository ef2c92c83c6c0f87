#include "conformance/run/options.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "conformance/run/address.hpp"
#include "conformance/run/port_block.hpp"

namespace conformance {

namespace {

constexpr const char* parties[] = {"A", "B", "C"};
constexpr std::uint16_t sip_port = 5060;

/// One phone as each party in turn, and another as the rest of them.
std::vector<run_setting> in_each_role(const run_setting& setting, const std::string& one, const std::string& rest) {
    std::vector<run_setting> out;
    for (const auto& [role, phone] : setting.phones) {
        auto& each = out.emplace_back(setting);
        each.alone = role;
        for (auto& [party, player] : each.phones)
            player = party == role ? one : rest;
        each.folder += "-alone-as-" + role;
    }
    return out;
}

/// "B=prompt": by whom a party is played.
std::optional<std::string> place_device(wishes& w, const std::string& text) {
    const auto equals = text.find('=');
    const auto party = text.substr(0, equals);
    const auto how = equals == std::string::npos ? std::string() : text.substr(equals + 1);
    const bool is_party = std::find(std::begin(parties), std::end(parties), party) != std::end(parties);
    if ((!is_party && party != "each") || !is_device(how))
        return fmt::format(
            "--device {}: expected PARTY=prompt or PARTY=command:PROGRAM, with A, B, C or each as the party", text
        );
    if (is_party)
        w.setting.phones[party] = how;
    else if (w.devices.size() > 1)
        return "--device each=... stands alone: where one device is each party in turn, no other has a place";
    return std::nullopt;
}

/// Takes in what --impair says. What is wrong with it.
std::optional<std::string> read_networks(wishes& w) {
    if (w.impair.empty()) return std::nullopt;
    auto read = read_impairments(w.impair);
    if (auto* problem = std::get_if<std::string>(&read)) return std::move(*problem);
    const auto& all = std::get<std::vector<impairment>>(read);
    for (const auto& transport : w.transports) {
        const bool is_udp = transport == "udp";
        if (is_udp && !all.front().concerns_datagrams())
            return "over udp there is loss, dup, reorder, delay and jitter to impair";
        if (!is_udp && !all.front().concerns_streams())
            return "over " + transport + " there is stall, split and reset to impair";
        // Kamailio knows the phones by the addresses in their Contacts, and those are behind the relay.
        if (!is_udp && w.proxies != std::vector<std::string>{"embedded"})
            return "over " + transport + " only the embedded proxy can be played with on a bad network";
    }
    w.networks.assign(all.begin(), all.end());
    return std::nullopt;
}

}  // namespace

void add_options(CLI::App& app, wishes& w) {
    w.flows_folder = OFFHOOK_FLOW_FOLDER;
    app.add_option(
        "flow", w.names, "the flows to play, by name (1.1 1.2 ... resume ...); those of the guide if none is given"
    );
    auto& setting = w.setting;
    for (const auto* party : parties)
        setting.phones[party] = "phoned";
    app.add_option("--proxy", w.proxies, "who routes; several with commas: each in turn")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"embedded", "kamailio"}))
        ->capture_default_str();
    const std::pair<const char*, const char*> roles[] = {{"--caller", "A"}, {"--callee", "B"}, {"--third", "C"}};
    for (const auto& [option, party] : roles)
        app.add_option(option, setting.phones[party], fmt::format("which phone plays {}", party))
            ->check(CLI::IsMember({"phoned", "baresip", "linphone"}))
            ->capture_default_str();
    app.add_option("--others", w.others, "phoned as each party in turn, and this phone as all the others")
        ->check(CLI::IsMember({"baresip", "linphone"}));
    app.add_option(
           "--device", w.devices,
           "a device of yours as a party: B=prompt asks you in the terminal to press its keys, B=command:PROGRAM has "
           "your program press them (docs/conformance-devices.md); each=... makes it each party in turn"
    )
        ->allow_extra_args(false);
    app.add_option(
        "--listen", setting.listen,
        "the address of this machine that your device reaches, for the proxy and the other phones"
    );
    app.add_option("--transport", w.transports, "between phones and proxy; several with commas")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"udp", "tcp", "tls"}))
        ->capture_default_str();
    app.add_option("--ip", w.versions, "the version of IP, or both with a comma")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::IsMember({4, 6}))
        ->capture_default_str();
    app.add_flag("--srtp", setting.has_secure_media, "the phones take no media but SRTP");
    app.add_flag(
        "--leave-at-once", setting.leaves_at_once,
        "phoned leaves a call that it transfers right after the 202, as the guide prints it, and not when it succeeded"
    );
    app.add_option(
           "--set", setting.parameters,
           "a parameter for every phoned, or for one: 'features.hold_use_inactive = 1', 'A:sip.rfc2543_hold = 1'"
    )
        ->allow_extra_args(false);
    app.add_option("--codec", setting.codec, "the only one that the phones have")
        ->check(CLI::IsMember({"PCMU", "PCMA", "G722", "GSM", "opus", "G726-16", "G726-24", "G726-32", "G726-40"}));
    app.add_option(
        "--impair", w.impair,
        "a bad network between phones and proxy, and between the phones: loss=10,dup=5,reorder=5 in percent, "
        "delay=20,jitter=30 in ms; on tcp and tls stall=20,split=50,reset=20 in percent; seed=7 or a span of seeds, as "
        "seed=1-10"
    );
    app.add_option("--jobs", w.jobs, "how many flows are played at once; with a device of yours one")
        ->check(CLI::Range(1, 16))
        ->capture_default_str();
    app.add_option(
           "--port", setting.port, "the proxy's port; the phones use the 200 above it, each further job the next"
    )
        ->check(CLI::Range(1024, 65000))
        ->default_str("free ones; with a device at a prompt 5060");
    app.add_option("--flows", w.flows_folder, "the folder of the flow files")->capture_default_str();
    app.add_option("--build", w.build, "the build folder with phoned and offhook-proxy")->capture_default_str();
    app.add_option("--html", w.html, "writes a report with pictures to this file");
    app.add_option("--table", w.table, "writes a table in Markdown of what matches and where the rest departs");
    app.add_option("--junit", w.junit, "writes a report in JUnit's XML to this file");
    app.add_option(
           "--pcap", w.pcap_folder,
           "writes a capture of each flow, with its RTP where the system allows that, into this folder"
    )
        ->check(CLI::ExistingDirectory);
    app.add_flag("--keep", w.keep, "keep logs and traces, and say where they are");
}

std::optional<std::string> complete(wishes& w) {
    auto& setting = w.setting;
    if (auto problem = read_networks(w)) return problem;
    for (const auto& text : w.devices)
        if (auto problem = place_device(w, text)) return problem;
    if (!w.devices.empty()) {
        if (!w.others.empty()) return "--device and --others exclude each other";
        if (!w.impair.empty()) return "--impair is for the kit's own phones: the relay knows no --device";
        w.jobs = 1;
        // People configure their phone once, programs are told the port each time.
        const bool is_typed = std::any_of(w.devices.begin(), w.devices.end(), [](const std::string& each) {
            return each.ends_with("=prompt");
        });
        if (setting.port == 0 && is_typed) setting.port = sip_port;
    }
    if (!setting.listen.empty()) {
        if (!is_own_address(setting.listen))
            return fmt::format(
                "--listen {}: this machine has no such address (`ip address` lists them)", setting.listen
            );
        w.versions = {setting.listen.find(':') == std::string::npos ? 4 : 6};
    }
    for (const auto& text : setting.parameters)
        if (text.find('=') == std::string::npos)
            return fmt::format("--set '{}': expected 'NAME = VALUE' or 'PARTY:NAME = VALUE'", text);
    if (setting.port + w.jobs * port_block::size > 65535)
        return fmt::format("{} jobs need {} ports each: --port is too high for that", w.jobs, port_block::size);
    setting.has_capture = !w.pcap_folder.empty();
    setting.where = {w.build + "/phoned/phoned", w.build + "/examples/offhook-proxy"};
    return std::nullopt;
}

std::vector<run_setting> settings_of(const wishes& w) {
    std::vector<run_setting> out;
    for (const auto& proxy : w.proxies)
        for (const auto& transport : w.transports)
            for (const auto version : w.versions)
                for (const auto& impaired : w.networks) {
                    auto& each = out.emplace_back(w.setting);
                    each.proxy = proxy;
                    each.transport = transport;
                    each.is_ipv6 = version == 6;
                    each.impaired = impaired;
                    each.folder = w.setting.folder + '/' + each.name();
                }
    std::string one, rest = "phoned";
    if (!w.others.empty()) one = "phoned", rest = w.others;
    for (const auto& text : w.devices)
        if (text.starts_with("each=")) one = text.substr(5);
    if (one.empty()) return out;
    std::vector<run_setting> mixed;
    for (const auto& each : out)
        for (auto& role : in_each_role(each, one, rest))
            mixed.push_back(std::move(role));
    return mixed;
}

std::vector<task> tasks_of(const std::vector<run_setting>& settings, const std::vector<flow>& flows) {
    std::vector<task> out;
    for (const auto& setting : settings)
        for (const auto& f : flows)
            if (setting.alone.empty() ||
                std::find(f.parties.begin(), f.parties.end(), setting.alone) != f.parties.end())
                out.push_back({&setting, &f});
    return out;
}

}  // namespace conformance
