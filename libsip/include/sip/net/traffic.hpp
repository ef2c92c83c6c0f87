// How many messages of which kind went over the wire, as plain numbers: for metrics. One table of fixed size, whatever
// peers send.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sip/net/trace.hpp"
#include "sip/syntax/names.hpp"
#include "sip/transport/flow.hpp"

namespace sip::net {

/// The numbers of one driver.
class traffic_table {
public:
    /// Messages of one kind. A request has a method (method::unknown for one that we do not serve and for what is no
    /// SIP message), a response a status.
    struct row {
        net::direction direction{};  ///< seen from us
        transport_kind transport{};  ///< what it went over
        sip::method method = sip::method::unknown;  ///< of a request
        std::uint16_t status = 0;  ///< 0: a request
        std::uint64_t count = 0;   ///< only grows
    };

    /// Counts one message. Looks at its first line only.
    void add(direction, transport_kind, std::string_view message) noexcept;

    /// The requests of one kind so far.
    [[nodiscard]] std::uint64_t requests(direction which, transport_kind over, method name) const noexcept {
        return cells_[at(which, over) + static_cast<std::size_t>(name)];
    }
    /// The responses of one kind so far; 0 for what is no status.
    [[nodiscard]] std::uint64_t responses(direction which, transport_kind over, std::uint16_t status) const noexcept {
        return status < least_status || status > most_status ? 0 : cells_[at(which, over) + cell_of(status)];
    }

    /// Calls `visit(row)` for every kind that has been seen.
    template <class Visitor>
    void for_each(Visitor&& visit) const {
        for (auto const which : {direction::received, direction::sent})
            for (std::size_t over = 0; over < transports; ++over) {
                auto const kind = static_cast<transport_kind>(over);
                for (std::size_t cell = 0; cell < kinds; ++cell) {
                    auto const count = cells_[at(which, kind) + cell];
                    if (count == 0) continue;
                    row one{which, kind, {}, 0, count};
                    if (cell < method_count)
                        one.method = static_cast<sip::method>(cell);
                    else
                        one.status = static_cast<std::uint16_t>(cell - method_count + least_status);
                    visit(one);
                }
            }
    }

private:
    static constexpr std::uint16_t least_status = 100, most_status = 699;
    static constexpr std::size_t transports = 5, kinds = method_count + (most_status - least_status + 1);

    static constexpr std::size_t cell_of(std::uint16_t status) noexcept {
        return method_count + (std::size_t{status} - least_status);
    }
    static constexpr std::size_t at(direction which, transport_kind over) noexcept {
        return (static_cast<std::size_t>(which) * transports + static_cast<std::size_t>(over)) * kinds;
    }

    std::array<std::uint64_t, 2 * transports * kinds> cells_{};
};

}  // namespace sip::net
