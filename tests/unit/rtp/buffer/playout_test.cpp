// The whole way from packets to samples.
// Covered: tones and voice through PCMU and PCMA on a clean line, with loss, with drift for ten minutes, with too much
// delay in pauses and in sound that never pauses; packets and periods of many lengths; comfort noise, telephone-events
// and unknown types; a codec with concealment of its own, payloads that cannot be decoded, a new agreement during the
// call; refused settings; no allocation while it runs.
// Not covered: real speech, resampling (there is none), long-term quality scores.
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>

#include "rtp/buffer/playout.hpp"
#include "rtp/codec/g711.hpp"
#include "support/counting_new.hpp"
#include "test_sounds.hpp"
#include "virtual_line.hpp"

using namespace std::chrono_literals;
using rtp::packet_content;
using test::line_start;

namespace {

using period_kind = rtp::playout_frame::kind;

constexpr std::array<rtp::playout_payload, 4> usual_payloads() {
    return {
        {{rtp::payload_type{0}, packet_content::audio, nullptr},
         {rtp::payload_type{8}, packet_content::audio, nullptr},
         {rtp::payload_type{13}, packet_content::comfort_noise, nullptr},
         {rtp::payload_type{101}, packet_content::other, nullptr}}};
}

rtp::playout make_playout(rtp::jitter_settings settings = {}) {
    auto payloads = usual_payloads();
    payloads[0].decoded_by = &rtp::pcmu();
    payloads[1].decoded_by = &rtp::pcma();
    auto made = rtp::playout::create(settings, payloads);
    REQUIRE(made.has_value());
    return std::move(*made);
}

// Cuts a sound into packets and sends them.
class talker {
public:
    talker(rtp::playout& to, std::vector<std::int16_t> sound, std::size_t packet = 160)
        : to_(to), sound_(std::move(sound)), packet_(packet), pool_(64) {}

    rtp::payload_type type{0};
    rtp::packet_header header{
        .marker = false,
        .type = {},
        .sequence = rtp::sequence_t{65530},
        .timestamp = rtp::timestamp_t{0xFFFFFF00},
        .ssrc = rtp::ssrc_t{5}};

    [[nodiscard]] bool has_more() const { return at_ + packet_ <= sound_.size(); }
    [[nodiscard]] std::size_t at() const { return at_; }

    void skip() {
        header.sequence = rtp::advance(header.sequence, 1);
        header.timestamp = rtp::advance(header.timestamp, static_cast<std::int64_t>(packet_));
        at_ += packet_;
    }

    void pause() {
        header.timestamp = rtp::advance(header.timestamp, static_cast<std::int64_t>(packet_));
        at_ += packet_;
    }

    rtp::put_result send(rtp::time_point arrival) {
        std::array<std::byte, 1500> payload;
        for (std::size_t n = 0; n < packet_; ++n) {
            auto const sample = sound_[at_ + n];
            payload[n] = std::byte{
                type == rtp::payload_type{8} ? rtp::g711::encode_a_law(sample) : rtp::g711::encode_mu_law(sample)};
        }
        auto const result = send_bytes(arrival, type, std::span(payload).first(packet_));
        header.timestamp = rtp::advance(header.timestamp, static_cast<std::int64_t>(packet_));
        at_ += packet_;
        return result;
    }

