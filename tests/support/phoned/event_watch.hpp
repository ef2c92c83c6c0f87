// A control client of a running phone that waits for its events.
#pragma once

#include "phoned/tools/client.hpp"
#include "phoned/tools/condition.hpp"

#include <doctest/doctest.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phoned::testing {

class event_watch {
public:
    explicit event_watch(const std::string& control_socket) : line_(joined(control_socket)) {}

    /// The next event of the topic that meets the conditions ("state=confirmed"); what comes before it is passed over.
    tools::json::object wait_for(
        std::string_view topic, const std::vector<std::string>& conditions,
        std::chrono::milliseconds patience = std::chrono::seconds(10)
    ) {
        std::string passed;
        auto found = look_for(topic, conditions, patience, passed);
        std::string wanted(topic);
        for (const auto& each : conditions)
            wanted += ' ' + each;
        REQUIRE_MESSAGE(found.has_value(), "no " << wanted << " but:" << passed);
        return std::move(*found);
    }
    /// That no such event comes for so long.
    void expect_none(
        std::string_view topic, const std::vector<std::string>& conditions, std::chrono::milliseconds how_long
    ) {
        std::string passed;
        const auto found = look_for(topic, conditions, how_long, passed);
        REQUIRE_MESSAGE(!found.has_value(), "not expected: " << tools::json::serialize(*found));
    }

private:
    static tools::connection joined(const std::string& socket) {
        using namespace std::chrono_literals;
        auto opened = tools::connection::open(socket, 5s);
        REQUIRE(opened.has_value());
        REQUIRE(opened->call("client.register", {{"name", "watch"}, {"protocol", {1, 0}}}, 5s).has_value());
        REQUIRE(opened->call("subscribe", {{"topics", tools::json::array{"*"}}}, 5s).has_value());
        return std::move(*opened);
    }

    std::optional<tools::json::object> look_for(
        std::string_view topic, const std::vector<std::string>& texts, std::chrono::milliseconds patience,
        std::string& passed
    ) {
        std::vector<tools::condition> conditions;
        for (const auto& text : texts) {
            const auto condition = tools::condition::parse(text);
            REQUIRE_MESSAGE(condition.has_value(), "no condition: " << text);
            conditions.push_back(*condition);
        }
        const auto until = std::chrono::steady_clock::now() + patience;
        for (;;) {
            auto next = line_.next(until);
            if (!next) {
                passed += "\n  (" + next.error().text + ')';
                return std::nullopt;
            }
            if (next->method == topic && tools::all_hold(conditions, next->params)) return std::move(next->params);
            if (next->method == topic) passed += "\n  " + tools::json::serialize(next->params);
        }
    }

    tools::connection line_;
};

}  // namespace phoned::testing
