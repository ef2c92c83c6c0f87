// The phone's sound device over an audio_link: periods at the driver's clock, or at a timer's while no driver is there
// or its clock stands still. One driver at a time; which one is the hub's choice.
#pragma once

#include "phoned/net/audio_link.hpp"
#include "phoned/protocol/hub.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/result.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace phoned::net {

class audio_plane final : public audio_device {
public:
    /// `flush` is called after periods and after start and stop, when the hub may have something to send.
    audio_plane(boost::asio::any_io_executor, hub&, audio_format, std::function<void()> flush);
    ~audio_plane() override;

    /// Who gets the periods. Not owned; must outlive the plane or be replaced by null.
    void set_listener(audio_listener* listener) noexcept { listener_ = listener; }

    [[nodiscard]] audio_format format() const override { return format_; }
    void start() override;
    void stop() override;
    [[nodiscard]] audio_counters counters() const override { return counters_; }

    // Called by the socket server.

    /// Makes the link to a driver; returns the descriptors to send it.
    [[nodiscard]] boost::system::result<std::vector<descriptor>> attach(now_t, const audio_wanted&);
    void detach(now_t, client_id, const std::string& reason);

private:
    struct attached {
        client_id driver;
        audio_link link;
        boost::asio::posix::stream_descriptor wake;
    };

    void wait_for_device();
    void on_device_ready();
    void arm_timer(time_point at);
    void on_timer();
    void one_period(now_t, tick);

    boost::asio::any_io_executor executor_;
    hub& hub_;
    audio_format format_;
    std::function<void()> flush_;
    audio_listener* listener_ = nullptr;
    boost::asio::steady_timer timer_;
    std::unique_ptr<attached> device_;
    bool running_ = false;
    bool device_is_live_ = false;  // its clock ticked within the last 60 ms
    time_point last_tick_{};       // of the device
    time_point next_timer_period_{};
    audio_counters counters_;
    std::vector<std::int16_t> captured_, playback_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace phoned::net
