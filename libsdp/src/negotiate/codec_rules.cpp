#include "codec_rules.hpp"

#include "sdp/model/attributes.hpp"
#include "sdp/text/scan.hpp"

namespace sdp {

namespace {

/// A parameter that is part of what the encoding is.
struct identity_rule {
    std::string_view codec_name;
    std::string_view parameter;
    std::string_view missing_means;
};

constexpr identity_rule identity_rules[] = {
    {"AMR", "octet-align", "0"},       {"AMR", "crc", "0"},
    {"AMR", "robust-sorting", "0"},    {"AMR", "interleaving", ""},
    {"AMR-WB", "octet-align", "0"},    {"AMR-WB", "crc", "0"},
    {"AMR-WB", "robust-sorting", "0"}, {"AMR-WB", "interleaving", ""},
};  // RFC 4867 8.3.1

/// A parameter of which one value counts as soon as either side names it.
struct weaker_rule {
    std::string_view codec_name;
    std::string_view parameter;
    std::string_view missing_means;
    std::string_view wins;
};

constexpr weaker_rule weaker_rules[] = {
    {"G729", "annexb", "yes", "no"},  // RFC 4856 2.1.9, RFC 7261 3
    {"G723", "annexa", "yes", "no"},  // RFC 4856 2.1.5, RFC 7261 3
    {"iLBC", "mode", "30", "30"},     // RFC 3952 5: 30 ms unless both want 20
};

template <class Rule>
std::string_view value_of(std::string_view parameters, Rule const& rule) noexcept {
    return parameter_value(parameters, rule.parameter).value_or(rule.missing_means);
}

/// Puts name=value in the place of a parameter of that name, or at the end.
std::string with_parameter(std::string_view parameters, std::string_view name, std::string_view value) {
    std::string changed;
    while (!parameters.empty()) {
        auto const part = trimmed(take_until(parameters, ';'));
        auto named = part;
        if (part.empty() || same_text(trimmed(take_until(named, '=')), name)) continue;
        changed.append(part).append(";");
    }
    return changed.append(name).append("=").append(value);
}

}  // namespace

bool is_telephone_event(codec const& codec) noexcept {
    return same_text(codec.name, "telephone-event");
}

bool carries_voice(codec const& codec) noexcept {
    return !is_telephone_event(codec) && !same_text(codec.name, "CN");
}

bool is_same_format(format const& a, codec const& b, std::string_view parameters_of_b) noexcept {
    if (a.codec.name.empty() || !same_codec(a.codec, b)) return false;
    if (a.parameters == parameters_of_b) return true;
    for (auto const& rule : identity_rules) {
        if (!same_text(b.name, rule.codec_name)) continue;
        if (!same_text(value_of(a.parameters, rule), value_of(parameters_of_b, rule))) return false;
    }
    return true;
}

void settle_parameters(std::string& declared, codec const& codec, std::string_view other) {
    if (declared == other) return;
    for (auto const& rule : weaker_rules) {
        if (!same_text(codec.name, rule.codec_name)) continue;
        if (!same_text(value_of(other, rule), rule.wins) || same_text(value_of(declared, rule), rule.wins)) continue;
        declared = with_parameter(declared, rule.parameter, rule.wins);
    }
}

}  // namespace sdp
