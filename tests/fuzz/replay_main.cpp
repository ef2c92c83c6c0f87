// Replays a fuzzing corpus without libFuzzer: every file of the folder given goes through the target once.
// An empty or missing folder is a failure, since a replay of nothing proves nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", arguments[0]);
        return 2;
    }
    std::vector<std::filesystem::path> files;
    std::error_code problem;
    for (auto const& entry : std::filesystem::directory_iterator{arguments[1], problem}) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    if (files.empty()) {
        std::fprintf(stderr, "%s: no corpus\n", arguments[1]);
        return 1;
    }
    std::sort(files.begin(), files.end());
    for (auto const& file : files) {
        std::ifstream stream{file, std::ios::binary};
        std::string const bytes{std::istreambuf_iterator<char>{stream}, {}};
        std::vector<std::uint8_t> const input{bytes.begin(), bytes.end()};
        // The name goes out first: after a crash it is the last line.
        std::printf("%s\n", file.filename().c_str());
        std::fflush(stdout);
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::printf("%zu inputs replayed\n", files.size());
    return 0;
}
