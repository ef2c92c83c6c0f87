// What a user sets and hears of a publication (RFC 3903).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sip/error.hpp"
#include "sip/handle.hpp"
#include "sip/syntax/message.hpp"
#include "sip/time.hpp"
#include "sip/ua/subscribe_options.hpp"
#include "sip/usage/publication.hpp"

namespace sip {

/// State to publish. It has a constructor, since g++ 12 destroys aggregate temporaries twice inside a co_await
/// expression.
class publish_options {
public:
    /// `target_uri` names whose state it is, usually our own address of record; `event` is the value of Event.
    publish_options(std::string target_uri, std::string event_value, notification_body state)
        : target(std::move(target_uri)), event(std::move(event_value)), body(std::move(state)) {}
    /// How long it is to last, in seconds; it is refreshed in time.
    publish_options& lasting(std::uint32_t seconds) & {
        expires = seconds;
        return *this;
    }
    /// Adds a header that the user agent does not write itself.
    publish_options& with_header(std::string name, std::string value) & {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }

    std::string target, event;  ///< whose state it is, and the value of Event
    notification_body body;  ///< the state
    std::uint32_t expires = 3600;  ///< seconds
    std::vector<extra_header> headers;  ///< further ones, as with_header() adds them
};

/// The state was published, or could not be: see next_attempt. With `ended` the handle is free.
struct publication_changed {
    publication_id id;  ///< the publication
    publication::state state{};  ///< from now on
    std::uint16_t status = 0;  ///< of the response that caused it, 0 where none did
    error_code error;  ///< why, where no response tells
    std::optional<time_point> next_attempt;  ///< when it is tried again; nothing: not by itself
    message cause;  ///< may be empty
};

}  // namespace sip
