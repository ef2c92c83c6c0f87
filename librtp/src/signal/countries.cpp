#include "rtp/signal/countries.hpp"

#include <algorithm>
#include <array>

#include "rtp/signal/tone_grammar.hpp"

namespace rtp {
namespace {

// Columns: country, code, dial, ring-back, busy, congestion, call waiting.
// clang-format off
constexpr std::array table{
    country_tones{"Australia", "AU", "413+438/0", "413+438/400,0/200,413+438/400,0/2000", "425/375,0/375", "425/375,0/375", "425/200,0/200,425/200,0/4400"},
    country_tones{"Austria", "AT", "420/0", "420/1000,0/5000", "420/400,0/400", "420/200,0/200", "420/40,0/1960"},
    country_tones{"Belgium", "BE", "425/0", "425/1000,0/3000", "425/500,0/500", "425/167,0/167", "1400/175,0/175,1400/175,0/3500"},
    country_tones{"Brazil", "BR", "425/0", "425/1000,0/4000", "425/250,0/250", "425/250,0/250,425/750,0/250", "425/50,0/1000"},
    country_tones{"Bulgaria", "BG", "425/0", "425/1000,0/4000", "425/500,0/500", "425/250,0/250", "425/150,0/150,425/150,0/4000"},
    country_tones{"Canada", "CA", "350+440/0", "440+480/2000,0/4000", "480+620/500,0/500", "480+620/250,0/250", "440/300,0/10000"},
    country_tones{"Chile", "CL", "400/0", "400/1000,0/3000", "400/500,0/500", "400/200,0/200", "400/250,0/8750"},
    country_tones{"China", "CN", "450/0", "450/1000,0/4000", "450/350,0/350", "450/700,0/700", "450/400,0/4000"},
    country_tones{"Czech Republic", "CZ", "425/330,0/330,425/660,0/660", "425/1000,0/4000", "425/330,0/330", "425/165,0/165", "425/330,0/9000"},
    country_tones{"Denmark", "DK", "425/0", "425/1000,0/4000", "425/500,0/500", "425/200,0/200", "425/200,0/600,425/200,0/3000"},
    country_tones{"Estonia", "EE", "425/0", "425/1000,0/4000", "425/300,0/300", "425/200,0/200", "950/650,0/325,950/325,0/30,1400/1300,0/2600"},
    country_tones{"Finland", "FI", "425/0", "425/1000,0/4000", "425/300,0/300", "425/200,0/200", "425/150,0/150,425/150,0/8000"},
    country_tones{"France", "FR", "440/0", "440/1500,0/3500", "440/500,0/500", "440/250,0/250", "440/300,0/10000"},
    country_tones{"Germany", "DE", "425/0", "425/1000,0/4000", "425/480,0/480", "425/240,0/240", "425/200,0/200,425/200,0/5000"},
    country_tones{"Great Britain", "GB", "350+440/0", "400+450/400,0/200,400+450/400,0/2000", "400/375,0/375", "400/400,0/350,400/225,0/525", "400/100,0/4000"},
    country_tones{"Greece", "GR", "425/200,0/300,425/700,0/800", "425/1000,0/4000", "425/300,0/300", "425/200,0/200", "425/150,0/150,425/150,0/8000"},
    country_tones{"Hungary", "HU", "425/0", "425/1250,0/3750", "425/300,0/300", "425/300,0/300", "425/40,0/1960"},
    country_tones{"India", "IN", "375+425/0", "375+425/400,0/200,375+425/400,0/2000", "400/750,0/750", "400/250,0/250", "400/200,0/100,400/200,0/7500"},
    country_tones{"Indonesia", "ID", "425/0", "425/1000,0/4000", "425/500,0/500", "425/250,0/250", "425/150,0/150,425/150,0/10000"},
    country_tones{"Israel", "IL", "414/0", "414/1000,0/3000", "414/500,0/500", "414/250,0/250", "414/100,0/100,414/100,0/100,414/600,0/3000"},
    country_tones{"Italy", "IT", "425/200,0/200,425/600,0/1000", "425/1000,0/4000", "425/500,0/500", "425/200,0/200", "425/400,0/100,425/250,0/100,425/150,0/14000"},
    country_tones{"Japan", "JP", "400/0", "384+416/1000,0/2000", "400/500,0/500", "400/500,0/500", "384+416/500,0/8000"},
    country_tones{"Lithuania", "LT", "425/0", "425/1000,0/4000", "425/350,0/350", "425/200,0/200", "425/150,0/150,425/150,0/4000"},
    country_tones{"Mexico", "MX", "425/0", "425/1000,0/4000", "425/250,0/250", "425/250,0/250", "425/200,0/600,425/200,0/10000"},
    country_tones{"Netherlands", "NL", "425/0", "425/1000,0/4000", "425/500,0/500", "425/250,0/250", "425/500,0/9500"},
    country_tones{"New Zealand", "NZ", "400/0", "400+450/400,0/200,400+450/400,0/2000", "400/500,0/500", "400/250,0/250", "!400/200,!0/3000,!400/200,!0/3000,!400/200,!0/3000,!400/200"},
    country_tones{"Norway", "NO", "425/0", "425/1000,0/4000", "425/500,0/500", "425/200,0/200", "425/200,0/600,425/200,0/10000"},
    country_tones{"Poland", "PL", "425/0", "425/1000,0/4000", "425/500,0/500", "425/500,0/500", "425/150,0/150,425/150,0/4000"},
    country_tones{"Portugal", "PT", "425/0", "425/1000,0/5000", "425/500,0/500", "425/200,0/200", "425/200,0/200,425/200,0/5000"},
    country_tones{"Russia", "RU", "425/0", "425/800,0/3200", "425/350,0/350", "425/175,0/175", "425/200,0/5000"},
    country_tones{"Spain", "ES", "425/0", "425/1500,0/3000", "425/200,0/200", "425/200,0/200,425/200,0/200,425/200,0/600", "425/175,0/175,425/175,0/3500"},
    country_tones{"Sweden", "SE", "425/0", "425/1000,0/5000", "425/250,0/250", "425/250,0/750", "425/200,0/500,425/200,0/9100"},
    country_tones{"Switzerland", "CH", "425/0", "425/1000,0/4000", "425/500,0/500", "425/200,0/200", "425/200,0/200,425/200,0/4000"},
    country_tones{"Turkey", "TR", "450/0", "450/2000,0/4000", "450/500,0/500", "450/200,0/200,450/200,0/200,450/200,0/200,450/600,0/200", "450/200,0/600,450/200,0/8000"},
    country_tones{"United States", "US", "350+440/0", "440+480/2000,0/4000", "480+620/500,0/500", "480+620/250,0/250", "440/300,0/10000"},
};
// clang-format on

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same_name(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::span<const country_tones> all_country_tones() noexcept {
    return table;
}

country_tones const* find_country(std::string_view name_or_code) noexcept {
    auto const found = std::find_if(table.begin(), table.end(), [&](country_tones const& entry) {
        return is_same_name(entry.country, name_or_code) || is_same_name(entry.code, name_or_code);
    });
    return found == table.end() ? nullptr : &*found;
}

std::string_view text_of(country_tones const& tones, call_tone which) noexcept {
    switch (which) {
        case call_tone::dial:
            return tones.dial;
        case call_tone::ring_back:
            return tones.ring_back;
        case call_tone::busy:
            return tones.busy;
        case call_tone::congestion:
            return tones.congestion;
        case call_tone::call_waiting:
            return tones.call_waiting;
    }
    return {};
}

cadence cadence_of(country_tones const& tones, call_tone which) noexcept {
    auto const parsed = parse_cadence(text_of(tones, which));
    return parsed ? *parsed : cadence{};
}

}  // namespace rtp
