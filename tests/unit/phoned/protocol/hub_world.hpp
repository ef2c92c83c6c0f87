// A hub, a phone and a clock; clients are their ids, and what they are sent is read as JSON.
#pragma once

#include "phoned/protocol/hub.hpp"
#include "support/phoned/recording_phone.hpp"

#include <doctest/doctest.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace phoned::testing {

using namespace std::chrono_literals;
namespace json = boost::json;

inline constexpr peer_credentials same_user{1000, 1000, 42};
inline constexpr peer_credentials stranger{2000, 2000, 43};

inline hub_options standard_options() {
    hub_options options;
    options.version = "0.1.0";
    options.instance = "run-1";
    options.own_uid = 1000;
    return options;
}

class hub_world {
public:
    explicit hub_world(hub_options options = standard_options()) : centre(std::move(options), phone) {}

    recording_phone phone;
    hub centre;
    now_t now{time_point{} + 1000s, wall_time{} + std::chrono::seconds{1717763696}};

    client_id connect(plane to, peer_credentials who = same_user) {
        const auto id = centre.on_connect(now, to, who);
        REQUIRE(id.has_value());
        return *id;
    }
    void send(client_id id, std::string_view line) { centre.on_bytes(now, id, std::string{line} + "\n"); }
    void call(client_id id, int number, std::string_view method, std::string_view params = "{}") {
        send(id, fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", number, method, params));
    }
    void notify(client_id id, std::string_view method, std::string_view params = "{}") {
        send(id, fmt::format(R"({{"jsonrpc":"2.0","method":"{}","params":{}}})", method, params));
    }

    // What the client has been sent since it last read.
    std::vector<json::object> read(client_id id) {
        std::string bytes;
        for (auto out = centre.output(id); !out.bytes.empty(); out = centre.output(id)) {
            bytes += out.bytes;
            if (out.attachment != 0) attachments.push_back(out.attachment);
            centre.on_written(now, id, out.bytes.size());
        }
        std::vector<json::object> messages;
        for (std::size_t begin = 0; begin < bytes.size();) {
            const auto end = bytes.find('\n', begin);
            REQUIRE(end != std::string::npos);
            messages.push_back(json::parse(bytes.substr(begin, end - begin)).as_object());
            begin = end + 1;
        }
        return messages;
    }
    json::object read_one(client_id id) {
        auto messages = read(id);
        REQUIRE(messages.size() == 1);
        return messages.front();
    }
    // The methods of what the client was sent; answers show as `answer` or `error CODE`.
    std::string names(client_id id) {
        std::string all;
        for (const auto& message : read(id)) {
            if (!all.empty()) all += ' ';
            if (message.contains("method")) {
                all += std::string_view{message.at("method").as_string()};
            } else if (message.contains("result")) {
                all += "answer";
            } else {
                all += fmt::format("error {}", message.at("error").as_object().at("code").to_number<int>());
            }
        }
        return all;
    }
    int error_code(client_id id) {
        const auto message = read_one(id);
        REQUIRE(message.contains("error"));
        return message.at("error").as_object().at("code").to_number<int>();
    }

    client_id control(std::string_view role = "admin", peer_credentials who = same_user) {
        const auto id = connect(plane::control, who);
        call(id, 1, "client.register", fmt::format(R"({{"name":"test","protocol":[1,0],"role":"{}"}})", role));
        REQUIRE(names(id) == "hello answer");
        return id;
    }
    client_id driver(std::string_view kinds, std::string_view name = "drv", std::string_view more = "") {
        const auto id = connect(plane::driver);
        call(
            id, 1, "driver.register", fmt::format(R"({{"name":"{}","protocol":[1,0],"kinds":{}{}}})", name, kinds, more)
        );
        return id;
    }

    void advance(duration by) {
        const auto end = now.mono + by;
        for (;;) {
            const auto next = centre.next_deadline();
            if (!next || *next > end) break;
            step_to(*next);
            centre.on_timeout(now);
            const auto after = centre.next_deadline();
            CHECK((!after || *after > now.mono));
        }
        step_to(end);
    }

    std::vector<std::uint32_t> attachments;

private:
    void step_to(time_point to) {
        if (to <= now.mono) return;
        now.wall += to - now.mono;
        now.mono = to;
    }
};

}  // namespace phoned::testing
