// Covers: account.X.srtp_encryption between two phones: the guide's table of forced, negotiated and off; what is on the
// wire; hold, and a call that is answered late; plain and foreign packets in a secure call. Not here: SRTP itself
// (librtp), offer and answer (libsdp), other people's phones (tests/interop).
#include <doctest/doctest.h>

#include <set>

#include "rtp/wire/demux.hpp"
#include "rtp/wire/packet.hpp"
#include "support/phoned/world.hpp"

namespace {

using namespace std::chrono_literals;
using phoned::call_state;
using phoned::srtp_policy;

struct secure_phones : test::phone_world {
    secure_phones(srtp_policy ours, srtp_policy theirs) : a(with(1001, ours)), b(with(1002, theirs)) {
        register_all();
        network.on_packet = [this](const auto& packet) { signalling += packet.text; };
        on_media_packet = [this](const auto& from, const auto&, std::span<const std::byte> bytes) {
            sizes.insert(bytes.size());
            last_from[from.port] = std::vector(bytes.begin(), bytes.end());
        };
    }
    test::sim_phone& with(unsigned user, srtp_policy policy) {
        return add(user, [policy](phoned::settings& config) { config.accounts[0].srtp = policy; });
    }
    void talk(std::chrono::milliseconds ring_for = 0ms) {
        a.dial("1002");
        REQUIRE(run_until(2s, [&] { return b.live_calls() == 1 && a.last_call().state == call_state::early; }));
        run(ring_for);
        REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
        REQUIRE(run_until(2s, [&] { return a.last_call().state == call_state::confirmed; }));
        run(1500ms);
    }
    void expect_both_hear() {
        CHECK(a.hears(b.tone));
        CHECK(b.hears(a.tone));
    }
    /// RTP of 20 ms of G.711 is 172 bytes; the tag of SRTP makes it 182 or 176.
    [[nodiscard]] bool is_secure_on_the_wire() const { return sizes.contains(182) && !sizes.contains(172); }
    [[nodiscard]] std::uint64_t refused(test::sim_phone& who) {
        return who.phone().call_stats(who.context(), who.last_call().call)->packets_refused;
    }
    /// A plain packet with a loud tone, as if it came from `from`.
    void inject(test::sim_phone& to, const char* from, std::uint16_t port, std::uint16_t sequence, unsigned ssrc) {
        std::vector<std::byte> loud(160);
        for (std::size_t i = 0; i != loud.size(); ++i)
            loud[i] = i % 8 < 4 ? std::byte{0x80} : std::byte{0x00};  // PCMU at full scale, 1000 Hz
        rtp::packet_buffer packet(pool, loud);
        REQUIRE_FALSE(rtp::prepend_header(
            packet, {.type = rtp::payload_type{0},
                     .sequence = static_cast<rtp::sequence_t>(sequence),
                     .timestamp = static_cast<rtp::timestamp_t>(sequence * 160U),
                     .ssrc = static_cast<rtp::ssrc_t>(ssrc)}
        ));
        to.phone().on_media(
            now(), phoned::media_id{1}, rtp::component::rtp, std::move(packet), *rtp::endpoint::from_text(from, port)
        );
    }

    test::sim_phone &a, &b;
    rtp::packet_pool pool{16};
    std::string signalling;
    std::set<std::size_t> sizes;
    std::map<unsigned, std::vector<std::byte>> last_from;
};

}  // namespace

TEST_CASE("Forced, negotiated and off between two phones, as the guide's table has it (RFC 4568 7.1, RFC 8643 3)") {
    using enum srtp_policy;
    struct row {
        srtp_policy ours, theirs;
        bool works, secure;
    };
    for (const auto& [ours, theirs, works, secure] :
         {row{forced, forced, true, true}, row{forced, negotiated, true, true}, row{negotiated, forced, true, true},
          row{negotiated, negotiated, true, true}, row{negotiated, off, true, false}, row{off, negotiated, true, false},
          row{off, off, true, false}, row{forced, off, false, false}, row{off, forced, false, false}}) {
        CAPTURE(static_cast<int>(ours));
        CAPTURE(static_cast<int>(theirs));
        secure_phones phones(ours, theirs);
        if (!works) {
            phones.a.dial("1002");
            REQUIRE(phones.run_until(3s, [&] { return phones.a.live_calls() == 0; }));
            CHECK(phones.a.last_call().sip_code == 488);
            CHECK(phones.b.live_calls() == 0);
            continue;
        }
        phones.talk();
        phones.expect_both_hear();
        CHECK(phones.is_secure_on_the_wire() == secure);
        CHECK(phones.refused(phones.a) == 0);
        CHECK(phones.refused(phones.b) == 0);
    }
}

