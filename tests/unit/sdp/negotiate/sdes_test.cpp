// Covered: SDES in answers and in offers with their answers: choice of the line, keys, tags, invalid lines, refusals,
// re-offers. Not covered here: which lines a policy takes (security_policy_test.cpp), DTLS (dtls_srtp_test.cpp).
#include "secure_media.hpp"

using namespace negotiation;
using namespace sdp;

namespace {

answer secure_answer(std::string_view lines) {
    return answered(
        with_media(audio_line("RTP/SAVP", lines)), secure_phone(media_security::mandatory), secure_media(material::keys)
    );
}

std::string_view refusal(std::string_view lines) {
    auto const made = make_answer(
        with_media(audio_line("RTP/SAVP", lines)), secure_phone(media_security::mandatory),
        secure_media(material::keys), own_origin, {}
    );
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().suggested_status == 488);
    return made.error().reason;
}

/// What an answer to our offer of two suites does.
result<void> after_answer(std::string_view lines, std::string_view transport = "RTP/SAVP") {
    negotiator n{own_origin};
    auto const able = secure_phone(media_security::mandatory);
    auto const offer = n.make_offer(able, secure_media(material::keys));
    REQUIRE(offer.has_value());
    return n.on_remote_answer(with_media(audio_line(transport, lines)));
}

constexpr std::string_view no_line = "no a=crypto line that is valid and supported";

}  // namespace

TEST_CASE("The answer takes the first line it can do, with its tag and a key of our own (RFC 4568 5.1.2 and 7.1.2)") {
    auto const made = secure_answer(
        crypto_line(1, srtp_suite::aes_256_cm_hmac_sha1_80, key_of(srtp_suite::aes_256_cm_hmac_sha1_80, 9)) +
        crypto_line(7, suite_32, their_key, "|2^20|1:4") + crypto_line(2, suite_80, their_key)
    );
    CHECK(
        media_text(made.description) ==
        "m=audio 4000 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n" + crypto_line(7, suite_32, our_key_32) + "a=sendrecv\r\n"
    );
    auto const& agreed = std::get<sdes_agreement>(made.lines[0].security);
    CHECK(agreed.suite == suite_32);
    CHECK(agreed.local_key == our_key_32);
    REQUIRE(agreed.remote_keys.size() == 1);
    CHECK(agreed.remote_keys[0].key_and_salt == their_key);
    CHECK((agreed.remote_keys[0].lifetime == 1U << 20U));
    CHECK((agreed.remote_keys[0].mki == master_key_identifier{1, 4}));
}

TEST_CASE("Invalid and unknown lines are passed over (RFC 4568 5.1.2)") {
    auto const made = secure_answer(
        "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" + text_of(their_key) +
        "\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:x\r\n" + crypto_line(3, suite_80, their_key, "|2^99") +
        crypto_line(4, suite_80, their_key, " UNENCRYPTED_SRTP") + crypto_line(5, suite_80, their_key, " KDR=4") +
        crypto_line(6, suite_80, their_key, " NEW") + crypto_line(8, suite_80, their_key, " WSH=128 -NEW=2")
    );
    REQUIRE(made.description.media_lines[0].crypto.size() == 1);
    CHECK(made.description.media_lines[0].crypto[0].tag == 8);
    CHECK(made.description.media_lines[0].crypto[0].session_parameters.empty());
}

TEST_CASE("A secure line without a usable key is refused, F8 by its name (RFC 4568 5.1.2 and 7.5)") {
    CHECK(refusal("") == no_line);
    CHECK(refusal("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n") == no_line);
    auto const f8 = "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" + text_of(their_key) + "\r\n";
    CHECK(refusal(f8) == "F8_128_HMAC_SHA1_80 is not supported");
    CHECK(refusal(f8 + crypto_line(2, suite_80, their_key, " NEW")) == no_line);
    CHECK(refusal(crypto_line(1, suite_80, their_key, " UNAUTHENTICATED_SRTP")) == no_line);
    CHECK(refusal("k=clear:abc\r\n") == no_line);
}

TEST_CASE("A key of ours that comes back as the peer's is refused (RFC 4568 7.1.2)") {
    CHECK(refusal(crypto_line(1, suite_80, our_key_80)) == no_line);
}

TEST_CASE("A secure line that is refused for its codec stays in its place without keys (RFC 3264 6)") {
    auto const offer = with_media(
        "m=audio 49170 RTP/SAVP 18\r\n" + crypto_line(1, suite_80, their_key) +
        audio_line("RTP/SAVP", crypto_line(1, suite_80, their_key))
    );
    auto const made = answered(offer, secure_phone(media_security::mandatory), secure_media(material::keys));
    CHECK(made.description.media_lines[0].port == 0);
    CHECK(made.description.media_lines[0].crypto.empty());
    CHECK(made.description.media_lines[1].crypto.size() == 1);
}

TEST_CASE("An offer lists our suites in order, each with a tag and a key of its own (RFC 4568 5.1.1, 7.1.1)") {
    auto const offer =
        make_offer(secure_phone(media_security::mandatory), secure_media(material::keys), own_origin, {});
    CHECK(
        media_text(offer) == "m=audio 4000 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n" +
                                 crypto_line(1, suite_80, our_key_80) + crypto_line(2, suite_32, our_key_32) +
                                 "a=sendrecv\r\n"
    );
}

