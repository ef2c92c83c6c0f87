// Covered: off, optional and mandatory against plain, secure and doubled lines in offers and in answers; both forms of
// an optional offer; which keys are taken of two kinds; what changes when the policy does.
#include "secure_media.hpp"

#include <vector>

using namespace negotiation;
using namespace sdp;

namespace {

/// "plain", "sdes", "dtls", "off" for each line, or the reason of a refusal.
std::string outcome(negotiated_lines const& lines) {
    std::string text;
    for (auto const& line : lines) {
        if (!text.empty()) text += ' ';
        constexpr std::string_view names[] = {"plain", "sdes", "dtls"};
        text += line.stream ? names[line.security.index()] : std::string_view{"off"};
    }
    return text;
}

std::string outcome_of_offer(
    std::string_view media, media_security policy, material has, srtp_keying preferred = srtp_keying::sdes
) {
    auto const made =
        make_answer(with_media(media), secure_phone(policy, preferred), secure_media(has), own_origin, {});
    return made ? outcome(made->lines) : std::string{made.error().reason};
}

std::string transports(session const& description) {
    std::string text;
    for (auto const& line : description.media_lines)
        text += (text.empty() ? "" : " ") + line.transport + (line.port == 0 ? "(0)" : "");
    return text;
}

std::string outcome_of_answer(std::string_view media, capabilities const& able, material has = material::keys) {
    negotiator n{own_origin};
    REQUIRE(n.make_offer(able, secure_media(has)).has_value());
    auto const taken = n.on_remote_answer(with_media(media));
    return taken ? outcome(n.agreed().lines) : std::string{taken.error().reason};
}

std::string const their_keys = crypto_line(1, suite_80, their_key);
std::string const no_crypto = "no a=crypto line that is valid and supported";

}  // namespace

TEST_CASE(
    "Each policy takes the offered lines it allows, a secure one before a plain one (RFC 4568 5.1.2, RFC 8643 3.2)"
) {
    auto const plain = audio_line("RTP/AVP", "");
    auto const keyed = audio_line("RTP/AVP", their_keys);
    auto const badly_keyed = audio_line("RTP/AVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n");
    auto const secure = audio_line("RTP/SAVP", their_keys);
    auto const handshake = audio_line("UDP/TLS/RTP/SAVPF", dtls_lines("actpass"));
    auto const opportunistic = audio_line("RTP/AVP", dtls_lines("actpass"));
    struct row {
        std::string media, off, optional, mandatory;
    };
    std::string const switched_off = "secure media is switched off";
    std::string const required = "secure media is required";
    for (auto const& c : {
             row{plain, "plain", "plain", required},
             row{keyed, "plain", "sdes", "sdes"},
             row{badly_keyed, "plain", "plain", required},
             row{secure, switched_off, "sdes", "sdes"},
             row{handshake, switched_off, "dtls", "dtls"},
             row{opportunistic, "plain", "dtls", "dtls"},
             row{secure + plain, "off plain", "sdes off", "sdes off"},
             row{plain + secure, "plain off", "off sdes", "off sdes"},
             row{plain + handshake, "plain off", "off dtls", "off dtls"},
             row{audio_line("RTP/SAVP", "") + plain, "off plain", "off plain", no_crypto},
         }) {
        CAPTURE(c.media);
        CHECK(outcome_of_offer(c.media, media_security::off, material::all) == c.off);
        CHECK(outcome_of_offer(c.media, media_security::optional, material::all) == c.optional);
        CHECK(outcome_of_offer(c.media, media_security::mandatory, material::all) == c.mandatory);
    }
}

