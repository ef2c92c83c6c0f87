#include "sip/usage/alerting.hpp"

#include <array>

namespace sip {

namespace {

bool is_same(std::string_view a, std::string_view b) noexcept {
    return detail::equal_ignoring_case(a, b);
}

/// "http://127.0.0.1/Bellcore-dr2" and "Bellcore-dr2": the last part of a path.
std::string_view last_part(std::string_view text) noexcept {
    auto const slash = text.rfind('/');
    return slash == std::string_view::npos ? text : text.substr(slash + 1);
}

std::uint8_t bellcore_ring(std::string_view name) noexcept {
    constexpr std::string_view prefix = "Bellcore-dr";
    if (name.size() != prefix.size() + 1 || !is_same(name.substr(0, prefix.size()), prefix)) return 0;
    char const digit = name.back();
    return digit >= '1' && digit <= '5' ? static_cast<std::uint8_t>(digit - '0') : std::uint8_t{0};
}

bool says_auto_answer(std::string_view text) noexcept {
    constexpr std::array<std::string_view, 4> words{"Auto Answer", "auto-answer", "alert-autoanswer", "Intercom"};
    for (auto const word : words)
        if (is_same(text, word)) return true;
    return false;
}

void note_answer_after(alerting& found, information_view const& value) noexcept {
    if (found.answer_after) return;
    auto const given = value.params.find("answer-after");
    if (!given) return;
    if (auto const seconds = parse_number(given->value)) found.answer_after = *seconds;
}

}  // namespace

alerting alerting_of(message_view invite) {
    alerting found;
    for (auto const& value : invite.all<header_id::call_info>())
        if (value) note_answer_after(found, *value);
    for (auto const& value : invite.all<header_id::alert_info>()) {
        if (!value) continue;
        note_answer_after(found, *value);
        auto const info = value->params.value("info");
        if (found.info.empty()) found.info = info;
        auto const name = last_part(value->uri.empty() ? value->word : value->uri);
        if (!found.answer_after && (says_auto_answer(info) || says_auto_answer(name))) found.answer_after = 0;
        // "answer-after=0" without a URI in front of it is a word, too.
        if (!found.answer_after && is_same(value->word, "answer-after=0")) found.answer_after = 0;
        if (auto const ring = bellcore_ring(name); ring != 0) {
            if (found.bellcore == 0) found.bellcore = ring;
        } else if (value->is_alert_urn()) {
            if (found.urns.size() < alerting::most) found.urns.push_back(value->uri);
        } else if (!value->uri.empty()) {
            if (found.sounds.size() < alerting::most) found.sounds.push_back(value->uri);
        } else if (found.word.empty()) {
            found.word = value->word;
        }
    }
    return found;
}

}  // namespace sip
