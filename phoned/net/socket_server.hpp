// The shell of the hub: driver.sock and control.sock in the runtime folder, the connections on them, the audio plane,
// and the hub's timer.
//
// For the phone: make a hub, make this with it, open(), and call flush() after anything that published events or set
// levels outside of a command or an audio period (those flush by themselves). Single-threaded: everything runs on the
// executor.
#pragma once

#include "phoned/net/audio_plane.hpp"
#include "phoned/net/json_peer.hpp"
#include "phoned/net/runtime_directory.hpp"
#include "phoned/net/unix_listener.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace phoned::net {

class socket_server {
public:
    socket_server(boost::asio::any_io_executor, hub&, audio_format);
    ~socket_server();
    socket_server(const socket_server&) = delete;
    socket_server& operator=(const socket_server&) = delete;

    /// Makes and locks the folder and listens on both sockets.
    [[nodiscard]] boost::system::result<void, start_failure> open(const std::string& folder);
    /// Ends all connections and removes the socket files. What the hub still had for a client is written as far as its
    /// socket takes it at once.
    void close();

    [[nodiscard]] audio_plane& audio() noexcept { return audio_; }

    /// Called at the end of every flush(): after each command, key or audio period, so that who keeps the phone's timer
    /// can set it anew.
    void on_activity(std::function<void()> activity) { on_activity_ = std::move(activity); }

    /// Writes what the hub has for its clients, does what it asks, and sets the timer.
    void flush();

private:
    void accept(plane, json_peer::socket);
    void serve_requests();
    void arm_timer();

    boost::asio::any_io_executor executor_;
    hub& hub_;
    audio_plane audio_;
    std::optional<runtime_directory> folder_;
    unix_listener drivers_, controls_;
    boost::asio::steady_timer timer_;
    std::optional<time_point> armed_for_;
    std::map<client_id, std::shared_ptr<json_peer>> peers_;
    std::map<std::uint32_t, std::vector<descriptor>> attachments_;
    std::uint32_t last_attachment_ = 0;
    std::function<void()> on_activity_;
    bool flushing_ = false, flush_again_ = false;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace phoned::net
