#include "phoned/phone/user_settings.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace phoned {

namespace {

void add(std::string& to, std::string_view prefix, std::string_view name, std::string_view value) {
    // An empty value would leave what the files before say.
    to += fmt::format("{}{} = {}\n", prefix, name, value.empty() ? "%NULL%" : value);
}

void add(std::string& to, std::string_view prefix, const forward_rule& rule) {
    add(to, prefix, "enable", rule.enabled ? "1" : "0");
    add(to, prefix, "target", rule.target);
}

template <class Visitor>
void for_each_line(std::string_view text, Visitor visit) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        visit(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

/// The lines of the text that the other has not.
std::string lines_beyond(std::string_view other, std::string_view text) {
    std::set<std::string_view> known;
    for_each_line(other, [&](std::string_view line) { known.insert(line); });
    std::string out;
    for_each_line(text, [&](std::string_view line) {
        if (!known.contains(line)) out.append(line) += '\n';
    });
    return out;
}

}  // namespace

bool is_one_line(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

std::string user_settings_text(const settings& of, std::string_view provisioned) {
    std::string out;
    if (!of.dnd_per_account) add(out, "features.dnd.", "enable", of.do_not_disturb ? "1" : "0");
    if (!of.forward_per_account) {
        add(out, "forward.always.", of.forward.always);
        add(out, "forward.busy.", of.forward.busy);
        add(out, "forward.no_answer.", of.forward.no_answer);
        add(out, "forward.no_answer.", "timeout", fmt::to_string(of.forward.no_answer.rings));
    }
    for (unsigned number = 1; number <= max_accounts; ++number) {
        const auto& account = of.accounts[number - 1];
        if (!account.enabled) continue;
        const auto prefix = fmt::format("account.{}.", number);
        if (of.dnd_per_account) add(out, prefix, "dnd.enable", account.do_not_disturb ? "1" : "0");
        if (!of.forward_per_account) continue;
        add(out, prefix + "always_fwd.", account.forward.always);
        add(out, prefix + "busy_fwd.", account.forward.busy);
        add(out, prefix + "timeout_fwd.", account.forward.no_answer);
        add(out, prefix + "timeout_fwd.", "timeout", fmt::to_string(account.forward.no_answer.rings));
    }
    return "#!version:1.0.0.1\n# What users have switched. The phone writes this file, and reads it last.\n" +
           lines_beyond(provisioned, out);
}

}  // namespace phoned
