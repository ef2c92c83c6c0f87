#include "sip/usage/registration.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "sip/syntax/uri.hpp"

namespace sip {

namespace {

using std::chrono::seconds;

/// A registrar that raises its minimum for ever must not keep us busy.
constexpr std::uint8_t most_brief_rounds = 3;
/// Retry-After is the peer's wish; an hour is as long as we let it keep a phone off the air.
constexpr seconds longest_retry_after = std::chrono::hours(1);

std::uint32_t to_seconds(duration d) {
    auto const count = std::chrono::duration_cast<seconds>(d).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 1, std::numeric_limits<std::uint32_t>::max()));
}

/// Refresh early enough for one REGISTER to time out (64*T1 = 32 s) and another to get through; half-way where the
/// binding is short. The random part keeps phones that started together from refreshing together.
duration refresh_after(duration granted, random_source const& random) {
    auto const margin = std::min<duration>(granted / 2, seconds(40));
    auto const spread = std::min<duration>(granted / 20, seconds(60));
    auto const earlier =
        spread.count() > 0 ? duration(random.below(static_cast<std::uint64_t>(spread.count()))) : duration{};
    return granted - margin - earlier;
}

/// What the registrar granted to our contact: its own expires parameter, then the Expires header, then what we asked
/// for (10.2.4). Zero where the answer lists bindings and says nothing of ours but names it with 0.
duration granted_interval(
    message_view response, std::string_view our_contact_uri, std::uint32_t reg_id, std::uint32_t asked
) {
    auto const ours = parse_uri(our_contact_uri);
    auto const number = std::to_string(reg_id);
    for (auto const& contact : response.all<header_id::contact>()) {
        if (!contact || !ours || contact->is_star || !equivalent(contact->uri, *ours)) continue;
        // Two flows from one socket have one URI; a registrar that knows no reg-id keeps one binding for both.
        auto const named = contact->params.value("reg-id");
        if (reg_id != 0 && !named.empty() && named != number) continue;
        if (auto const expires = contact->expires()) return seconds(*expires);
    }
    if (auto const expires = response.get<header_id::expires>()) return seconds(*expires);
    return seconds(asked);
}

}  // namespace

registration::registration(registration_settings settings, environment& env)
    : settings_(settings),
      environment_(&env),
      call_id_(fmt::format("{}{:016x}{:016x}", env.mark, env.random(), env.random())),
      from_tag_(fmt::format("{:016x}", env.random())) {}

registration::outcome registration::start(time_point) {
    if (wish_ == wish::registered && state_ != registration_state::failed) return {};
    wish_ = wish::registered;
    if (in_flight_) return {};  // a removal is on its way: its answer starts us again
    failures_ = 0;
    is_proven_ = false;
    return send(registration_state::registering, std::max(to_seconds(settings_.expires), minimum_));
}

registration::outcome registration::stop(time_point) {
    if (wish_ == wish::removed || (wish_ == wish::nothing && state_ == registration_state::unregistered)) return {};
    wish_ = wish::removed;
    deadline_.reset();
    if (in_flight_) return {};
    if (!may_be_bound_) return finished_removal(0, {});
    return send(registration_state::unregistering, 0);
}

registration::request registration::retry() noexcept {
    return {++cseq_, asked_};
}

registration::outcome registration::on_response(
    time_point now, message_view response, std::string_view our_contact_uri, error_code auth_error, std::uint32_t reg_id
) {
    in_flight_ = false;
    auto const status = response.status();
    bool const was_removal = asked_ == 0;
    if (was_removal) {
        may_be_bound_ = may_be_bound_ && status >= 300;
        if (wish_ != wish::registered) return finished_removal(status, status < 300 ? error_code{} : auth_error);
        failures_ = 0;
        return send(registration_state::registering, std::max(to_seconds(settings_.expires), minimum_));
    }
    if (status < 300) may_be_bound_ = true;
    if (wish_ == wish::removed) {
        if (!may_be_bound_) return finished_removal(status, {});
        return send(registration_state::unregistering, 0);
    }
    if (status < 300) {
        auto const granted = granted_interval(response, our_contact_uri, reg_id, asked_);
        if (granted <= duration::zero()) {
            may_be_bound_ = false;
            return failed(now, status, {}, std::nullopt);
        }
        return registered(now, status, granted);
    }
    if (status == 423) return on_interval_too_brief(now, response);
    std::optional<duration> wait;
    if (auto const retry_after = response.get<header_id::retry_after>())
        wait = std::min<duration>(seconds(retry_after->seconds), longest_retry_after);
    return failed(now, status, auth_error, wait);
}

