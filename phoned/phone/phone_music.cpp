// Music on hold from a server: asked for with each hold, over with it.
#include <algorithm>

#include "phoned/phone/identity.hpp"
#include "phoned/phone/phone.hpp"
#include "sip/syntax/names.hpp"

namespace phoned {

namespace {

/// A server that does not answer by then does not keep the peer waiting for its hold.
constexpr auto patience = std::chrono::seconds{4};

}  // namespace

void phone::follow_music(now_t now) {
    for (auto& [number, of] : calls_) {
        if (!of->wants_music() || music_.contains(number)) continue;
        const auto* const l = find_line(of->account());
        std::string why;
        const auto uri = target_uri(of->settings_of_account().music_server_uri, *l->config, config_, why);
        auto& request = music_[number];
        request.answer_by = now.mono + patience;
        if (uri) request.server = server_music::ask(ports_.sip, ports_.random, l->id, *uri, *of->agreed_line());
        if (!request.server) silence(now, number, why.empty() ? "cannot be called" : why);
    }
    for (auto at = music_.begin(); at != music_.end();) {
        auto& [number, request] = *at++;
        const auto* const of = find(number);
        if (of == nullptr || !of->is_live() || !of->wants_hold())
            end_music(number);
        else if (request.server && !request.plays && request.answer_by <= now.mono)
            silence(now, number, "does not answer");
        else if (request.plays && request.server && !of->has_music())
            silence(now, number, "sends nothing that the peer takes");
    }
}

/// The hold goes on without music, and does not ask for it again.
void phone::silence(now_t now, call_number number, std::string_view why) {
    auto& request = music_[number];
    if (request.server) request.server->hang_up(ports_.sip);
    request.server.reset();
    if (auto* of = find(number)) of->set_music(std::nullopt);
    hub_->publish(now, alarm_event{alarm_severity::warning, "music server", std::string(why)});
}

void phone::end_music(call_number number) {
    const auto at = music_.find(number);
    if (at == music_.end()) return;
    if (at->second.server) at->second.server->hang_up(ports_.sip);
    music_.erase(at);
}

std::map<call_number, hold_music_request>::iterator phone::find_music(sip::session_id id) {
    return std::find_if(music_.begin(), music_.end(), [id](const auto& each) {
        return each.second.server && each.second.server->session() == id;
    });
}

void phone::on_music(now_t now, const sip::call_answered& e) {
    const auto at = find_music(e.id);
    if (at == music_.end()) return;
    auto source = at->second.server->on(e);
    auto* const of = find(at->first);
    if (!source || of == nullptr) return silence(now, at->first, "sends nothing that the peer takes");
    at->second.plays = true;
    of->set_music(std::move(source));
}

void phone::on_music(now_t now, const sip::call_ended& e) {
    const auto at = find_music(e.id);
    if (at == music_.end()) return;
    at->second.server.reset();
    silence(now, at->first, e.status != 0 ? sip::reason_phrase(e.status) : "has hung up");
}

/// The peer has been told what the server sends, and is not told anew.
void phone::on_music(now_t, const sip::remote_offer& e) {
    if (find_music(e.id) != music_.end())
        ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            (void)core.refuse_offer(at, e.id, 488, out);
        });
}

}  // namespace phoned
