// The jitter buffer against speexdsp's on the same traces in one run.
//
//   playout_compare                      all 40 traces: the table
//   playout_compare --svg FOLDER         and the curves, one drawing for each kind of network
//   playout_compare --tuning             other seeds than the committed ones: those that our constants were chosen on
//   playout_compare --check FILE [--only SEED]
//                                        holds what the page claims against what comes out; with one trace of each kind
//                                        it is quick enough for a test
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "comparison.hpp"

namespace {

using namespace playout_test;

constexpr unsigned seeds = 8;
constexpr unsigned first_tuning_seed = 101;
constexpr double allowed_in_all = 0.80;
constexpr double allowed_in_one = 1.05;

struct options {
    bool tuning = false;
    unsigned only = 0;
    std::string svg, check;
};

network_trace committed(std::string const& name) {
    std::ifstream file(std::filesystem::path(TRACE_FOLDER) / (name + ".txt"));
    if (!file) throw std::runtime_error("no trace " + name);
    return read_trace(file, name);
}

// The numbers of a table row, to compare what is close enough: another compiler may round one sample differently.
std::vector<double> numbers(std::string const& row) {
    std::vector<double> found;
    std::istringstream cells(row);
    std::string cell;
    for (int n = 0; std::getline(cells, cell, '|'); ++n)
        if (n >= 2 && cell != "\n") found.push_back(std::atof(cell.c_str()));
    return found;
}

bool is_in_page(std::string const& page, std::string const& row) {
    auto const name = row.substr(0, row.find('|', 2) + 1);
    auto const at = page.find('\n' + name);
    if (at == std::string::npos) return false;
    auto const claimed = numbers(page.substr(at + 1, page.find('\n', at + 1) - at - 1));
    auto const found = numbers(row);
    if (claimed.size() != found.size()) return false;
    for (std::size_t n = 0; n < found.size(); ++n)
        if (std::abs(claimed[n] - found[n]) > 0.05 * std::abs(claimed[n]) + 0.11) return false;
    return true;
}

int run(options const& wanted) {
    std::string page;
    if (!wanted.check.empty()) {
        std::ostringstream text;
        text << std::ifstream(wanted.check).rdbuf();
        page = text.str();
    }
    int wrong = 0;
    auto const print = [&](comparison const& row) {
        std::cout << table_row(row) << std::flush;
        if (page.empty() || is_in_page(page, table_row(row))) return;
        std::cerr << "the page says something else about " << row.name << '\n';
        ++wrong;
    };
    std::cout << table_head();
    std::vector<comparison> all;
    for (auto const kind : network_kinds) {
        std::vector<comparison> of_kind;
        for (unsigned n = 0; n < seeds; ++n) {
            auto const seed = (wanted.tuning ? first_tuning_seed : 1) + n;
            if (wanted.only != 0 && seed != wanted.only) continue;
            auto const name = std::string(kind) + '-' + std::to_string(seed);
            of_kind.push_back(compare(wanted.tuning ? make_trace(kind, seed) : committed(name)));
            print(of_kind.back());
            if (of_kind.back().ratio() > allowed_in_one) {
                std::cerr << name << " is worse than speexdsp by more than 5 %\n";
                ++wrong;
            }
        }
        if (!wanted.svg.empty())
            std::ofstream(std::filesystem::path(wanted.svg) / (std::string(kind) + ".svg"))
                << drawing(std::string(kind), of_kind);
        if (wanted.only == 0) print(sum("all " + std::string(kind), of_kind));
        all.insert(all.end(), of_kind.begin(), of_kind.end());
    }
    auto const whole = sum("all", all);
    if (wanted.only == 0) print(whole);
    if (whole.ratio() > allowed_in_all) {
        std::cerr << "less than 20 % better than speexdsp in all\n";
        ++wrong;
    }
    return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
    options wanted;
    for (int n = 1; n < argc; ++n) {
        std::string const word = argv[n];
        if (word == "--tuning")
            wanted.tuning = true;
        else if (word == "--svg" && n + 1 < argc)
            wanted.svg = argv[++n];
        else if (word == "--check" && n + 1 < argc)
            wanted.check = argv[++n];
        else if (word == "--only" && n + 1 < argc)
            wanted.only = static_cast<unsigned>(std::atoi(argv[++n]));
        else
            throw std::runtime_error("unknown option " + word);
    }
    return run(wanted);
} catch (std::exception const& failure) {
    std::cerr << failure.what() << '\n';
    return 2;
}
