#include "phoned/net/config_files.hpp"

#include "phoned/net/descriptor.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <deque>
#include <system_error>

namespace phoned::net {
namespace {

constexpr std::size_t max_file = std::size_t{1} << 20;

// The file's text, or why there is none.
std::string read_file(const std::string& path, std::string& text) {
    const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file.is_open()) return std::generic_category().message(errno);
    std::array<char, 16384> chunk{};
    for (;;) {
        const auto got = ::read(file.get(), chunk.data(), chunk.size());
        if (got == 0) return {};
        if (got < 0) {
            if (errno == EINTR) continue;
            return std::generic_category().message(errno);
        }
        text.append(chunk.data(), static_cast<std::size_t>(got));
        if (text.size() > max_file) return "the file is larger than 1 MiB";
    }
}

}  // namespace

loaded_config load_config_files(std::span<const std::string> paths) {
    std::deque<std::string> texts;
    std::vector<config_source> sources;
    std::vector<diagnostic> unreadable;
    for (const auto& path : paths) {
        std::string text;
        if (auto why = read_file(path, text); !why.empty()) {
            unreadable.push_back({path, 0, severity::error, {}, "cannot be read: " + why, "the file is left out"});
            continue;
        }
        sources.push_back({path, texts.emplace_back(std::move(text))});
    }
    auto loaded = load_config(sources);
    loaded.diagnostics.insert(loaded.diagnostics.begin(), unreadable.begin(), unreadable.end());
    return loaded;
}

}  // namespace phoned::net
