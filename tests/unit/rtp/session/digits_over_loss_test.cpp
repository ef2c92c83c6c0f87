// Covers: digits from one session to another through a network that loses packets, singly and in bursts: what is heard
// is exactly what anything arrived of, in order and once. Seeded; the seed is printed on failure.
// Not here: reordering and duplication (dtmf_receiver_test.cpp), digits in the audio (signal/dtmf_test.cpp).
#include "unit/rtp/support/party.hpp"

#include <map>

#include "rtp/session/telephone_event.hpp"
#include "support/seeded_random.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

constexpr std::string_view all_digits = "0123456789*#ABCD";

/// Gilbert's model: in the bad state everything is lost. `burst` is the mean number of packets lost in a row.
class lossy_network {
public:
    lossy_network(std::uint64_t seed, double loss, double burst)
        : random_(seed), leave_(1 / burst), enter_(loss / (1 - loss) / burst) {}

    bool loses() {
        bad_ = chance(bad_ ? 1 - leave_ : enter_);
        return bad_;
    }

private:
    bool chance(double probability) { return static_cast<double>(random_() >> 11) * 0x1.0p-53 < probability; }

    test::seeded_random random_;
    double leave_, enter_;
    bool bad_ = false;
};

struct tally {
    std::string sent, expected, heard;
    std::size_t packets = 0, lost = 0, ends = 0;
};

tally dial(std::uint64_t seed, double loss, double burst, std::uint8_t end_packets) {
    auto settings = usual_settings();
    settings.digits.end_packets = end_packets;
    party from(settings, 2 * seed + 1), to(settings, 2 * seed + 2);
    lossy_network network(seed, loss, burst);
    tally t;
    std::map<std::uint32_t, bool> arrived;  // by the digit's timestamp: whether any of its packets did
    std::map<std::uint32_t, char> digit_at;
    std::vector<std::uint32_t> in_order;
    auto const deliver = [&](bool is_safe) {
        for (auto& datagram : from.out.datagrams) {
            if (datagram.via != component::rtp) continue;
            auto const packet = packet_view::parse(datagram.packet.bytes()).value();
            bool const is_lost = network.loses() && !is_safe;
            if (packet.type() == events_type) {
                ++t.packets;
                t.lost += is_lost ? 1 : 0;
                auto const timestamp = static_cast<std::uint32_t>(packet.timestamp());
                if (!digit_at.contains(timestamp)) in_order.push_back(timestamp);
                digit_at[timestamp] = *digit_of(telephone_event::parse(packet.payload())->event);
                arrived[timestamp] = arrived[timestamp] || !is_lost;
            }
            if (!is_lost) to.receive_bytes(datagram.packet.bytes(), component::rtp, peer_rtp);
        }
        from.out.clear();
        for (auto const& each : to.out.events) {
            if (auto const* start = std::get_if<digit_started>(&each)) t.heard += *digit_of(start->event);
            if (std::holds_alternative<digit_ended>(each)) ++t.ends;
        }
        to.out.clear();
    };
    for (int frame = 0; frame < 1000; ++frame) {
        if (frame >= 10 && t.sent.size() < all_digits.size() && !from.media.is_sending_digits()) {
            REQUIRE_FALSE(from.media.send_digit(from.time(), all_digits[t.sent.size()], 40ms, from.out));
            t.sent += all_digits[t.sent.size()];
        }
        REQUIRE_FALSE(from.send());
        deliver(frame < 10);
        for (int part = 0; part < 4; ++part) {
            from.advance_to(from.now + 5ms);
            deliver(frame < 10);
            to.advance_to(from.now);
        }
        if (t.sent.size() == all_digits.size() && !from.media.is_sending_digits() && frame % 50 == 49) break;
    }
    to.advance_to(to.now + 1s);
    deliver(true);
    for (auto const timestamp : in_order)
        if (arrived[timestamp]) t.expected += digit_at[timestamp];
    REQUIRE(in_order.size() == all_digits.size());
    return t;
}

}  // namespace

TEST_CASE(
    "Of 40 ms digits through 10 % loss only those are missing of which every packet was lost, and none is double (RFC "
    "4733 2.5.1.4, 2.6.1, 2.6.2)"
) {
    for (auto const& [name, burst] :
         {std::pair("single losses", 1.0), std::pair("bursts of three", 3.0), std::pair("bursts of six", 6.0)})
        for (std::uint8_t const end_packets : {std::uint8_t{3}, std::uint8_t{1}}) {
            std::size_t sent = 0, missing = 0, packets = 0, lost = 0;
            for (std::uint64_t seed = 1; seed <= 100; ++seed) {
                CAPTURE(seed);
                CAPTURE(burst);
                auto const t = dial(seed, 0.1, burst, end_packets);
                REQUIRE(t.sent == all_digits);
                CHECK(t.heard == t.expected);
                CHECK(t.ends == t.heard.size());
                sent += t.sent.size();
                missing += t.sent.size() - t.heard.size();
                packets += t.packets;
                lost += t.lost;
            }
            MESSAGE(
                std::string(name) << ", " << int{end_packets} << " end packets: " << sent << " digits in " << packets
                                  << " packets, " << lost << " lost; " << missing << " digits of which all were"
            );
            CHECK(static_cast<double>(lost) / static_cast<double>(packets) == doctest::Approx(0.1).epsilon(0.2));
            if (burst == 1.0 && end_packets == 3) CHECK(missing <= 2);  // 10^-4 of 1600
        }
}

TEST_CASE("Without loss every digit arrives, whatever the number of end packets") {
    for (std::uint8_t const end_packets : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}}) {
        auto const t = dial(1, 0, 1, end_packets);
        CHECK(t.heard == all_digits);
        CHECK(t.ends == 16);
        CHECK(t.packets == 16U * (1U + end_packets));
    }
}

TEST_CASE("Digits are reported as often as audio packets go out (RFC 4733 2.5.1.2)") {
    for (auto const period : {10ms, 20ms, 40ms}) {
        party p;
        auto map = usual_payloads();
        map.packet_time = period;
        p.media.set_payloads(p.time(), map);
        REQUIRE_FALSE(p.media.send_digit(p.time(), '5', 120ms, p.out));
        std::vector<std::uint16_t> durations;
        for (int n = 0; n < 60; ++n) {
            p.advance_to(p.now + 5ms);
            for (auto const& datagram : p.out.datagrams)
                if (datagram.via == component::rtp)
                    durations.push_back(
                        telephone_event::parse(packet_view::parse(datagram.packet.bytes())->payload())->duration
                    );
            p.out.clear();
        }
        CAPTURE(period.count());
        REQUIRE(durations.size() == static_cast<std::size_t>(120ms / period) + 2);
        CHECK(durations[0] == period.count() * 8);
        CHECK(durations[1] == period.count() * 16);
        CHECK(durations.back() == 960);
    }
}
