// Whom a request was for at each step, and what became of that: the History-Info of one request at a proxy (RFC 7044
// 9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sip/syntax/message.hpp"

namespace sip::proxy {

/// The entries of one request, in the order of their indexes.
class request_history {
public:
    static constexpr std::size_t most_entries =
        64;  ///< a request with more passes as it came; further ones are left out

    /// One target.
    struct entry {
        std::string index;      ///< "1.1.2": the second branch of what 1.1 was sent to
        std::string uri;        ///< with Reason in its header part, once it has failed
        std::string how;        ///< ";rc=1.1" and further parameters; may be empty
        std::string name = {};  ///< for people, as it stands before the URI; may be empty
    };

    /// Keeps nothing, and changes nothing.
    request_history() = default;
    /// Of a request as it came. What its sender did not enter is entered for it (9.1).
    explicit request_history(message_view request);

    /// False where nothing is kept: the header passes as it is.
    [[nodiscard]] bool is_kept() const noexcept { return is_kept_; }
    /// True where responses tell of it: the sender takes part, or asks for it (9.4).
    [[nodiscard]] bool is_told() const noexcept { return is_told_; }

    /// How a target came about (10.4).
    enum class origin : std::uint8_t {
        unchanged,   ///< np: sent on as it was
        registered,  ///< rc: a contact of the user that the request was for
        redirected,  ///< as the 3xx says of it
    };
    /// The entry of a further branch (9.2, 10.3). It is not kept before settle(). `contact_params`: what a 3xx said of
    /// the target, ";mp=1.1", where it was redirected.
    [[nodiscard]] entry branch(std::string_view uri, origin, std::string_view contact_params = {});
    /// Header lines with what is kept and, in its place, this one.
    [[nodiscard]] std::string lines(entry const* sent = nullptr) const;
    /// A response came for a branch, 100 excepted, or none in time, which counts as 408: it is kept, with the reason
    /// where it failed (9.3 steps 1 and 2, 10.2), and so is what the response tells beyond that (step 3).
    void settle(entry const& sent, std::uint16_t status, std::optional<message_view> response);

private:
    void keep(entry);

    bool is_kept_ = false, is_told_ = false;
    std::string base_;  ///< index of what the request was for here
    std::uint32_t branches_ = 0;
    std::vector<entry> entries_;
};

}  // namespace sip::proxy
