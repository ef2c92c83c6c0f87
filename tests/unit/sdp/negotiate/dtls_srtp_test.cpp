// Covered: DTLS-SRTP in answers and in offers with their answers: roles, fingerprints, tls-id, associations that go on
// and new ones, transports of older peers, refusals. Not covered: the handshake itself (librtp).
#include "secure_media.hpp"

using namespace negotiation;
using namespace sdp;

namespace {

constexpr std::string_view transport = "UDP/TLS/RTP/SAVP";

capabilities able() {
    return secure_phone(media_security::mandatory, srtp_keying::dtls);
}

result<answer> answer_to(
    std::string_view lines, std::string_view over = transport, material has = material::certificate
) {
    return make_answer(with_media(audio_line(over, lines)), able(), secure_media(has), own_origin, {});
}

dtls_agreement const& association(negotiator const& n) {
    return std::get<dtls_agreement>(n.agreed().lines.at(0).security);
}

}  // namespace

TEST_CASE("The answer to actpass is active, with our fingerprint and a tls-id (RFC 5763 5, RFC 8842 5.3)") {
    auto const made = answer_to(dtls_lines("actpass"));
    REQUIRE(made.has_value());
    CHECK(
        media_text(made->description) ==
        "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\na=fingerprint:" +
            fingerprint_text(0xCC) + "\r\na=setup:active\r\na=tls-id:" + std::string{our_tls_id} + "\r\n"
    );
    auto const& agreed = std::get<dtls_agreement>(made->lines[0].security);
    CHECK((agreed.role == dtls_role::client));
    REQUIRE(agreed.remote_fingerprints.size() == 1);
    CHECK(to_text(agreed.remote_fingerprints[0]) == fingerprint_text(0xAB));
    CHECK(agreed.remote_tls_id == their_tls_id);
}

TEST_CASE("Roles fit each other whatever the peer asks for (RFC 4145 4.1, RFC 8842 5.1, 5.3)") {
    struct row {
        std::string_view offered, answered;
        dtls_role ours;
    };
    for (auto const& c :
         {row{"actpass", "active", dtls_role::client}, row{"active", "passive", dtls_role::server},
          row{"passive", "active", dtls_role::client}, row{"", "passive", dtls_role::server}}) {
        CAPTURE(c.offered);
        auto const made = answer_to(dtls_lines(c.offered));
        REQUIRE(made.has_value());
        CHECK(find_attribute(made->description.media_lines[0].attributes, "setup")->value == c.answered);
        CHECK((std::get<dtls_agreement>(made->lines[0].security).role == c.ours));
    }
    auto const held = answer_to(dtls_lines("holdconn"));
    REQUIRE_FALSE(held.has_value());
    CHECK(held.error().reason == "a=setup:holdconn is not for DTLS");
}

TEST_CASE("A peer without tls-id gets none (RFC 8842 5.3)") {
    auto const made = answer_to(dtls_lines("actpass", false));
    REQUIRE(made.has_value());
    CHECK(find_attribute(made->description.media_lines[0].attributes, "tls-id") == nullptr);
}

TEST_CASE("Without a fingerprint that can be checked, or a certificate of ours, the line is refused (RFC 8122 5)") {
    CHECK(answer_to("a=setup:actpass\r\n").error().reason == "no a=fingerprint that is valid and supported");
    CHECK(
        answer_to("a=fingerprint:md5 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F\r\na=setup:actpass\r\n")
            .error()
            .reason == "no a=fingerprint that is valid and supported"
    );
    CHECK(answer_to(dtls_lines("actpass"), transport, material::keys).error().reason == "DTLS-SRTP is not supported");
}

TEST_CASE("Older peers run DTLS-SRTP on RTP/SAVP and RTP/SAVPF; the answer and our next offer stay there (RFC 5764 8)"
) {
    for (std::string_view const older : {"RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVPF"}) {
        CAPTURE(older);
        negotiator n{own_origin};
        auto const local = secure_media(material::all);
        REQUIRE(n.on_remote_offer(with_media(audio_line(older, dtls_lines("actpass", false)))).has_value());
        auto const made = n.make_answer(able(), local);
        REQUIRE(made.has_value());
        CHECK(made->media_lines[0].transport == older);
        CHECK(made->media_lines[0].crypto.empty());
        auto const next = n.make_offer(able(), local);
        REQUIRE(next.has_value());
        CHECK(next->media_lines[0].transport == older);
        CHECK(next->media_lines[0].crypto.empty());
        CHECK(find_attribute(next->media_lines[0].attributes, "setup")->value == "actpass");
    }
}

TEST_CASE("An offer says actpass, fingerprint and tls-id (RFC 8842 5.2)") {
    auto const offer = make_offer(able(), secure_media(material::all), own_origin, {});
    CHECK(
        media_text(offer) == "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\na=fingerprint:" +
                                 fingerprint_text(0xCC) + "\r\na=setup:actpass\r\na=tls-id:" + std::string{our_tls_id} +
                                 "\r\n"
    );
}

