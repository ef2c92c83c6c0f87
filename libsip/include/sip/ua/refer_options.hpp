// What a user sets for a transfer (RFC 3515).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sip/handle.hpp"
#include "sip/syntax/refer_target.hpp"
#include "sip/ua/subscribe_options.hpp"

namespace sip {

/// A REFER to send. It has a constructor, since g++ 12 destroys aggregate temporaries twice inside a co_await
/// expression.
class refer_options {
public:
    /// The URI that the peer is asked to call.
    explicit refer_options(std::string refer_to_uri) { refer_to.uri = std::move(refer_to_uri); }
    /// The call that the new one takes the place of (RFC 3891): an attended transfer.
    refer_options& replacing(session_id call) & {
        replaces = call;
        return *this;
    }
    /// No NOTIFYs about the outcome, where the peer can do without (RFC 4488).
    refer_options& without_reports() & {
        reports = false;
        return *this;
    }
    /// Adds a header that the user agent does not write itself.
    refer_options& with_header(std::string name, std::string value) & {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }

    refer_target refer_to;  ///< what the peer is asked to send
    std::optional<session_id> replaces;  ///< see replacing()
    std::optional<session_id> target_dialog;  ///< outside of a call: the call that this is about (RFC 4538)
    std::string referred_by;                  ///< value of Referred-By (RFC 3892); empty: the account's address
    bool reports = true;  ///< see without_reports()
    std::vector<extra_header> headers;  ///< further ones, as with_header() adds them
};

}  // namespace sip
