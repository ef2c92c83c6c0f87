#include "phoned/phone/alert.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "sip/usage/alerting.hpp"

namespace phoned {

namespace {

bool is_same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
    });
}

/// 1 to 8 are files, 9 is silence, 10 a single splash, anything else the first file.
std::string numbered_ring(unsigned number) {
    if (number == 9) return "Silent";
    if (number == 10) return "Splash";
    return fmt::format("Ring{}.wav", number >= 1 && number <= 8 ? number : 1);
}

/// `ringtone-3`, `MyMelody3`
std::string named_ring(std::string_view word) {
    for (const std::string_view prefix : {"ringtone-", "MyMelody"}) {
        if (word.size() <= prefix.size() || !is_same(word.substr(0, prefix.size()), prefix)) continue;
        const auto digits = word.substr(prefix.size());
        unsigned number = 0;
        const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (problem == std::errc() && end == digits.data() + digits.size()) return numbered_ring(number);
    }
    return {};
}

}  // namespace

std::string ring_asked_for(sip::message_view invite, const settings& phone, const account_settings& account) {
    const auto asked = sip::alerting_of(invite);
    if (account.fetches_alert_sounds && !asked.sounds.empty()) return std::string(asked.sounds.front());
    if (asked.bellcore != 0)
        return phone.alert_info_tones ? fmt::format("Bellcore-dr{}", asked.bellcore) : numbered_ring(asked.bellcore);
    if (auto ring = named_ring(asked.word); !ring.empty()) return ring;
    const auto text = asked.info.empty() ? asked.word : asked.info;
    for (const auto& each : phone.distinctive_rings)
        if (!text.empty() && is_same(each.text, text)) return numbered_ring(each.ringer);
    return {};
}

std::vector<led_pattern_step> ring_cadence(std::string_view tone) {
    constexpr std::string_view name = "Bellcore-dr";
    if (!tone.starts_with(name) || tone.size() != name.size() + 1) return {};
    // Nominal times of Telcordia GR-506, ms.
    switch (tone.back()) {
        case '1':
            return {{2000, 4000}};
        case '2':
            return {{800, 400}, {800, 4000}};
        case '3':
            return {{400, 200}, {400, 200}, {800, 4000}};
        case '4':
            return {{300, 200}, {1000, 200}, {300, 4000}};
        case '5':
            return {{500, 0}};
        default:
            return {};
    }
}

bool is_intercom(sip::message_view invite) {
    if (sip::alerting_of(invite).answer_after) return true;
    const auto asks = [](const sip::uri_view& uri) {
        const auto param = uri.params.find("intercom");
        return param && is_same(param->value, "true");
    };
    return asks(invite.request_uri_parts()) || asks(invite.to().uri);
}

}  // namespace phoned
