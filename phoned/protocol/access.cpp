#include "phoned/protocol/access.hpp"

#include "phoned/protocol/names.hpp"

#include <algorithm>

namespace phoned {
namespace {

bool fits(const access_rule& rule, const peer_credentials& who) {
    switch (rule.who) {
        case access_rule::subject::nobody:
            return false;
        case access_rule::subject::user:
            return rule.id == who.uid;
        case access_rule::subject::group:
            return rule.id == who.gid;
        case access_rule::subject::everybody:
            return true;
    }
    return false;
}

control_role control_role_named(std::string_view role) {
    if (role == "observer") return control_role::observer;
    if (role == "controller") return control_role::controller;
    if (role == "admin") return control_role::admin;
    return control_role::none;
}

driver_kinds driver_kinds_named(std::string_view role) {
    constexpr std::string_view prefix = "driver";
    if (role == prefix) return driver_kinds{}.set();
    if (!role.starts_with("driver:")) return {};
    const auto kind = driver_kind_named(role.substr(prefix.size() + 1));
    return kind ? driver_kinds{}.set(static_cast<std::size_t>(*kind)) : driver_kinds{};
}

}  // namespace

std::string_view name_of(control_role role) noexcept {
    switch (role) {
        case control_role::none:
            return "none";
        case control_role::observer:
            return "observer";
        case control_role::controller:
            return "controller";
        case control_role::admin:
            return "admin";
    }
    return "none";
}

rights rights_of(const peer_credentials& who, std::uint32_t own_uid, std::span<const access_rule> rules) {
    if (who.uid == own_uid || who.uid == 0) return {control_role::admin, driver_kinds{}.set()};
    const auto is_set = [](const access_rule& rule) { return rule.who != access_rule::subject::nobody; };
    if (std::none_of(rules.begin(), rules.end(), is_set)) return {control_role::observer, driver_kinds{}.set()};
    rights granted;
    for (const auto& rule : rules) {
        if (!fits(rule, who)) continue;
        granted.control = std::max(granted.control, control_role_named(rule.role));
        granted.drivers |= driver_kinds_named(rule.role);
    }
    return granted;
}

}  // namespace phoned
