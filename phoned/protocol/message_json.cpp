#include "phoned/protocol/message_json.hpp"

#include "phoned/protocol/names.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdint>

namespace phoned {
namespace {

namespace json = boost::json;

// How many bytes of text begin a valid UTF-8 character (RFC 3629); 0 if none does.
std::size_t character_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const auto lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    const bool is_overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
    const bool is_surrogate = lead == 0xED && byte(1) > 0x9F;
    const bool is_beyond_unicode = lead == 0xF4 && byte(1) > 0x8F;
    return is_overlong || is_surrogate || is_beyond_unicode ? 0 : length;
}

json::string text(std::string_view from_outside, std::size_t limit = max_text) {
    return json::string{clean_text(from_outside, limit)};
}

json::string word(std::string_view own) {
    return json::string{own};
}

json::array texts(const std::vector<std::string>& all) {
    json::array list;
    for (const auto& one : all)
        list.emplace_back(text(one));
    return list;
}

json::array steps(const std::vector<led_pattern_step>& all) {
    json::array list;
    for (const auto& step : all)
        list.push_back(json::array{step.on_ms, step.off_ms});
    return list;
}

void add_text(json::object& to, std::string_view name, std::string_view value) {
    if (!value.empty()) to[name] = text(value);
}

struct params_of {
    now_t now;

    [[nodiscard]] json::object stamped() const { return {{"time", time_text(now.wall)}}; }

    json::object operator()(const account_state_event& e) const {
        auto params = stamped();
        params["account"] = to_json(e.account);
        return params;
    }
    json::object operator()(const call_state_event& e) const {
        auto params = stamped();
        params["call"] = to_json(e.call);
        return params;
    }
    json::object operator()(const call_media_event& e) const {
        auto params = stamped();
        params["media"] = to_json(e.media);
        return params;
    }
    json::object operator()(const call_quality_event& e) const {
        auto params = stamped();
        params["quality"] = to_json(e.quality);
        return params;
    }
    json::object operator()(const call_transfer_event& e) const {
        auto params = stamped();
        params["transfer"] = to_json(e.transfer);
        return params;
    }
    json::object operator()(const feature_state_event& e) const {
        auto params = stamped();
        params["features"] = to_json(e.features);
        return params;
    }
    json::object operator()(const history_added_event& e) const {
        auto params = stamped();
        params["entry"] = to_json(e.entry);
        return params;
    }
    json::object operator()(const driver_event& e) const {
        auto params = stamped();
        params["name"] = text(e.name);
        params["kinds"] = to_json(e.kinds);
        if (!e.up) params["reason"] = text(e.reason);
        return params;
    }
    json::object operator()(const alarm_event& e) const {
        auto params = stamped();
        params["severity"] = word(name_of(e.level));
        params["source"] = text(e.source);
        params["text"] = text(e.text);
        return params;
    }
    json::object operator()(const trace_event& e) const {
        // JSON writes a control character as six bytes: a message full of them is cut shorter, so that the line stays
        // within its limit.
        auto shown = clean_text(e.text, max_trace_text);
        bool is_cut = e.text.size() > max_trace_text;
        while (json::serialize(json::string{shown}).size() > max_line - 4096) {
            shown = clean_text(shown, shown.size() / 2);
            is_cut = true;
        }
        json::object params{
            {"time", time_text(e.at)},        {"direction", word(name_of(e.direction))},
            {"transport", text(e.transport)}, {"local", text(e.local)},
            {"remote", text(e.remote)},       {"text", shown},
        };
        if (is_cut) params["truncated"] = true;
        return params;
    }
};

}  // namespace

std::string clean_text(std::string_view text, std::size_t limit) {
    constexpr std::string_view replacement = "\xEF\xBF\xBD";
    std::string clean;
    clean.reserve(std::min(text.size(), limit));
    while (!text.empty()) {
        const auto length = character_length(text);
        const auto character = length == 0 ? replacement : text.substr(0, length);
        if (clean.size() + character.size() > limit) break;
        clean += character;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return clean;
}

std::string time_text(wall_time at) {
    using namespace std::chrono;
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss clock{floor<microseconds>(at - day)};
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
        clock.minutes().count(), clock.seconds().count(), clock.subseconds().count()
    );
}

