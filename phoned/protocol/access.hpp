// Who may do what: from the credentials that the kernel vouches for and the rules of the configuration to roles.
// Private to protocol.
//
// Our own user and root are admin and every kind of driver. Without rules, whoever else gets through the directory's
// permissions may drive any device and observe. With rules, everybody else has what the rules that fit them add up to.
#pragma once

#include "phoned/protocol/hub.hpp"

#include <bitset>

namespace phoned {

/// What a control client may do; each includes the ones before.
enum class control_role { none, observer, controller, admin };

[[nodiscard]] std::string_view name_of(control_role) noexcept;

inline constexpr std::size_t driver_kind_count = 8;
using driver_kinds = std::bitset<driver_kind_count>;

struct rights {
    control_role control = control_role::none;
    driver_kinds drivers;
};

[[nodiscard]] rights rights_of(const peer_credentials&, std::uint32_t own_uid, std::span<const access_rule>);

}  // namespace phoned
