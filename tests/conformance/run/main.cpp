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
#include "conformance/run/options.hpp"

namespace {

namespace fs = std::filesystem;
using namespace conformance;

// The exit codes that --help names.
constexpr int exit_matches = 0, exit_differs = 1, exit_trouble = 2;

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
    const auto tasks = tasks_of(settings, flows);
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
    w.build = (here / "../..").lexically_normal().string();
    add_options(app, w);
    app.footer(
        "exit status: 0 every message and media state matches, 1 something differs, 2 the flows could not be played"
    );
    CLI11_PARSE(app, count, words);

    if (const auto problem = complete(w)) {
        fmt::print(stderr, "{}\n", *problem);
        return exit_trouble;
    }
    auto& setting = w.setting;
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
