// offhook-flows: plays call flows with real phones through a real proxy, and says message by message whether they
// match.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "conformance/ladder.hpp"
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
    std::string proxy = "embedded", caller = "phoned", callee = "phoned", transport = "udp", codec, flows_folder,
                work_folder;
    programs where;
    std::vector<std::string> names;
    std::uint16_t port = 0;
    bool keep = false;

    [[nodiscard]] const std::string& player(const std::string& party) const {
        static const std::string ours = "phoned";
        return party == "A" ? caller : party == "B" ? callee : ours;
    }
    [[nodiscard]] bool has_baresip() const { return caller == "baresip" || callee == "baresip"; }
};

std::optional<std::vector<flow>> read_flows(const wishes& w) {
    std::vector<fs::path> files;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(w.flows_folder, problem))
        if (entry.path().extension() == ".flow") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<flow> flows;
    for (const auto& file : files) {
        std::ifstream in(file);
        std::ostringstream text;
        text << in.rdbuf();
        auto read = parse_flow(text.str());
        if (const auto* error = std::get_if<flow_error>(&read)) {
            fmt::print(stderr, "{}:{}:{}: {}\n", file.string(), error->at.line, error->at.column, error->text);
            return std::nullopt;
        }
        auto& f = std::get<flow>(read);
        if (w.names.empty() || std::find(w.names.begin(), w.names.end(), f.name) != w.names.end())
            flows.push_back(std::move(f));
    }
    if (flows.empty()) {
        fmt::print(stderr, "no flow {} in {}\n", w.names.empty() ? "file" : "of that name", w.flows_folder);
        return std::nullopt;
    }
    return flows;
}

bool is_busy_in(const flow& f, const std::string& party) {
    return std::any_of(f.steps.begin(), f.steps.end(), [&](const step& s) {
        return s.action && s.action->verb == "is-busy" && s.action->party == party;
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
    setting.tone = 600 + 250.0 * number;
    setting.is_busy = is_busy_in(f, party);
    setting.codec = w.codec;
    setting.folder = folder + "/" + party;
    if (w.player(party) == "baresip") return std::make_unique<baresip_handset>(setting);
    return std::make_unique<phoned_handset>(w.where, setting);
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
    return play(f, s);
}

int run(const wishes& w) {
    const auto flows = read_flows(w);
    if (!flows) return exit_trouble;
    // baresip 1.0 knows no digest but MD5.
    const std::vector<std::string> algorithms =
        w.has_baresip() ? std::vector<std::string>{"MD5"} : std::vector<std::string>{"SHA-256", "MD5"};
    network proxy(w.proxy, w.where.proxy, w.port, w.work_folder + "/network", algorithms);
    if (auto problem = proxy.start(patience)) {
        fmt::print(stderr, "{}\n", *problem);
        return exit_trouble;
    }
    const auto c = ::isatty(STDOUT_FILENO) != 0 ? colours::on : colours::off;
    std::size_t matching = 0;
    for (const auto& f : *flows) {
        fmt::print(
            "playing flow {} with {} as A and {} as B through the {} proxy over {} ...\n", f.name, w.caller, w.callee,
            w.proxy, w.transport
        );
        std::fflush(stdout);
        const auto result = play_with_phones(w, f, proxy, w.work_folder + "/" + f.name);
        if (!result) return exit_trouble;
        fmt::print("{}", draw_ladder(f, result->result, c));
        if (!result->trouble.empty()) fmt::print("  the flow could not be played to its end: {}\n", result->trouble);
        fmt::print("\n");
        std::fflush(stdout);
        if (result->result.matches() && result->trouble.empty()) ++matching;
    }
    fmt::print("{} of {} flows match the guide\n", matching, flows->size());
    return matching == flows->size() ? exit_matches : exit_differs;
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
    app.add_option("flow", w.names, "the flows to play, by name (1.1 1.2 ...); all if none is given");
    app.add_option("--proxy", w.proxy, "who routes")
        ->check(CLI::IsMember({"embedded", "kamailio"}))
        ->capture_default_str();
    app.add_option("--caller", w.caller, "which phone plays A")
        ->check(CLI::IsMember({"phoned", "baresip"}))
        ->capture_default_str();
    app.add_option("--callee", w.callee, "which phone plays B")
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