TEST_CASE("The answer chooses the role of the offerer (RFC 8842 5.4)") {
    struct row {
        std::string lines;
        std::optional<dtls_role> ours;
    };
    for (auto const& c :
         {row{dtls_lines("active"), dtls_role::server}, row{dtls_lines("passive"), dtls_role::client},
          row{dtls_lines(""), dtls_role::client}, row{dtls_lines("actpass"), {}}, row{dtls_lines("holdconn"), {}},
          row{"a=setup:active\r\n", {}}}) {
        CAPTURE(c.lines);
        negotiator n{own_origin};
        REQUIRE(n.make_offer(able(), secure_media(material::all)).has_value());
        auto const taken = n.on_remote_answer(with_media(audio_line(transport, c.lines)));
        CHECK(taken.has_value() == c.ours.has_value());
        if (taken) CHECK((association(n).role == c.ours));
    }
}

TEST_CASE(
    "An association that goes on keeps its roles; a new fingerprint or tls-id makes a new one (RFC 8842 3.1 and 5.3)"
) {
    negotiator n{own_origin};
    auto const local = secure_media(material::certificate);
    auto const exchange = [&](std::string_view lines) {
        REQUIRE(n.on_remote_offer(with_media(audio_line(transport, lines))).has_value());
        auto const made = n.make_answer(able(), local);
        REQUIRE(made.has_value());
        return std::string{find_attribute(made->media_lines[0].attributes, "setup")->value};
    };
    CHECK(exchange(dtls_lines("active")) == "passive");
    auto const first = association(n);
    CHECK(exchange(dtls_lines("actpass")) == "passive");
    CHECK((association(n) == first));
    CHECK(exchange(dtls_lines("actpass", true, 0x77)) == "active");
    CHECK_FALSE((association(n) == first));
}

TEST_CASE(
    "A later offer says actpass with the same fingerprints and tls-id; a new association has a new one (RFC 8842 5.5)"
) {
    negotiator n{own_origin};
    auto local = secure_media(material::certificate);
    REQUIRE(n.on_remote_offer(with_media(audio_line(transport, dtls_lines("active")))).has_value());
    REQUIRE(n.make_answer(able(), local).has_value());
    auto const check_offer = [&](std::string_view tls_id) {
        auto const offer = n.make_offer(able(), local);
        REQUIRE(offer.has_value());
        auto const& attributes = offer->media_lines[0].attributes;
        CHECK(find_attribute(attributes, "setup")->value == "actpass");
        CHECK(find_attribute(attributes, "fingerprint")->value == fingerprint_text(0xCC));
        CHECK(find_attribute(attributes, "tls-id")->value == tls_id);
        n.rollback();
    };
    check_offer(our_tls_id);
    local.streams[0].dtls->tls_id = "another-4d8c1f6ab2037e95";
    check_offer("another-4d8c1f6ab2037e95");
}

TEST_CASE("Each fork of an INVITE has an association of its own (RFC 5763 6.3)") {
    negotiator first{own_origin};
    REQUIRE(first.make_offer(able(), secure_media(material::certificate)).has_value());
    auto second = first;
    REQUIRE(first.on_remote_answer(with_media(audio_line(transport, dtls_lines("active")))).has_value());
    REQUIRE(second.on_remote_answer(with_media(audio_line(transport, dtls_lines("passive", true, 0x77)))).has_value());
    CHECK((association(first).role == dtls_role::server));
    CHECK((association(second).role == dtls_role::client));
    CHECK(to_text(association(first).remote_fingerprints[0]) == fingerprint_text(0xAB));
    CHECK(to_text(association(second).remote_fingerprints[0]) == fingerprint_text(0x77));
    CHECK(association(first).local_tls_id == association(second).local_tls_id);
}

TEST_CASE("Where the INVITE has no offer the roles come out of offer and answer as ever (RFC 5763 6.4)") {
    side caller{negotiator{own_origin}, able(), secure_media(material::certificate)};
    side callee{negotiator{{"callee", 7, 1, {}}}, able(), secure_media(material::certificate)};
    exchange(callee, caller);
    CHECK((association(callee.negotiator).role == dtls_role::server));
    CHECK((association(caller.negotiator).role == dtls_role::client));
}

TEST_CASE("Several fingerprints are all kept: the certificate has to match one of them (RFC 8122 5.1)") {
    auto const made = answer_to(dtls_lines("actpass") + "a=fingerprint:" + fingerprint_text(0x12) + "\r\n");
    REQUIRE(made.has_value());
    CHECK(std::get<dtls_agreement>(made->lines[0].security).remote_fingerprints.size() == 2);
}

TEST_CASE(
    "A certificate that is not offered is taken where the peer offers DTLS, and a key that is not offered too (RFC "
    "8643 3.1)"
) {
    auto local = secure_media(material::all);
    local.streams[0].dtls->is_offered = false;
    local.streams[0].keys[1].is_offered = false;
    auto const optional = secure_phone(media_security::optional);
    auto const offer = make_offer(optional, local, own_origin, {});
    CHECK(offer.media_lines[0].crypto.size() == 1);
    CHECK(find_attribute(offer.media_lines[0].attributes, "fingerprint") == nullptr);
    auto const handshake = answered(with_media(audio_line(transport, dtls_lines("actpass"))), optional, local);
    CHECK(std::holds_alternative<dtls_agreement>(handshake.lines[0].security));
    auto const keyed =
        answered(with_media(audio_line("RTP/SAVP", crypto_line(1, suite_32, their_key))), optional, local);
    CHECK(std::get<sdes_agreement>(keyed.lines[0].security).suite == suite_32);
}
