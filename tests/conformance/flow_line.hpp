// One line of a flow file as words, taken from left to right; the first error is kept with its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/flow.hpp"

namespace conformance {

class flow_line final {
public:
    /// Borrows the text. A quoted piece is one word, a comma is one of its own, `#` begins a comment.
    flow_line(std::string_view text, unsigned number, const std::vector<std::string>& parties);

    /// Keeps the first error only.
    void fail(position at, std::string text) {
        if (!error_) error_ = flow_error{at, std::move(text)};
    }
    [[nodiscard]] const std::optional<flow_error>& error() const noexcept { return error_; }
    /// No word is left, or an error was found.
    [[nodiscard]] bool is_done() const noexcept { return error_ || next_ >= words_.size(); }
    [[nodiscard]] position here() const noexcept { return next_ >= words_.size() ? end_ : words_[next_].at; }
    [[nodiscard]] position end() const noexcept { return end_; }
    [[nodiscard]] bool is_quoted() const noexcept { return !is_done() && words_[next_].quoted; }

    /// The next word; `what` says what is missing where there is none.
    std::string take(std::string_view what);
    bool take_if(std::string_view text);
    std::string take_party();
    /// "a", "a|b|c".
    std::vector<std::string> take_alternatives(std::string_view what);
    /// A number with the word `s` behind it.
    double take_seconds();
    void expect_end();

private:
    struct word {
        std::string_view text;
        position at;
        bool quoted = false;
    };
    const std::vector<std::string>& parties_;
    std::vector<word> words_;
    std::size_t next_ = 0;
    position end_;
    std::optional<flow_error> error_;
};

/// A whole number, all of it; nothing where the text is something else.
[[nodiscard]] std::optional<unsigned> whole_number(std::string_view) noexcept;

/// The name of one of these; an error in the line where it is something else.
[[nodiscard]] std::string take_variant(flow_line&, const std::vector<variant>&);

/// What stands in a message's line behind its label: "A -> P  INVITE  sdp sendonly, call 2". Errors stay in the line.
void read_message(flow_line&, expected_message&, const std::vector<variant>&);

}  // namespace conformance
