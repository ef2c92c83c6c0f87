#include "phoned/net/state_folder.hpp"

#include <cctype>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace phoned::net {

namespace {

bool is_uuid(const std::string& text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
    }
    return true;
}

std::string draw_uuid(const sip::random_source& random) {
    const auto high = (random() & ~std::uint64_t{0xF000}) | 0x4000;                      // version 4
    const auto low = (random() & ~(std::uint64_t{3} << 62)) | (std::uint64_t{2} << 62);  // variant of RFC 4122
    return fmt::format(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF, low >> 48,
        low & 0xFFFFFFFFFFFF
    );
}

}  // namespace

boost::system::result<std::string, start_failure> load_instance(
    const std::string& folder, const sip::random_source& random
) {
    using outcome = boost::system::result<std::string, start_failure>;
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) return start_failure{fmt::format("the state folder {} cannot be made: {}", folder, problem.message())};
    const auto path = folder + "/instance";
    std::string text;
    if (std::ifstream in(path); in) std::getline(in, text);
    if (is_uuid(text)) return outcome(boost::system::in_place_value, text);
    text = draw_uuid(random);
    if (auto why = replace_file(path, text + '\n')) return start_failure{std::move(*why)};
    return outcome(boost::system::in_place_value, text);
}

std::string user_settings_path(const std::string& folder) {
    return folder + "/local.cfg";
}

std::optional<std::string> replace_file(const std::string& path, std::string_view text) {
    const auto fresh = path + ".new";
    {
        std::ofstream out(fresh, std::ios::trunc);
        out << text;
        if (!out.flush()) return fmt::format("{} cannot be written", fresh);
    }
    std::error_code problem;
    std::filesystem::rename(fresh, path, problem);
    if (problem) return fmt::format("{} cannot be written: {}", path, problem.message());
    return std::nullopt;
}

}  // namespace phoned::net