json::object to_json(const account_summary& account) {
    json::object object{
        {"account", account.account},
        {"label", text(account.label)},
        {"address", text(account.address)},
        {"state", word(name_of(account.state))},
    };
    if (account.sip_code != 0) object["sip_code"] = account.sip_code;
    add_text(object, "reason", account.reason);
    add_text(object, "server", account.server);
    if (account.expires.count() != 0) object["expires"] = account.expires.count();
    return object;
}

json::object to_json(const call_summary& call) {
    json::object object{
        {"call", static_cast<std::uint32_t>(call.call)},
        {"account", call.account},
        {"direction", word(name_of(call.direction))},
        {"state", word(name_of(call.state))},
        {"local", text(call.local)},
        {"remote", text(call.remote)},
        {"held_by_us", call.held_by_us},
        {"held_by_peer", call.held_by_peer},
        {"muted", call.muted},
        {"in_conference", call.in_conference},
        {"auto_answered", call.auto_answered},
    };
    add_text(object, "remote_name", call.remote_name);
    add_text(object, "diverted_by", call.diverted_by);
    add_text(object, "referred_by", call.referred_by);
    add_text(object, "alert", call.alert);
    if (!call.call_id.empty()) {
        object["dialog"] = json::object{
            {"call_id", text(call.call_id)},
            {"local_tag", text(call.local_tag)},
            {"remote_tag", text(call.remote_tag)},
        };
    }
    if (call.talked) object["talked_ms"] = call.talked->count();
    if (call.state == call_state::terminated) object["ended_by"] = word(name_of(call.ended));
    if (call.sip_code != 0) object["sip_code"] = call.sip_code;
    add_text(object, "cause", call.cause);
    return object;
}

json::object to_json(const call_media& media) {
    json::object object{
        {"call", static_cast<std::uint32_t>(media.call)},
        {"direction", word(name_of(media.direction))},
        {"codec", text(media.codec)},
        {"payload_type", media.payload_type},
        {"ptime_ms", media.ptime.count()},
        {"local", text(media.local)},
        {"remote", text(media.remote)},
        {"security", word(name_of(media.security))},
    };
    if (!media.srtp_suite.empty()) object["srtp_suite"] = text(media.srtp_suite);
    if (media.dtmf_payload_type) object["dtmf_payload_type"] = *media.dtmf_payload_type;
    return object;
}

json::object to_json(const call_quality& quality) {
    json::object object{
        {"call", static_cast<std::uint32_t>(quality.call)},
        {"packets_sent", quality.packets_sent},
        {"packets_received", quality.packets_received},
        {"octets_sent", quality.octets_sent},
        {"octets_received", quality.octets_received},
        {"packets_refused", quality.packets_refused},
        {"packets_lost", quality.packets_lost},
        {"packets_late", quality.packets_late},
        {"packets_duplicated", quality.packets_duplicated},
        {"frames_concealed", quality.frames_concealed},
        {"jitter_us", quality.jitter.count()},
        {"playout_delay_ms", quality.playout_delay.count()},
        {"digits_received", text(quality.digits_received)},
    };
    if (quality.round_trip) object["round_trip_us"] = quality.round_trip->count();
    if (quality.remote_fraction_lost) object["remote_fraction_lost"] = *quality.remote_fraction_lost;
    if (quality.r_factor) object["r_factor"] = *quality.r_factor;
    if (quality.mos_lq) object["mos_lq"] = *quality.mos_lq;
    if (quality.mos_cq) object["mos_cq"] = *quality.mos_cq;
    return object;
}

