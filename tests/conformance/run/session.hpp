// One place where flows are played, with ports, a proxy and phones of its own: several can be at work at once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conformance/run/impaired_network.hpp"
#include "conformance/run/network.hpp"
#include "conformance/run/play.hpp"
#include "conformance/run/port_block.hpp"
#include "conformance/run/registrations.hpp"
#include "conformance/run/run_setting.hpp"

namespace conformance {

class session final {
public:
    /// `number` tells sessions of one run apart.
    session(run_setting, unsigned number);

    /// Starts the proxy. The reason where that does not work.
    [[nodiscard]] std::optional<std::string> start();
    /// Plays a flow with fresh phones, so that none depends on what another left behind; a device of the tester's stays
    /// registered. The setting may differ from the session's in all that the proxy does not care for. The reason where
    /// the phones do not start.
    [[nodiscard]] std::variant<played, std::string> play(const run_setting&, const flow&);
    [[nodiscard]] const run_setting& setting() const noexcept { return setting_; }

private:
    static constexpr std::uint16_t media_ports_of_a_phone = 20;
    [[nodiscard]] std::uint16_t sip_port(unsigned phone) const {
        return static_cast<std::uint16_t>(port_ + 2 + 2 * phone);
    }
    [[nodiscard]] std::uint16_t first_media_port(unsigned phone) const {
        return static_cast<std::uint16_t>(port_ + 100 + media_ports_of_a_phone * phone);
    }
    /// Puts a relay between all that will be started. The reason where that does not work.
    [[nodiscard]] std::optional<std::string> impair(const run_setting&, const flow&, std::unique_ptr<impaired_network>&)
        const;
    [[nodiscard]] std::unique_ptr<handset> make_handset(
        const run_setting&, const flow&, const std::string& party, unsigned number
    );
    /// The proxy's messages since the last call.
    [[nodiscard]] std::vector<std::string> take_trace();

    run_setting setting_;
    unsigned number_;
    std::optional<port_block> own_ports_, shadow_ports_;
    std::uint16_t port_ = 0;
    std::optional<network> proxy_;
    registrations registered_;
};

}  // namespace conformance
