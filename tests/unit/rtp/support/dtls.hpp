// Identities and pairs of associations for the tests of DTLS.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <utility>
#include <vector>

#include "rtp/crypto/dtls_association.hpp"
#include "unit/rtp/support/bytes.hpp"

namespace rtp_test {

constexpr rtp::time_point dtls_epoch = rtp::time_point{} + std::chrono::hours(1000);

inline rtp::dtls_identity make_identity() {
    auto made = rtp::dtls_identity::generate(rtp::wall_point{} + std::chrono::hours(24 * 365 * 55));
    REQUIRE(made.has_value());
    return std::move(*made);
}

/// One for all tests that need no other: generating takes a moment.
inline rtp::dtls_identity const& alice_identity() {
    static auto const identity = make_identity();
    return identity;
}
inline rtp::dtls_identity const& bob_identity() {
    static auto const identity = make_identity();
    return identity;
}

inline rtp::dtls_settings dtls_settings_for(rtp::dtls_role role, rtp::dtls_identity const& peer) {
    rtp::dtls_settings settings;
    settings.role = role;
    settings.peer = {peer.own_fingerprint()};
    return settings;
}

inline rtp::dtls_association make_association(
    rtp::dtls_identity const& own, rtp::dtls_settings const& settings, rtp::time_point now = dtls_epoch
) {
    auto made = rtp::dtls_association::create(now, own, settings);
    REQUIRE(made.has_value());
    return std::move(*made);
}

inline std::vector<byte_vector> take_output(rtp::dtls_association& from) {
    std::vector<byte_vector> datagrams;
    from.take_output([&](std::span<const std::byte> datagram) { datagrams.push_back(to_vector(datagram)); });
    return datagrams;
}

/// Two associations and the datagrams between them.
struct dtls_pair {
    rtp::dtls_association client;
    rtp::dtls_association server;

    dtls_pair()
        : dtls_pair(
              dtls_settings_for(rtp::dtls_role::active, bob_identity()),
              dtls_settings_for(rtp::dtls_role::passive, alice_identity())
          ) {}
    dtls_pair(rtp::dtls_settings const& of_client, rtp::dtls_settings const& of_server)
        : client(make_association(alice_identity(), of_client)), server(make_association(bob_identity(), of_server)) {}

    /// Passes datagrams on until both have nothing to say. `is_lost` is asked for each.
    template <class Lost>
    void exchange(Lost&& is_lost) {
        for (bool is_busy = true; is_busy;) {
            is_busy = false;
            for (auto [from, to] : {std::pair{&client, &server}, std::pair{&server, &client}}) {
                for (auto const& datagram : take_output(*from)) {
                    is_busy = true;
                    if (!is_lost()) to->on_datagram(dtls_epoch, datagram);
                }
            }
        }
    }
    void exchange() {
        exchange([] { return false; });
    }
};

}  // namespace rtp_test
