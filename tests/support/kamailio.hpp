// What every test that starts Kamailio needs: where its modules are, and its configuration with the marks filled in.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace test {

/// The folder with this module; empty where it is not installed.
inline std::string kamailio_modules(std::string const& module = "tm.so") {
    for (auto const* place :
         {"/usr/lib/x86_64-linux-gnu/kamailio/modules", "/usr/lib/aarch64-linux-gnu/kamailio/modules",
          "/usr/lib64/kamailio/modules"})
        if (std::filesystem::exists(std::string(place) + "/" + module)) return place;
    return {};
}

/// The text with every `mark` replaced.
inline std::string replace_all(std::string text, std::string_view mark, std::string_view value) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
        text.replace(at, mark.size(), value);
    return text;
}

}  // namespace test
