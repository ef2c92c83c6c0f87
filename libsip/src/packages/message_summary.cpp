#include "sip/packages/message_summary.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "sip/syntax/message.hpp"

namespace sip::packages {

namespace {

using detail::equal_ignoring_case;

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

/// Takes a number from the front; one that is too large counts as the largest there is (RFC 3842 3.5).
std::optional<std::uint32_t> number(std::string_view& text) noexcept {
    text = trim(text);
    std::uint32_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
        value = std::numeric_limits<std::uint32_t>::max();
    else if (error != std::errc())
        return std::nullopt;
    text = trim(text.substr(static_cast<std::size_t>(end - text.data())));
    return value;
}

bool take(std::string_view& text, char wanted) noexcept {
    if (text.empty() || text.front() != wanted) return false;
    text = trim(text.substr(1));
    return true;
}

/// "4/8 (1/2)": new/old, and of these the urgent ones.
bool read_counts(std::string_view text, message_counts& out) noexcept {
    auto const pair = [&](std::uint32_t& first, std::uint32_t& second) {
        auto const a = number(text);
        if (!a || !take(text, '/')) return false;
        auto const b = number(text);
        if (!b) return false;
        first = *a;
        second = *b;
        return true;
    };
    if (!pair(out.fresh, out.old)) return false;
    if (text.empty()) return true;
    return take(text, '(') && pair(out.urgent_fresh, out.urgent_old) && take(text, ')') && text.empty();
}

}  // namespace

message_counts const* message_summary::of(std::string_view context) const noexcept {
    for (auto const& line : counts)
        if (equal_ignoring_case(line.context, context)) return &line;
    return nullptr;
}

message_summary message_summary::merged(std::vector<message_summary> const& boxes) {
    auto const add = [](std::uint32_t& to, std::uint32_t what) {
        to = std::min(std::numeric_limits<std::uint32_t>::max() - to, what) + to;
    };
    message_summary made;
    bool tells_counts = true;
    for (auto const& box : boxes) {
        made.waiting = made.waiting || box.waiting;
        tells_counts = tells_counts && !box.counts.empty();
        for (auto const& line : box.counts) {
            auto at = std::find_if(made.counts.begin(), made.counts.end(), [&](message_counts const& known) {
                return equal_ignoring_case(known.context, line.context);
            });
            if (at == made.counts.end()) at = made.counts.insert(at, {.context = line.context});
            add(at->fresh, line.fresh);
            add(at->old, line.old);
            add(at->urgent_fresh, line.urgent_fresh);
            add(at->urgent_old, line.urgent_old);
        }
    }
    if (!tells_counts) made.counts.clear();
    return made;
}

parsed<message_summary> parse_message_summary(std::string_view body) {
    auto const fail = [](errc why, std::size_t at) {
        return parse_failure{why, 400, header_id::unknown, static_cast<std::uint32_t>(at)};
    };
    if (body.size() > message_summary::largest) return fail(errc::too_large, 0);
    message_summary summary;
    bool has_status = false;
    std::size_t lines = 0;
    for (std::size_t at = 0; at < body.size();) {
        auto const end = std::min(body.find('\n', at), body.size());
        auto const line = trim(body.substr(at, end - at));
        auto const begin = at;
        at = end + 1;
        if (line.empty()) break;
        if (++lines > message_summary::most_lines) return fail(errc::too_large, begin);
        auto const colon = line.find(':');
        if (colon == std::string_view::npos) return fail(errc::syntax_error, begin);
        auto const name = trim(line.substr(0, colon)), value = trim(line.substr(colon + 1));
        if (equal_ignoring_case(name, "Messages-Waiting")) {
            bool const yes = equal_ignoring_case(value, "yes");
            if (!yes && !equal_ignoring_case(value, "no")) return fail(errc::syntax_error, begin);
            summary.waiting = yes;
            has_status = true;
        } else if (equal_ignoring_case(name, "Message-Account")) {
            summary.account = value;
        } else if (!value.empty() && value.front() >= '0' && value.front() <= '9') {
            message_counts counts;
            counts.context = name;
            if (!read_counts(value, counts)) return fail(errc::syntax_error, begin);
            summary.counts.push_back(std::move(counts));
        }
    }
    if (!has_status) return fail(errc::syntax_error, 0);
    return summary;
}

std::string to_string(message_summary const& summary) {
    auto text = fmt::format("Messages-Waiting: {}\r\n", summary.waiting ? "yes" : "no");
    if (!summary.account.empty()) text += fmt::format("Message-Account: {}\r\n", summary.account);
    for (auto const& line : summary.counts) {
        text += fmt::format("{}: {}/{}", line.context, line.fresh, line.old);
        if (line.urgent_fresh != 0 || line.urgent_old != 0)
            text += fmt::format(" ({}/{})", line.urgent_fresh, line.urgent_old);
        text += "\r\n";
    }
    return text;
}

}  // namespace sip::packages
