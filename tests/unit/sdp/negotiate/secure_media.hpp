// What the tests of secure media share: a stream with keys and a certificate, and offers of secure lines.
#pragma once

#include "negotiation.hpp"
#include "sdp/model/attributes.hpp"
#include "sdp/model/connectivity.hpp"
#include "sdp/text/base64.hpp"
#include "sdp/text/scan.hpp"

#include <vector>

namespace negotiation {

/// A key of `size` octets that begins with `first`, as base64 and as a secret.
inline sdp::secret key_of(sdp::srtp_suite suite, std::uint8_t first) {
    std::vector<std::uint8_t> octets(sdp::key_and_salt_size(suite));
    for (std::size_t i = 0; i != octets.size(); ++i)
        octets[i] = static_cast<std::uint8_t>(first + i);
    return sdp::secret{octets};
}
inline std::string text_of(sdp::secret const& key) {
    std::string text;
    sdp::append_base64(text, key.octets());
    return text;
}

constexpr auto suite_80 = sdp::srtp_suite::aes_cm_128_hmac_sha1_80;
constexpr auto suite_32 = sdp::srtp_suite::aes_cm_128_hmac_sha1_32;

/// The peer's keys and ours for the two suites every phone has.
inline sdp::secret const their_key = key_of(suite_80, 100);
inline sdp::secret const our_key_80 = key_of(suite_80, 1);
inline sdp::secret const our_key_32 = key_of(suite_32, 33);

inline constexpr std::string_view our_tls_id = "4d8c1f6ab2037e95c0aa11ff";
inline constexpr std::string_view their_tls_id = "abc3de65cddef001be82";

inline std::string fingerprint_text(std::uint8_t octet) {
    sdp::fingerprint print;
    std::fill_n(print.octets.begin(), 32, octet);
    return sdp::to_text(print);
}

enum class material { none, keys, certificate, all };

/// Media at port 4000 with what security needs.
inline sdp::local_media secure_media(material has) {
    auto local = media_at(4000);
    auto& stream = local.streams[0];
    if (has == material::keys || has == material::all) stream.keys = {{suite_80, our_key_80}, {suite_32, our_key_32}};
    if (has == material::certificate || has == material::all) {
        stream.dtls.emplace();
        stream.dtls->fingerprints.push_back(*sdp::read_fingerprint(fingerprint_text(0xCC)));
        stream.dtls->tls_id = our_tls_id;
    }
    return local;
}

inline sdp::capabilities secure_phone(
    sdp::media_security policy, sdp::srtp_keying preferred = sdp::srtp_keying::sdes,
    sdp::optional_form form = sdp::optional_form::keys_on_plain_line
) {
    auto able = able_to({"PCMU"});
    able.telephone_event.reset();
    able.ptime.reset();
    able.security = {policy, form, preferred};
    return able;
}

/// "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:...", with whatever follows the key.
inline std::string crypto_line(
    unsigned tag, sdp::srtp_suite suite, sdp::secret const& key, std::string_view after_key = ""
) {
    return std::string{"a=crypto:"}
        .append(std::to_string(tag))
        .append(" ")
        .append(name_of(suite))
        .append(" inline:")
        .append(text_of(key))
        .append(after_key)
        .append("\r\n");
}

inline std::string dtls_lines(std::string_view setup, bool with_tls_id = true, std::uint8_t octet = 0xAB) {
    auto lines = std::string{"a=fingerprint:"}.append(fingerprint_text(octet)).append("\r\n");
    if (!setup.empty()) lines.append("a=setup:").append(setup).append("\r\n");
    if (with_tls_id) lines.append("a=tls-id:").append(their_tls_id).append("\r\n");
    return lines;
}

/// An m= line with PCMU and further lines, without its session.
inline std::string audio_line(std::string_view transport, std::string_view lines, unsigned port = 49170) {
    return std::string{"m=audio "}
        .append(std::to_string(port))
        .append(" ")
        .append(transport)
        .append(" 0\r\na=rtpmap:0 PCMU/8000\r\n")
        .append(lines);
}
inline sdp::session with_media(std::string_view media) {
    return described(std::string{"c=IN IP4 198.51.100.1\r\nt=0 0\r\n"}.append(media));
}

}  // namespace negotiation
