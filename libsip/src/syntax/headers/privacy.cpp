#include "sip/syntax/headers/privacy.hpp"

#include <array>

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"

namespace sip {

namespace {

struct named_value {
    std::string_view name;
    bool privacy::*flag;
};
// In the order in which they are written.
constexpr std::array values{
    named_value{"user", &privacy::user},         named_value{"header", &privacy::header},
    named_value{"session", &privacy::session},   named_value{"id", &privacy::id},
    named_value{"history", &privacy::history},   named_value{"none", &privacy::none},
    named_value{"critical", &privacy::critical},
};

}  // namespace

parsed<privacy> parse_privacy(std::string_view text) noexcept {
    privacy wanted;
    for (auto rest = text;;) {
        auto const mark = rest.find_first_of(";,");
        auto const word = chars::trim(rest.substr(0, mark));
        char const* const end = word.data() + word.size();
        char const* const behind = chars::skip(word.data(), end, chars::token);
        if (word.empty() || behind != end) return grammar::failure_at(text.data(), behind);
        for (auto const& [name, flag] : values)
            if (chars::equal_ignoring_case(word, name)) wanted.*flag = true;
        if (mark == std::string_view::npos) return wanted;
        rest.remove_prefix(mark + 1);
    }
}

std::string to_string(privacy const& wanted) {
    if (wanted.none) return "none";
    std::string text;
    for (auto const& [name, flag] : values) {
        if (!(wanted.*flag) || (flag == &privacy::critical && text.empty())) continue;
        if (!text.empty()) text += ';';
        text += name;
    }
    return text;
}

}  // namespace sip
