// What drivers report. All of these are notifications as a rule; sent with an id they are answered.
#include "phoned/protocol/message_json.hpp"
#include "phoned/protocol/method_table.hpp"
#include "phoned/protocol/names.hpp"

#include <fmt/format.h>

namespace phoned {
namespace {

namespace json = boost::json;
using enum member_type;

constexpr member key_params[] = {
    within(
        required(
            "key", string,
            "0-9 * #, L1.., S1.., P1.., UP DOWN LEFT RIGHT OK CANCEL, HOLD TRANSFER CONF REDIAL MESSAGE MUTE "
            "SPEAKER HEADSET DND VOL_UP VOL_DOWN"
        ),
        0, 16
    ),
    one_of(required("state", string, "edge"), "down up"),
    optional("repeat", boolean, "the key was held long enough to repeat"),
    optional("ts_us", integer, "CLOCK_MONOTONIC in microseconds"),
};
constexpr member hook_params[] = {
    optional("off_hook", boolean, "the handset is lifted"),
    optional("headset_plugged", boolean, "a headset is there"),
    optional("headset_hook", boolean, "its own hook switch is open"),
};
constexpr member audio_params[] = {
    optional("overruns", integer, "since the driver started"),
    optional("underruns", integer, "since the driver started"),
    optional("delay_frames", integer, "hardware delay, playback plus capture"),
};
constexpr member fault_params[] = {within(required("text", string, "what is wrong"), 0, 512)};

method_result key_event_of(const method_call& call) {
    key_event key{
        call.args.text("key"),
        call.args.text("state") == "down",
        call.args.flag("repeat"),
        call.args.large_integer("ts_us"),
    };
    if (!is_key_name(key.key)) {
        return command_failure{
            .code = error_number::invalid_params,
            .message = fmt::format("key.event: there is no key `{}`", clean_text(key.key)),
            .cause = "key",
            .layer = "protocol",
        };
    }
    call.phone().on_key(call.context(), key);
    return json::object{};
}

method_result hook_state_of(const method_call& call) {
    auto hook = call.hub.levels.hook;
    hook.off_hook = call.args.flag_if("off_hook").value_or(hook.off_hook);
    hook.headset_plugged = call.args.flag_if("headset_plugged").value_or(hook.headset_plugged);
    hook.headset_hook = call.args.flag_if("headset_hook").value_or(hook.headset_hook);
    call.hub.update_hook(call.now, hook, call.from.name);
    return json::object{};
}

method_result audio_status_of(const method_call& call) {
    call.phone().on_audio_status(
        call.context(),
        {call.args.large_integer("overruns"), call.args.large_integer("underruns"), call.args.integer("delay_frames")}
    );
    return json::object{};
}

method_result fault(const method_call& call) {
    call.hub.publish(call.now, alarm_event{alarm_severity::error, "driver:" + call.from.name, call.args.text("text")});
    return json::object{};
}

constexpr method rows[] = {
    {"key.event",
     caller::driver,
     "A key went down or up. Edges are never merged.",
     key_params,
     {},
     key_event_of,
     driver_kind::keypad},
    {"hook.state",
     caller::driver,
     "The hook as it is; what is left out stays as it was. Send it after registering.",
     hook_params,
     {},
     hook_state_of,
     driver_kind::hook},
    {"audio.status", caller::driver, "How the device fares.", audio_params, {}, audio_status_of, driver_kind::audio},
    {"driver.fault", caller::driver, "Becomes an alarm.", fault_params, {}, fault},
};

}  // namespace

std::span<const method> driver_methods() {
    return rows;
}

}  // namespace phoned
