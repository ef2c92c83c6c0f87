// The meeting point of the phone, its drivers and its control clients: holds the clients, checks and routes their
// requests to phone_commands, publishes events to subscribers, and remembers the levels (lamps, screen, ringer, audio
// route) so that a restarted driver gets a full snapshot.
//
// Sans-IO: bytes and instants in, bytes out. The shell (net/socket_server.hpp) reports connections, feeds bytes, writes
// what output() offers when the socket takes it, and calls on_timeout at next_deadline(). Nothing here waits for a
// client: a client that does not read is closed.
#pragma once

#include "phoned/protocol/audio_device.hpp"
#include "phoned/protocol/messages.hpp"
#include "phoned/protocol/phone_commands.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phoned {

enum class client_id : std::uint32_t {};

/// Which socket a client came to.
enum class plane { driver, control };

/// What the kernel says of the other process (SO_PEERCRED).
struct peer_credentials {
    std::uint32_t uid, gid;
    std::int32_t pid;
};

struct hub_options {
    std::string product = "phoned";
    std::string version;
    std::string instance;  ///< Differs from run to run: tells clients that `since` no longer counts
    std::uint32_t own_uid = 0;
    std::array<access_rule, max_access_rules> access = {};  ///< settings::access
    audio_format audio = {};
    std::size_t max_clients = 64;                      ///< Both planes together
    std::size_t max_queue = 256;                       ///< Messages waiting for one client
    std::size_t history = 256;                         ///< Events kept for `since`
    duration idle = std::chrono::seconds{5};           ///< Silence after which a ping is sent
    unsigned pings = 3;                                ///< Unanswered pings after which a client is dead
    duration registration = std::chrono::seconds{30};  ///< Time to register in
};

/// What the hub asks of the shell besides writing bytes.
struct audio_wanted {  ///< An audio driver accepted audio.open: make the plane and call attach_audio
    client_id driver;
    std::string name;
    bool shared_memory;  ///< Else packets
};
struct audio_gone {  ///< It left, was replaced or gave up: drop the plane
    client_id driver;
    std::string reason;
};
using hub_request = std::variant<audio_wanted, audio_gone>;

/// Bytes to write to one client, with descriptors to pass along with the first of them (SCM_RIGHTS).
struct hub_output {
    std::string_view bytes;        ///< Valid until the next call on the hub
    std::uint32_t attachment = 0;  ///< As given to attach_audio; 0 none
};

class hub_state;

class hub {
public:
    hub(hub_options, phone_commands&);
    ~hub();

    // The phone's side. May be called from inside a command.

    /// Sends the event to who subscribed to its topic.
    void publish(now_t, const event&);
    /// True while a client traces: spares the phone from copying messages for nobody.
    [[nodiscard]] bool is_tracing() const noexcept;
    // Levels: remembered, sent to the drivers concerned when changed, coalesced to the newest for a driver that reads
    // slowly.
    void set_led(now_t, const led&);
    void set_screen(now_t, screen);
    void set_ringer(now_t, const ringer&);
    void set_audio_output(now_t, audio_output);
    void set_audio_gain(now_t, audio_gain);
    /// Tells the audio driver to run or to rest. Called by the audio plane.
    void set_audio_running(now_t, bool);
    /// Tells everybody that the phone stops, and why; connections end when that is written.
    void shut_down(now_t, std::string_view reason);

    // The shell's side.

    /// A client connected. None if there are far too many (the shell closes the socket without a word).
    [[nodiscard]] std::optional<client_id> on_connect(now_t, plane, peer_credentials);
    void on_bytes(now_t, client_id, std::string_view bytes);
    /// The socket closed or failed. The id is not known any more afterwards.
    void on_disconnect(now_t, client_id, std::string_view reason);
    void on_timeout(now_t);
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

    /// What to write next to this client; empty when there is nothing.
    [[nodiscard]] hub_output output(client_id) const noexcept;
    /// The socket took this many of output().bytes, and the attachment with them.
    void on_written(now_t, client_id, std::size_t bytes);
    /// True when the client is to be closed as soon as output() is empty or its time to take it is over.
    [[nodiscard]] bool is_finished(client_id) const noexcept;
    /// Clients that have something to write or are finished.
    [[nodiscard]] std::vector<client_id> ready() const;
    /// Requests to the shell since the last call.
    [[nodiscard]] std::vector<hub_request> take_requests();
    /// The plane for an audio_wanted is made; its descriptors travel as `attachment` (not 0).
    void attach_audio(now_t, client_id driver, std::uint32_t attachment);

    [[nodiscard]] std::size_t client_count() const noexcept;

private:
    std::unique_ptr<hub_state> state_;
};

/// The machine-readable schema of the protocol (what rpc.discover answers), as JSON text.
[[nodiscard]] std::string protocol_schema();
/// The method and event tables of docs/driver-protocol.md, as Markdown.
[[nodiscard]] std::string protocol_reference();

}  // namespace phoned
