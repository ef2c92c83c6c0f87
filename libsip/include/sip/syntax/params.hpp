// Parameter lists (";name=value;flag"), read where they stand. A list was checked once when its header was parsed, so
// walking it cannot fail.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

namespace sip {

/// One parameter: name, or name=value.
struct param_view {
    std::string_view name;  ///< as it stands there
    std::string_view value;  ///< without the quotes of a quoted string (escapes kept); empty for a flag
    bool has_value = false;  ///< false for a name alone
    bool quoted = false;  ///< the value stood in quotes, which are taken off
};

/// A lazy list over text such as ";lr;transport=tcp". Names compare case-insensitively.
class params_view {
public:
    params_view() noexcept = default;
    /// What stands behind the first semicolon of a value.
    explicit params_view(std::string_view text) noexcept : text_(text) {}

    /// Goes over parameters, and reads each when it gets there.
    class iterator {
    public:
        using value_type = param_view;  ///< as an iterator has it
        using difference_type = std::ptrdiff_t;  ///< as an iterator has it
        iterator() noexcept = default;
        explicit iterator(std::string_view rest) noexcept : rest_(rest) { advance(); }  ///< the first parameter
        param_view const& operator*() const noexcept { return current_; }  ///< the parameter
        param_view const* operator->() const noexcept { return &current_; }  ///< the parameter
        /// The next parameter.
        iterator& operator++() noexcept {
            advance();
            return *this;
        }
        void operator++(int) noexcept { advance(); }  ///< as an input iterator has it
        friend bool operator==(iterator const& a, std::default_sentinel_t) noexcept { return a.done_; }

    private:
        void advance() noexcept;
        std::string_view rest_;
        param_view current_;
        bool done_ = true;
    };

    [[nodiscard]] iterator begin() const noexcept { return iterator(text_); }  ///< the first parameter
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }  ///< as a range has it
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }  ///< true where there is none
    /// The first of this name, without regard to case.
    [[nodiscard]] std::optional<param_view> find(std::string_view name) const noexcept;
    /// The value, or empty text where the parameter is missing or is a flag.
    [[nodiscard]] std::string_view value(std::string_view name) const noexcept;
    /// True where one of this name is there.
    [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name).has_value(); }
    /// The text as it stands, with its leading semicolon: for verbatim copies.
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

private:
    std::string_view text_;
};

}  // namespace sip
