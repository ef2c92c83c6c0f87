// Several servers for one account: the outbound proxies of a set (RFC 5626), or a second server for the time when the
// first one fails. What is common to both: each has a registration of its own, and requests take the one that works.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "sip/time.hpp"
#include "sip/transport/flow_watch.hpp"

namespace sip {

/// A server beside the one that account_config itself describes. What is empty is as there.
struct alternative_server {
    std::string address_of_record = {};       ///< "sip:1001@second.example.com": where this server has its own domain
    std::string registrar = {};               ///< "sip:second.example.com"
    std::vector<std::string> route_set = {};  ///< "sip:edge2.example.com;lr"; loose routers only
    duration expires{};                       ///< what we ask for; zero: as the account
    unsigned attempts = 0;                    ///< as redundancy_settings::attempts
    bool needs_registration = false;  ///< of an account that registers: requests go there only once it is registered
};

/// With which of the servers an account registers.
enum class registering : std::uint8_t {
    all_at_once,
    one_at_a_time,  ///< with the first one; with the next while those before it fail
};

/// When requests go to the first server again after another one has taken its place.
enum class fail_back : std::uint8_t {
    when_registered,     ///< as soon as its registration works again
    every_request,       ///< each request tries the first one, unless only another one is registered
    after_dns_lifetime,  ///< when what the name service said of it is out of date; never for a numeric host
    at_renewal,          ///< when the registration is renewed there
    after_time,          ///< after redundancy_settings::fail_back_after
};

/// Which of several servers is used, and when the first one is used again.
struct redundancy_settings {
    sip::registering registering = registering::all_at_once;  ///< with which of them
    sip::fail_back fail_back = fail_back::when_registered;    ///< when to go back to the first one
    duration fail_back_after = std::chrono::hours(1);         ///< after_time; zero: not before the other one fails
    duration test_interval = std::chrono::seconds(120);  ///< one_at_a_time: how often the first one is tried meanwhile
    /// How often a request outside of dialogs is sent to one place (the intervals are those of Timers A and E, over
    /// connections, too) before the next address or server is tried, if there is one (RFC 3263 4.3). 0: for 64*T1.
    unsigned attempts = 0;
};

/// Client-initiated connections (RFC 5626): a flow to each of the servers, over which requests come, too.
struct outbound_settings {
    bool use = false;  ///< needs account_config::instance
    // 4.5: upper bounds of the wait after the first failure are twice these, and double up to `longest_wait`.
    duration base_time_all_failed = std::chrono::seconds(30);  ///< while no flow works
    duration base_time = std::chrono::seconds(90);             ///< while another flow works
    duration longest_wait = std::chrono::minutes(30);          ///< whatever the number of failures
    keep_alive_settings keep_alive;                            ///< where the registrar names no Flow-Timer
};

}  // namespace sip
