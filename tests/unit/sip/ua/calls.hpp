// Calls brought to the point at which most tests begin.
#pragma once

#include <string>

#include "support/script.hpp"

namespace test {

/// A call of the peer that we have answered; its ACK has not come.
inline sip::session_id answered_call(script& s) {
    s.inject(s.request("INVITE", 1, {.body = "offer"}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.answer(id);
    s.expect("200 INVITE");
    return id;
}

/// A call of the peer, answered and confirmed.
inline sip::session_id called(script& s) {
    auto const id = answered_call(s);
    s.inject(s.request("ACK", 1));
    s.expect_event<sip::call_confirmed>();
    return id;
}

struct own_call {
    sip::session_id id;
    std::string invite;  ///< as it was sent
};

/// Our own call, answered.
inline own_call calling_with(script& s) {
    auto const id = s.invite();
    auto invite = s.expect("INVITE");
    s.reply(invite, 200, {.body = "answer"});
    s.expect("ACK");
    s.expect_event<sip::call_answered>();
    s.enter_dialog(invite);
    return {id, std::move(invite)};
}
inline sip::session_id calling(script& s) {
    return calling_with(s).id;
}

}  // namespace test
