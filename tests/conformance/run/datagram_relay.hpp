// A bad network between the phones of a run and their proxy, and between the phones: everybody sees everybody else at a
// port of the relay, which passes on what it gets there as an impairment says.
//
// Each port x of the run has a shadow x' of the relay. Who wants to reach x is told x': by its settings, or by the text
// of messages, in which the relay changes the sender's ports to their shadows and the receiver's shadows to its ports.
// A datagram from x to y' goes on from x' to y: so answers take the same way, and nothing has to be remembered.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "conformance/run/impaired_network.hpp"

namespace conformance {

/// Who has which ports.
struct relayed_party {
    std::string name;  ///< "A"; "P" for the proxy
    std::uint16_t sip_port = 0;
    std::uint16_t first_media_port = 0, media_ports = 0;
};

class datagram_relay final : public impaired_network {
public:
    /// The shadow of `first_port` is `first_shadow`, and so on with the ports above.
    datagram_relay(std::string host, std::uint16_t first_port, std::uint16_t first_shadow, std::vector<relayed_party>, const impairment&);
    ~datagram_relay() override;

    /// Takes the shadows and begins. The reason where one of them is not free.
    [[nodiscard]] std::optional<std::string> start();
    [[nodiscard]] std::uint16_t shadow_of(std::uint16_t port) const noexcept {
        return static_cast<std::uint16_t>(port + shift_);
    }
    [[nodiscard]] std::string as_without(std::string_view text) const override;
    [[nodiscard]] std::vector<lost_message> lost() const override;
    [[nodiscard]] hop_tallies tallies() const override;

private:
    struct station;
    struct flight;
    struct shell;
    void work();
    void take(std::size_t from, std::size_t to, std::string_view datagram);
    [[nodiscard]] std::uint16_t renamed(std::uint16_t port, bool is_route, std::size_t from, std::size_t to) const;

    std::string host_;
    std::uint16_t first_port_;
    int shift_;
    std::vector<relayed_party> parties_;
    impairment what_;
    std::unique_ptr<shell> shell_;
    mutable std::mutex guard_;  ///< of the next two
    std::map<std::string, datagram_hop> hops_;
    std::vector<lost_message> lost_;
    std::atomic<bool> ends_ = false;
    std::thread thread_;
};

}  // namespace conformance
