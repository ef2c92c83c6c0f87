#include "phoned/phone/phone.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "phoned/phone/identity.hpp"
#include "phoned/phone/turn.hpp"
#include "phoned/phone/user_settings.hpp"
#include "sip/syntax/names.hpp"

namespace phoned {

namespace {

constexpr auto stopping_time = std::chrono::seconds{3};

registration_state shown(sip::registration_state state) {
    switch (state) {
        case sip::registration_state::unregistered:
            return registration_state::unregistered;
        case sip::registration_state::registering:
            return registration_state::registering;
        case sip::registration_state::registered:
            return registration_state::registered;
        case sip::registration_state::failed:
            return registration_state::failed;
        case sip::registration_state::unregistering:
            return registration_state::unregistering;
    }
    return registration_state::unregistered;
}

/// The calls whose time has come; they are taken off the list.
std::vector<call_number> due(std::map<call_number, time_point>& list, now_t now) {
    std::vector<call_number> out;
    for (const auto& [number, at] : list)
        if (at <= now.mono) out.push_back(number);
    for (const auto number : out)
        list.erase(number);
    return out;
}

template <class... Visitors>
struct overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
overloaded(Visitors...) -> overloaded<Visitors...>;

}  // namespace

phone::phone(settings config, phone_identity identity, phone_ports ports, audio_format format)
    : config_(std::move(config)),
      ports_(ports),
      identity_(std::move(identity)),
      around_{ports.sip,       ports.sockets,    ports.random,
              ports.packets,   config_,          ports.dtls,
              identity_.cname, identity_.family, !identity_.hold_music.empty()},
      tones_(config_.tones, format.rate) {
    if (identity_.provisioned.empty()) identity_.provisioned = user_settings_text(config_);
    if (!identity_.hold_music.empty())
        hold_music_.emplace(std::move(identity_.hold_music), rtp::sound_repeat::for_ever);
    if (config_.voice.cancels_echo) echo_.emplace(rtp::voice_processing{.sample_rate = format.rate});
}

phone::~phone() = default;

void phone::attach(hub& to, audio_device& audio) {
    hub_ = &to;
    audio_ = &audio;
}

void phone::start(now_t now) {
    const turn t(*this, now);
    for (unsigned number = 1; number <= max_accounts; ++number) {
        const auto& account = config_.accounts[number - 1];
        if (!account.enabled) continue;
        line l{};
        l.number = number;
        l.config = &account;
        l.summary = {
            number,
            account.label.empty() ? account.user_name : account.label,
            address_of_record(account),
            registration_state::unregistered,
            0,
            {},
            server_text(account),
            std::chrono::seconds{0}};
        std::string why = is_usable(account) ? "" : "user_name and sip_server_host are needed";
        if (why.empty())
            ports_.sip.run([&](sip::user_agent_core& core, sip::now_t, sip::outbox&) {
                if (const auto id = core.add_account(sip_account(account, identity_.instance), &why)) l.id = *id;
            });
        if (!l.id) {
            l.summary.state = registration_state::failed;
            l.summary.reason = why;
            hub_->publish(now, alarm_event{alarm_severity::error, fmt::format("account.{}", number), why});
        } else {
            const auto spread = static_cast<std::uint64_t>(config_.registration_spread.count());
            const auto wait = spread == 0 ? 0 : ports_.random.random() % (spread * 1000);
            l.register_at = now.mono + std::chrono::milliseconds(wait);
        }
        lines_.push_back(std::move(l));
    }
    for (auto& l : lines_)
        if (l.register_at && *l.register_at <= now.mono) register_line(l);
    recall_numbers();
}

void phone::register_line(line& l) {
    l.register_at.reset();
    ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.register_account(at, l.id, out);
    });
}

bool phone::is_stopped() const noexcept {
    return is_stopping_ && !stop_by_;
}

// ---- inputs

void phone::on_sip(now_t now, sip::event what) {
    waiting_.push_back(std::move(what));
    if (depth_ == 0) const turn t(*this, now);
}

void phone::dispatch(now_t now, sip::event& what) {
    std::visit(
        overloaded{
            [&](const sip::incoming_call& e) { on_incoming(now, e); },
            [&](const sip::registration_changed& e) { on_registration(now, e); },
            [&](const sip::incoming_request& e) {
                // Nothing outside calls is served yet but OPTIONS, which the user agent answers.
                ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
                    (void)core.respond(at, e.id, 501, {}, {}, {}, out);
                });
            },
            [&](const sip::request_completed& e) {
                for (auto& [number, of] : calls_)
                    if (of->open_request() == e.id) of->on(now, e);
            },
            [&](const sip::transfer_requested& e) { on_transfer(now, e); },
            [&](const sip::notification& e) { on_report(now, e); },
            [&](const sip::subscription_changed& e) { on_refer_answer(now, e); },
            [&](const sip::subscription_ended& e) { on_reports_ended(now, e); },
            [](const sip::call_redirected&) {},  // not by the user agent: see call::follow_redirection()
            [&](const auto& e) {
                if constexpr (requires { find(e.id); })
                    if (auto* of = find(e.id)) return of->on(now, e);
                if constexpr (requires { on_music(now, e); }) on_music(now, e);
            },
        },
        what
    );
}

