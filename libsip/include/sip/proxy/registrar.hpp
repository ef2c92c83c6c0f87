// The registrar's rules (RFC 3261 10.3 steps 6 to 8, with Path of RFC 3327 5.3, flows of RFC 5626 6, GRUUs of RFC 5627
// 5 and Service-Route of RFC 3608): from a REGISTER that is known to be its user's own to the response. Who may
// register, and for whom, was decided before.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/environment.hpp"
#include "sip/proxy/location_store.hpp"
#include "sip/proxy/sealer.hpp"
#include "sip/proxy/settings.hpp"
#include "sip/syntax/build.hpp"

namespace sip::proxy {

/// Bindings of addresses of record (RFC 3261 10.3).
class registrar {
public:
    /// All outlive the registrar.
    registrar(settings const& config, location_store& store, sealer const& seals, environment const& surroundings)
        : settings_(&config), store_(&store), seals_(&seals), random_(surroundings.random) {}

    /// Carries the request out, all of it or nothing, and writes the response. `note`: ways::note_of() its sender.
    [[nodiscard]] result<buffer_ref> on_register(
        buffer_pool&, message_view request, std::string_view user, std::string_view note, wall_time now,
        std::string_view to_tag
    );
    /// The flow of this binding is down for good (RFC 5626 7): it is no more.
    void forget(std::string_view user, binding const& gone, wall_time now);

    /// Option tags that a REGISTER may require.
    [[nodiscard]] static bool understands(std::string_view option_tag) noexcept;

private:
    struct refusal {
        std::uint16_t status = 400;
        std::string_view reason;
    };
    /// What the request says as a whole.
    struct demand {
        message_view request;
        std::string_view note;
        wall_time now;
        std::string path;
        bool has_flows = false;   ///< RFC 5626 applies: the first hop serves it
        bool names_flow = false;  ///< a Contact has a reg-id
    };
    [[nodiscard]] std::optional<refusal> read(demand&) const;
    /// Changes `bindings` as the Contacts ask (steps 6 and 7).
    [[nodiscard]] std::optional<refusal> apply(demand const&, std::vector<binding>& bindings) const;
    [[nodiscard]] std::optional<refusal> remove_all(message_view request, std::vector<binding>& bindings) const;
    [[nodiscard]] std::uint32_t wanted_seconds(message_view request, name_addr_view const& contact) const;
    [[nodiscard]] bool leads_here(message_view request, uri_view const& contact) const;
    void write_contacts(message_builder&, message_view request, std::vector<binding> const&, wall_time now) const;

    settings const* settings_;
    location_store* store_;
    sealer const* seals_;
    random_source random_;
};

}  // namespace sip::proxy