    rtp::put_result send_bytes(rtp::time_point arrival, rtp::payload_type as, std::span<const std::byte> payload) {
        rtp::packet_buffer buffer(pool_, payload);
        header.type = as;
        static_cast<void>(rtp::prepend_header(buffer, header));
        header.sequence = rtp::advance(header.sequence, 1);
        auto const view = rtp::packet_view::parse(buffer.bytes());
        return to_.put(arrival, *view, std::move(buffer));
    }

private:
    rtp::playout& to_;
    std::vector<std::int16_t> sound_;
    std::size_t packet_;
    std::size_t at_ = 0;
    rtp::packet_pool pool_;
};

struct heard {
    std::vector<std::int16_t> sound;
    std::string trace;
};

// Plays everything on a line where `is_lost` decides about each packet; the device's clock differs by `drift_ppm`
// (positive: the sender is slow).
template <class IsLost>
heard listen(
    rtp::playout& playout, std::vector<std::int16_t> const& sound, IsLost is_lost, std::size_t packet = 160,
    std::size_t period = 80, long drift_ppm = 0
) {
    talker talker(playout, sound, packet);
    heard made;
    std::vector<std::int16_t> samples(period);
    auto const packet_time = std::chrono::nanoseconds(packet * 125'000) * (1'000'000 + drift_ppm) / 1'000'000;
    auto const period_time = std::chrono::nanoseconds(period * 125'000);
    auto sent = line_start;
    for (auto now = line_start + 3ms; talker.has_more(); now += period_time) {
        for (; sent <= now && talker.has_more(); sent += packet_time) {
            if (is_lost())
                talker.skip();
            else
                talker.send(sent);
        }
        auto const what = playout.get(now, samples).what();
        made.trace += what == period_kind::media ? 'M' : what == period_kind::conceal ? 'C' : '.';
        made.sound.insert(made.sound.end(), samples.begin(), samples.end());
    }
    return made;
}

constexpr auto never = [] { return false; };

// How well `copy` follows `original` when moved by the best number of samples, in dB.
double best_likeness(std::span<const std::int16_t> original, std::span<const std::int16_t> copy, std::size_t most) {
    double best = -100;
    for (std::size_t delay = 0; delay + original.size() <= copy.size() && delay <= most; ++delay)
        best = std::max(best, test::likeness_db(original, copy.subspan(delay, original.size())));
    return best;
}

}  // namespace

TEST_CASE("on a clean line the sound arrives as G.711 left it, for packets of 10 to 60 ms and any period") {
    auto const sound = test::vowel(48000, 8000, 120);
    for (std::size_t packet : {80U, 160U, 240U, 320U, 480U, 100U, 37U}) {
        for (std::size_t period : {80U, 160U, 240U, 33U}) {
            CAPTURE(packet);
            CAPTURE(period);
            auto playout = make_playout();
            auto const got = listen(playout, sound, never, packet, period);
            // Once the delay has settled.
            auto const part = std::span(sound).subspan(43000, 800);
            CHECK(best_likeness(part, std::span(got.sound).subspan(42800), 700) > 30);
            CHECK(playout.buffer().statistics().lost == 0);
            CHECK(playout.buffer().statistics().concealed_units == 0);
        }
    }
}

TEST_CASE("PCMA and PCMU may alternate within a stream") {
    auto playout = make_playout();
    auto const sound = test::vowel(8000, 8000, 120);
    talker talker(playout, sound);
    std::vector<std::int16_t> all;
    std::array<std::int16_t, 160> samples{};
    for (int n = 0; n < 48; ++n) {
        talker.type = rtp::payload_type{n % 3 == 0 ? std::uint8_t{8} : std::uint8_t{0}};
        talker.send(line_start + n * 20ms);
        playout.get(line_start + n * 20ms, samples);
        all.insert(all.end(), samples.begin(), samples.end());
    }
    CHECK(best_likeness(std::span(sound).subspan(800, 2400), std::span(all).subspan(800), 1600) > 30);
}

TEST_CASE("5 % of a voice lost: the sound goes on, close to what was said, and never clicks") {
    auto const sound = test::voice(30, 11);
    auto playout = make_playout();
    auto clean = make_playout();
    test::seeded_random random(42);
    auto const got = listen(playout, sound, [&] { return random.chance(5); });
    auto const whole = listen(clean, sound, never);
    CHECK(playout.buffer().statistics().lost >= 50);
    auto const concealed = std::count(got.trace.begin(), got.trace.end(), 'C');
    CHECK(concealed <= static_cast<long>(got.trace.size()) * 8 / 100);
    CHECK(std::count(got.trace.begin() + 20, got.trace.end(), '.') == 0);
    CHECK(test::steepest(got.sound) <= test::steepest(whole.sound) * 3 / 2);
    auto const change = 10 * std::log10(test::power(got.sound) / test::power(whole.sound));
    CHECK(std::abs(change) < 0.5);
}

TEST_CASE("a tone with 5 % loss stays a tone without holes") {
    auto const sound = test::tone(8000 * 20, 8000, 425, 6000);
    auto playout = make_playout();
    test::seeded_random random(3);
    auto const got = listen(playout, sound, [&] { return random.chance(5); });
    int holes = 0;
    auto const level = test::power(sound);
    for (std::size_t at = 1600; at + 80 <= got.sound.size(); at += 80)
        if (test::power(std::span(got.sound).subspan(at, 80)) < level / 8) ++holes;
    CHECK(holes <= 12);  // where two or three in a row were lost the invented sound has begun to fade
}

TEST_CASE("clocks that drift by 200 ppm for ten minutes: what is dropped or repeated makes up for it, in the pauses") {
    auto const sound = test::voice(60, 5);
    for (long ppm : {200L, -200L}) {
        CAPTURE(ppm);
        auto playout = make_playout();
        std::vector<std::int16_t> long_sound;
        for (int n = 0; n < 10; ++n)
            long_sound.insert(long_sound.end(), sound.begin(), sound.end());
        auto const got = listen(playout, long_sound, never, 160, 80, ppm);
        auto const& counts = playout.buffer().statistics();
        CHECK(counts.lost == 0);
        CHECK(counts.late == 0);
        CHECK(counts.discarded == 0);
        CHECK(counts.concealed_units <= 8 * 150);
        CHECK(playout.buffer().delay() <= 30ms);
        // 600 s * 200 ppm = 120 ms.
        auto const dropped =
            static_cast<long>(playout.statistics().dropped) - static_cast<long>(playout.statistics().repeated);
        auto const concealed = static_cast<long>(counts.concealed_units);
        if (ppm > 0)
            CHECK(dropped - concealed <= -8 * 40);
        else
            CHECK(dropped >= 8 * 100);
    }
}

TEST_CASE("a delay that is too long shrinks in the pauses of a voice, unheard") {
    rtp::jitter_settings settings;
    settings.start = 200ms;
    auto playout = make_playout(settings);
    auto const sound = test::voice(20, 9);
    auto const got = listen(playout, sound, never);
    CHECK(playout.buffer().delay() <= 20ms);
    CHECK(playout.statistics().dropped >= 8 * 170);
    CHECK(playout.buffer().statistics().lost == 0);
    CHECK(playout.buffer().statistics().discarded == 0);
    CHECK(test::steepest(got.sound) <= test::steepest(sound) * 5 / 4);
}

TEST_CASE("whole packets left out of quiet sound leave no click") {
    rtp::jitter_settings settings;
    settings.start = 200ms;
    auto playout = make_playout(settings);
    auto const hum = test::tone(8000 * 8, 8000, 130, 75);
    auto const got = listen(playout, hum, never, 80);
    CHECK(playout.statistics().dropped >= 8 * 170);
    CHECK(test::steepest(std::span(got.sound).subspan(2000)) <= test::steepest(hum) * 3 / 2 + 1);
}

TEST_CASE("in sound that never pauses a long delay shrinks by one pitch period at a time, and a tone stays pure") {
    rtp::jitter_settings settings;
    settings.start = 200ms;
    auto playout = make_playout(settings);
    auto const sound = test::tone(8000 * 20, 8000, 400, 8000);
    auto const got = listen(playout, sound, never);
    CHECK(playout.buffer().delay() <= 60ms);
    CHECK(playout.statistics().dropped >= 8 * 130);
    CHECK(test::steepest(got.sound) <= test::steepest(sound) * 11 / 10);
    // Away from the edges no 10 ms lose more than half a decibel.
    auto const level = test::power(sound);
    for (std::size_t at = 4000; at + 80 <= got.sound.size(); at += 80)
        CHECK(test::power(std::span(got.sound).subspan(at, 80)) > 0.88 * level);
}

TEST_CASE("From a comfort noise packet to the next audio its noise is heard, and nothing of that is lost (RFC 3389 4)"
) {
    auto playout = make_playout();
    auto const speech = test::tone(8000 * 8, 8000, 400, 8000);
    talker talker(playout, speech);
    std::vector<std::int16_t> sound;
    std::string trace;
    auto now = line_start;
    auto const tick = [&](int packets) {
        for (int n = 0; n < 2 * packets; ++n, now += 10ms) {
            std::array<std::int16_t, 80> samples{};
            auto const what = playout.get(now + 1ms, samples).what();
            trace += what == period_kind::media ? 'M' : what == period_kind::conceal ? 'C' : '.';
            sound.insert(sound.end(), samples.begin(), samples.end());
        }
    };
    auto const level = [&](std::size_t from_ms, std::size_t to_ms) {
        auto const part = std::span(sound).subspan(from_ms * 8, (to_ms - from_ms) * 8);
        return 10 * std::log10(test::power(part) / (32767.0 * 32767.0) + 1e-12);
    };
    auto const say = [&](int packets) {
        for (int n = 0; n < packets; ++n)
            talker.send(now), tick(1);
    };
    auto const fall_silent = [&](int db, int packets) {
        std::array const payload{static_cast<std::byte>(db), std::byte{90}};
        talker.send_bytes(now, rtp::payload_type{13}, payload);
        for (int n = 0; n < packets; ++n)
            talker.pause(), tick(1);
    };
    say(50);                 // to 1000 ms
    fall_silent(50, 50);     // to 2000 ms
    fall_silent(40, 25);     // a new description, to 2500 ms
    say(25);                 // to 3000 ms
    talker.skip(), tick(1);  // the packet that announces the silence is lost
    fall_silent(45, 24);     // to 3500 ms
    say(25);                 // to 4000 ms
    CHECK(level(500, 1000) > -16);
    CHECK(level(1100, 2000) == doctest::Approx(-50).epsilon(0.04));
    CHECK(level(2100, 2500) == doctest::Approx(-40).epsilon(0.04));
    CHECK(level(2600, 3000) > -16);
    CHECK(level(3200, 3500) == doctest::Approx(-45).epsilon(0.05));
    CHECK(level(3600, 4000) > -16);
    // No click at any change between the two.
    CHECK(test::steepest(sound) <= test::steepest(speech) * 4 / 3);
    auto const& counts = playout.buffer().statistics();
    CHECK(counts.lost == 1);
    CHECK(counts.late == 0);
    CHECK(counts.discarded == 0);
    CHECK(counts.silent == 3);
    CHECK(std::count(trace.begin(), trace.end(), 'C') <= 3);
    // A source that is gone takes its noise with it.
    fall_silent(30, 10);
    CHECK(level(4100, 4200) > -35);
    playout.reset();
    tick(5);
    sound.clear();
    tick(5);
    CHECK(test::power(sound) == 0);
}

TEST_CASE("A comfort noise packet without a level changes nothing (RFC 3389 3.3)") {
    auto playout = make_playout();
    talker talker(playout, test::vowel(8000, 8000, 120));
    std::array<std::int16_t, 80> samples{};
    talker.send(line_start);
    talker.send_bytes(line_start + 20ms, rtp::payload_type{13}, {});
    for (int n = 0; n < 40; ++n)
        static_cast<void>(playout.get(line_start + n * 10ms, samples));
    CHECK(test::power(samples) == 0);
    CHECK(playout.buffer().statistics().silent == 1);
}

TEST_CASE("A silence that nobody announced is no loss: numbers go on, timestamps jump (RFC 3389 5.1, RFC 3551 4.1)") {
    auto playout = make_playout();
    talker talker(playout, test::voice(30, 3));
    std::array<std::int16_t, 80> samples{};
    auto now = line_start;
    for (int spurt = 0; spurt < 20; ++spurt) {
        for (int n = 0; n < 60; ++n, now += 20ms) {
            n < 40 ? static_cast<void>(talker.send(now)) : talker.pause();
            static_cast<void>(playout.get(now + 1ms, samples));
            static_cast<void>(playout.get(now + 11ms, samples));
        }
    }
    auto const& counts = playout.buffer().statistics();
    CHECK(counts.lost == 0);
    CHECK(counts.late == 0);
    CHECK(counts.resets == 0);
    CHECK(counts.played == 800);
    CHECK(playout.buffer().target_delay() <= 20ms);
}

TEST_CASE("comfort noise is silence, telephone-events and unknown types are not audio, and none of it is lost") {
    auto playout = make_playout();
    talker talker(playout, test::vowel(8000, 8000, 120));
    std::array<std::int16_t, 80> samples{};
    auto now = line_start;
    std::string trace;
    auto const tick = [&] {
        for (int n = 0; n < 2; ++n) {
            auto const what = playout.get(now + 1ms, samples).what();
            trace += what == period_kind::media ? 'M' : what == period_kind::conceal ? 'C' : '.';
            now += 10ms;
        }
    };
    std::array<std::byte, 4> const event{};
    for (int n = 0; n < 10; ++n)
        talker.send(now), tick();
    for (int n = 0; n < 5; ++n)
        talker.send_bytes(now, rtp::payload_type{101}, event), talker.pause(), tick();
    for (int n = 0; n < 5; ++n)
        talker.send(now), tick();
    talker.send_bytes(now, rtp::payload_type{13}, event);
    for (int n = 0; n < 10; ++n)
        talker.pause(), tick();
    for (int n = 0; n < 5; ++n)
        talker.send(now), tick();
    talker.send_bytes(now, rtp::payload_type{77}, event);
    for (int n = 0; n < 5; ++n)
        talker.send(now), tick();
    CHECK(playout.buffer().statistics().lost == 0);
    CHECK(playout.buffer().statistics().late == 0);
    CHECK(trace.find('C') == std::string::npos);
    CHECK(playout.buffer().statistics().silent == 7);
    CHECK(playout.buffer().statistics().played >= 20);
}

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

TEST_CASE("a packet longer than 200 ms is not played, and a period longer than that is cut") {
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
    ::talker other(*narrow, {});
    other.send_bytes(line_start, rtp::payload_type{0}, too_long);  // 370 ms at 4 kHz
    static_cast<void>(narrow->get(line_start + 100ms, samples));
    CHECK(narrow->buffer().statistics().silent == 1);
}

TEST_CASE("no packet and no period allocates anything: with loss, jitter, stretching, comfort noise, restarts") {
    auto const sound = test::voice(40, 2);
    auto playout = make_playout();
    talker talker(playout, sound);
    test::seeded_random random(12);
    std::array<std::int16_t, 80> samples{};
    std::array const noise{std::byte{50}, std::byte{100}};
    auto const run = [&](int packets) {
        static auto now = line_start;
        for (int n = 0; n < packets; ++n, now += 20ms) {
            auto const phase = n % 400;
            auto const late = phase > 200 && phase < 300 ? std::chrono::milliseconds(random.below(60)) : 0ms;
            if (phase == 100) talker.header.ssrc = static_cast<rtp::ssrc_t>(random());
            if (phase == 380) talker.send_bytes(now, rtp::payload_type{13}, noise);
            if (phase >= 380)
                talker.pause();
            else if (random.chance(5))
                talker.skip();
            else
                talker.send(now + late);
            static_cast<void>(playout.get(now + 3ms, samples));
            static_cast<void>(playout.get(now + 13ms, samples));
        }
    };
    run(600);  // the pool of packets grows to what is in flight at once
    auto const before = test::allocations();
    auto const counts_before = playout.buffer().statistics();
    auto const stretched_before = playout.statistics().stretched;
    run(1200);
    CHECK(test::allocations() == before);
    auto const& counts = playout.buffer().statistics();
    CHECK(playout.statistics().stretched > stretched_before + 5);
    CHECK(counts.lost > counts_before.lost + 30);
    CHECK(counts.silent == counts_before.silent + 3);
    CHECK(counts.resets == counts_before.resets + 3);
}

TEST_CASE("Timestamps that stand still, run backwards or jump by 2^31 fill every period and keep nothing (RFC 3550 5.1)"
) {
    struct row {
        std::string name;
        std::int64_t step;
    };
    for (auto const& [name, step] :
         {row{"still", 0},
          {"backwards", -160},
          {"far backwards", -80'000},
          {"far", 80'000},
          {"half", 0x7FFFFFFF},
          {"half and one", 0x80000000},
          {"one short of half", 0x7FFFFFFE},
          {"a little slow", 159},
          {"double", 320}}) {
        CAPTURE(name);
        auto playout = make_playout();
        talker talker(playout, test::vowel(160 * 2400, 8000, 120));
        std::array<std::int16_t, 80> samples{};
        std::size_t media_at_last = 0;
        for (int n = 0; n < 2000; ++n) {
            auto const now = line_start + n * 20ms;
            if (n >= 100 && n < 1500) talker.header.timestamp = rtp::advance(talker.header.timestamp, step - 160);
            talker.send(now);
            for (auto const tick : {3ms, 13ms}) {
                auto const period = playout.get(now + tick, samples);
                REQUIRE(period.media + period.concealed + period.silent == 80);
                if (n >= 1950) media_at_last += period.media;
            }
            REQUIRE(playout.buffer().size() <= playout.buffer().settings().capacity);
            REQUIRE(playout.buffer().target_delay() <= 300ms);
        }
        // Ten seconds after the sender has come to its senses, it is played as if nothing had been.
        CHECK(playout.buffer().delay() <= 60ms);
        CHECK(media_at_last == 50 * 160);
    }
}
