// Subscriptions brought to the point at which most tests of events begin.
#pragma once

#include <string>

#include "support/script.hpp"

namespace test {

/// A user agent that subscribes and notifies: package "dialog" with bodies of application/dialog-info+xml.
inline script_options with_events() {
    script_options options;
    options.config.methods = {sip::method::subscribe, sip::method::notify};
    options.config.packages = {{.name = "dialog", .content_type = "application/dialog-info+xml", .settings = {}}};
    return options;
}

inline sip::subscribe_options watching(std::string package = "dialog") {
    return {"sip:bob@10.0.0.2:5060", std::move(package)};
}

inline sip::subscription_id subscribe(script& s, sip::subscribe_options const& options = watching()) {
    sip::subscription_id id;
    s.command({}, [&](auto now, auto& out) {
        auto const made = s.core.subscribe(now, s.account, options, out);
        if (!made) return made.error();
        id = *made;
        return sip::error_code();
    });
    return id;
}
inline void unsubscribe(script& s, sip::subscription_id id, sip::error_code expected = {}) {
    s.command(expected, [&](auto now, auto& out) { return s.core.unsubscribe(now, id, out); });
}

/// A NOTIFY of the peer to the SUBSCRIBE that it was sent.
inline std::string notify(
    script& s, std::string const& subscribe, unsigned cseq, std::string const& state, std::string const& body = {},
    std::string const& tag = "bob", std::string const& event = {}
) {
    s.enter_dialog(subscribe, tag);
    auto const named = event.empty() ? header(subscribe, "Event") : event;
    return s.request(
        "NOTIFY", cseq,
        {.headers = "Event: " + named + "\nSubscription-State: " + state + "\n",
         .body = body,
         .content_type = "application/dialog-info+xml"}
    );
}

struct own_subscription {
    sip::subscription_id id;
    std::string subscribe;  ///< as it was sent
};

/// Our own subscription, active for 600 seconds.
inline own_subscription watched(script& s, sip::subscribe_options options = watching()) {
    auto const id = subscribe(s, options);
    auto sent = s.expect("SUBSCRIBE");
    s.reply(sent, 200, {.headers = "Expires: 600\n"});
    s.inject(notify(s, sent, 1, "active;expires=600", "state"));
    s.expect("200 NOTIFY");
    s.expect_event<sip::notification>();
    CHECK(s.expect_event<sip::subscription_changed>().state == sip::subscriber::state::active);
    return {id, std::move(sent)};
}

/// To the instant at which a subscription that was granted so long is refreshed, which is drawn by lot.
inline void advance_to_refresh(script& s, std::chrono::seconds granted) {
    s.advance(granted - std::chrono::seconds(40) - granted / 20);
    s.advance_to_next();
}

/// A SUBSCRIBE of the peer.
inline std::string peers_subscribe(
    script& s, unsigned cseq, std::string const& expires = "600", std::string const& more = {}
) {
    return s.request("SUBSCRIBE", cseq, {.headers = "Event: dialog\nExpires: " + expires + "\n" + more});
}
inline void accept(
    script& s, sip::notifier_id id, std::string_view body = "state",
    sip::subscription_phase phase = sip::subscription_phase::active
) {
    s.command({}, [&](auto now, auto& out) {
        return s.core.accept_subscription(now, id, phase, "application/dialog-info+xml", body, out);
    });
}
inline void tell(
    script& s, sip::notifier_id id, std::string_view body, sip::error_code expected = {},
    sip::subscription_phase phase = sip::subscription_phase::active
) {
    s.command(expected, [&](auto now, auto& out) {
        return s.core.notify(now, id, phase, "application/dialog-info+xml", body, out);
    });
}
inline void end(
    script& s, sip::notifier_id id, sip::termination_reason why, std::optional<std::uint32_t> retry_after = {},
    std::string_view body = {}
) {
    s.command({}, [&](auto now, auto& out) {
        return s.core.end_subscription(now, id, why, retry_after, "application/dialog-info+xml", body, out);
    });
}

/// A subscription of the peer, accepted and told of.
inline sip::notifier_id watcher(script& s) {
    s.inject(peers_subscribe(s, 1));
    auto const id = s.expect_event<sip::incoming_subscription>().id;
    accept(s, id);
    s.own_address = header(s.expect("200 SUBSCRIBE"), "To");
    s.reply(s.expect("NOTIFY"), 200);
    return id;
}

}  // namespace test
