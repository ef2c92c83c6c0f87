// The hub's inside: its clients, the levels it remembers, and what the method functions do with them. Private to
// protocol.
#pragma once

#include "phoned/protocol/access.hpp"
#include "phoned/protocol/event_history.hpp"
#include "phoned/protocol/hub.hpp"
#include "phoned/protocol/peer.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace phoned {

inline constexpr std::uint32_t protocol_major = 1;
inline constexpr std::uint32_t protocol_minor = 0;

/// One connected process.
struct hub_client {
    client_id id;
    plane came_to;
    rights granted;
    peer connection;
    time_point register_by;
    bool is_registered = false;
    std::string name = {};
    control_role role = control_role::none;          ///< Of a control client, once registered
    std::vector<driver_kind> kinds = {};             ///< Of a driver, once registered
    bool has_shared_memory = false;                  ///< An audio driver that can map the rings
    std::optional<time_point> audio_open_by = {};    ///< An audio.open waits for its answer
    std::set<std::string, std::less<>> topics = {};  ///< As subscribed: names, `call.*`, `*`
    bool traces = false;
    bool audio_failed = false;  ///< It refused audio.open: not asked again
    bool is_forgotten = false;  ///< Its end has been dealt with; only its last line may still leave

    [[nodiscard]] bool drives(driver_kind) const;
    [[nodiscard]] bool wants(std::string_view topic) const;
};

/// The newest value of everything that devices show.
struct device_levels {
    std::map<std::string, led, std::less<>> leds;
    screen shown;
    ringer ring;
    audio_output output = audio_output::handset;
    audio_gain gain;
    hook_state hook;
};

class hub_state {
public:
    hub_state(hub_options given, phone_commands& to) : options(std::move(given)), phone(to), history(options.history) {}

    // Clients.
    [[nodiscard]] hub_client* find(client_id);
    void handle(now_t, hub_client&, const incoming_call&);
    void handle(now_t, hub_client&, const incoming_answer&);
    /// The consequences of a client's end, whoever ended it. Idempotent.
    void forget(now_t, hub_client&, std::string_view reason);
    void on_timeout(now_t, hub_client&);
    [[nodiscard]] time_point deadline_of(const hub_client&) const noexcept;

    // What the methods of protocol/methods_*.cpp do.
    void register_driver(now_t, hub_client&);
    [[nodiscard]] boost::json::object snapshot_for(const hub_client&) const;
    void publish(now_t, const event&);
    void send_levels_to(now_t, hub_client&);
    void set_trace(hub_client&, bool wanted);
    void update_hook(now_t, const hook_state&, std::string_view client);

    // Levels.
    void send_to_drivers(
        now_t, driver_kind, std::string_view key, std::string_view method, const boost::json::object& params
    );
    void send_to_subscribers(now_t, std::string_view topic, std::string_view key, const boost::json::object& params);

    // Audio: the driver that registered last has the device; the others wait for it to leave.
    void select_audio_driver(now_t);
    void fail_audio_open(now_t, hub_client&, std::string why);

    /// Makes what clients that must go leave behind come true: lamps, traces, audio. Called at the end of every input.
    void settle(now_t);

    /// Set by a method: runs when its answer is queued, so that what follows from it comes after it.
    std::function<void()> after_answer;

    hub_options options;
    phone_commands& phone;
    std::map<client_id, hub_client> clients;
    std::uint32_t last_client = 0;
    device_levels levels;
    event_history history;
    std::vector<hub_request> requests;
    std::optional<client_id> audio_driver;  // has the device, or is being asked to open it
    bool audio_attached = false;            // the shell was asked to make its plane
    bool audio_running = false;
    std::uint64_t expelled = 0, bad_lines = 0;
};

}  // namespace phoned