registration::outcome registration::on_failed(time_point now, errc why) {
    in_flight_ = false;
    if (wish_ == wish::removed) return finished_removal(0, why);  // the binding will expire by itself
    if (asked_ == 0) return send(registration_state::registering, std::max(to_seconds(settings_.expires), minimum_));
    return failed(now, 0, why, std::nullopt);
}

registration::outcome registration::on_flow_lost(time_point now) {
    if (wish_ != wish::registered || in_flight_) return {};
    if (state_ != registration_state::registered) return {};
    // RFC 5626 4.5: a flow that never answered a ping was no success, and the next one has to wait.
    if (settings_.needs_proof && !std::exchange(is_proven_, false))
        return failed(now, 0, errc::transport_failed, std::nullopt);
    // Up to two seconds apart, so that a server that restarts is not met by all its phones at once.
    deadline_ = now + std::chrono::milliseconds(environment_->random.below(2000));
    return {};
}

registration::outcome registration::retry_now(time_point) {
    if (wish_ != wish::registered || in_flight_ || state_ != registration_state::failed) return {};
    return send(registration_state::registering, std::max(to_seconds(settings_.expires), minimum_));
}

registration::outcome registration::on_timeout(time_point now) {
    if (!deadline_ || now < *deadline_ || in_flight_) return {};
    deadline_.reset();
    if (wish_ != wish::registered) return {};
    auto const shown =
        state_ == registration_state::registered ? registration_state::registered : registration_state::registering;
    return send(shown, std::max(to_seconds(settings_.expires), minimum_));
}

registration::outcome registration::send(registration_state shown, std::uint32_t expires) {
    deadline_.reset();
    in_flight_ = true;
    asked_ = expires;
    outcome out{.send = request{++cseq_, expires}, .news = std::nullopt};
    if (shown != state_) {
        state_ = shown;
        out.news = news{.state = shown, .status = 0, .error = {}, .expires = {}, .next_attempt = std::nullopt};
    }
    return out;
}

registration::outcome registration::registered(time_point now, std::uint16_t status, duration granted) {
    if (!settings_.needs_proof) failures_ = 0;
    brief_rounds_ = 0;
    state_ = registration_state::registered;
    deadline_ = now + refresh_after(granted, environment_->random);
    return {.send = std::nullopt, .news = news{state_, status, {}, granted, deadline_}};
}

registration::outcome registration::failed(
    time_point now, std::uint16_t status, error_code error, std::optional<duration> wait
) {
    state_ = registration_state::failed;
    brief_rounds_ = 0;
    deadline_.reset();
    if (settings_.retry_after_failure > duration::zero()) {
        // Doubling steps up to the ceiling; the wait itself is drawn from the upper half of the step (RFC 5626 4.5).
        auto step = settings_.retry_after_failure;
        for (std::uint32_t i = 0; i < failures_ && step < settings_.longest_retry; ++i)
            step *= 2;
        step = std::min(step, std::max(settings_.longest_retry, settings_.retry_after_failure));
        auto const drawn =
            step / 2 + duration(environment_->random.below(static_cast<std::uint64_t>((step / 2).count()) + 1));
        deadline_ = now + std::max(drawn, wait.value_or(duration::zero()));
        // RFC 5626 4.2.1: a Retry-After of 0 means at once; but whoever goes on saying it is not believed.
        if (wait == duration::zero() && failures_ == 0) deadline_ = now;
        ++failures_;
    }
    return {.send = std::nullopt, .news = news{state_, status, error, {}, deadline_}};
}

registration::outcome registration::finished_removal(std::uint16_t status, error_code error) {
    wish_ = wish::nothing;
    state_ = registration_state::unregistered;
    may_be_bound_ = false;
    deadline_.reset();
    return {.send = std::nullopt, .news = news{state_, status, error, {}, std::nullopt}};
}

/// 423 (10.2.8): ask again at once with the registrar's minimum; a minimum that is not above what we asked for makes no
/// sense.
registration::outcome registration::on_interval_too_brief(time_point now, message_view response) {
    auto const minimum = response.get<header_id::min_expires>();
    if (!minimum || *minimum <= asked_ || ++brief_rounds_ > most_brief_rounds)
        return failed(now, response.status(), minimum ? error_code{} : error_code(errc::missing_header), std::nullopt);
    minimum_ = *minimum;
    return send(state_, minimum_);
}

}  // namespace sip
