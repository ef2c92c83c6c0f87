#include "phoned/net/audio_plane.hpp"

#include "phoned/net/clock.hpp"

#include <algorithm>

namespace phoned::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto period = 10ms;
constexpr auto device_patience = 60ms;  // a clock that stands still for longer is replaced by the timer
constexpr auto timer_patience = 100ms;  // periods missed by more than this (a suspended machine) are left out
constexpr std::uint32_t most_at_once = 8;

}  // namespace

audio_plane::audio_plane(asio::any_io_executor executor, hub& centre, audio_format format, std::function<void()> flush)
    : executor_(executor),
      hub_(centre),
      format_(format),
      flush_(std::move(flush)),
      timer_(executor),
      captured_(format.period_frames),
      playback_(format.period_frames) {}

audio_plane::~audio_plane() = default;

void audio_plane::start() {
    if (std::exchange(running_, true)) return;
    const auto now = read_clocks();
    hub_.set_audio_running(now, true);
    last_tick_ = now.mono;
    device_is_live_ = device_ != nullptr;
    next_timer_period_ = now.mono + period;
    arm_timer(device_is_live_ ? last_tick_ + device_patience : next_timer_period_);
    flush_();
}

void audio_plane::stop() {
    if (!std::exchange(running_, false)) return;
    timer_.cancel();
    hub_.set_audio_running(read_clocks(), false);
    flush_();
}

boost::system::result<std::vector<descriptor>> audio_plane::attach(now_t now, const audio_wanted& wanted) {
    std::optional<audio_link> link;
    if (wanted.shared_memory) {
        auto made = shared_memory_link::make(format_);
        if (!made) return made.error();
        link = std::move(*made);
    } else {
        auto made = packet_link::make(format_);
        if (!made) return made.error();
        link = std::move(*made);
    }
    const int wake = std::visit([](const auto& one) { return one->wake_descriptor(); }, *link);
    auto descriptors = std::visit([](const auto& one) { return one->take_descriptors(); }, *link);
    device_ = std::make_unique<attached>(attached{
        wanted.driver, std::move(*link), asio::posix::stream_descriptor{executor_, wake}});
    counters_ = {};
    last_tick_ = now.mono;
    wait_for_device();
    if (listener_ != nullptr) listener_->on_audio_attached(now, wanted.name);
    return descriptors;
}

void audio_plane::detach(now_t now, client_id driver, const std::string& reason) {
    if (device_ == nullptr || device_->driver != driver) return;
    // The link owns the descriptor: Asio only watched it.
    static_cast<void>(device_->wake.release());
    device_.reset();
    if (std::exchange(device_is_live_, false) && running_) {
        next_timer_period_ = now.mono + period;
        arm_timer(next_timer_period_);
    }
    if (listener_ != nullptr) listener_->on_audio_lost(now, reason);
}

void audio_plane::wait_for_device() {
    device_->wake.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [this, alive = std::weak_ptr{alive_}, watched = device_.get()](boost::system::error_code problem) {
            if (alive.expired() || problem || device_.get() != watched) return;
            on_device_ready();
        }
    );
}

void audio_plane::on_device_ready() {
    const auto now = read_clocks();
    auto& link = device_->link;
    std::visit([&](const auto& one) { one->on_readable(most_at_once, counters_); }, link);
    bool ticked = false;
    for (;;) {
        std::fill(captured_.begin(), captured_.end(), std::int16_t{0});
        const auto what = std::visit([&](const auto& one) { return one->next_period(captured_, counters_); }, link);
        if (what == tick::none) break;
        ticked = true;
        if (running_) one_period(now, what);
    }
    if (ticked) {
        last_tick_ = now.mono;
        // While the timer stands in it fires every period; from now on it only watches.
        if (!std::exchange(device_is_live_, true) && running_) arm_timer(last_tick_ + device_patience);
    }
    wait_for_device();
    flush_();
}

void audio_plane::one_period(now_t now, tick what) {
    ++counters_.periods;
    if (what == tick::silent) ++counters_.capture_underruns;
    std::fill(playback_.begin(), playback_.end(), std::int16_t{0});
    const std::chrono::microseconds delay(std::uint64_t{counters_.delay_frames} * 1'000'000 / format_.rate);
    if (listener_ != nullptr) listener_->on_audio_period({now, captured_, playback_, what != tick::none, delay});
    if (what == tick::none || device_ == nullptr) return;
    const auto stamp = std::chrono::duration_cast<std::chrono::microseconds>(now.mono.time_since_epoch()).count();
    std::visit(
        [&](const auto& one) { one->play(playback_, static_cast<std::uint64_t>(stamp), counters_); }, device_->link
    );
}

void audio_plane::arm_timer(time_point at) {
    timer_.expires_at(at);
    timer_.async_wait([this, alive = std::weak_ptr{alive_}](boost::system::error_code cancelled) {
        if (!alive.expired() && !cancelled && running_) on_timer();
    });
}

void audio_plane::on_timer() {
    const auto now = read_clocks();
    if (device_is_live_ && now.mono - last_tick_ < device_patience) {
        arm_timer(last_tick_ + device_patience);
        return;
    }
    if (std::exchange(device_is_live_, false)) next_timer_period_ = now.mono;
    if (now.mono - next_timer_period_ > timer_patience) next_timer_period_ = now.mono;
    while (next_timer_period_ <= now.mono && running_) {
        next_timer_period_ += period;
        std::fill(captured_.begin(), captured_.end(), std::int16_t{0});
        one_period(now, tick::none);
    }
    if (running_) arm_timer(next_timer_period_);
    flush_();
}

}  // namespace phoned::net