TEST_CASE("A secure call holds and resumes, and its keys stay (RFC 4568 7.1.4)") {
    secure_phones phones(srtp_policy::forced, srtp_policy::forced);
    phones.talk(2s);
    phones.expect_both_hear();
    const auto keys_of = [](const std::string& text) {
        std::set<std::string> keys;
        for (auto at = text.find("inline:"); at != std::string::npos; at = text.find("inline:", at + 1))
            keys.insert(text.substr(at, 47));
        return keys;
    };
    const auto before = keys_of(phones.signalling);
    CHECK(before.size() == 3);  // two suites offered, one answered, each with a key of its own
    for (int i = 0; i != 3; ++i) {
        REQUIRE(phones.b.phone().call_hold(phones.b.context(), phones.b.last_call().call).has_value());
        phones.run(1500ms);
        CHECK(phones.a.level() < -60);
        REQUIRE(phones.b.phone().call_resume(phones.b.context(), phones.b.last_call().call).has_value());
        phones.run(1500ms);
        phones.expect_both_hear();
    }
    // The phone that answered now offers both suites: one key more, and none that has changed.
    const auto after = keys_of(phones.signalling);
    CHECK(after.size() == 4);
    CHECK(std::includes(after.begin(), after.end(), before.begin(), before.end()));
    CHECK(phones.is_secure_on_the_wire());
}

TEST_CASE("Plain packets in a secure call are never heard, wherever they come from (RFC 3711 3.3)") {
    secure_phones phones(srtp_policy::negotiated, srtp_policy::negotiated);
    phones.talk();
    const auto before = phones.refused(phones.a);
    phones.b.tone = 0;
    phones.run(1200ms);
    CHECK(phones.a.level() < -60);
    const auto& real = phones.last_from.at(11780);
    for (std::uint16_t i = 0; i != 100; ++i) {
        phones.inject(phones.a, "10.0.1.2", 11780, i, 0xBAD);   // from the peer's own address
        phones.inject(phones.a, "10.0.1.66", 40000, i, 0xBAD);  // from a stranger's
        // Under the peer's own SSRC and with numbers that would fit.
        const auto ssrc = std::to_integer<unsigned>(real[8]) << 24U | std::to_integer<unsigned>(real[9]) << 16U |
                          std::to_integer<unsigned>(real[10]) << 8U | std::to_integer<unsigned>(real[11]);
        phones.inject(phones.a, "10.0.1.2", 11780, static_cast<std::uint16_t>(i + 10'000), ssrc);
        phones.run(20ms);
        CHECK(phones.a.level() < -60);
    }
    // Those of the stranger are dropped before anybody looks at their protection.
    CHECK(phones.refused(phones.a) >= before + 200);
    phones.b.tone = 600;
    phones.run(1500ms);
    phones.expect_both_hear();
}

TEST_CASE("A caller that forces SRTP hears nothing before it knows the keys (RFC 4568 5.1.1)") {
    secure_phones phones(srtp_policy::forced, srtp_policy::forced);
    phones.a.dial("1002");
    REQUIRE(phones.run_until(2s, [&] { return phones.a.last_call().state == call_state::early; }));
    for (std::uint16_t i = 0; i != 20; ++i) {
        phones.inject(phones.a, "10.0.1.2", 11780, i, 0xBAD);
        phones.run(20ms);
    }
    CHECK(phones.refused(phones.a) >= 20);
    CHECK(phones.a.packets_sent() == 0);
}
