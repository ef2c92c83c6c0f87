#include "sdp/negotiate/negotiator.hpp"

#include "payload_numbers.hpp"

#include <utility>

namespace sdp {

negotiator::negotiator(origin own) : own_{std::move(own)} {
    own_.address = {};
}

session const* negotiator::remote_offer() const noexcept {
    return theirs_ ? &*theirs_ : nullptr;
}

result<session> negotiator::make_offer(capabilities const& able, local_media const& local) {
    if (phase_ != phase::idle && phase_ != phase::stable) {
        return failure{errc::out_of_turn, 491, 0, 0, "an offer is still unanswered"};
    }
    auto description = sdp::make_offer(able, local, own_, agreed_);
    stamp_version(description);
    remember_numbers(description);
    ours_ = open_offer{description, able, local};
    phase_ = phase::local_offer;
    return description;
}

result<void> negotiator::on_remote_offer(session offer) {
    if (phase_ == phase::local_offer) return failure{errc::glare, 491, 0, 0, "our own offer is still unanswered"};
    if (phase_ == phase::remote_offer) return failure{errc::out_of_turn, 500, 0, 0, "the previous offer is unanswered"};
    remember_numbers(offer);
    theirs_ = std::move(offer);
    phase_ = phase::remote_offer;
    return {};
}

result<session> negotiator::make_answer(capabilities const& able, local_media const& local) {
    if (phase_ != phase::remote_offer) return failure{errc::out_of_turn, 500, 0, 0, "there is no offer to answer"};
    auto made = sdp::make_answer(*theirs_, able, local, own_, agreed_);
    if (!made) return made.error();
    return close_with(std::move(*made));
}

result<session> negotiator::make_refusal(local_media const& local) {
    if (phase_ != phase::remote_offer) return failure{errc::out_of_turn, 500, 0, 0, "there is no offer to answer"};
    return close_with(sdp::make_refusal(*theirs_, local, own_));
}

session negotiator::close_with(answer made) {
    stamp_version(made.description);
    agreed_.local = made.description;
    agreed_.remote = std::move(*theirs_);
    agreed_.lines = std::move(made.lines);
    theirs_.reset();
    has_agreed_ = true;
    phase_ = phase::stable;
    return std::move(made.description);
}

result<void> negotiator::on_remote_answer(session received) {
    if (phase_ != phase::local_offer) return failure{errc::out_of_turn, 500, 0, 0, "there is no offer to answer"};
    auto lines = apply_answer(ours_->offer, received, ours_->able, ours_->media, agreed_);
    if (!lines) return lines.error();
    remember_numbers(received);
    agreed_.local = std::move(ours_->offer);
    agreed_.remote = std::move(received);
    agreed_.lines = std::move(*lines);
    ours_.reset();
    has_agreed_ = true;
    phase_ = phase::stable;
    return {};
}

void negotiator::rollback() noexcept {
    ours_.reset();
    theirs_.reset();
    phase_ = has_agreed_ ? phase::stable : phase::idle;
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
