// tshark's reading of a capture file.
#pragma once

#include <array>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace test {

/// One line for each packet of `file` that `filter` lets through: the named fields, separated by blanks. What a field
/// has several times is separated by commas.
inline std::vector<std::string> ask_tshark(
    std::string const& file, std::string const& filter, std::string const& fields
) {
    auto command = "tshark -r " + file + " -Y '" + filter + "' -T fields -E separator=/s";
    std::istringstream names(fields);
    for (std::string name; names >> name;)
        command += " -e " + name;
    auto* const out = ::popen((command + " 2>/dev/null").c_str(), "r");
    REQUIRE(out != nullptr);
    std::string text;
    std::array<char, 4096> piece{};
    while (auto const size = std::fread(piece.data(), 1, piece.size(), out))
        text.append(piece.data(), size);
    REQUIRE_MESSAGE(::pclose(out) == 0, "tshark is not installed, or failed: " << command);
    std::vector<std::string> lines;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);)
        lines.push_back(line);
    return lines;
}

}  // namespace test
