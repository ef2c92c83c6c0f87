// What payload types mean to a playout.
// Covered: a codec with concealment of its own, one whose packets tell of the one before, payloads that cannot be
// decoded, a new agreement during the call, payloads that do not go together, packets and periods that are too long.
// Not covered: the codecs themselves (unit/rtp/codec).
#include <doctest/doctest.h>

#include <optional>

#include "talker.hpp"

using namespace std::chrono_literals;
using rtp::packet_content;
using test::line_start, test::make_playout, test::talker;

namespace {

// A codec whose packets begin with an octet that must be 1, and that conceals with a square wave of its own.
struct picky_encoder {
    rtp::result<std::size_t> encode(std::span<const std::int16_t>, std::span<std::byte>) noexcept { return 0U; }
};
struct picky_decoder {
    rtp::result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        if (payload[0] != std::byte{1}) return make_error_code(rtp::errc::invalid_argument);
        for (std::size_t n = 0; n < payload.size(); ++n)
            samples[n] = 1000;
        return payload.size();
    }
    void conceal(std::span<std::int16_t> samples) noexcept {
        for (auto& sample : samples)
            sample = -500;
    }
    static std::optional<std::size_t> samples(std::span<const std::byte> payload) noexcept { return payload.size(); }
};
constexpr rtp::codec picky =
    rtp::define_codec<picky_encoder, picky_decoder>({{"X", rtp::clock_rate{8000}, 1}, 8000, 80, 80});

}  // namespace

TEST_CASE("a codec that conceals by itself is asked to, and one that refuses a payload is concealed") {
    std::array<rtp::playout_payload, 1> const payloads{{{rtp::payload_type{99}, packet_content::audio, &picky}}};
    rtp::jitter_settings settings;
    settings.start = 20ms;
    auto playout = rtp::playout::create(settings, payloads);
    REQUIRE(playout.has_value());
    talker talker(*playout, test::vowel(8000, 8000, 120));
    std::array<std::byte, 160> payload{};
    std::array<std::int16_t, 160> samples{};
    for (int n = 0; n < 10; ++n) {
        payload[0] = std::byte{n == 7 ? std::uint8_t{0} : std::uint8_t{1}};
        if (n == 4)
            talker.header.sequence = rtp::advance(talker.header.sequence, 1);
        else
            talker.send_bytes(line_start + n * 20ms, rtp::payload_type{99}, payload);
        talker.header.timestamp = rtp::advance(talker.header.timestamp, 160);
        auto const period = playout->get(line_start + n * 20ms, samples);
        if (n == 5) {
            CHECK(period.concealed == 160);
            CHECK(samples[80] == -500);
        }
        if (n == 8) CHECK(period.concealed == 160);
    }
    CHECK(playout->statistics().undecodable == 1);
}

namespace {

// A codec whose packets say in the second octet what was in the packet before: the value of all its samples.
struct telling_decoder {
    rtp::result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        return fill(payload[0], samples.first(160));
    }
    void conceal(std::span<std::int16_t> samples) noexcept { fill(std::byte{99}, samples); }
    static bool can_recover(std::span<const std::byte> next) noexcept { return next[1] != std::byte{0}; }
    void recover(std::span<const std::byte> next, std::span<std::int16_t> samples) noexcept { fill(next[1], samples); }
    static std::optional<std::size_t> samples(std::span<const std::byte>) noexcept { return 160U; }

private:
    static std::size_t fill(std::byte value, std::span<std::int16_t> samples) noexcept {
        std::fill(samples.begin(), samples.end(), static_cast<std::int16_t>(std::to_integer<int>(value) * 100));
        return samples.size();
    }
};
constexpr rtp::codec telling =
    rtp::define_codec<picky_encoder, telling_decoder>({{"Y", rtp::clock_rate{8000}, 1}, 8000, 160, 2});

}  // namespace

