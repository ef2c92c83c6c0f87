// Covers: secure calls between phoned and other people's phones (baresip, linphone) through the embedded proxy, in both
// directions: tones both ways, what phoned says of the call, plain packets that are never heard, hold, and the refusal
// where SRTP is off. Not here: two phones of ours (unit/phoned/phone/secure_calls.cpp), SRTP itself (librtp).
#include "conformance/run/baresip_handset.hpp"
#include "conformance/run/linphone_handset.hpp"
#include "conformance/run/network.hpp"
#include "conformance/run/phoned_handset.hpp"
#include "conformance/run/port_block.hpp"
#include "support/phoned/event_watch.hpp"
#include "support/temporary_folder.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <thread>

using namespace std::chrono_literals;
using conformance::handset;

namespace {

constexpr auto patience = 20s;
constexpr double our_tone = 500, their_tone = 700;

void succeed(const std::optional<std::string>& problem) {
    REQUIRE_MESSAGE(!problem.has_value(), problem.value_or(""));
}

enum class peer { baresip, linphone };
enum class role { caller, callee };

/// phoned as 1001 and another phone as 1002, both registered.
class secure_pair {
public:
    /// `srtp` as in account.X.srtp_encryption, `encryption` as the peer calls it.
    secure_pair(peer kind, int srtp, const std::string& encryption, std::vector<std::string> more = {})
        : proxy({.program = OFFHOOK_PROXY, .port = ports.first(), .folder = folder.path + "/proxy", .algorithms = {"MD5"}}) {
        REQUIRE(ports.first() != 0);
        more.push_back("account.1.srtp_encryption = " + std::to_string(srtp));
        ours = std::make_unique<conformance::phoned_handset>(
            conformance::programs{OFFHOOK_PROGRAMS "/phoned", {}}, setting_of("1001", 2, 40, our_tone, {}),
            std::move(more)
        );
        auto other = setting_of("1002", 10, 100, their_tone, encryption);
        if (kind == peer::baresip)
            theirs = std::make_unique<conformance::baresip_handset>(std::move(other));
        else
            theirs = std::make_unique<conformance::linphone_handset>(std::move(other));
        succeed(proxy.start(patience));
        succeed(ours->start(patience));
        succeed(theirs->start(patience));
        events.emplace(ours->phone().control_socket());
    }

    void talk(role we_are) {
        if (we_are == role::caller) {
            succeed(ours->dial("1002"));
            events->wait_for("call.state", {"call.state=early"}, patience);
            std::this_thread::sleep_for(500ms);
            succeed(theirs->act("answers", {}));
        } else {
            succeed(theirs->dial("1001"));
            events->wait_for("call.state", {"call.state=early"}, patience);
            succeed(ours->act("answers", {}));
        }
        events->wait_for("call.state", {"call.state=confirmed"}, patience);
    }
    void hang_up() {
        succeed(ours->act("hangs-up", {}));
        events->wait_for("call.state", {"call.state=terminated"}, patience);
        std::this_thread::sleep_for(1s);  // until the peer is free again
    }

    /// Tones both ways, as soon as they are there.
    void expect_both_hear() {
        const auto until = std::chrono::steady_clock::now() + patience;
        handset::sound here, there;
        do {
            ours->begin_listening();
            theirs->begin_listening();
            std::this_thread::sleep_for(1500ms);
            here = ours->end_listening();
            there = theirs->end_listening();
        } while (!(is(here, their_tone) && is(there, our_tone)) && std::chrono::steady_clock::now() < until);
        CHECK_MESSAGE(is(here, their_tone), "phoned hears " << here.hertz << " Hz at " << here.level_dbov);
        CHECK_MESSAGE(is(there, our_tone), "the peer hears " << there.hertz << " Hz at " << there.level_dbov);
    }
    [[nodiscard]] bool we_hear_them() {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < until) {
            ours->begin_listening();
            std::this_thread::sleep_for(1500ms);
            if (is(ours->end_listening(), their_tone)) return true;
        }
        return false;
    }
    static bool is(const handset::sound& heard, double hertz) {
        return heard.level_dbov > -40 && std::abs(heard.hertz - hertz) < 15;
    }

    std::uint64_t refused() {
        const auto stats = ours->phone().ask("call.stats", {{"call", ours->phone().current_call()}});
        REQUIRE(stats.has_value());
        return static_cast<std::uint64_t>(stats->at("quality").at("packets_refused").to_number<std::int64_t>());
    }

    test::temporary_folder folder;
    conformance::port_block ports;
    conformance::network proxy;
    std::unique_ptr<conformance::phoned_handset> ours;
    std::unique_ptr<handset> theirs;
    std::optional<phoned::testing::event_watch> events;

private:
    conformance::handset_setting setting_of(
        const std::string& user, unsigned sip, unsigned rtp, double tone, const std::string& encryption
    ) const {
        conformance::handset_setting out;
        out.party = out.user = user;
        out.password = "secret" + user;
        out.proxy_port = ports.first();
        out.sip_port = static_cast<std::uint16_t>(ports.first() + sip);
        out.first_rtp_port = static_cast<std::uint16_t>(ports.first() + rtp);
        out.tone = tone;
        out.folder = folder.path + '/' + user;
        out.media_encryption = encryption;
        return out;
    }
};