TEST_CASE("The answer to our offer names one of its lines (RFC 4568 5.1.3, 5.3, 7.1.3 and 7.4)") {
    CHECK(after_answer(crypto_line(2, suite_32, their_key)).has_value());
    CHECK(after_answer(crypto_line(1, suite_80, their_key, " WSH=64")).has_value());
    struct row {
        std::string lines;
        std::string_view reason;
    };
    for (auto const& c :
         {row{"", "the answer to a secure line has no keys"},
          row{"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", "the answer has not exactly one valid a=crypto line"},
          row{crypto_line(1, suite_80, their_key) + crypto_line(2, suite_32, their_key),
              "the answer has not exactly one valid a=crypto line"},
          row{crypto_line(3, suite_80, their_key), "the answer takes an a=crypto line that was not offered"},
          row{crypto_line(2, suite_80, their_key), "the answer takes an a=crypto line that was not offered"},
          row{crypto_line(1, suite_80, our_key_80), "the answer gives our own key back"},
          row{crypto_line(1, suite_80, their_key, " UNENCRYPTED_SRTP"),
              "the answer has a session parameter of SRTP that is not supported"}}) {
        CAPTURE(c.lines);
        auto const taken = after_answer(c.lines);
        REQUIRE_FALSE(taken.has_value());
        CHECK(taken.error().code == errc::bad_answer);
        CHECK(taken.error().reason == c.reason);
    }
    CHECK_FALSE(after_answer(crypto_line(1, suite_80, their_key), "RTP/AVP").has_value());
}

TEST_CASE("What we send is made with our key, what arrives with the key of the answer (RFC 4568 5.1.1)") {
    negotiator n{own_origin};
    REQUIRE(n.make_offer(secure_phone(media_security::mandatory), secure_media(material::keys)).has_value());
    REQUIRE(n.on_remote_answer(with_media(audio_line("RTP/SAVP", crypto_line(2, suite_32, their_key)))).has_value());
    auto const& agreed = std::get<sdes_agreement>(n.agreed().lines[0].security);
    CHECK(agreed.suite == suite_32);
    CHECK(agreed.local_key == our_key_32);
    CHECK(agreed.remote_keys.front().key_and_salt == their_key);
}

TEST_CASE("Hold keeps keys and version of a secure line; the peer may change its key (RFC 4568 5.1.4 and 7.1.4)") {
    negotiator n{own_origin};
    auto const able = secure_phone(media_security::optional);
    auto const local = secure_media(material::keys);
    auto const offered = [](std::uint8_t first) {
        return with_media(audio_line("RTP/SAVP", crypto_line(4, suite_32, key_of(suite_32, first))));
    };
    REQUIRE(n.on_remote_offer(offered(100)).has_value());
    auto const first = n.make_answer(able, local);
    REQUIRE(first.has_value());
    REQUIRE(n.on_remote_offer(offered(100)).has_value());
    CHECK((*n.make_answer(able, local) == *first));

    auto held = local;
    held.streams[0].hold = hold_style::sendonly;
    auto const hold = n.make_offer(able, held);
    REQUIRE(hold.has_value());
    CHECK(hold->media_lines[0].transport == "RTP/SAVP");
    CHECK(hold->media_lines[0].crypto.size() == 2);
    CHECK(hold->media_lines[0].crypto[1].keys[0].key_and_salt == our_key_32);
    REQUIRE(n.on_remote_answer(
                 with_media(audio_line("RTP/SAVP", crypto_line(2, suite_32, key_of(suite_32, 50)) + "a=recvonly\r\n"))
    )
                .has_value());
    auto const& agreed = std::get<sdes_agreement>(n.agreed().lines[0].security);
    CHECK(agreed.local_key == our_key_32);
    CHECK(agreed.remote_keys.front().key_and_salt == key_of(suite_32, 50));
}

TEST_CASE("A refused new offer leaves the keys that are in force (RFC 4568 7.1.4)") {
    negotiator n{own_origin};
    auto const able = secure_phone(media_security::mandatory);
    auto const local = secure_media(material::keys);
    REQUIRE(n.on_remote_offer(with_media(audio_line("RTP/SAVP", crypto_line(1, suite_80, their_key)))).has_value());
    REQUIRE(n.make_answer(able, local).has_value());
    auto const before = n.agreed().lines;
    REQUIRE(n.on_remote_offer(with_media(audio_line("RTP/SAVP", crypto_line(1, suite_80, our_key_80)))).has_value());
    CHECK_FALSE(n.make_answer(able, local).has_value());
    n.rollback();
    CHECK((n.agreed().lines == before));
}

TEST_CASE("Each fork of an INVITE may answer with keys of its own (RFC 4568 7.3)") {
    negotiator n{own_origin};
    REQUIRE(n.make_offer(secure_phone(media_security::mandatory), secure_media(material::keys)).has_value());
    auto fork = n;
    REQUIRE(n.on_remote_answer(with_media(audio_line("RTP/SAVP", crypto_line(1, suite_80, their_key)))).has_value());
    REQUIRE(fork.on_remote_answer(with_media(audio_line("RTP/SAVP", crypto_line(2, suite_32, key_of(suite_32, 77)))))
                .has_value());
    CHECK(std::get<sdes_agreement>(n.agreed().lines[0].security).suite == suite_80);
    CHECK(std::get<sdes_agreement>(fork.agreed().lines[0].security).suite == suite_32);
}
