// Digits by INFO, the way of older phones: application/dtmf-relay ("Signal=5") and application/dtmf ("5"), neither of
// which an RFC defines. Which body is sent is the account's setting (account.X.dtmf.info_type).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sip/syntax/message.hpp"

namespace phoned {

/// Digits that wait to be sent, one request at a time, so that they arrive in the order in which they were keyed.
class info_digits {
public:
    static constexpr std::size_t capacity = 64;

    struct request {
        std::string_view content_type;
        std::string body;
    };

    explicit info_digits(unsigned info_type) : is_plain_(info_type == 2) {}

    /// False, and nothing is kept, where they are more than can wait.
    [[nodiscard]] bool push(std::string_view digits);
    /// The request that carries the next digit; nothing where none waits. A pause (`,`) is dropped: the time between
    /// two requests is pause enough.
    [[nodiscard]] std::optional<request> next();
    void clear() noexcept { waiting_.clear(); }

private:
    bool is_plain_;
    std::string waiting_;
};

/// The digit that an INFO carries.
[[nodiscard]] std::optional<char> digit_in(sip::message_view info);

}  // namespace phoned
