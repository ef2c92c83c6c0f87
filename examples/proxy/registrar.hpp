// The registrar's rules (RFC 3261 10.3, steps 6 to 8): from a REGISTER that is known to be its user's own to the
// response. Who may register, and for whom, was decided before.
#pragma once

#include <optional>
#include <string_view>

#include "location_store.hpp"
#include "settings.hpp"
#include "sip/syntax/build.hpp"
#include "sip/transport/flow.hpp"

namespace proxy {

class registrar {
public:
    /// Both outlive the registrar.
    registrar(settings const& settings, location_store& store) : settings_(&settings), store_(&store) {}

    /// Carries the request out, all of it or nothing, and writes the response. `from`: where it came from.
    [[nodiscard]] sip::result<sip::buffer_ref> on_register(
        sip::buffer_pool&, sip::message_view request, std::string_view user, sip::endpoint const& from, wall_time now,
        std::string_view to_tag
    );

private:
    struct refusal {
        std::uint16_t status = 400;
        std::string_view reason;
    };
    /// Changes `bindings` as the Contacts ask (steps 6 and 7).
    [[nodiscard]] std::optional<refusal> apply(
        sip::message_view request, sip::endpoint const& from, wall_time now, std::vector<binding>& bindings
    ) const;
    [[nodiscard]] std::optional<refusal> remove_all(sip::message_view request, std::vector<binding>& bindings) const;
    [[nodiscard]] std::uint32_t wanted_seconds(sip::message_view request, sip::name_addr_view const& contact) const;

    settings const* settings_;
    location_store* store_;
};

}  // namespace proxy
