// Writes the traces of tests/playout/traces from their models, or checks that the committed ones are what the models
// give:   playout_traces write|check FOLDER
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "network_trace.hpp"

int main(int argc, char** argv) try {
    using namespace playout_test;
    constexpr unsigned seeds = 8;
    if (argc != 3) throw std::runtime_error("playout_traces write|check FOLDER");
    auto const is_checking = std::string(argv[1]) == "check";
    int wrong = 0;
    for (auto const kind : network_kinds)
        for (unsigned seed = 1; seed <= seeds; ++seed) {
            auto const trace = make_trace(kind, seed);
            auto const place = std::filesystem::path(argv[2]) / (trace.name + ".txt");
            if (!is_checking) {
                std::ofstream file(place);
                write_trace(file, trace);
                continue;
            }
            std::ifstream file(place);
            if (file && read_trace(file, trace.name) == trace) continue;
            std::cerr << place << " is not what its model gives\n";
            ++wrong;
        }
    return wrong == 0 ? 0 : 1;
} catch (std::exception const& failure) {
    std::cerr << failure.what() << '\n';
    return 2;
}
