#include "rtp/signal/tone_grammar.hpp"

#include <algorithm>
#include <optional>

namespace rtp {
namespace {

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

class reader final {
public:
    explicit reader(std::string_view text) noexcept : text_(text) { skip_blanks(); }

    [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
    [[nodiscard]] std::size_t position() const noexcept { return at_; }

    bool take(char wanted) noexcept {
        if (at_end() || text_[at_] != wanted) return false;
        ++at_;
        skip_blanks();
        return true;
    }

    /// A decimal number; values that no setting allows are all reported as 1,000,000.
    std::optional<std::uint32_t> number() noexcept {
        if (at_end() || !is_digit(text_[at_])) return std::nullopt;
        std::uint32_t value = 0;
        for (; !at_end() && is_digit(text_[at_]); ++at_)
            value = std::min(value * 10 + static_cast<std::uint32_t>(text_[at_] - '0'), 1'000'000U);
        skip_blanks();
        return value;
    }

private:
    void skip_blanks() noexcept {
        while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t'))
            ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

using failure = std::optional<tone_grammar_failure>;

failure parse_element(reader& in, tone_step& step, float level_dbm0) noexcept {
    std::size_t given = 0;
    std::size_t used = 0;
    do {
        auto const at = in.position();
        auto const hertz = in.number();
        if (!hertz) return tone_grammar_failure{tone_grammar_error::expected_frequency, at};
        if (*hertz != 0 && (*hertz < 200 || *hertz > 7000))
            return tone_grammar_failure{tone_grammar_error::frequency_out_of_range, at};
        if (++given > step.components.size()) return tone_grammar_failure{tone_grammar_error::too_many_frequencies, at};
        if (*hertz != 0) step.components[used++] = {static_cast<std::uint16_t>(*hertz), level_dbm0};
    } while (in.take('+'));
    if (!in.take('/')) return tone_grammar_failure{tone_grammar_error::expected_slash, in.position()};
    auto const at = in.position();
    auto const length = in.number();
    if (!length) return tone_grammar_failure{tone_grammar_error::expected_duration, at};
    if (*length > 30000) return tone_grammar_failure{tone_grammar_error::duration_out_of_range, at};
    step.length = std::chrono::milliseconds(*length);
    return std::nullopt;
}

}  // namespace

boost::system::result<cadence, tone_grammar_failure> parse_cadence(std::string_view text, float level_dbm0) noexcept {
    reader in(text);
    if (in.at_end()) return tone_grammar_failure{tone_grammar_error::empty, in.position()};
    cadence made;
    std::size_t marks = 0;
    do {
        auto const at = in.position();
        if (made.count == cadence::max_steps) return tone_grammar_failure{tone_grammar_error::too_many_elements, at};
        auto& step = made.steps[made.count];
        if (in.take('!')) {
            step.repeat = step_repeat::once;
            ++marks;
        }
        if (auto const failed = parse_element(in, step, level_dbm0)) return *failed;
        ++made.count;
    } while (in.take(','));
    if (!in.at_end()) return tone_grammar_failure{tone_grammar_error::expected_comma, in.position()};
    if (marks == 1 && made.steps[0].repeat == step_repeat::once)
        for (std::size_t n = 0; n < made.count; ++n)
            made.steps[n].repeat = step_repeat::once;
    return made;
}

std::string_view describe(tone_grammar_error error) noexcept {
    switch (error) {
        case tone_grammar_error::empty:
            return "no tone is given";
        case tone_grammar_error::too_many_elements:
            return "a tone has at most 8 elements";
        case tone_grammar_error::expected_frequency:
            return "expected a frequency in Hz";
        case tone_grammar_error::frequency_out_of_range:
            return "a frequency is 0 or from 200 to 7000 Hz";
        case tone_grammar_error::too_many_frequencies:
            return "an element has at most 4 frequencies";
        case tone_grammar_error::expected_slash:
            return "expected '/' and a duration";
        case tone_grammar_error::expected_duration:
            return "expected a duration in milliseconds";
        case tone_grammar_error::duration_out_of_range:
            return "a duration is at most 30000 milliseconds";
        case tone_grammar_error::expected_comma:
            return "expected ',' or the end";
    }
    return "unknown error";
}

}  // namespace rtp