TEST_CASE("Where a line has keys of both kinds one kind is taken, the preferred one if we can (RFC 8643 3.2)") {
    auto const both_kinds = their_keys + dtls_lines("actpass");
    for (std::string_view const transport : {"RTP/AVP", "RTP/SAVP", "RTP/SAVPF"}) {
        CAPTURE(transport);
        auto const offer = audio_line(transport, both_kinds);
        auto const take = [&](srtp_keying preferred, material has) {
            return outcome_of_offer(offer, media_security::mandatory, has, preferred);
        };
        CHECK(take(srtp_keying::sdes, material::all) == "sdes");
        CHECK(take(srtp_keying::dtls, material::all) == "dtls");
        CHECK(take(srtp_keying::dtls, material::keys) == "sdes");
        CHECK(take(srtp_keying::sdes, material::certificate) == "dtls");
        auto const made =
            answered(with_media(offer), secure_phone(media_security::mandatory), secure_media(material::all));
        CHECK(find_attribute(made.description.media_lines[0].attributes, "fingerprint") == nullptr);
    }
}

TEST_CASE("Offers of each policy and form (RFC 4568 5.1.1, RFC 8643 3.1)") {
    struct row {
        media_security policy;
        srtp_keying preferred;
        optional_form form;
        material has;
        std::string_view transports;
        std::size_t crypto_lines, fingerprints;  // Of the first line.
    };
    constexpr auto one = optional_form::keys_on_plain_line;
    constexpr auto two = optional_form::two_lines;
    for (auto const& c : {
             row{media_security::off, srtp_keying::sdes, one, material::all, "RTP/AVP", 0, 0},
             row{media_security::optional, srtp_keying::sdes, one, material::keys, "RTP/AVP", 2, 0},
             row{media_security::optional, srtp_keying::sdes, one, material::all, "RTP/AVP", 2, 1},
             row{media_security::optional, srtp_keying::sdes, two, material::all, "RTP/SAVP RTP/AVP", 2, 0},
             row{media_security::optional, srtp_keying::dtls, two, material::all, "UDP/TLS/RTP/SAVP RTP/AVP", 0, 1},
             row{media_security::optional, srtp_keying::sdes, two, material::none, "RTP/AVP", 0, 0},
             row{media_security::mandatory, srtp_keying::sdes, two, material::all, "RTP/SAVP", 2, 0},
             row{media_security::mandatory, srtp_keying::dtls, one, material::all, "UDP/TLS/RTP/SAVP", 0, 1},
             row{media_security::mandatory, srtp_keying::dtls, one, material::keys, "RTP/SAVP", 2, 0},
             row{media_security::mandatory, srtp_keying::sdes, one, material::certificate, "UDP/TLS/RTP/SAVP", 0, 1},
         }) {
        auto const offer = make_offer(secure_phone(c.policy, c.preferred, c.form), secure_media(c.has), own_origin, {});
        CHECK(transports(offer) == c.transports);
        CHECK(offer.media_lines[0].crypto.size() == c.crypto_lines);
        CHECK(describe_dtls(offer, offer.media_lines[0]).fingerprints.size() == c.fingerprints);
    }
}

TEST_CASE("Mandatory security without keys offers nothing") {
    negotiator n{own_origin};
    auto const made = n.make_offer(secure_phone(media_security::mandatory), secure_media(material::none));
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == errc::not_acceptable);
    CHECK((n.current() == negotiator::phase::idle));
}

TEST_CASE("An answer to keys on a plain line is secure or plain; keys that fail end it (RFC 8643 3.3)") {
    auto const able = secure_phone(media_security::optional);
    CHECK(outcome_of_answer(audio_line("RTP/AVP", ""), able) == "plain");
    CHECK(outcome_of_answer(audio_line("RTP/AVP", their_keys), able) == "sdes");
    CHECK(
        outcome_of_answer(audio_line("RTP/AVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"), able) ==
        "the answer has not exactly one valid a=crypto line"
    );
    CHECK(outcome_of_answer(audio_line("RTP/AVP", dtls_lines("active")), able, material::all) == "dtls");
}

