// Covers: once a call is going, receiving, sending, digits and reports, both ways, allocate nothing; an allocation that
// fails, at any place, leaves a session that goes on. The same for secure media. Operator new is replaced in this
// program.
#include "unit/rtp/support/party.hpp"

#include "rtp/buffer/jitter_buffer.hpp"
#include "support/allocation_counter.hpp"
#include "unit/rtp/support/srtp.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

/// The RTP packets of a peer, written over one template so that the test itself allocates nothing.
struct peer_stream {
    std::array<std::byte, 172> bytes{std::byte{0x80}};
    std::uint16_t sequence = 0;

    std::span<const std::byte> next() {
        ++sequence;
        store_u16(std::span(bytes).subspan(2), sequence);
        store_u32(std::span(bytes).subspan(4), sequence * 160U);
        store_u32(std::span(bytes).subspan(8), 0xbeef);
        return bytes;
    }

    /// The next packet, as one of a digit 5 that began at `start`: `length` clock units so far, all of it at the end.
    std::array<std::byte, 16> digit{std::byte{0x80}, std::byte{101}};
    std::span<const std::byte> next_of_digit(std::uint16_t start, std::uint16_t length, bool is_end) {
        ++sequence;
        auto const out = std::span(digit);
        store_u16(out.subspan(2), sequence);
        store_u32(out.subspan(4), start * 160U);
        store_u32(out.subspan(8), 0xbeef);
        digit[12] = std::byte{5};
        digit[13] = is_end ? std::byte{0x8a} : std::byte{0x0a};
        store_u16(out.subspan(14), length);
        return digit;
    }
};

/// A sender report of the peer with what it hears of us, and its name.
void receive_report(party& p, peer_stream const& stream) {
    packet_buffer report(p.pool);
    report_block about_us;
    about_us.source = p.media.local_source();
    sender_info sender;
    sender.media = timestamp_t{stream.sequence * 160U};
    (void)append_sender_report(report, ssrc_t{0xbeef}, sender, std::span(&about_us, 1));
    (void)append_cname(report, ssrc_t{0xbeef}, "bob@test");
    p.media.on_packet(p.time(), component::rtcp, std::move(report), peer_rtcp, p.out);
}

int digits_heard = 0;

void run(party& p, peer_stream& stream, jitter_buffer& playout, int packets) {
    std::uint16_t digit_began = 0;
    for (int i = 0; i < packets; ++i) {
        // Of each four seconds the first 100 ms are a digit; a report comes each five.
        int const phase = i % 200;
        if (phase == 0) digit_began = static_cast<std::uint16_t>(stream.sequence + 1);
        auto const length = static_cast<std::uint16_t>(160 * (phase + 1));
        auto const packet = phase < 5 ? stream.next_of_digit(digit_began, length, phase == 4) : stream.next();
        p.media.on_packet(p.time(), component::rtp, packet_buffer(p.pool, packet), peer_rtp, p.out);
        if (i % 250 == 249) receive_report(p, stream);
        for (auto const& event : p.out.events)
            if (std::holds_alternative<digit_ended>(event)) ++digits_heard;
        for (auto& media : p.out.media) {
            bool const is_audio = media.use == payload_use::audio;
            (void)playout.put(
                media.arrival, media.view, std::move(media.packet),
                is_audio ? packet_content::audio : packet_content::other, is_audio ? 160 : 0
            );
        }
        (void)playout.get(p.now);
        packet_buffer frame(p.pool);
        (void)frame.append(160);
        (void)p.media.send(p.time(), {pcmu, 160, false, std::move(frame)}, p.out);
        if (i % 100 == 0) (void)p.media.send_digit(p.time(), '1', 100ms, p.out);
        p.now += 20ms;
        if (*p.media.next_deadline() <= p.now) p.media.on_timeout(p.time(), p.out);
        p.out.clear();
    }
}

}  // namespace

TEST_CASE("A minute of audio, digits and reports both ways allocates nothing") {
    party p;
    peer_stream stream;
    jitter_buffer playout{jitter_settings{}};
    run(p, stream, playout, 500);
    digits_heard = 0;
    auto const reports_before = p.media.statistics().rtcp_received;
    auto const played_before = playout.statistics().played;
    auto const before = test::allocations();
    run(p, stream, playout, 3000);
    CHECK(test::allocations() - before == 0);
    CHECK(digits_heard == 15);
    CHECK(p.media.statistics().rtcp_received - reports_before == 12);
    CHECK(playout.statistics().played - played_before > 2800);
    CHECK(p.media.statistics().packets_delivered >= 3000);
    CHECK(p.media.statistics().rtcp_sent >= 10);
}

