// offhook-flows: plays call flows with real phones through a real proxy, and says message by message whether they
// match.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "conformance/capture/file.hpp"
#include "conformance/ladder.hpp"
#include "conformance/reports/files.hpp"
#include "conformance/run/port_block.hpp"
#include "conformance/run/side_by_side.hpp"

namespace {

namespace fs = std::filesystem;
using namespace conformance;

// The exit codes that --help names.
constexpr int exit_matches = 0, exit_differs = 1, exit_trouble = 2;

struct wishes {
    run_setting setting;
    std::vector<std::string> proxies{"embedded"}, transports{"udp"};
    std::vector<int> versions{4};
    std::string flows_folder, html, junit, pcap_folder, table, others;
    std::vector<std::string> names;
    std::string impair;
    std::vector<std::optional<impairment>> networks{std::nullopt};  ///< as `impair` says, for each seed
    unsigned jobs = 4;
    bool keep = false;
};

/// One of ours as each party in turn, and others' phones as the rest of them.
std::vector<run_setting> with_others(const run_setting& setting, const std::string& others) {
    std::vector<run_setting> out;
    for (const auto& [ours, phone] : setting.phones) {
        auto& each = out.emplace_back(setting);
        for (auto& [party, player] : each.phones)
            player = party == ours ? "phoned" : others;
        each.folder += "-phoned-as-" + ours;
    }
    return out;
}

/// Every proxy with every transport over every version of IP and every network.
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
    if (w.others.empty()) return out;
    std::vector<run_setting> mixed;
    for (const auto& each : out)
        for (auto& one : with_others(each, w.others))
            mixed.push_back(std::move(one));
    return mixed;
}

/// Every flow in every setting; where one party is ours alone, only if the flow has it.
std::vector<task> tasks_of(const wishes& w, const std::vector<run_setting>& settings, const std::vector<flow>& flows) {
    std::vector<task> out;
    for (const auto& setting : settings)
        for (const auto& f : flows) {
            const bool has_ours = std::any_of(f.parties.begin(), f.parties.end(), [&](const std::string& party) {
                const auto player = setting.phones.find(party);
                return player != setting.phones.end() && player->second == "phoned";
            });
            if (w.others.empty() || has_ours) out.push_back({&setting, &f});
        }
    return out;
}

/// Takes in what --impair says. What is wrong with it.
std::optional<std::string> read_networks(wishes& w) {
    if (w.impair.empty()) return std::nullopt;
    auto read = read_impairments(w.impair);
    if (auto* problem = std::get_if<std::string>(&read)) return std::move(*problem);
    const auto& all = std::get<std::vector<impairment>>(read);
    for (const auto& transport : w.transports) {
        if (transport != "udp") return "phones over " + transport + " cannot be impaired: only over udp";
        if (!all.front().concerns_datagrams()) return "over udp there is loss, dup, reorder, delay and jitter";
    }
    w.networks.assign(all.begin(), all.end());
    return std::nullopt;
}

/// A folder for each setting where there are several.
std::optional<std::string> keep_capture(const wishes& w, const performance& p, bool is_alone) {
    const auto folder = is_alone ? fs::path(w.pcap_folder) : fs::path(w.pcap_folder) / p.setting.name();
    fs::create_directories(folder);
    for (const auto& note : p.captured.notes)
        fmt::print(stderr, "flow {}: {}\n", p.entry.f.name, note);
    return write_capture(folder / (p.entry.f.name + ".pcap"), p.captured);
}

