// offhook-conformance: checks captures of any phones against the call flows, drafts flow files, and checks the checker.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "conformance/capture/draft.hpp"
#include "conformance/capture/file.hpp"
#include "conformance/capture/judge.hpp"
#include "conformance/ladder.hpp"
#include "conformance/mutants/mutate.hpp"
#include "conformance/mutants/survivors.hpp"
#include "conformance/reports/files.hpp"

namespace {

namespace fs = std::filesystem;
using namespace conformance;

// The exit codes that --help names.
constexpr int exit_matches = 0, exit_differs = 1, exit_trouble = 2;

struct wishes {
    std::string flows_folder, flow_name, html, junit;
    std::vector<std::string> captures, parties, users;
    unsigned places = 0;
    std::uint64_t seeds = 16, first_seed = 1;
};

int complain(const std::string& text) {
    fmt::print(stderr, "{}\n", text);
    return exit_trouble;
}

/// "A=192.0.2.1" into the map; the text itself where it is something else.
std::optional<std::string> read_pairs(
    const std::vector<std::string>& words, std::map<std::string, std::string, std::less<>>& out
) {
    for (const auto& word : words) {
        const auto equals = word.find('=');
        if (equals == 0 || equals == std::string::npos || equals + 1 == word.size()) return word;
        out[word.substr(0, equals)] = word.substr(equals + 1);
    }
    return std::nullopt;
}

std::variant<naming, std::string> naming_of(const wishes& w) {
    naming said;
    if (const auto wrong = read_pairs(w.parties, said.addresses))
        return fmt::format("--party takes PARTY=ADDRESS, as A=192.0.2.1:5060, not '{}'", *wrong);
    if (const auto wrong = read_pairs(w.users, said.users))
        return fmt::format("--user takes PARTY=USER, as A=1001, not '{}'", *wrong);
    return said;
}

/// The flows that were asked for: one, or all.
std::variant<std::vector<flow>, std::string> flows_of(const wishes& w) {
    return read_flow_files(w.flows_folder, w.flow_name.empty() ? std::vector<std::string>{} : std::vector{w.flow_name});
}

std::string cast_line(const cast& who) {
    std::map<std::string, std::string> addresses;
    for (const auto& [address, party] : who.addresses)
        addresses[party].append(addresses[party].empty() ? "" : " ").append(address);
    std::string out;
    for (const auto& [party, text] : addresses) {
        const auto user = who.users.find(party);
        out += fmt::format(
            "{}{} is {}{}", out.empty() ? "" : ", ", party, text,
            user != who.users.end() ? fmt::format(" ({})", user->second) : ""
        );
    }
    return out;
}

/// Why none of the flows can be in the capture, and whose addresses there are to be named.
std::string why_none(const std::string& file, const recording& all, const flow& f, const naming& said) {
    const auto judged = judge(all, f, said);
    const auto* reason = std::get_if<std::string>(&judged);
    std::set<std::string> addresses;
    for (const auto& each : all.messages)
        addresses.insert({each.from, each.to});
    constexpr std::size_t most_named = 12;
    std::string named;
    for (const auto& each : addresses)
        if (const auto count = static_cast<std::size_t>(std::count(named.begin(), named.end(), ','));
            count < most_named)
            named += fmt::format("{}{}", named.empty() ? "" : ", ", each);
    return fmt::format(
        "{}: none of the flows is in it{}\nSIP passes between {}; --party A=ADDRESS says whose one is, if it was not "
        "found "
        "right",
        file, reason != nullptr ? ": " + *reason : "", named
    );
}

int check_captures(const wishes& w) {
    const auto flows = flows_of(w);
    if (const auto* reason = std::get_if<std::string>(&flows)) return complain(*reason);
    const auto said = naming_of(w);
    if (const auto* reason = std::get_if<std::string>(&said)) return complain(*reason);
    const auto c = ::isatty(STDOUT_FILENO) != 0 ? colours::on : colours::off;
    std::vector<report_entry> entries;
    for (const auto& file : w.captures) {
        const auto read = read_capture(file);
        if (const auto* reason = std::get_if<std::string>(&read)) return complain(*reason);
        const auto& all = std::get<recording>(read);
        for (const auto& note : all.notes)
            fmt::print("note: {}\n", note);
        if (all.messages.empty())
            return complain(fmt::format(
                "{}: no SIP message is in it, but {} other datagrams; only SIP over UDP and TCP can be read, so "
                "capture "
                "where it passes, and not within TLS",
                file, all.packets.size()
            ));
        const auto* f = best_fit(all, std::get<std::vector<flow>>(flows), std::get<naming>(said));
        if (f == nullptr)
            return complain(why_none(file, all, std::get<std::vector<flow>>(flows).front(), std::get<naming>(said)));
        auto judged = std::get<judgement>(judge(all, *f, std::get<naming>(said)));
        fmt::print(
            "{}: {} SIP messages, {} other datagrams; {}\n", file, all.messages.size(), all.packets.size(),
            cast_line(judged.who)
        );
        for (const auto& party : judged.who.unseen)
            fmt::print("nothing was captured of {}: what passes there is not judged\n", party);
        fmt::print("{}\n", draw_ladder(*f, judged.result, c));
        const auto took = (all.messages.back().at - all.messages.front().at).count();
        entries.push_back({*f, std::move(judged.result), file, {}, took});
    }
    if (!write_reports(entries, w.html, w.junit)) return exit_trouble;
    const bool all_match =
        std::all_of(entries.begin(), entries.end(), [](const report_entry& e) { return e.matches(); });
    return all_match ? exit_matches : exit_differs;
}

int draft(const wishes& w) {
    const auto said = naming_of(w);
    if (const auto* reason = std::get_if<std::string>(&said)) return complain(*reason);
    const auto read = read_capture(w.captures.front());
    if (const auto* reason = std::get_if<std::string>(&read)) return complain(*reason);
    const auto text =
        draft_flow(std::get<recording>(read), fs::path(w.captures.front()).stem().string(), std::get<naming>(said));
    fmt::print("{}", text);
    return text.starts_with('#') ? exit_trouble : exit_matches;
}

/// Each capture with the flow that it is. Why not, where one is of none or cannot be read.
template <class Use>
std::optional<std::string> each_capture(const wishes& w, Use&& use) {
    const auto flows = flows_of(w);
    if (const auto* reason = std::get_if<std::string>(&flows)) return *reason;
    for (const auto& file : w.captures) {
        const auto read = read_capture(file);
        if (const auto* reason = std::get_if<std::string>(&read)) return *reason;
        const auto& original = std::get<recording>(read);
        const auto* f = best_fit(original, std::get<std::vector<flow>>(flows));
        if (f == nullptr) return why_none(file, original, std::get<std::vector<flow>>(flows).front(), {});
        use(file, original, *f);
    }
    return std::nullopt;
}

int mutate(const wishes& w) {
    std::size_t mutants = 0, found = 0, unknown = 0;
    std::map<std::string, std::size_t> conforming;
    const auto problem = each_capture(w, [&](const auto& file, const recording& original, const flow& f) {
        each_mutant(original, w.places, [&](const mutant& m) {
            ++mutants;
            const auto judged = judge(m.all, f);
            const auto* done = std::get_if<judgement>(&judged);
            if (done == nullptr || !done->result.matches()) {
                ++found;
            } else if (const auto reason = why_it_conforms(m.what); !reason.empty()) {
                ++conforming[reason];
            } else {
                ++unknown;
                fmt::print("{}: not found: {}\n", file, m.what);
            }
        });
    });
    if (problem) return complain(*problem);
    fmt::print("{} mutants, {} found, {} not found\n", mutants, found, unknown);
    for (const auto& [reason, count] : conforming)
        fmt::print("{} conform: {}\n", count, reason);
    return unknown == 0 ? exit_matches : exit_differs;
}

int impair(const wishes& w) {
    std::size_t runs = 0, alarms = 0;
    const auto problem = each_capture(w, [&](const auto& file, const recording& original, const flow& f) {
        for (std::uint64_t seed = w.first_seed; seed != w.first_seed + w.seeds; ++seed) {
            ++runs;
            const auto judged = judge(impaired(original, seed), f);
            const auto* done = std::get_if<judgement>(&judged);
            if (done != nullptr && done->result.matches()) continue;
            ++alarms;
            const auto differences = done != nullptr ? done->result.differences() : std::vector<std::string>{};
            fmt::print(
                "{}, seed {}: {}\n", file, seed,
                differences.empty() ? std::get<std::string>(judged) : fmt::format("{}", fmt::join(differences, "\n  "))
            );
        }
    });
    if (problem) return complain(*problem);
    fmt::print("{} runs, {} false alarms\n", runs, alarms);
    return alarms == 0 ? exit_matches : exit_differs;
}

int list(const wishes& w) {
    const auto flows = flows_of(w);
    if (const auto* reason = std::get_if<std::string>(&flows)) return complain(*reason);
    for (const auto& f : std::get<std::vector<flow>>(flows))
        fmt::print("{:<18} {} ({})\n", f.name, f.title, f.source);
    return exit_matches;
}

/// Beside the program where it was installed, else where it was built from.
std::string flow_folder() {
    const auto installed = fs::read_symlink("/proc/self/exe").parent_path() / "../share/offhook/flows";
    return fs::exists(installed) ? installed.lexically_normal().string() : OFFHOOK_FLOW_FOLDER;
}

}  // namespace