namespace {

/// The peer's packets, protected in buffers of the pool, and as many of our own.
void run_secure(party& p, peer_stream& stream, srtp_sender& peer, int packets) {
    for (int i = 0; i < packets; ++i) {
        packet_buffer packet(p.pool, stream.next());
        (void)peer.protect_rtp(packet);
        p.media.on_packet(p.time(), component::rtp, std::move(packet), peer_rtp, p.out);
        packet_buffer frame(p.pool);
        (void)frame.append(160);
        (void)p.media.send(p.time(), {pcmu, 160, false, std::move(frame)}, p.out);
        p.now += 20ms;
        if (*p.media.next_deadline() <= p.now) p.media.on_timeout(p.time(), p.out);
        p.out.clear();
    }
}

}  // namespace

TEST_CASE("A minute of secure audio and reports allocates nothing of ours") {
    // What OpenSSL takes from malloc is its own matter (docs/decisions/045).
    for (auto const suite : all_crypto_suites) {
        CAPTURE(std::string(traits_of(suite).name));
        party p;
        peer_stream stream;
        auto const peer = make_sender(settings_with(suite, 1));
        REQUIRE_FALSE(p.media.set_security(p.time(), described_keys{settings_with(suite, 2), settings_with(suite, 1)}));
        run_secure(p, stream, *peer, 500);
        auto const before = test::allocations();
        run_secure(p, stream, *peer, 3000);
        CHECK(test::allocations() - before == 0);
        CHECK(p.media.statistics().packets_delivered >= 3490);
        CHECK(p.media.statistics().packets_sent == 3500);
        CHECK(p.media.statistics().rtcp_sent >= 10);
    }
}

TEST_CASE("When any allocation fails while keys change, media is never plain, and the keys can be set again") {
    constexpr auto suite = crypto_suite::aead_aes_128_gcm;
    described_keys const keys{settings_with(suite, 2), settings_with(suite, 1)};
    described_keys const others{settings_with(suite, 4), settings_with(suite, 3)};
    int failures = 0;
    for (long n = 1;; ++n) {
        party p;
        REQUIRE_FALSE(p.media.set_security(p.time(), keys));
        test::fail_allocation(n);
        bool has_failed = false;
        try {
            (void)p.media.set_security(p.time(), others);
        } catch (std::bad_alloc const&) {
            has_failed = true;
        }
        test::fail_allocation(0);
        p.receive_run(1, 5);
        CHECK(p.out.media.empty());
        REQUIRE_FALSE(p.media.set_security(p.time(), others));
        auto const peer = make_sender(others.receive);
        peer_stream stream;
        run_secure(p, stream, *peer, 10);
        CHECK(p.media.statistics().packets_delivered == 9);
        if (!has_failed) break;
        ++failures;
    }
    CHECK(failures >= 3);
}

TEST_CASE("The counter counts") {
    auto const before = test::allocations();
    auto const something = std::make_unique<int>(1);
    CHECK(test::allocations() == before + 1);
    CHECK(*something == 1);
}

TEST_CASE("When any allocation fails, the session is still whole: it takes the next inputs and leaves nothing behind") {
    auto const script = [](party& p) {
        peer_stream stream;
        for (int i = 0; i < 3; ++i)
            p.media.on_packet(p.time(), component::rtp, packet_buffer(p.pool, stream.next()), peer_rtp, p.out);
        packet_buffer frame(p.pool);
        (void)frame.append(160);
        (void)p.media.send(p.time(), {pcmu, 160, false, std::move(frame)}, p.out);
        (void)p.media.send_digit(p.time(), '1', 100ms, p.out);
        for (unsigned i = 0; i < 20; ++i) {
            packet_buffer report(p.pool);
            (void)append_receiver_report(report, static_cast<ssrc_t>(i), {});
            (void)append_cname(report, static_cast<ssrc_t>(i), "bob@test");
            std::array const gone{static_cast<ssrc_t>(i)};
            (void)append_bye(report, gone, "a reason too long for a short string");
            p.media.on_packet(p.time(), component::rtcp, std::move(report), peer_rtcp, p.out);
        }
        p.now = *p.media.next_deadline() + 10s;
        p.media.on_timeout(p.time(), p.out);
        p.media.stop(p.time(), "done", p.out);
    };
    int failures = 0;
    for (long n = 1;; ++n) {
        party p;
        test::fail_allocation(n);
        bool has_failed = false;
        try {
            script(p);
        } catch (std::bad_alloc const&) {
            has_failed = true;
        }
        test::fail_allocation(0);
        if (!has_failed) break;
        ++failures;
        p.out.clear();
        // Whatever was cut short, the object goes on.
        p.receive_run(1000, 5);
        p.advance_to(p.now + 20s);
        p.media.stop(p.time(), "after all", p.out);
        CHECK(p.media.statistics().rtcp_sent > 0);
    }
    CHECK(failures >= 5);
}
