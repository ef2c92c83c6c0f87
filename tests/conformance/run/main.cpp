// offhook-flows: plays call flows with real phones through a real proxy, and says message by message whether they
// match.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "conformance/capture/file.hpp"
#include "conformance/ladder.hpp"
#include "conformance/reports/entry.hpp"
#include "conformance/reports/files.hpp"
#include "conformance/run/baresip_handset.hpp"
#include "conformance/run/network.hpp"
#include "conformance/run/phoned_handset.hpp"
#include "conformance/run/play.hpp"
#include "conformance/run/port_block.hpp"

namespace {

namespace fs = std::filesystem;
using namespace conformance;
using std::chrono::milliseconds;

// The exit codes that --help names.
constexpr int exit_matches = 0, exit_differs = 1, exit_trouble = 2;
constexpr auto patience = milliseconds(10000);

struct wishes {
    std::string proxy = "embedded", caller = "phoned", callee = "phoned", third = "phoned", transport = "udp", codec,
                flows_folder, work_folder, html, junit, pcap_folder;
    programs where;
    std::vector<std::string> names;
    std::uint16_t port = 0;
    bool keep = false;

    [[nodiscard]] const std::string& player(const std::string& party) const {
        static const std::string ours = "phoned";
        return party == "A" ? caller : party == "B" ? callee : party == "C" ? third : ours;
    }
    [[nodiscard]] bool has_baresip() const { return caller == "baresip" || callee == "baresip" || third == "baresip"; }
    /// "phoned as A and B through the embedded proxy over udp".
    [[nodiscard]] std::string setting(const flow& f) const {
        std::string out;
        for (const auto& party : f.parties)
            if (party != "P") out += fmt::format("{}{} as {}", out.empty() ? "" : ", ", player(party), party);
        return fmt::format("{}, through the {} proxy over {}", out, proxy, transport);
    }
};

bool does(const flow& f, const std::string& party, std::string_view verb) {
    return std::any_of(f.steps.begin(), f.steps.end(), [&](const step& s) {
        return s.action && s.action->verb == verb && s.action->party == party;
    });
}

std::unique_ptr<handset> make_handset(
    const wishes& w, const flow& f, const std::string& party, unsigned number, const std::string& folder
) {
    handset_setting setting;
    setting.party = party;
    setting.user = std::to_string(1001 + number);
    setting.password = "secret" + setting.user;
    setting.proxy_port = w.port;
    setting.transport = w.transport;
    setting.sip_port = static_cast<std::uint16_t>(w.port + 2 + 2 * number);
    setting.first_rtp_port = static_cast<std::uint16_t>(w.port + 100 + 40 * number);
    // No sum or difference of two, or of their harmonics, is the third.
    constexpr double tones[] = {600, 850, 1270, 1530};
    setting.tone = tones[number];
    const bool forwards_busy = does(f, party, "forwards-when-busy-to");
    setting.is_busy = does(f, party, "is-busy") && !forwards_busy;
    setting.calls_wait = !forwards_busy;
    setting.codec = w.codec;
    setting.folder = folder + "/" + party;
    if (w.player(party) == "baresip") return std::make_unique<baresip_handset>(setting);
    return std::make_unique<phoned_handset>(w.where, setting);
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

/// Fresh phones for each flow, so that none depends on what another left behind. The proxy is the same for all.
std::optional<played> play_with_phones(const wishes& w, const flow& f, network& proxy, const std::string& folder) {
    std::vector<std::unique_ptr<handset>> phones;
    stage s;
    s.proxy_address = proxy.address();
    s.proxy = [&proxy] { return proxy.take_trace(); };
    for (const auto& party : f.parties) {
        if (party == "P") continue;
        phones.push_back(make_handset(w, f, party, static_cast<unsigned>(phones.size()), folder));
        s.phones[party] = phones.back().get();
    }
    for (auto& phone : phones)
        if (auto problem = phone->start(patience)) {
            fmt::print(stderr, "{}\n", *problem);
            return std::nullopt;
        }
    std::unique_ptr<handset> occupant;
    for (const auto& [party, phone] : s.phones)
        if (does(f, party, "is-busy") && !phone->setting().calls_wait) {
            occupant = make_handset(w, f, "X", static_cast<unsigned>(phones.size()), folder);
            if (auto problem = occupy(*occupant, *phone)) {
                fmt::print(stderr, "{}\n", *problem);
                return std::nullopt;
            }
        }
    return play(f, s);
}

int run(const wishes& w) {
    auto read = read_flow_files(w.flows_folder, w.names);
    if (const auto* reason = std::get_if<std::string>(&read)) {
        fmt::print(stderr, "{}\n", *reason);
        return exit_trouble;
    }
    auto flows = std::get<std::vector<flow>>(std::move(read));
    if (w.names.empty()) std::erase_if(flows, [](const flow& f) { return !f.source.starts_with("guide"); });
    // baresip 1.0 knows no digest but MD5.
    const std::vector<std::string> algorithms =
        w.has_baresip() ? std::vector<std::string>{"MD5"} : std::vector<std::string>{"SHA-256", "MD5"};
    network proxy(w.proxy, w.where.proxy, w.port, w.work_folder + "/network", algorithms);
    if (auto problem = proxy.start(patience)) {
        fmt::print(stderr, "{}\n", *problem);
        return exit_trouble;
    }
    const auto c = ::isatty(STDOUT_FILENO) != 0 ? colours::on : colours::off;
    std::vector<report_entry> entries;
    for (const auto& f : flows) {
        fmt::print("[{}/{}] flow {}: {} ...\n", entries.size() + 1, flows.size(), f.name, w.setting(f));
        std::fflush(stdout);
        const auto begin = std::chrono::steady_clock::now();
        auto result = play_with_phones(w, f, proxy, w.work_folder + "/" + f.name);
        if (!result) return exit_trouble;
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        fmt::print("{}", draw_ladder(f, result->result, c));
        if (!result->trouble.empty()) fmt::print("  the flow could not be played to its end: {}\n", result->trouble);
        fmt::print("\n");
        std::fflush(stdout);
        if (!w.pcap_folder.empty())
            if (auto problem = write_capture(fmt::format("{}/{}.pcap", w.pcap_folder, f.name), result->captured))
                fmt::print(stderr, "{}\n", *problem);
        entries.push_back({f, std::move(result->result), w.setting(f), std::move(result->trouble), took.count()});
    }
    const auto matching =
        std::count_if(entries.begin(), entries.end(), [](const report_entry& e) { return e.matches(); });
    fmt::print("{} of {} flows match\n", matching, entries.size());
    if (!write_reports(entries, w.html, w.junit)) return exit_trouble;
    return static_cast<std::size_t>(matching) == entries.size() ? exit_matches : exit_differs;
}

}  // namespace

int main(int count, char** words) {
    wishes w;
    const auto here = fs::read_symlink("/proc/self/exe").parent_path();
    CLI::App app{
        "Plays the guide's call flows with real phones through a real proxy, draws each as a ladder, and says for each "
        "message and\n"
        "each media state whether it matches."};
    std::string build = (here / "../..").lexically_normal().string();
    w.flows_folder = OFFHOOK_FLOW_FOLDER;
    app.add_option(
        "flow", w.names, "the flows to play, by name (1.1 1.2 ... resume ...); those of the guide if none is given"
    );
    app.add_option("--proxy", w.proxy, "who routes")
        ->check(CLI::IsMember({"embedded", "kamailio"}))
        ->capture_default_str();
    app.add_option("--caller", w.caller, "which phone plays A")
        ->check(CLI::IsMember({"phoned", "baresip"}))
        ->capture_default_str();
    app.add_option("--callee", w.callee, "which phone plays B")
        ->check(CLI::IsMember({"phoned", "baresip"}))
        ->capture_default_str();
    app.add_option("--third", w.third, "which phone plays C")
        ->check(CLI::IsMember({"phoned", "baresip"}))
        ->capture_default_str();
    app.add_option("--transport", w.transport, "between phones and proxy")
        ->check(CLI::IsMember({"udp", "tcp"}))
        ->capture_default_str();
    app.add_option("--codec", w.codec, "the only one that the phones have")
        ->check(CLI::IsMember({"PCMU", "PCMA", "G722", "GSM", "opus", "G726-16", "G726-24", "G726-32", "G726-40"}));
    app.add_option("--port", w.port, "the proxy's port; the phones use the 200 above it")
        ->check(CLI::Range(1024, 65000))
        ->default_str("200 free ones");
    app.add_option("--flows", w.flows_folder, "the folder of the flow files")->capture_default_str();
    app.add_option("--build", build, "the build folder with phoned and offhook-proxy")->capture_default_str();
    app.add_option("--html", w.html, "writes a report with pictures to this file");
    app.add_option("--junit", w.junit, "writes a report in JUnit's XML to this file");
    app.add_option("--pcap", w.pcap_folder, "writes a capture of each flow's SIP messages into this folder")
        ->check(CLI::ExistingDirectory);
    app.add_flag("--keep", w.keep, "keep logs and traces, and say where they are");
    app.footer(
        "exit status: 0 every message and media state matches, 1 something differs, 2 the flows could not be played"
    );
    CLI11_PARSE(app, count, words);

    if (w.caller == "baresip" && w.callee == "baresip") {
        fmt::print(stderr, "one of the two phones has to be ours: baresip cannot be both caller and callee\n");
        return exit_trouble;
    }
    w.where = {build + "/phoned/phoned", build + "/examples/offhook-proxy"};
    for (const auto& program : {w.where.phoned, w.where.proxy})
        if (!fs::exists(program)) {
            fmt::print(stderr, "{} is not there: build first, or say where with --build\n", program);
            return exit_trouble;
        }
    std::optional<port_block> own_ports;
    if (w.port == 0) w.port = own_ports.emplace().first();
    if (w.port == 0) {
        fmt::print(stderr, "no block of {} ports is free: choose one with --port\n", port_block::size);
        return exit_trouble;
    }
    std::string pattern = (fs::temp_directory_path() / "offhook-flows-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        fmt::print(stderr, "cannot make a folder in {}\n", fs::temp_directory_path().string());
        return exit_trouble;
    }
    w.work_folder = pattern;
    const int status = run(w);
    if (w.keep || status != exit_matches)
        fmt::print("logs and traces are in {}\n", w.work_folder);
    else
        fs::remove_all(w.work_folder);
    return status;
}
