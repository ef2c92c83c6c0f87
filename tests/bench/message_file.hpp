// Reading the files of a benchmark's corpus.
#pragma once

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace bench {

inline std::optional<std::string> read_file(std::string const& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace bench
