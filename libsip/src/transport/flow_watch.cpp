#include "sip/transport/flow_watch.hpp"

namespace sip {

flow_watch::flow_watch(time_point now, bool stream, keep_alive_interval interval, random_source random)
    : is_stream_(stream), interval_(interval), random_(random) {
    wait(now);
}

keep_alive_interval flow_watch::from_flow_timer(std::uint32_t seconds) noexcept {
    duration const longest = std::chrono::seconds(seconds);
    return {longest * 4 / 5, longest};
}

void flow_watch::wait(time_point now) {
    is_open_ = false;
    auto const span = static_cast<std::uint64_t>((interval_.longest - interval_.shortest).count());
    deadline_ = now + interval_.shortest + duration(random_.below(span + 1));
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
        requests_ = 0;
        transaction_ = stun::new_transaction(random_);
    }
    if (requests_ == most_requests) return {{}, verdict::failed};
    // RFC 8489 6.2.1: the waits double, but for the one behind the last request.
    deadline_ = now + (++requests_ < most_requests ? first_wait * (1U << (requests_ - 1)) : first_wait * last_wait);
    return {stun::binding_request(transaction_), verdict::unknown};
}

flow_watch::verdict flow_watch::answered(time_point now) {
    wait(now);
    return verdict::alive;
}

flow_watch::verdict flow_watch::on_answer(time_point now, std::string_view bytes) {
    if (!is_open_) return verdict::unknown;
    if (is_stream_) return bytes == "\r\n" ? answered(now) : verdict::unknown;
    auto const read = stun::parse(bytes);
    if (!read || read->id != transaction_) return verdict::unknown;
    if (read->what == stun::message_class::error) return verdict::failed;
    // A success response without the address, or with one that asks for more than we know, is none (RFC 8489 6.3.3).
    if (read->what != stun::message_class::success || !read->mapped || !read->unknown.empty()) return verdict::unknown;
    bool const has_moved = mapped_ && mapped_ != read->mapped;
    mapped_ = read->mapped;
    return has_moved ? verdict::failed : answered(now);
}

}  // namespace sip