TEST_CASE("Of two lines for one stream the answer takes one; a peer that takes both gets the first (RFC 3264 6)") {
    auto const able = secure_phone(media_security::optional, srtp_keying::sdes, optional_form::two_lines);
    auto const secure = audio_line("RTP/SAVP", their_keys);
    auto const plain = audio_line("RTP/AVP", "");
    CHECK(outcome_of_answer(secure + audio_line("RTP/AVP", "", 0), able) == "sdes off");
    CHECK(outcome_of_answer(audio_line("RTP/SAVP", "", 0) + plain, able) == "off plain");
    CHECK(outcome_of_answer(secure + plain, able) == "sdes off");

    negotiator n{own_origin};
    REQUIRE(n.make_offer(able, secure_media(material::keys)).has_value());
    REQUIRE(n.on_remote_answer(with_media(secure + plain)).has_value());
    auto const next = n.make_offer(able, secure_media(material::keys));
    REQUIRE(next.has_value());
    CHECK(transports(*next) == "RTP/SAVP RTP/AVP(0)");
}

TEST_CASE("A line that became plain stays plain under two lines, and is offered keys again under one (RFC 8643 3.4)") {
    for (auto const form : {optional_form::two_lines, optional_form::keys_on_plain_line}) {
        negotiator n{own_origin};
        auto const able = secure_phone(media_security::optional, srtp_keying::sdes, form);
        auto const local = secure_media(material::keys);
        REQUIRE(n.on_remote_offer(with_media(audio_line("RTP/AVP", ""))).has_value());
        REQUIRE(n.make_answer(able, local).has_value());
        auto const next = n.make_offer(able, local);
        REQUIRE(next.has_value());
        CHECK(transports(*next) == "RTP/AVP");
        CHECK(next->media_lines[0].crypto.empty() == (form == optional_form::two_lines));
    }
}

TEST_CASE("A policy that changes in the session changes the transport of the line (RFC 3264 8.3)") {
    negotiator n{own_origin};
    auto const local = secure_media(material::keys);
    REQUIRE(n.on_remote_offer(with_media(audio_line("RTP/AVP", ""))).has_value());
    REQUIRE(n.make_answer(secure_phone(media_security::off), local).has_value());
    auto const secured = n.make_offer(secure_phone(media_security::mandatory), local);
    REQUIRE(secured.has_value());
    CHECK(transports(*secured) == "RTP/SAVP");
    REQUIRE(n.on_remote_answer(with_media(audio_line("RTP/SAVP", their_keys))).has_value());
    auto const plain = n.make_offer(secure_phone(media_security::off), local);
    REQUIRE(plain.has_value());
    CHECK(transports(*plain) == "RTP/AVP");
    CHECK(plain->media_lines[0].crypto.empty());
}

TEST_CASE("A keyed plain line satisfies a mandatory policy, and may not become plain again (RFC 8643 3.3)") {
    negotiator n{own_origin};
    auto const able = secure_phone(media_security::mandatory);
    auto const local = secure_media(material::keys);
    REQUIRE(n.on_remote_offer(with_media(audio_line("RTP/AVP", their_keys))).has_value());
    REQUIRE(n.make_answer(able, local).has_value());
    auto const next = n.make_offer(able, local);
    REQUIRE(next.has_value());
    CHECK(transports(*next) == "RTP/AVP");
    CHECK(next->media_lines[0].crypto.size() == 2);
    auto const taken = n.on_remote_answer(with_media(audio_line("RTP/AVP", "")));
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().reason == "secure media is required");
}

TEST_CASE("An offer after an answer of several codecs settles on one (RFC 3264 10.2)") {
    negotiator n{own_origin};
    auto const able = able_to({"PCMA", "opus", "PCMU"});
    auto const local = media_at(4000);
    REQUIRE(n.make_offer(able, local).has_value());
    REQUIRE(n.on_remote_answer(audio_offer()).has_value());
    CHECK(numbers(n.agreed().lines[0].send) == "0 8");
    auto const next = n.make_offer(narrowed(able, n.agreed().lines[0]), local);
    REQUIRE(next.has_value());
    CHECK(numbers(next->media_lines[0].formats) == "0 101");
}
