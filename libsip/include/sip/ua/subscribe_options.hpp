// What a user sets for events (RFC 6665): a subscription to make, and the packages that it serves as notifier.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sip/usage/notifier.hpp"

namespace sip {

/// One header that the user adds to a message.
using extra_header = std::pair<std::string, std::string>;

/// An event package that we notify of.
struct event_package {
    std::string name;          ///< "dialog"; with template packages "presence.winfo"
    std::string content_type;  ///< of its bodies; a SUBSCRIBE that does not accept it is answered 406
    notifier_settings settings;  ///< how long, how often, how much
};

/// A SUBSCRIBE that forks may make several subscriptions (RFC 6665 4.1.2.4, 5.4.9).
enum class fork_rule : std::uint8_t {
    one,   ///< the package allows one: further notifiers are answered 481
    each,  ///< every notifier makes a subscription of its own: see subscription_forked
};

/// A subscription to make. It has a constructor, since g++ 12 destroys aggregate temporaries twice inside a co_await
/// expression.
class subscribe_options {
public:
    /// `event` is the value of the Event header: "message-summary", "dialog;sla".
    subscribe_options(std::string target_uri, std::string event_value)
        : target(std::move(target_uri)), event(std::move(event_value)) {}
    /// A content type that the NOTIFYs may have; several calls add up.
    subscribe_options& accepting(std::string type) & {
        if (!accept.empty()) accept += ", ";
        accept += type;
        return *this;
    }
    /// How long it is to last, in seconds; it is refreshed in time.
    subscribe_options& lasting(std::uint32_t seconds) & {
        expires = seconds;
        return *this;
    }
    /// The target may be a list (RFC 4662): its NOTIFYs have several parts, see packages/resource_list.hpp. Call
    /// accepting() with the type of the entries as well.
    subscribe_options& following_lists() & {
        follows_lists = true;
        return accepting("multipart/related").accepting("application/rlmi+xml");
    }
    /// Adds a header that the user agent does not write itself.
    subscribe_options& with_header(std::string name, std::string value) & {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    /// A filter, where the package knows one.
    subscribe_options& with_body(std::string type, std::string text) & {
        content_type = std::move(type);
        body = std::move(text);
        return *this;
    }

    std::string target;  ///< "sip:1002@example.com"
    std::string event;  ///< the value of Event
    std::string accept;            ///< empty: the package's own type
    std::uint32_t expires = 3600;  ///< seconds; 0 asks for the state once
    bool follows_lists = false;    ///< see following_lists()
    bool renew = true;             ///< subscribe again where the subscription is lost and its end does not forbid it
    fork_rule forks = fork_rule::one;  ///< what several notifiers make of it
    std::vector<extra_header> headers;  ///< further ones, as with_header() adds them
    std::string content_type, body;  ///< see with_body(); empty: no body
};

}  // namespace sip
