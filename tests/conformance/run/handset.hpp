// A phone that takes part in a flow, whoever made it: what its user can do, what it traced, what it hears.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/observation.hpp"

namespace conformance {

/// A message as the phone itself saw it.
struct traced_message {
    seconds at{};
    bool sent = false;
    std::string local, remote;  ///< "127.0.0.1:5060", "[::1]:5060"
    std::string text;
};

struct handset_setting {
    std::string party;  ///< "A"
    std::string user, password;
    std::string host = "127.0.0.1";  ///< where the phone and its proxy are; or "::1"
    std::uint16_t proxy_port = 0;
    std::uint16_t outbound_port = 0;  ///< of what stands before the proxy, on the same host; 0: nothing
    std::string transport = "udp";    ///< or "tcp", "tls"
    std::string authority_file = {};  ///< of the proxy's certificate
    std::uint16_t sip_port = 0;
    std::uint16_t first_rtp_port = 0;
    double tone = 0;         ///< Hz of the tone that it speaks
    std::string codec;       ///< the only one that it has, by its name in SDP; empty: those that it has anyway
    bool is_busy = false;    ///< its user takes no call
    bool calls_wait = true;  ///< a second call rings while it talks; else the phone is busy then
    std::string folder;      ///< of its own, for files and sockets
    /// Secure media: empty (none), "srtp" (where the other can), "srtp-mand", "dtls".
    std::string media_encryption = {};
};

class handset {
public:
    handset() = default;
    handset(const handset&) = delete;
    handset& operator=(const handset&) = delete;
    virtual ~handset() = default;

    [[nodiscard]] virtual const handset_setting& setting() const = 0;
    /// Where its SIP comes from, "127.0.0.1:5060".
    [[nodiscard]] virtual std::string address() const;
    /// Starts the phone and waits until it is registered. The reason where that does not happen.
    [[nodiscard]] virtual std::optional<std::string> start(std::chrono::milliseconds patience) = 0;

    // What its user does. The reason where the phone refuses.
    [[nodiscard]] virtual std::optional<std::string> dial(const std::string& target) = 0;
    /// One of the verbs of flows (flow.hpp) but `dials`; `object` is the user whom it names, empty where it names none.
    [[nodiscard]] virtual std::optional<std::string> act(const std::string& verb, const std::string& object) = 0;

    /// Messages since the last call; empty where the phone cannot trace (then the proxy's trace counts).
    [[nodiscard]] virtual std::vector<traced_message> take_trace() = 0;
    [[nodiscard]] virtual bool traces() const = 0;
    /// Whether what arrives at it can be counted and heard; else its media are measured at the other end alone.
    [[nodiscard]] virtual bool listens() const { return true; }
    /// Whether what it hears includes the tones that it makes itself, as ring-back.
    [[nodiscard]] virtual bool hears_own_tones() const = 0;

    /// How many calls it has; nothing where it cannot tell.
    [[nodiscard]] virtual std::optional<std::size_t> call_count() { return std::nullopt; }
    /// Whether it is registered; nothing where it cannot tell.
    [[nodiscard]] virtual std::optional<bool> is_registered() { return std::nullopt; }
    /// Whether it tells how many RTP packets came; else what it hears has to do.
    [[nodiscard]] virtual bool counts_packets() const { return true; }
    /// Whether it counts the packets of each peer; else of all together.
    [[nodiscard]] virtual bool tells_senders_apart() const { return true; }
    /// RTP packets received so far in its calls with this user; nothing where there is none, or no way to tell.
    [[nodiscard]] virtual std::optional<std::uint64_t> packets_received(const std::string& user) = 0;
    /// RTP packets sent so far in its calls with this user; nothing where the phone does not tell.
    [[nodiscard]] virtual std::optional<std::uint64_t> packets_sent(const std::string&) { return std::nullopt; }
    /// What it has heard from now on for `window`: the strongest frequency (0: silence) and its level in dBov.
    struct sound {
        double hertz = 0, level_dbov = -96;
        bool steady = false;  ///< one tone most of the time
        std::vector<std::int16_t> samples;

        /// Whether a tone of this frequency is in it most of the time, perhaps beside others.
        [[nodiscard]] bool has_tone(double hz) const;
    };
    /// Measures samples at 8000 a second.
    [[nodiscard]] static sound sound_in(std::vector<std::int16_t> samples);
    virtual void begin_listening() = 0;
    [[nodiscard]] virtual sound end_listening() = 0;
};

}  // namespace conformance
