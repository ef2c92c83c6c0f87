#include "phoned/protocol/hub_state.hpp"

#include "phoned/protocol/message_json.hpp"
#include "phoned/protocol/method_table.hpp"
#include "phoned/protocol/names.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <algorithm>

namespace phoned {
namespace {

namespace json = boost::json;

constexpr duration audio_open_time = std::chrono::seconds{5};

}  // namespace

bool hub_client::drives(driver_kind kind) const {
    return is_registered && !is_forgotten && std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool hub_client::wants(std::string_view topic) const {
    if (topics.contains(topic)) return true;
    if (topic != "trace" && topics.contains("*")) return true;
    const auto dot = topic.find('.');
    return dot != std::string_view::npos && topics.contains(std::string{topic.substr(0, dot)} + ".*");
}

phone_commands& method_call::phone() const {
    return hub.phone;
}
command_context method_call::context() const {
    return {now, from.name};
}

hub_client* hub_state::find(client_id id) {
    const auto found = clients.find(id);
    return found == clients.end() ? nullptr : &found->second;
}

// ---- requests

std::optional<command_failure> check_rights(const method& row, const hub_client& client) {
    const auto failure = [&](error_number code, std::string_view why) {
        return command_failure{
            .code = code, .message = fmt::format("{}: {}", row.name, why), .cause = "role", .layer = "protocol"};
    };
    const auto place =
        row.open_to == caller::new_driver || row.open_to == caller::driver ? plane::driver : plane::control;
    if (row.open_to == caller::anybody) return std::nullopt;
    const bool registers = row.open_to == caller::new_driver || row.open_to == caller::new_client;
    if (!registers && !client.is_registered) return failure(error_number::not_registered, "register first");
    if (client.came_to != place) {
        return failure(
            error_number::denied, place == plane::driver ? "only on the driver socket" : "only on the control socket"
        );
    }
    switch (row.open_to) {
        case caller::anybody:
            return std::nullopt;
        case caller::new_driver:
        case caller::new_client:
            if (client.is_registered) return failure(error_number::already_registered, "registered already");
            return std::nullopt;
        case caller::observer:
            return std::nullopt;
        case caller::controller:
            if (client.role < control_role::controller)
                return failure(error_number::denied, "needs the role controller");
            return std::nullopt;
        case caller::admin:
            if (client.role < control_role::admin) return failure(error_number::denied, "needs the role admin");
            return std::nullopt;
        case caller::driver:
            if (row.kind && !client.drives(*row.kind)) {
                return failure(error_number::denied, fmt::format("only from a driver of kind {}", name_of(*row.kind)));
            }
            return std::nullopt;
    }
    return std::nullopt;
}

void hub_state::handle(now_t now, hub_client& client, const incoming_call& call) {
    const json::value id = call.id.value_or(json::value{nullptr});
    const auto* const row = find_method(call.method);
    if (row == nullptr) {
        // Unknown notifications are ignored, so that a newer minor version may add some.
        if (!call.id) return;
        const auto name = clean_text(call.method, 64);
        const bool knows_nobody = !client.is_registered;
        client.connection.refuse(
            now.mono, id,
            {.code = knows_nobody ? error_number::not_registered : error_number::method_not_found,
             .message =
                 knows_nobody ? fmt::format("{}: register first", name) : fmt::format("there is no method `{}`", name),
             .layer = "protocol"}
        );
        return;
    }
    auto failure = check_rights(*row, client);
    if (!failure) failure = check_parameters(*row, call.params);
    const arguments args{call.params};
    json::object result;
    if (!failure) {
        auto outcome = row->act(method_call{*this, client, args, now});
        if (outcome) {
            result = std::move(*outcome);
        } else {
            failure = outcome.error();
        }
    }
    // A notification is not answered, but whoever wrote the driver wants to know what is wrong with it.
    if (failure) {
        after_answer = nullptr;
        client.connection.refuse(now.mono, id, *failure);
        if (failure->code == error_number::wrong_protocol_version) client.connection.close_gently(now.mono);
    } else if (call.id) {
        client.connection.answer(now.mono, id, std::move(result));
    }
    if (const auto then = std::exchange(after_answer, nullptr)) then();
}

void hub_state::handle(now_t now, hub_client& client, const incoming_answer& answer) {
    if (answer.method == "ping") return;
    if (answer.method == "audio.open" && client.audio_open_by) {
        client.audio_open_by.reset();
        if (!answer.result) {
            fail_audio_open(now, client, "refused audio.open: " + answer.error);
        } else if (audio_driver == client.id) {
            audio_attached = true;
            requests.emplace_back(audio_wanted{client.id, client.name, client.has_shared_memory});
        }
        return;
    }
    if (!answer.result) {
        publish(
            now, alarm_event{alarm_severity::warning, "driver:" + client.name, answer.method + ": " + answer.error}
        );
    }
}

// ---- coming and going

void hub_state::register_driver(now_t now, hub_client& driver) {
    publish(now, driver_event{true, driver.name, driver.kinds, {}});
    if (driver.drives(driver_kind::audio)) select_audio_driver(now);
}

void hub_state::forget(now_t now, hub_client& client, std::string_view reason) {
    if (std::exchange(client.is_forgotten, true)) return;
    if (!client.connection.close_reason().empty()) ++expelled;
    bad_lines += client.connection.bad_lines();
    if (client.traces) set_trace(client, false);
    client.topics.clear();
    if (!client.is_registered || client.came_to != plane::driver) return;
    const std::string why{client.connection.close_reason().empty() ? reason : client.connection.close_reason()};
    publish(now, driver_event{false, client.name, client.kinds, why});
    publish(now, alarm_event{alarm_severity::warning, "driver:" + client.name, "lost: " + why});
    if (audio_driver == client.id) {
        if (std::exchange(audio_attached, false)) requests.emplace_back(audio_gone{client.id, why});
        audio_driver.reset();
        select_audio_driver(now);
    }
}

void hub_state::settle(now_t now) {
    // Forgetting one client publishes, which may overflow another: until nothing changes. Each is forgotten once, so
    // this ends.
    for (bool changed = true; changed;) {
        changed = false;
        for (auto& [id, client] : clients) {
            if (!client.connection.is_closing() || client.is_forgotten) continue;
            forget(now, client, "closed");
            changed = true;
        }
    }
}

time_point hub_state::deadline_of(const hub_client& client) const noexcept {
    auto earliest = client.connection.next_deadline();
    if (!client.is_registered && !client.connection.is_closing()) earliest = std::min(earliest, client.register_by);
    if (client.audio_open_by && !client.is_forgotten) earliest = std::min(earliest, *client.audio_open_by);
    return earliest;
}

void hub_state::on_timeout(now_t now, hub_client& client) {
    if (!client.is_registered && !client.connection.is_closing() && client.register_by <= now.mono) {
        client.connection.close(
            now.mono, {.code = error_number::not_registered, .message = "did not register in time", .layer = "protocol"}
        );
    }
    if (client.audio_open_by && *client.audio_open_by <= now.mono) {
        client.audio_open_by.reset();
        fail_audio_open(now, client, "did not answer audio.open");
    }
    client.connection.on_timeout(now.mono);
}

// ---- events and levels

void hub_state::publish(now_t now, const event& what) {
    const auto topic = topic_of(what);
    auto params = event_params(now, what);
    if (const auto* const quality = std::get_if<call_quality_event>(&what)) {
        send_to_subscribers(
            now, topic, fmt::format("{} {}", topic, static_cast<std::uint32_t>(quality->quality.call)), params
        );
        return;
    }
    const auto seq = history.take_number();
    params["seq"] = seq;
    const auto line = notification_line(topic, params);
    for (auto& [id, client] : clients) {
        if (client.wants(topic)) client.connection.send_line(now.mono, line);
    }
    if (topic != "trace") history.keep(seq, topic, line);
}

void hub_state::send_to_drivers(
    now_t now, driver_kind kind, std::string_view key, std::string_view method, const json::object& params
) {
    const auto line = notification_line(method, params);
    const bool reaches_expansion = kind == driver_kind::led || kind == driver_kind::display;
    for (auto& [id, client] : clients) {
        if (client.drives(kind) || (reaches_expansion && client.drives(driver_kind::expansion))) {
            client.connection.send_level_line(now.mono, key, line);
        }
    }
}

void hub_state::send_to_subscribers(
    now_t now, std::string_view topic, std::string_view key, const json::object& params
) {
    const auto line = notification_line(topic, params);
    for (auto& [id, client] : clients) {
        if (client.wants(topic)) client.connection.send_level_line(now.mono, key, line);
    }
}

void hub_state::send_levels_to(now_t now, hub_client& client) {
    const auto send = [&](std::string_view topic, std::string_view key, const json::object& params) {
        if (client.wants(topic)) client.connection.notify_level(now.mono, key, topic, params);
    };
    send("screen", "screen", to_json(levels.shown));
    for (const auto& [id, lamp] : levels.leds)
        send("led", "led " + id, to_json(lamp));
    send("ringer", "ringer", {{"ringing", levels.ring.ringing}, {"ringer", to_json(levels.ring)}});
}

json::object hub_state::snapshot_for(const hub_client& driver) const {
    json::object snapshot;
    const bool expands = driver.drives(driver_kind::expansion);
    if (expands || driver.drives(driver_kind::led)) {
        json::array leds;
        for (const auto& [id, lamp] : levels.leds)
            leds.push_back(to_json(lamp));
        snapshot["leds"] = std::move(leds);
    }
    if (expands || driver.drives(driver_kind::display)) snapshot["screen"] = to_json(levels.shown);
    if (levels.ring.ringing && driver.drives(driver_kind::ringer)) snapshot["ringer"] = to_json(levels.ring);
    if (driver.drives(driver_kind::audio)) {
        snapshot["route"] = to_json(levels.output);
        snapshot["gain"] = to_json(levels.gain);
    }
    if (driver.drives(driver_kind::hook)) snapshot["hook"] = to_json(levels.hook);
    return snapshot;
}

void hub_state::set_trace(hub_client& client, bool wanted) {
    const auto traces = [](const auto& entry) { return entry.second.traces; };
    const bool before = std::any_of(clients.begin(), clients.end(), traces);
    client.traces = wanted;
    if (wanted) {
        client.topics.emplace("trace");
    } else {
        client.topics.erase("trace");
    }
    const bool after = std::any_of(clients.begin(), clients.end(), traces);
    if (before != after) phone.set_message_trace(after);
}

void hub_state::update_hook(now_t now, const hook_state& hook, std::string_view client) {
    if (std::exchange(levels.hook, hook) != hook) phone.on_hook({now, client}, hook);
}

// ---- audio

void hub_state::select_audio_driver(now_t now) {
    hub_client* chosen = nullptr;
    for (auto& [id, client] : clients) {
        if (client.drives(driver_kind::audio) && !client.audio_failed && !client.connection.is_closing())
            chosen = &client;
    }
    if (chosen != nullptr && audio_driver == chosen->id) return;
    if (audio_driver) {
        auto* const former = find(*audio_driver);
        if (std::exchange(audio_attached, false))
            requests.emplace_back(audio_gone{*audio_driver, "another driver took over"});
        if (former != nullptr) {
            former->audio_open_by.reset();
            if (audio_running) former->connection.call(now.mono, "audio.stop", {});
        }
        audio_driver.reset();
    }
    if (chosen == nullptr) return;
    audio_driver = chosen->id;
    chosen->audio_open_by = now.mono + audio_open_time;
    chosen->connection.call(
        now.mono, "audio.open",
        {{"rate", options.audio.rate},
         {"period_frames", options.audio.period_frames},
         {"channels", 1},
         {"format", "s16"},
         {"transport", chosen->has_shared_memory ? "shm" : "packet"}}
    );
}

void hub_state::fail_audio_open(now_t now, hub_client& client, std::string why) {
    client.audio_failed = true;
    publish(now, alarm_event{alarm_severity::error, "driver:" + client.name, std::move(why)});
    if (audio_driver != client.id) return;
    audio_driver.reset();
    select_audio_driver(now);
}

}  // namespace phoned