void phone::on_registration(now_t now, const sip::registration_changed& change) {
    auto* l = line_of(change.account);
    if (l == nullptr) return;
    auto& s = l->summary;
    s.state = shown(change.state);
    s.sip_code = change.status;
    s.reason = !change.detail.empty() ? change.detail
               : change.error         ? change.error.message()
               : change.status != 0   ? std::string(sip::reason_phrase(change.status))
                                      : std::string();
    s.expires = std::chrono::duration_cast<std::chrono::seconds>(change.expires);
    hub_->publish(now, account_state_event{s});
}

void phone::on_media(
    now_t now, media_id id, rtp::component component, rtp::packet_buffer packet, const rtp::endpoint& from
) {
    for (auto& [number, of] : calls_) {
        if (of->media() != id) continue;
        const turn t(*this, now);
        of->on_packet(now, component, std::move(packet), from);
        return;
    }
}

void phone::on_timeout(now_t now) {
    const turn t(*this, now);
    for (auto& [number, of] : calls_)
        if (const auto at = of->next_deadline(); at && *at <= now.mono) of->on_timeout(now);
    for (auto& l : lines_)
        if (l.register_at && *l.register_at <= now.mono) register_line(l);
    for (const auto number : due(auto_answer_at_, now))
        if (auto* of = find(number)) {
            of->set_auto_answered();
            answer(now, *of);
        }
    for (const auto number : due(let_go_at_, now))
        if (auto* of = find(number)) of->hang_up(now, "transferred");
    forward_unanswered(now);
    remind_of_held_calls(now);
    redial_when_due(now);
    if (notice_until_ && *notice_until_ <= now.mono) {
        notice_until_.reset();
        notice_.clear();
    }
    if (busy_tone_until_ && *busy_tone_until_ <= now.mono) busy_tone_until_.reset();
    if (stop_by_ && *stop_by_ <= now.mono) stop_by_.reset();
}

std::optional<time_point> phone::next_deadline() const {
    std::optional<time_point> first;
    const auto consider = [&](const std::optional<time_point>& at) {
        if (at && (!first || *at < *first)) first = at;
    };
    for (const auto& [number, of] : calls_)
        consider(of->next_deadline());
    for (const auto& l : lines_)
        consider(l.register_at);
    for (const auto* list : {&auto_answer_at_, &let_go_at_})
        for (const auto& [number, at] : *list)
            consider(at);
    for (const auto& [number, forward] : forward_at_)
        consider(forward.at);
    for (const auto& each : transfers_out_)
        consider(each.refer_at);
    for (const auto& [number, music] : music_)
        if (music.server && !music.plays) consider(music.answer_by);
    if (held_answer_) consider(held_answer_->at_latest);
    if (redial_) consider(redial_->at);
    consider(remind_at_);
    consider(notice_until_);
    consider(busy_tone_until_);
    consider(stop_by_);
    return first;
}

// ---- the whole

std::vector<metric> phone::metrics(const command_context&) {
    double registered = 0;
    for (const auto& l : lines_)
        registered += l.summary.state == registration_state::registered ? 1 : 0;
    return {
        {"phoned_accounts", static_cast<double>(lines_.size()), "Accounts that are switched on"},
        {"phoned_accounts_registered", registered, "Accounts that are registered now"},
        {"phoned_calls", static_cast<double>(calls_.size()), "Calls that live now"},
        {"phoned_calls_total", static_cast<double>(calls_total_), "Calls since the phone started"},
    };
}

void phone::set_message_trace(bool) {}  // the hub knows who listens: see hub::is_tracing()

void phone::set_log_level(log_level level) {
    config_.level = level;
}

void phone::shut_down(const command_context& context) {
    if (is_stopping_) return;
    const turn t(*this, context.now);
    is_stopping_ = true;
    stop_by_ = context.now.mono + stopping_time;
    for (auto& [number, of] : calls_)
        of->hang_up(context.now, "the phone shuts down");
    for (auto& l : lines_) {
        l.register_at.reset();
        if (!l.id) continue;
        ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            (void)core.unregister_account(at, l.id, out);
        });
    }
}

phone::line* phone::find_line(unsigned number) {
    const auto at = std::find_if(lines_.begin(), lines_.end(), [&](const line& l) { return l.number == number; });
    return at == lines_.end() ? nullptr : &*at;
}

phone::line* phone::line_of(sip::account_id id) {
    const auto at = std::find_if(lines_.begin(), lines_.end(), [&](const line& l) { return l.id == id; });
    return at == lines_.end() ? nullptr : &*at;
}

call* phone::find(call_number number) {
    const auto at = calls_.find(number);
    return at == calls_.end() ? nullptr : at->second.get();
}

call* phone::find(sip::session_id id) {
    for (auto& [number, of] : calls_)
        if (of->session() == id) return of.get();
    return nullptr;
}

}  // namespace phoned
