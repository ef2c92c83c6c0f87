// Every method and notification that clients may send, one row each: who may, with which parameters, what comes back,
// and the function that does it. The row checks parameters, answers rpc.discover and prints docs/driver-protocol.md, so
// a new method is one row and one function. Private.
#pragma once

#include "phoned/protocol/access.hpp"
#include "phoned/protocol/hub_state.hpp"
#include "phoned/protocol/schema.hpp"

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace phoned {

/// Parameters that have passed the checks of their row.
class arguments {
public:
    explicit arguments(const boost::json::object& values) : values_(&values) {}

    [[nodiscard]] bool has(std::string_view name) const { return values_->contains(name); }
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::uint32_t integer(std::string_view name) const;
    [[nodiscard]] std::uint64_t large_integer(std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
    [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> pair(std::string_view name) const;
    [[nodiscard]] const boost::json::object* object(std::string_view name) const;
    [[nodiscard]] std::optional<std::uint32_t> integer_if(std::string_view name) const {
        return has(name) ? std::optional{integer(name)} : std::nullopt;
    }
    [[nodiscard]] std::optional<bool> flag_if(std::string_view name) const {
        return has(name) ? std::optional{flag(name)} : std::nullopt;
    }

private:
    const boost::json::object* values_;
};

/// Everything a method's function gets.
struct method_call {
    hub_state& hub;
    hub_client& from;
    const arguments& args;
    now_t now;

    [[nodiscard]] phone_commands& phone() const;
    [[nodiscard]] command_context context() const;
};

using method_result = command_result<boost::json::object>;

/// An empty answer, or the failure.
[[nodiscard]] inline method_result nothing(const command_result<done>& outcome) {
    if (!outcome) return outcome.error();
    return boost::json::object{};
}

/// Which sockets a method is open on, and to whom there.
enum class caller {
    anybody,     // also before registering
    new_driver,  // driver socket, before registering
    new_client,  // control socket, before registering
    observer,
    controller,
    admin,   // control socket, with at least this role
    driver,  // driver socket, of the row's kind
};

struct method {
    std::string_view name;
    caller open_to;
    std::string_view doc;
    std::span<const member> params;
    std::span<const member> results;
    method_result (*act)(const method_call&);
    std::optional<driver_kind> kind = {};  // for caller::driver: which; none is any
};

/// Why this client may not call this method; none if it may.
[[nodiscard]] std::optional<command_failure> check_rights(const method&, const hub_client&);

/// All rows, in the order of the documentation.
[[nodiscard]] std::span<const std::span<const method>> method_table();
[[nodiscard]] const method* find_method(std::string_view name);

/// None if the parameters fit the row; members that no row knows are ignored.
[[nodiscard]] std::optional<command_failure> check_parameters(const method&, const boost::json::object& params);

// The groups of rows, one file each.
[[nodiscard]] std::span<const method> session_methods();
[[nodiscard]] std::span<const method> account_methods();
[[nodiscard]] std::span<const method> call_methods();
[[nodiscard]] std::span<const method> feature_methods();
[[nodiscard]] std::span<const method> phone_methods();
[[nodiscard]] std::span<const method> driver_methods();

}  // namespace phoned
