#include "sip/transport/stun_client.hpp"

namespace sip::stun {

void client::begin(time_point now) {
    is_open_ = true;
    requests_ = 0;
    id_ = new_transaction(random_);
    deadline_ = now;
}

client::due client::on_timeout(time_point now) {
    if (!is_open_ || now < deadline_) return {};
    if (requests_ == most_requests) {
        is_open_ = false;
        return {{}, true};
    }
    // The waits double, but for the one behind the last request.
    deadline_ = now + (++requests_ < most_requests ? first_wait * (1U << (requests_ - 1)) : first_wait * last_wait);
    return {binding_request(id_), false};
}

std::optional<message> client::on_answer(std::string_view datagram) {
    if (!is_open_) return std::nullopt;
    auto read = parse(datagram);
    bool const is_response = read && (read->what == message_class::success || read->what == message_class::error);
    if (!is_response || read->id != id_) return std::nullopt;
    is_open_ = false;
    return read;
}

std::optional<endpoint> mapped_by(message const& response) noexcept {
    bool const is_good = response.what == message_class::success && response.unknown.empty();
    return is_good ? response.mapped : std::nullopt;
}

}  // namespace sip::stun
