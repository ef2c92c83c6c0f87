// What a failure of a request inside a dialog destroys (RFC 5057 5.1 and 5.2), as one table.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "sip/syntax/names.hpp"

namespace sip {

enum class failure_effect : std::uint8_t {
    transaction,  ///< only the request has failed
    usage,        ///< the usage it belongs to is over
    dialog,       ///< the dialog is over, with all its usages
};

namespace detail {
struct destruction_row {
    std::uint16_t status;
    failure_effect effect;
};
/// RFC 5057 table 1; every status that is not listed fails its transaction only. 408 stands for a time-out (note 4).
inline constexpr std::array destruction_table{
    destruction_row{404, failure_effect::dialog}, destruction_row{405, failure_effect::usage},
    destruction_row{408, failure_effect::usage},  destruction_row{410, failure_effect::dialog},
    destruction_row{416, failure_effect::dialog}, destruction_row{480, failure_effect::usage},
    destruction_row{481, failure_effect::usage},  destruction_row{482, failure_effect::dialog},
    destruction_row{483, failure_effect::dialog}, destruction_row{484, failure_effect::dialog},
    destruction_row{485, failure_effect::dialog}, destruction_row{489, failure_effect::usage},
    destruction_row{501, failure_effect::usage},  destruction_row{502, failure_effect::dialog},
    destruction_row{604, failure_effect::dialog},
};
}  // namespace detail

/// The effect on the usage that the request belongs to.
[[nodiscard]] constexpr failure_effect effect_of_failure(std::uint16_t status) noexcept {
    for (auto const& row : detail::destruction_table)
        if (row.status == status) return row.effect;
    return failure_effect::transaction;
}

/// The effect of a failed `method` on the INVITE usage of its dialog. OPTIONS, MESSAGE and unknown methods belong to no
/// usage (5.3): only what destroys the dialog matters. An INFO that is not understood says nothing about the call (note
/// 3); a re-INVITE is integral to it. 489 means something for SUBSCRIBE and NOTIFY alone (note 12).
[[nodiscard]] constexpr failure_effect effect_on_call(method name, std::uint16_t status) noexcept {
    auto const effect = effect_of_failure(status);
    if (effect != failure_effect::usage) return effect;
    if (status == 489) return failure_effect::transaction;
    bool const is_integral = name == method::invite || name == method::update || name == method::prack;
    bool const belongs = is_integral || name == method::info || name == method::bye;
    if (!belongs) return failure_effect::transaction;
    if (!is_integral && (status == 405 || status == 501)) return failure_effect::transaction;
    return effect;
}

}  // namespace sip
