// Whole conversations with the hub: the first byte of each piece says who speaks, or that time passes or a client comes
// or goes; a zero byte ends a piece. Whatever is said, memory stays bounded, output is whole lines of JSON of legal
// length, and time-outs make progress.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/parse.hpp>

#include "tests/support/phoned/recording_phone.hpp"

namespace {

using namespace phoned;
using namespace std::chrono_literals;

void require(bool holds) {
    if (!holds) std::abort();
}

struct conversation {
    conversation() {
        hub_options options;
        options.own_uid = 1;
        options.max_queue = 16;
        centre = std::make_unique<hub>(options, phone);
        for (const auto to : {plane::control, plane::driver, plane::control})
            connect(to);
    }

    void connect(plane to) {
        // One with all rights, one as stranger.
        if (const auto id = centre->on_connect(now, to, {to == plane::driver || clients.empty() ? 1U : 2U, 1, 1}))
            clients.push_back({*id, {}});
    }

    void read_all() {
        for (auto& [id, text] : clients) {
            for (auto out = centre->output(id); !out.bytes.empty(); out = centre->output(id)) {
                text += out.bytes;
                centre->on_written(now, id, out.bytes.size());
            }
            for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
                require(end < 65536);
                boost::system::error_code error;
                require(boost::json::parse(text.substr(0, end), error).is_object());
                require(!error);
                text.erase(0, end + 1);
            }
        }
        for (const auto& request : centre->take_requests()) {
            if (const auto* const wanted = std::get_if<audio_wanted>(&request))
                centre->attach_audio(now, wanted->driver, 1);
        }
        phone.asked.clear();
    }

    void play(std::string_view piece) {
        if (piece.empty()) return;
        const auto who = static_cast<std::uint8_t>(piece.front());
        piece.remove_prefix(1);
        switch (who & 7) {
            case 0: {
                now.mono += 7s;
                now.wall += 7s;
                centre->on_timeout(now);
                const auto next = centre->next_deadline();
                require(!next || *next > now.mono);
                break;
            }
            case 1:
                connect((who & 8) != 0 ? plane::driver : plane::control);
                break;
            case 2:
                if (!clients.empty()) {
                    const auto at = clients.begin() + (who >> 3) % static_cast<int>(clients.size());
                    centre->on_disconnect(now, at->id, "gone");
                    clients.erase(at);
                }
                break;
            case 3:
                centre->set_led(now, {.id = std::string{piece}, .colour = "red", .pattern = led_preset::on});
                centre->set_screen(now, {.id = "x", .title = std::string{piece}});
                centre->publish(now, alarm_event{alarm_severity::error, "fuzz", std::string{piece}});
                centre->publish(now, trace_event{now.wall, trace_direction::sent, "udp", "a", "b", std::string{piece}});
                break;
            default:
                if (!clients.empty()) {
                    const auto& to = clients[static_cast<std::size_t>(who >> 3) % clients.size()];
                    centre->on_bytes(now, to.id, piece);
                    // Bit 0 of these: the line is whole. Without it the next piece goes on.
                    if ((who & 1) != 0) centre->on_bytes(now, to.id, "\n");
                }
                break;
        }
        if ((who & 0x40) != 0) read_all();
    }

    struct client {
        client_id id;
        std::string text;
    };
    testing::recording_phone phone;
    std::unique_ptr<hub> centre;
    now_t now{time_point{} + 1h, wall_time{} + 1h};
    std::vector<client> clients;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    conversation talk;
    while (!rest.empty()) {
        const auto end = rest.find('\0');
        talk.play(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    talk.read_all();
    return 0;
}
