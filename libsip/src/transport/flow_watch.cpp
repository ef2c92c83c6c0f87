#include "sip/transport/flow_watch.hpp"

#include <utility>

namespace sip {

flow_watch::flow_watch(time_point now, bool stream, keep_alive_interval interval, random_source random)
    : is_stream_(stream), interval_(interval), random_(random), stun_(random) {
    wait(now);
}

keep_alive_interval flow_watch::from_flow_timer(std::uint32_t seconds) noexcept {
    duration const longest = std::chrono::seconds(seconds);
    return {longest * 4 / 5, longest};
}

void flow_watch::wait(time_point now) {
    is_open_ = false;
    deadline_ = now + interval_.draw(random_);
}

flow_watch::due flow_watch::on_timeout(time_point now) {
    if (now < deadline_) return {};
    if (is_stream_) {
        if (is_open_) return {{}, verdict::failed};
        is_open_ = true;
        deadline_ = now + pong_limit;
        return {"\r\n\r\n", verdict::unknown};
    }
    if (!is_open_) {
        is_open_ = true;
        stun_.begin(now);
    }
    auto next = stun_.on_timeout(now);
    if (next.is_given_up) return {{}, verdict::failed};
    deadline_ = stun_.next_deadline();
    return {std::move(next.request), verdict::unknown};
}

flow_watch::verdict flow_watch::answered(time_point now) {
    wait(now);
    return verdict::alive;
}

flow_watch::verdict flow_watch::on_answer(time_point now, std::string_view bytes) {
    if (!is_open_) return verdict::unknown;
    if (is_stream_) return bytes == "\r\n" ? answered(now) : verdict::unknown;
    auto const response = stun_.on_answer(bytes);
    if (!response) return verdict::unknown;
    auto const mapped = stun::mapped_by(*response);
    if (!mapped) return verdict::failed;
    bool const has_moved = mapped_ && mapped_ != mapped;
    mapped_ = mapped;
    return has_moved ? verdict::failed : answered(now);
}

}  // namespace sip