TEST_CASE("a lost packet is made good by the next one, if that tells of it and is there in time") {
    std::array<rtp::playout_payload, 1> const payloads{{{rtp::payload_type{99}, packet_content::audio, &telling}}};
    rtp::jitter_settings settings;
    settings.mode = rtp::jitter_mode::fixed;
    settings.normal = 40ms;
    auto playout = rtp::playout::create(settings, payloads);
    REQUIRE(playout.has_value());
    talker talker(*playout, test::vowel(8000, 8000, 120));
    std::array<std::int16_t, 160> samples{};
    std::vector<int> middles;
    // Of one to twenty, five is lost, eleven too and nothing tells of it, and fifteen and sixteen.
    for (int n = 1; n <= 24; ++n) {
        bool const is_lost = n == 5 || n == 11 || n == 15 || n == 16;
        std::array const payload{static_cast<std::byte>(n), static_cast<std::byte>(n == 12 ? 0 : n - 1)};
        if (is_lost)
            talker.header.sequence = rtp::advance(talker.header.sequence, 1);
        else
            talker.send_bytes(line_start + n * 20ms, rtp::payload_type{99}, payload);
        talker.header.timestamp = rtp::advance(talker.header.timestamp, 160);
        static_cast<void>(playout->get(line_start + n * 20ms + 1ms, samples));
        if (n > 2) middles.push_back(samples[80] / 100);
    }
    auto const heard = [&](int packet) { return middles.at(static_cast<std::size_t>(packet - 1)); };
    CHECK(heard(4) == 4);
    CHECK(heard(5) == 5);
    CHECK(heard(6) == 6);
    CHECK(heard(11) == 99);
    CHECK(heard(15) == 99);
    CHECK(heard(16) == 16);
    CHECK(heard(17) == 17);
    CHECK(playout->statistics().recovered == 2);
}

TEST_CASE("a new agreement replaces the payloads while packets of the old ones wait") {
    auto playout = make_playout();
    talker talker(playout, test::vowel(8000, 8000, 120));
    std::array<std::int16_t, 160> samples{};
    for (int n = 0; n < 10; ++n)
        talker.send(line_start + n * 20ms);
    std::array<rtp::playout_payload, 1> const only_pcma{{{rtp::payload_type{8}, packet_content::audio, &rtp::pcma()}}};
    CHECK_FALSE(playout.set_payloads(only_pcma));
    for (int n = 10; n < 30; ++n) {
        talker.type = rtp::payload_type{8};
        talker.send(line_start + n * 20ms);
        playout.get(line_start + n * 20ms, samples);
    }
    CHECK(playout.statistics().undecodable >= 1);
    CHECK(playout.get(line_start + 600ms, samples).media == 160);
    CHECK(playout.set_payloads({}) == rtp::errc::invalid_argument);
    CHECK(playout.get(line_start + 620ms, samples).media == 160);
}

TEST_CASE("payloads that cannot be played together are refused") {
    using rtp::playout_payload;
    rtp::codec wide = rtp::pcmu();
    wide.properties.sample_rate = 16000;
    rtp::codec stereo = rtp::pcmu();
    stereo.properties.format.channels = 2;
    stereo.properties.channels = 2;
    std::array<playout_payload, 2> const different{
        {{rtp::payload_type{0}, packet_content::audio, &rtp::pcmu()},
         {rtp::payload_type{96}, packet_content::audio, &wide}}};
    std::array<playout_payload, 1> const two_channels{{{rtp::payload_type{0}, packet_content::audio, &stereo}}};
    std::array<playout_payload, 2> const without_codec{
        {{rtp::payload_type{0}, packet_content::audio, &rtp::pcmu()},
         {rtp::payload_type{8}, packet_content::audio, nullptr}}};
    std::array<playout_payload, 1> const no_audio{{{rtp::payload_type{13}, packet_content::comfort_noise, nullptr}}};
    CHECK(rtp::playout::create({}, different).error() == rtp::errc::invalid_argument);
    CHECK(rtp::playout::create({}, two_channels).error() == rtp::errc::invalid_argument);
    CHECK(rtp::playout::create({}, without_codec).error() == rtp::errc::invalid_argument);
    CHECK(rtp::playout::create({}, no_audio).error() == rtp::errc::invalid_argument);
    CHECK(rtp::playout::create({}, {}).error() == rtp::errc::invalid_argument);
}

TEST_CASE("a packet longer than 200 ms is not played, and a period longer than that is cut (RFC 3551 4.2)") {
    auto playout = make_playout();
    talker talker(playout, test::vowel(16000, 8000, 120), 1400);
    std::vector<std::int16_t> samples(4000, 77);
    for (int n = 0; n < 4; ++n) {
        talker.send(line_start + n * 175ms);
        CHECK(playout.get(line_start + n * 175ms, samples).silent <= 1600);
    }
    CHECK(playout.buffer().statistics().silent == 0);
    CHECK(samples[1600] == 77);
    auto big = make_playout();
    std::array<std::byte, 1480> const too_long{};
    rtp::codec slow = rtp::pcmu();
    slow.properties.sample_rate = 4000;
    std::array<rtp::playout_payload, 1> const payloads{{{rtp::payload_type{0}, packet_content::audio, &slow}}};
    auto narrow = rtp::playout::create({}, payloads);
    REQUIRE(narrow.has_value());
    test::talker other(*narrow, {});
    other.send_bytes(line_start, rtp::payload_type{0}, too_long);  // 370 ms at 4 kHz
    static_cast<void>(narrow->get(line_start + 100ms, samples));
    CHECK(narrow->buffer().statistics().silent == 1);
}
