// An hour of speech between two clocks that differ by 200 ppm, either way, in virtual time and through the whole
// playout. Covered: nothing runs dry, nothing is lost, late or cut, the delay is bounded all the time, and what was
// stretched makes up for the difference. Not covered: other networks than one with a little jitter (docs/playout.md has
// them).
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "rtp/buffer/playout.hpp"
#include "rtp/codec/g711.hpp"
#include "rtp/wire/bytes.hpp"
#include "support/seeded_random.hpp"
#include "voice_model.hpp"

using namespace std::chrono_literals;

namespace {

constexpr std::size_t packet = 160;
constexpr rtp::time_point line_start{100h};

std::vector<std::byte> encoded_speech() {
    std::vector<std::byte> octets;
    for (auto const sample : playout_test::speak(60, 1))
        octets.push_back(std::byte{rtp::g711::encode_mu_law(sample)});
    return octets;
}

struct outcome {
    rtp::duration longest{0};  // of the delays after the first ten seconds
    std::uint64_t empties = 0;
    std::int64_t invented_ms = 0;  // after the first second
    rtp::jitter_statistics counts;
    rtp::playout_statistics changes;
};

// Positive: the sender's clock is slow.
outcome an_hour(long drift_ppm) {
    std::array<rtp::playout_payload, 1> const payloads{
        {{rtp::payload_type{0}, rtp::packet_content::audio, &rtp::pcmu()}}};
    auto playout = rtp::playout::create({}, payloads);
    REQUIRE(playout.has_value());
    auto const speech = encoded_speech();
    test::seeded_random random(1);
    rtp::packet_pool pool(64);
    rtp::packet_header header;
    std::array<std::int16_t, 80> period{};
    outcome made;
    rtp::jitter_statistics at_first{};
    auto const packet_time = std::chrono::nanoseconds(20'000'000 + 20 * drift_ppm);
    auto sent = line_start;
    auto arrival = line_start;
    std::size_t at = 0;
    for (auto now = line_start + 3ms; now < line_start + 1h; now += 10ms) {
        for (; arrival <= now; arrival = sent + std::chrono::microseconds(random.below(3000))) {
            rtp::packet_buffer buffer(pool, std::span(speech).subspan(at, packet));
            REQUIRE_FALSE(rtp::prepend_header(buffer, header));
            header.sequence = rtp::advance(header.sequence, 1);
            header.timestamp = rtp::advance(header.timestamp, packet);
            auto const view = rtp::packet_view::parse(buffer.bytes());
            playout->put(arrival, *view, std::move(buffer));
            at = (at + packet) % speech.size();
            sent += packet_time;
        }
        static_cast<void>(playout->get(now, period));
        auto const& buffer = playout->buffer();
        if (now < line_start + 1s) at_first = buffer.statistics();
        if (now > line_start + 10s) made.longest = std::max(made.longest, buffer.delay());
    }
    made.counts = playout->buffer().statistics();
    made.changes = playout->statistics();
    made.empties = made.counts.empties - at_first.empties;
    made.invented_ms =
        (made.counts.concealed_units + made.counts.silent_units - at_first.concealed_units - at_first.silent_units) / 8;
    return made;
}

}  // namespace

TEST_CASE("a sender whose clock is slow by 200 ppm for an hour: no underrun, and the delay stays below 60 ms") {
    auto const heard = an_hour(200);
    CHECK(heard.empties == 0);
    CHECK(heard.invented_ms == 0);
    CHECK(heard.counts.lost + heard.counts.late + heard.counts.discarded == 0);
    CHECK(heard.longest < 60ms);
    // 720 ms were missing, but for the 60 ms that the call began with.
    auto const added =
        static_cast<std::int64_t>(heard.changes.repeated) - static_cast<std::int64_t>(heard.changes.dropped);
    CHECK(added > 8 * 640);
    CHECK(added < 8 * 760);
    MESSAGE(heard.changes.stretched << " of " << heard.counts.played << " packets stretched");
    CHECK(heard.changes.stretched < heard.counts.played / 500);
}

TEST_CASE("a sender whose clock is fast by 200 ppm for an hour: nothing is thrown away, and the delay stays below 60 ms"
) {
    auto const heard = an_hour(-200);
    CHECK(heard.empties == 0);
    CHECK(heard.invented_ms == 0);
    CHECK(heard.counts.lost + heard.counts.late + heard.counts.discarded == 0);
    CHECK(heard.longest < 60ms);
    auto const removed =
        static_cast<std::int64_t>(heard.changes.dropped) - static_cast<std::int64_t>(heard.changes.repeated);
    CHECK(removed > 8 * 700);
    CHECK(removed < 8 * 800);
    MESSAGE(heard.changes.stretched << " of " << heard.counts.played << " packets stretched");
    CHECK(heard.changes.stretched < heard.counts.played / 500);
}
