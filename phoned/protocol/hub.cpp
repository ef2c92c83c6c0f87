#include "phoned/protocol/hub.hpp"

#include "phoned/protocol/hub_state.hpp"
#include "phoned/protocol/message_json.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace phoned {
namespace {

namespace json = boost::json;

// Connections beyond max_clients that are still told why they have to go.
constexpr std::size_t turned_away_politely = 8;

}  // namespace

hub::hub(hub_options options, phone_commands& phone) : state_(std::make_unique<hub_state>(std::move(options), phone)) {}
hub::~hub() = default;

// ---- the phone's side

void hub::publish(now_t now, const event& what) {
    state_->publish(now, what);
    state_->settle(now);
}

bool hub::is_tracing() const noexcept {
    return std::any_of(state_->clients.begin(), state_->clients.end(), [](const auto& entry) {
        return entry.second.traces;
    });
}

void hub::set_led(now_t now, const led& lamp) {
    constexpr std::size_t most_leds = 128;
    auto& leds = state_->levels.leds;
    const auto known = leds.find(lamp.id);
    if (known == leds.end() && leds.size() >= most_leds) return;
    if (known != leds.end() && known->second == lamp) return;
    leds[lamp.id] = lamp;
    state_->send_to_drivers(now, driver_kind::led, "led " + lamp.id, "led.set", to_json(lamp));
    state_->send_to_subscribers(now, "led", "led " + lamp.id, to_json(lamp));
    state_->settle(now);
}

void hub::set_screen(now_t now, screen shown) {
    auto& current = state_->levels.shown;
    shown.revision = current.revision;
    if (shown == current) return;
    ++shown.revision;
    current = std::move(shown);
    state_->send_to_drivers(now, driver_kind::display, "screen", "display.update", to_json(current));
    state_->send_to_subscribers(now, "screen", "screen", to_json(current));
    state_->settle(now);
}

void hub::set_ringer(now_t now, const ringer& ring) {
    if (std::exchange(state_->levels.ring, ring) == ring) return;
    const auto method = ring.ringing ? "ringer.start" : "ringer.stop";
    state_->send_to_drivers(now, driver_kind::ringer, "ringer", method, ring.ringing ? to_json(ring) : json::object{});
    state_->send_to_subscribers(now, "ringer", "ringer", {{"ringing", ring.ringing}, {"ringer", to_json(ring)}});
    state_->settle(now);
}

namespace {

void tell_audio_driver(hub_state& state, now_t now, std::string_view method, json::object params) {
    if (!state.audio_attached) return;
    if (auto* const driver = state.find(*state.audio_driver))
        driver->connection.call(now.mono, method, std::move(params));
    state.settle(now);
}

}  // namespace

void hub::set_audio_output(now_t now, audio_output output) {
    if (std::exchange(state_->levels.output, output) != output)
        tell_audio_driver(*state_, now, "audio.route", to_json(output));
}

void hub::set_audio_gain(now_t now, audio_gain gain) {
    if (std::exchange(state_->levels.gain, gain) != gain) tell_audio_driver(*state_, now, "audio.gain", to_json(gain));
}

void hub::set_audio_running(now_t now, bool running) {
    if (std::exchange(state_->audio_running, running) == running) return;
    tell_audio_driver(*state_, now, running ? "audio.start" : "audio.stop", {});
}

void hub::shut_down(now_t now, std::string_view reason) {
    const auto line = notification_line("shutdown", {{"reason", clean_text(reason)}});
    for (auto& [id, client] : state_->clients) {
        client.is_forgotten = true;
        client.connection.send_line(now.mono, line);
        client.connection.close_gently(now.mono);
    }
}

// ---- the shell's side

std::optional<client_id> hub::on_connect(now_t now, plane came_to, peer_credentials who) {
    const auto& options = state_->options;
    if (state_->clients.size() >= options.max_clients + turned_away_politely) return std::nullopt;
    const bool is_full = state_->clients.size() >= options.max_clients;
    const client_id id{++state_->last_client};
    const auto [entry, added] = state_->clients.emplace(
        id,
        hub_client{
            .id = id,
            .came_to = came_to,
            .granted = rights_of(who, options.own_uid, options.access),
            .connection = peer{now.mono, {options.max_queue, options.idle, options.pings}},
            .register_by = now.mono + options.registration,
        }
    );
    auto& connection = entry->second.connection;
    if (is_full) {
        connection.close(
            now.mono, {.code = error_number::too_many_clients, .message = "too many clients", .layer = "protocol"}
        );
        state_->settle(now);
        return id;
    }
    connection.notify(
        now.mono, "hello",
        {{"product", options.product},
         {"version", options.version},
         {"protocol", json::array{protocol_major, protocol_minor}},
         {"auth", "peercred"},
         {"max_line", max_line},
         {"instance", options.instance}}
    );
    return id;
}

void hub::on_bytes(now_t now, client_id id, std::string_view bytes) {
    auto* const client = state_->find(id);
    if (client == nullptr || client->is_forgotten) return;
    client->connection.on_bytes(now.mono, bytes);
    while (auto message = client->connection.next(now.mono)) {
        std::visit([&](const auto& one) { state_->handle(now, *client, one); }, *message);
    }
    state_->settle(now);
}

void hub::on_disconnect(now_t now, client_id id, std::string_view reason) {
    auto* const client = state_->find(id);
    if (client == nullptr) return;
    state_->forget(now, *client, reason);
    state_->clients.erase(id);
    state_->settle(now);
}

void hub::on_timeout(now_t now) {
    for (auto& [id, client] : state_->clients)
        state_->on_timeout(now, client);
    state_->settle(now);
}

std::optional<time_point> hub::next_deadline() const noexcept {
    auto earliest = time_point::max();
    for (const auto& [id, client] : state_->clients)
        earliest = std::min(earliest, state_->deadline_of(client));
    if (earliest == time_point::max()) return std::nullopt;
    return earliest;
}

hub_output hub::output(client_id id) const noexcept {
    const auto* const client = state_->find(id);
    if (client == nullptr) return {};
    const auto& queue = client->connection.queue();
    return {queue.front(), queue.front_attachment()};
}

void hub::on_written(now_t, client_id id, std::size_t bytes) {
    if (auto* const client = state_->find(id)) client->connection.on_written(bytes);
}

bool hub::is_finished(client_id id) const noexcept {
    const auto* const client = state_->find(id);
    return client == nullptr || client->connection.is_finished();
}

std::vector<client_id> hub::ready() const {
    std::vector<client_id> ids;
    for (const auto& [id, client] : state_->clients) {
        if (client.connection.is_finished() || !client.connection.queue().empty()) ids.push_back(id);
    }
    return ids;
}

std::vector<hub_request> hub::take_requests() {
    return std::exchange(state_->requests, {});
}

void hub::attach_audio(now_t now, client_id id, std::uint32_t attachment) {
    auto* const driver = state_->find(id);
    if (driver == nullptr || state_->audio_driver != id || !state_->audio_attached) return;
    driver->connection.notify(
        now.mono, "audio.attach",
        {{"transport", driver->has_shared_memory ? "shm" : "packet"},
         {"descriptors", driver->has_shared_memory ? 2 : 1}},
        attachment
    );
    driver->connection.call(now.mono, "audio.route", to_json(state_->levels.output));
    driver->connection.call(now.mono, "audio.gain", to_json(state_->levels.gain));
    if (state_->audio_running) driver->connection.call(now.mono, "audio.start", {});
    state_->settle(now);
}

std::size_t hub::client_count() const noexcept {
    return state_->clients.size();
}

}  // namespace phoned
