// RFC 3264's rules for an answer, and those of the documents behind it, written down a second time: from the text of
// the RFCs, with nothing of libsdp's negotiation, so that a mistake there is not made here too.
#pragma once

#include "sdp/model/attributes.hpp"
#include "sdp/model/connectivity.hpp"
#include "sdp/model/session.hpp"
#include "sdp/text/scan.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace test {

namespace answer_rules {

inline std::string in_capitals(std::string_view text) {
    std::string capitals{text};
    for (auto& c : capitals)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return capitals;
}

inline bool has(sdp::media const& line, std::string_view name) {
    return sdp::find_attribute(line.attributes, name) != nullptr;
}

inline std::string value_of(sdp::session const& all, sdp::media const& line, std::string_view name) {
    auto const* found = sdp::find_attribute(line.attributes, name);
    if (found == nullptr) found = sdp::find_attribute(all.attributes, name);
    return found == nullptr ? std::string{} : found->value;
}

inline bool is_same_encoding(sdp::codec const& a, sdp::codec const& b) {
    return in_capitals(a.name) == in_capitals(b.name) && a.clock_rate == b.clock_rate && a.channels == b.channels;
}

inline std::string formats(sdp::media const& offered, sdp::media const& answered) {
    if (answered.formats.empty()) return "an accepted line lists no format (RFC 3264 6)";
    for (auto const& format : answered.formats) {
        auto const known =
            std::any_of(offered.formats.begin(), offered.formats.end(), [&](sdp::format const& candidate) {
                return is_same_encoding(candidate.codec, format.codec);
            });
        if (!known) return "an answered encoding was not offered (RFC 3264 6.1)";
        // Ours answers under the number of the offer, which 6.1 recommends.
        auto const numbered = std::find_if(offered.formats.begin(), offered.formats.end(), [&](auto const& candidate) {
            return candidate.payload == format.payload;
        });
        if (numbered == offered.formats.end()) return "an answered number was not offered (RFC 3264 6.1)";
        if (!is_same_encoding(numbered->codec, format.codec)) return "a number has two meanings (RFC 3264 5.1)";
    }
    return {};
}

inline std::string directions(sdp::direction offered, sdp::direction answered) {
    bool const they_send = offered == sdp::direction::sendrecv || offered == sdp::direction::sendonly;
    bool const they_receive = offered == sdp::direction::sendrecv || offered == sdp::direction::recvonly;
    bool const we_send = answered == sdp::direction::sendrecv || answered == sdp::direction::sendonly;
    bool const we_receive = answered == sdp::direction::sendrecv || answered == sdp::direction::recvonly;
    if (we_receive && !they_send) return "the answer receives what is not sent (RFC 3264 6.1)";
    if (we_send && !they_receive) return "the answer sends what is not received (RFC 3264 6.1)";
    return {};
}

inline std::string keys(
    sdp::session const& offer, sdp::media const& offered, sdp::session const& answer, sdp::media const& answered
) {
    auto const transport = in_capitals(answered.transport);
    bool const secure = transport.find("SAVP") != std::string::npos;
    bool const prints = !value_of(answer, answered, "fingerprint").empty();
    if (answered.crypto.size() > 1 || (prints && !answered.crypto.empty()))
        return "the answer takes more than one way of keying (RFC 4568 5.1.2, RFC 8643 3.2)";
    if (secure && !prints && answered.crypto.empty()) return "a secure line has no keys (RFC 4568 5.1.2)";
    if (transport.find("TLS") != std::string::npos && !prints) return "a DTLS line has no fingerprint (RFC 5763 5)";
    for (auto const& crypto : answered.crypto) {
        auto const taken = std::find_if(offered.crypto.begin(), offered.crypto.end(), [&crypto](auto const& candidate) {
            return candidate.tag == crypto.tag && candidate.suite == crypto.suite;
        });
        if (taken == offered.crypto.end()) return "tag and suite of the answer were not offered (RFC 4568 5.1.2)";
        if (crypto.keys.empty()) return "the answer has no key (RFC 4568 5.1.2)";
        for (auto const& theirs : taken->keys) {
            if (theirs.key_and_salt == crypto.keys[0].key_and_salt) return "both sides use one key (RFC 4568 7.1.2)";
        }
    }
    if (!prints) return {};
    if (value_of(offer, offered, "fingerprint").empty()) return "a fingerprint answers none (RFC 8643 3.2)";
    auto asked = in_capitals(sdp::trimmed(value_of(offer, offered, "setup")));
    if (asked != "ACTPASS" && asked != "PASSIVE" && asked != "HOLDCONN") asked = "ACTIVE";  // RFC 4145 4
    auto const said = in_capitals(value_of(answer, answered, "setup"));
    bool const fits = (said == "ACTIVE" && (asked == "ACTPASS" || asked == "PASSIVE")) ||
                      (said == "PASSIVE" && (asked == "ACTPASS" || asked == "ACTIVE"));
    if (!fits) return "the roles of the association do not fit (RFC 4145 4.1)";
    if (has(answered, "tls-id") && !has(offered, "tls-id")) return "a tls-id answers none (RFC 8842 5.3)";
    return {};
}

inline std::string line(
    sdp::session const& offer, sdp::media const& offered, sdp::session const& answer, sdp::media const& answered
) {
    if (in_capitals(offered.type) != in_capitals(answered.type)) return "the media type has changed (RFC 3264 6)";
    if (in_capitals(offered.transport) != in_capitals(answered.transport))
        return "the transport has changed (RFC 3264 6.1)";
    if (sdp::mid_of(offered) != sdp::mid_of(answered)) return "the name of the line has changed (RFC 5888 9.1)";
    if (answered.port == 0) {
        if (!answered.crypto.empty() || has(answered, "fingerprint")) return "a refused line has keys";
        return {};
    }
    if (offered.port == 0) return "a line that was off has been switched on (RFC 3264 6)";
    if (answered.rtcp_mux && !offered.rtcp_mux) return "rtcp-mux was not offered (RFC 5761 5.1.1)";
    if (has(offered, "rtcp-mux-only") && !answered.rtcp_mux) return "rtcp-mux was required (RFC 8858 4)";
    if (has(answered, "rtcp-fb")) return "feedback was answered that we do not give (RFC 4585 4.2)";
    if (has(answered, "candidate") || has(answered, "ice-ufrag")) return "ICE was answered that we do not do";
    auto breach = formats(offered, answered);
    if (breach.empty())
        breach = directions(sdp::effective_direction(offer, offered), sdp::effective_direction(answer, answered));
    if (breach.empty()) breach = keys(offer, offered, answer, answered);
    return breach;
}

}  // namespace answer_rules

/// The first rule that the answer breaks, with its RFC; empty if it fits its offer.
inline std::string breach_of_answer(sdp::session const& offer, sdp::session const& answer) {
    if (offer.media_lines.size() != answer.media_lines.size()) return "the number of m= lines differs (RFC 3264 6)";
    if (!(offer.times == answer.times)) return "the time has changed (RFC 3264 6)";
    if (sdp::find_attribute(answer.attributes, "group") != nullptr) return "a group was answered (RFC 5888 9.2)";
    for (std::size_t i = 0; i != offer.media_lines.size(); ++i) {
        auto const breach = answer_rules::line(offer, offer.media_lines[i], answer, answer.media_lines[i]);
        if (!breach.empty()) return "line " + std::to_string(i + 1) + ": " + breach;
    }
    return {};
}

}  // namespace test
