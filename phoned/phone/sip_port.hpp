// How the phone commands its SIP user agent: through the shell, which performs the actions and delivers the events.
#pragma once

#include <functional>

#include "sip/ua/core.hpp"

namespace phoned {

class sip_port {
public:
    sip_port() = default;
    sip_port(const sip_port&) = delete;
    sip_port& operator=(const sip_port&) = delete;
    virtual ~sip_port() = default;

    /// Calls `command` once, at once. Events that follow from it may be delivered before run() returns.
    virtual void run(const std::function<void(sip::user_agent_core&, sip::now_t, sip::outbox&)>& command) = 0;
};

}  // namespace phoned
