// The server's side of PUBLISH (RFC 3903 6): which publication a request makes, refreshes, changes or removes, and what
// to answer. It keeps entity tags, bodies and expiry; putting the states of one resource together is the package's
// business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/environment.hpp"
#include "sip/syntax/message.hpp"
#include "sip/time.hpp"
#include "sip/usage/notifier.hpp"

namespace sip {

/// What is taken of publishers.
struct compositor_settings {
    std::vector<std::string> events;  ///< packages that are taken; others are answered 489
    /// Seconds.
    std::uint32_t shortest = 60, longest = 7200, preferred = 3600;  ///< seconds
    std::size_t most_publications = 1024;                           ///< in all; one more is answered 503
    std::size_t most_of_one = 16;                                   ///< of one resource and package
    std::size_t largest_body = 64 * 1024;                           ///< bytes; more is answered 413
};

/// The server side of PUBLISH (RFC 3903 6).
class state_compositor {
public:
    /// Where the state of a resource stands.
    struct published_state {
        notification_body body;  ///< the published state
        time_point expires{};  ///< when it is forgotten
    };
    /// What to answer, and whether the state of `resource` has changed.
    struct outcome {
        std::uint16_t status = 200;  ///< of the answer
        std::vector<std::pair<std::string, std::string>> headers;  ///< SIP-ETag, Expires, Min-Expires, Allow-Events
        bool has_changed = false;  ///< watchers are to be told
    };

    /// `environment` outlives it.
    state_compositor(compositor_settings settings, environment& env)
        : settings_(std::move(settings)), environment_(&env) {}

    /// Judges a PUBLISH about `resource`, which the caller has read from the Request-URI and authorized (6, steps 1 to
    /// 3).
    [[nodiscard]] outcome on_publish(time_point now, std::string_view resource, message_view request);

    /// What lives for a resource, oldest first.
    [[nodiscard]] std::vector<published_state> states(time_point now, std::string_view resource, std::string_view event)
        const;
    /// Forgets what has expired; the resources that changed by it.
    [[nodiscard]] std::vector<std::string> on_timeout(time_point now);
    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return publications_.size(); }  ///< how many there are

private:
    struct one {
        std::string resource, event;
        notification_body body;
        time_point expires{};
        std::uint64_t serial = 0;
    };
    [[nodiscard]] std::string new_tag();

    compositor_settings settings_;
    environment* environment_;
    std::map<std::string, one, std::less<>> publications_;  ///< by entity tag
    std::uint64_t serial_ = 0;
};

}  // namespace sip