int run(const wishes& w) {
    auto read = read_flow_files(w.flows_folder, w.names);
    if (const auto* reason = std::get_if<std::string>(&read)) {
        fmt::print(stderr, "{}\n", *reason);
        return exit_trouble;
    }
    auto flows = std::get<std::vector<flow>>(std::move(read));
    if (w.names.empty()) std::erase_if(flows, [](const flow& f) { return !f.source.starts_with("guide"); });
    const auto c = ::isatty(STDOUT_FILENO) != 0 ? colours::on : colours::off;
    const auto settings = settings_of(w);
    const auto tasks = tasks_of(w, settings, flows);
    std::vector<report_entry> entries;
    hop_tally impaired;
    const auto begin = std::chrono::steady_clock::now();
    const auto trouble = play_side_by_side(tasks, w.jobs, [&](performance&& p) {
        auto& e = p.entry;
        fmt::print(
            "[{}/{}] flow {}: {}\n{}", entries.size() + 1, tasks.size(), e.f.name, e.setting,
            draw_ladder(e.f, e.result, c)
        );
        if (!e.trouble.empty()) fmt::print("  the flow could not be played to its end: {}\n", e.trouble);
        for (const auto& line : e.network)
            fmt::print("  {}\n", line);
        fmt::print("\n");
        std::fflush(stdout);
        impaired += sum_of(p.impaired);
        if (!w.pcap_folder.empty())
            if (auto problem = keep_capture(w, p, settings.size() == 1)) fmt::print(stderr, "{}\n", *problem);
        entries.push_back(std::move(e));
    });
    if (trouble) {
        fmt::print(stderr, "{}\n", *trouble);
        return exit_trouble;
    }
    const auto matching =
        std::count_if(entries.begin(), entries.end(), [](const report_entry& e) { return e.matches(); });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    fmt::print("{} of {} flows match, in {:.0f} s\n", matching, entries.size(), took.count());
    if (!w.impair.empty()) {
        fmt::print("the network between: {}\n", impaired.in_words());
        if (!impaired.impaired()) {
            fmt::print(stderr, "nothing was impaired, so nothing was shown\n");
            return exit_trouble;
        }
    }
    if (!write_reports(entries, w.html, w.junit)) return exit_trouble;
    if (!w.table.empty() && !(std::ofstream(w.table) << table_of(entries))) {
        fmt::print(stderr, "cannot write {}\n", w.table);
        return exit_trouble;
    }
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
    auto& setting = w.setting;
    for (const auto* party : {"A", "B", "C"})
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
    app.add_option("--codec", setting.codec, "the only one that the phones have")
        ->check(CLI::IsMember({"PCMU", "PCMA", "G722", "GSM", "opus", "G726-16", "G726-24", "G726-32", "G726-40"}));
    app.add_option(
        "--impair", w.impair,
        "a bad network between phones and proxy, and between the phones: loss=10,dup=5,reorder=5 in percent, "
        "delay=20,jitter=30 in ms, seed=7 or a span of seeds, as seed=1-10"
    );
    app.add_option("--jobs", w.jobs, "how many flows are played at once")
        ->check(CLI::Range(1, 16))
        ->capture_default_str();
    app.add_option(
           "--port", setting.port, "the proxy's port; the phones use the 200 above it, each further job the next"
    )
        ->check(CLI::Range(1024, 65000))
        ->default_str("free ones");
    app.add_option("--flows", w.flows_folder, "the folder of the flow files")->capture_default_str();
    app.add_option("--build", build, "the build folder with phoned and offhook-proxy")->capture_default_str();
    app.add_option("--html", w.html, "writes a report with pictures to this file");
    app.add_option("--table", w.table, "writes a table in Markdown of what matches and where the rest departs");
    app.add_option("--junit", w.junit, "writes a report in JUnit's XML to this file");
    app.add_option(
           "--pcap", w.pcap_folder,
           "writes a capture of each flow, with its RTP where the system allows that, into this folder"
    )
        ->check(CLI::ExistingDirectory);
    app.add_flag("--keep", w.keep, "keep logs and traces, and say where they are");
    app.footer(
        "exit status: 0 every message and media state matches, 1 something differs, 2 the flows could not be played"
    );
    CLI11_PARSE(app, count, words);

    if (const auto problem = read_networks(w)) {
        fmt::print(stderr, "{}\n", *problem);
        return exit_trouble;
    }
    if (setting.port + w.jobs * port_block::size > 65535) {
        fmt::print(stderr, "{} jobs need {} ports each: --port is too high for that\n", w.jobs, port_block::size);
        return exit_trouble;
    }
    setting.has_capture = !w.pcap_folder.empty();
    setting.where = {build + "/phoned/phoned", build + "/examples/offhook-proxy"};
    for (const auto& program : {setting.where.phoned, setting.where.proxy})
        if (!fs::exists(program)) {
            fmt::print(stderr, "{} is not there: build first, or say where with --build\n", program);
            return exit_trouble;
        }
    std::string pattern = (fs::temp_directory_path() / "offhook-flows-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        fmt::print(stderr, "cannot make a folder in {}\n", fs::temp_directory_path().string());
        return exit_trouble;
    }
    setting.folder = pattern;
    const int status = run(w);
    if (w.keep || status != exit_matches)
        fmt::print("logs and traces are in {}\n", setting.folder);
    else
        fs::remove_all(setting.folder);
    return status;
}