int main(int count, char** words) {
    wishes w;
    w.flows_folder = flow_folder();
    CLI::App app{
        "Checks captures (pcap, pcapng) of your own phones against call flows, message by message and medium by "
        "medium.\n"
        "Capture where every hop passes, at the SIP server: tcpdump -i any -w call.pcap udp or port 5060\n"
        "then:                                              offhook-conformance check call.pcap"};
    app.require_subcommand(1);
    app.add_option("--flows", w.flows_folder, "the folder of the flow files")->capture_default_str();
    auto* const check = app.add_subcommand("check", "what a capture does otherwise than its flow, with the reason");
    auto* const drafting = app.add_subcommand("draft", "a first draft of a flow file out of a capture");
    auto* const mutants = app.add_subcommand(
        "mutants", "changes captures that match in one place each, and sees whether the checker finds it"
    );
    auto* const impairing = app.add_subcommand(
        "impair",
        "changes captures that match as networks and other programs may, and sees whether that raises a false alarm"
    );
    auto* const listing = app.add_subcommand("list", "the flows");
    check->add_option("capture", w.captures, "capture files")->required();
    drafting->add_option("capture", w.captures, "a capture file")->required()->expected(1);
    mutants->add_option("capture", w.captures, "capture files that match")->required();
    mutants->add_option("--places", w.places, "how many places each operator is tried at")->default_str("all");
    impairing->add_option("capture", w.captures, "capture files that match")->required();
    impairing->add_option("--seeds", w.seeds, "how many times, each with another seed")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    impairing->add_option("--first-seed", w.first_seed, "the first of these seeds")->capture_default_str();
    check->add_option("--flow", w.flow_name, "the flow's name; the one that fits best if left out");
    check->add_option("--html", w.html, "writes a report with pictures to this file");
    check->add_option("--junit", w.junit, "writes a report in JUnit's XML to this file");
    for (auto* const each : {check, drafting}) {
        each->add_option(
            "--party", w.parties,
            "PARTY=ADDRESS or PARTY=ADDRESS:PORT, as A=192.0.2.1: whose an address is, if it is not found right"
        );
        each->add_option(
            "--user", w.users, "PARTY=USER, as A=1001: by which user a party is known, if it is not found right"
        );
    }
    app.footer(
        "exit status: 0 everything matches, 1 something differs (or a mutant was not found, or an alarm was false), 2 "
        "a file could not be "
        "used\n"
        "docs/conformance.md tells the rest"
    );
    CLI11_PARSE(app, count, words);
    if (check->parsed()) return check_captures(w);
    if (drafting->parsed()) return draft(w);
    if (mutants->parsed()) return mutate(w);
    if (impairing->parsed()) return impair(w);
    if (listing->parsed()) return list(w);
    return exit_trouble;
}