json::object to_json(const transfer_summary& transfer) {
    json::object object{
        {"call", static_cast<std::uint32_t>(transfer.call)},
        {"role", word(name_of(transfer.role))},
        {"state", word(name_of(transfer.state))},
        {"target", text(transfer.target)},
    };
    if (transfer.sip_code != 0) object["sip_code"] = transfer.sip_code;
    add_text(object, "reason", transfer.reason);
    if (transfer.new_call) object["new_call"] = static_cast<std::uint32_t>(*transfer.new_call);
    return object;
}

json::object to_json(const feature_summary& features) {
    const auto rule = [](const forward_rule& of) {
        return json::object{{"on", of.enabled}, {"target", text(of.target)}, {"rings", of.rings}};
    };
    return {
        {"account", features.account},
        {"dnd", features.do_not_disturb},
        {"always", rule(features.forward.always)},
        {"busy", rule(features.forward.busy)},
        {"no_answer", rule(features.forward.no_answer)},
    };
}

json::object to_json(const history_entry& entry) {
    json::object object{
        {"entry", entry.id},
        {"kind", word(name_of(entry.kind))},
        {"account", entry.account},
        {"remote", text(entry.remote)},
        {"began", time_text(entry.began)},
    };
    add_text(object, "remote_name", entry.remote_name);
    if (entry.talked) object["talked_ms"] = entry.talked->count();
    if (entry.sip_code != 0) object["sip_code"] = entry.sip_code;
    add_text(object, "cause", entry.cause);
    return object;
}

json::object to_json(const led& lamp) {
    json::object object{{"id", text(lamp.id)}, {"colour", text(lamp.colour)}, {"pattern", word(name_of(lamp.pattern))}};
    if (lamp.pattern == led_preset::custom) object["steps"] = steps(lamp.steps);
    return object;
}

json::object to_json(const screen& shown) {
    json::array line_keys;
    for (const auto& key : shown.line_keys)
        line_keys.push_back(json::object{{"label", text(key.label)}, {"icon", text(key.icon)}});
    json::object object{
        {"id", text(shown.id)},
        {"title", text(shown.title)},
        {"rows", texts(shown.rows)},
        {"soft_keys", texts(shown.soft_keys)},
        {"line_keys", std::move(line_keys)},
        {"revision", shown.revision},
    };
    if (shown.cursor) object["cursor"] = json::array{shown.cursor->first, shown.cursor->second};
    return object;
}

json::object to_json(const ringer& ring) {
    return {{"tone", text(ring.tone)}, {"cadence", steps(ring.cadence)}, {"volume", ring.volume}};
}

json::object to_json(const hook_state& hook) {
    return {
        {"off_hook", hook.off_hook},
        {"headset_plugged", hook.headset_plugged},
        {"headset_hook", hook.headset_hook},
    };
}

json::object to_json(const audio_gain& gain) {
    return {{"microphone_db", gain.microphone_db}, {"speaker_db", gain.speaker_db}};
}

json::object to_json(audio_output output) {
    return {{"output", word(name_of(output))}};
}

json::array to_json(std::span<const driver_kind> kinds) {
    json::array list;
    for (const auto kind : kinds)
        list.emplace_back(word(name_of(kind)));
    return list;
}

json::object event_params(now_t now, const event& what) {
    return std::visit(params_of{now}, what);
}

std::string_view topic_of(const event& what) noexcept {
    struct {
        std::string_view operator()(const account_state_event&) const { return "account.state"; }
        std::string_view operator()(const call_state_event&) const { return "call.state"; }
        std::string_view operator()(const call_media_event&) const { return "call.media"; }
        std::string_view operator()(const call_quality_event&) const { return "call.quality"; }
        std::string_view operator()(const call_transfer_event&) const { return "call.transfer"; }
        std::string_view operator()(const feature_state_event&) const { return "feature.state"; }
        std::string_view operator()(const history_added_event&) const { return "history.added"; }
        std::string_view operator()(const driver_event& e) const { return e.up ? "driver.up" : "driver.down"; }
        std::string_view operator()(const alarm_event&) const { return "alarm"; }
        std::string_view operator()(const trace_event&) const { return "trace"; }
    } constexpr topic;
    return std::visit(topic, what);
}

}  // namespace phoned
