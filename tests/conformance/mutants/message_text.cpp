#include "conformance/mutants/message_text.hpp"

#include <fmt/format.h>

namespace conformance {

std::optional<std::pair<std::size_t, std::size_t>> value_of(const std::string& text, std::string_view header) {
    const auto line = text.find(fmt::format("\r\n{}: ", header));
    if (line == std::string::npos || line > text.find("\r\n\r\n")) return std::nullopt;
    const auto begin = line + 4 + header.size();
    return std::pair(begin, text.find("\r\n", begin));
}

std::string header_text(const std::string& text, std::string_view header) {
    const auto place = value_of(text, header);
    return place ? text.substr(place->first, place->second - place->first) : std::string();
}

}  // namespace conformance