/// Plain RTP of a loud 1000 Hz tone to a port of this machine, from a socket that is nobody's.
class stranger {
public:
    explicit stranger(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        to_.sin_family = AF_INET;
        to_.sin_port = htons(port);
        to_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    ~stranger() { ::close(socket_); }
    stranger(const stranger&) = delete;
    stranger& operator=(const stranger&) = delete;

    void speak(int packets) {
        for (int i = 0; i != packets; ++i, ++sequence_) {
            unsigned char packet[172] = {0x80, 0x00};
            packet[2] = static_cast<unsigned char>(sequence_ >> 8);
            packet[3] = static_cast<unsigned char>(sequence_);
            const auto time = static_cast<std::uint32_t>(sequence_) * 160;
            for (int byte = 0; byte != 4; ++byte)
                packet[4 + byte] = static_cast<unsigned char>(time >> (24 - 8 * byte));
            packet[11] = 0x42;
            for (std::size_t sample = 12; sample != sizeof packet; ++sample)
                packet[sample] = sample % 8 < 4 ? 0x80 : 0x00;
            (void)!::sendto(socket_, packet, sizeof packet, 0, reinterpret_cast<sockaddr*>(&to_), sizeof to_);
            std::this_thread::sleep_for(5ms);
        }
    }

private:
    int socket_;
    sockaddr_in to_{};
    unsigned sequence_ = 1;
};

void call_both_ways(peer kind, const std::string& encryption, const char* security) {
    secure_pair phones(kind, 1, encryption);
    for (const auto we_are : {role::caller, role::callee}) {
        CAPTURE(static_cast<int>(we_are));
        phones.talk(we_are);
        phones.expect_both_hear();
        phones.events->wait_for("call.media", {std::string("media.security=") + security}, patience);
        phones.hang_up();
    }
}

}  // namespace

TEST_CASE("baresip: SRTP by SDES in calls both ways, tones heard at both ends (RFC 4568 7.1)") {
    call_both_ways(peer::baresip, "srtp-mand", "sdes");
}

TEST_CASE("linphone: SRTP by SDES in calls both ways, tones heard at both ends (RFC 4568 7.1)") {
    call_both_ways(peer::linphone, "srtp-mand", "sdes");
}

TEST_CASE("baresip: DTLS-SRTP in calls both ways, tones heard at both ends (RFC 5763 5, RFC 5764 4)") {
    secure_pair phones(peer::baresip, 1, "dtls", {"offhook.dtls_srtp = 2"});
    for (const auto we_are : {role::caller, role::callee}) {
        CAPTURE(static_cast<int>(we_are));
        phones.talk(we_are);
        phones.expect_both_hear();
        // The DTLS server chooses, and that is who answers actpass as passive: each of the two likes another one best.
        const auto* const suite = we_are == role::caller ? "AEAD_AES_128_GCM" : "AES_CM_128_HMAC_SHA1_80";
        phones.events->wait_for(
            "call.media", {"media.security=dtls", std::string("media.srtp_suite=") + suite}, patience
        );
        phones.hang_up();
    }
}

TEST_CASE("baresip: negotiated SRTP on a plain line (RFC 8643 3.2)") {
    secure_pair phones(peer::baresip, 2, "srtp");
    phones.talk(role::callee);
    phones.expect_both_hear();
    phones.events->wait_for("call.media", {"media.security=sdes"}, patience);
    phones.hang_up();
}

TEST_CASE("baresip: plain packets in a secure call are never heard; hold leaves the keys as they are (RFC 3711 3.3)") {
    secure_pair phones(peer::baresip, 1, "srtp-mand");
    phones.talk(role::caller);
    phones.expect_both_hear();

    const auto media = phones.events->wait_for("call.media", {"media.security=sdes"}, patience);
    const auto local = std::string(media.at("media").at("local").as_string());
    const auto before = phones.refused();
    stranger intruder(static_cast<std::uint16_t>(std::stoi(local.substr(local.rfind(':') + 1))));
    phones.ours->begin_listening();
    intruder.speak(300);
    const auto heard = phones.ours->end_listening();
    CHECK_MESSAGE(secure_pair::is(heard, their_tone), "phoned hears " << heard.hertz << " Hz");
    CHECK(heard.steady);

    succeed(phones.ours->act("holds", {}));
    phones.events->wait_for("call.state", {"call.held_by_us=true"}, patience);
    std::this_thread::sleep_for(500ms);
    succeed(phones.ours->act("resumes", {}));
    phones.events->wait_for("call.state", {"call.held_by_us=false"}, patience);
    CHECK_MESSAGE(phones.we_hear_them(), "phoned hears nothing after hold");
    CHECK(phones.refused() == before);
    phones.hang_up();
}

TEST_CASE(
    "baresip: a secure line is refused with 488 where SRTP is off, and a plain one where it is forced (RFC 3264 6)"
) {
    SUBCASE("off") {
        secure_pair phones(peer::baresip, 0, "srtp-mand");
        succeed(phones.theirs->dial("1001"));
        phones.events->wait_for("call.state", {"call.state=terminated", "call.sip_code=488"}, patience);
    }
    SUBCASE("forced") {
        secure_pair phones(peer::baresip, 1, "");
        succeed(phones.theirs->dial("1001"));
        phones.events->wait_for("call.state", {"call.state=terminated", "call.sip_code=488"}, patience);
    }
}
