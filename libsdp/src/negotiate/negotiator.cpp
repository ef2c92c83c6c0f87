#include "sdp/negotiate/negotiator.hpp"

#include "payload_numbers.hpp"

#include <algorithm>
#include <utility>

namespace sdp {

negotiator::negotiator(origin own) : own_{std::move(own)} {
    own_.address = {};
}

negotiator::phase negotiator::current() const noexcept {
    if (std::holds_alternative<own_offer>(open_)) return phase::local_offer;
    if (std::holds_alternative<received_offer>(open_)) return phase::remote_offer;
    return has_agreed_ ? phase::stable : phase::idle;
}

session const* negotiator::remote_offer() const noexcept {
    auto const* const open = std::get_if<received_offer>(&open_);
    return open != nullptr ? &open->offer : nullptr;
}

result<session> negotiator::make_offer(capabilities const& able, local_media const& local) {
    if (!std::holds_alternative<std::monostate>(open_)) {
        return failure{errc::out_of_turn, 491, 0, 0, "an offer is still unanswered"};
    }
    auto const has_keys = [](local_stream const& stream) { return !stream.keys.empty() || stream.dtls; };
    if (able.security.policy == media_security::mandatory &&
        !std::all_of(local.streams.begin(), local.streams.end(), has_keys)) {
        return failure{errc::not_acceptable, 488, 0, 0, "secure media is required and a stream has no keys"};
    }
    auto description = sdp::make_offer(able, local, own_, agreed_);
    stamp_version(description);
    remember_numbers(description);
    open_ = own_offer{description, able, local};
    return description;
}

result<void> negotiator::on_remote_offer(session offer) {
    switch (current()) {
        case phase::local_offer:
            return failure{errc::glare, 491, 0, 0, "our own offer is still unanswered"};
        case phase::remote_offer:
            return failure{errc::out_of_turn, 500, 0, 0, "the previous offer is unanswered"};
        case phase::idle:
        case phase::stable:
            break;
    }
    remember_numbers(offer);
    open_ = received_offer{std::move(offer)};
    return {};
}

namespace {
constexpr failure nothing_to_answer{errc::out_of_turn, 500, 0, 0, "there is no offer to answer"};
}

result<session> negotiator::make_answer(capabilities const& able, local_media const& local) {
    auto const* const offer = remote_offer();
    if (offer == nullptr) return nothing_to_answer;
    auto made = sdp::make_answer(*offer, able, local, own_, agreed_);
    if (!made) return made.error();
    return close_with(std::move(*made));
}

result<session> negotiator::make_refusal(local_media const& local) {
    auto const* const offer = remote_offer();
    if (offer == nullptr) return nothing_to_answer;
    return close_with(sdp::make_refusal(*offer, local, own_));
}

session negotiator::close_with(answer made) {
    stamp_version(made.description);
    agreed_.local = made.description;
    agreed_.remote = std::move(std::get<received_offer>(open_).offer);
    agreed_.lines = std::move(made.lines);
    has_agreed_ = true;
    open_ = std::monostate{};
    return std::move(made.description);
}

result<void> negotiator::on_remote_answer(session received) {
    auto* const ours = std::get_if<own_offer>(&open_);
    if (ours == nullptr) return nothing_to_answer;
    auto lines = apply_answer(ours->offer, received, ours->able, ours->media, agreed_);
    if (!lines) return lines.error();
    remember_numbers(received);
    agreed_.local = std::move(ours->offer);
    agreed_.remote = std::move(received);
    agreed_.lines = std::move(*lines);
    has_agreed_ = true;
    open_ = std::monostate{};
    return {};
}

void negotiator::rollback() noexcept {
    open_ = std::monostate{};
}

/// RFC 3264 8, RFC 6337 5.2.5: one more than in the description sent last if anything changed, else the same. The rest
/// of the o= line stays for the whole session, also when the media move to another address.
void negotiator::stamp_version(session& description) {
    own_.address = description.origin.address;
    if (last_sent_) {
        description.origin.version = last_sent_->origin.version;
        if (description != *last_sent_) ++description.origin.version;
    }
    last_sent_ = description;
}

void negotiator::remember_numbers(session const& description) {
    if (agreed_.histories.size() < description.media_lines.size()) {
        agreed_.histories.resize(description.media_lines.size());
    }
    for (std::size_t i = 0; i != description.media_lines.size(); ++i) {
        remember(agreed_.histories[i], description.media_lines[i]);
    }
}

}  // namespace sdp
