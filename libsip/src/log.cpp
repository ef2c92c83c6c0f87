#include "sip/log.hpp"

#include <algorithm>

namespace sip {
namespace {

bool is_printable(char c) noexcept {
    return c >= ' ' && c <= '~';
}

}  // namespace

std::string printable(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    for (char const c : text) {
        if (is_printable(c))
            line += c;
        else
            fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
    }
    return line;
}

void log_sink::put(log_level level, std::string_view line) const {
    if (std::all_of(line.begin(), line.end(), is_printable)) return write(context, level, line);
    write(context, level, printable(line));
}

}  // namespace sip
