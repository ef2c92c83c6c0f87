// What the tests of offer and answer share: a phone with a few
// codecs, its media, descriptions from lines, and short questions.
#pragma once

#include "sdp/model/parse.hpp"
#include "sdp/model/print.hpp"
#include "sdp/negotiate/answer.hpp"
#include "sdp/negotiate/negotiator.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace negotiation {

inline sdp::capabilities able_to(std::initializer_list<std::string_view> codecs) {
    sdp::capabilities able;
    for (auto const name : codecs) {
        auto known = sdp::known_codec(name);
        REQUIRE(known.has_value());
        able.audio.push_back(std::move(*known));
    }
    return able;
}

inline sdp::local_media media_at(std::uint16_t port, sdp::hold_style hold = sdp::hold_style::none) {
    return {{sdp::address_family::ip4, "192.0.2.77"}, {sdp::local_stream{.port = port, .hold = hold}}};
}

inline sdp::origin const own_origin{"bob", 2808844564, 5, {}};

/// A description whose session part is the usual one; the lines begin where c= stands.
inline sdp::session described(std::string_view lines) {
    auto read =
        sdp::parse(std::string{"v=0\r\no=alice 2890844526 2890844526 IN IP4 198.51.100.1\r\ns=-\r\n"}.append(lines));
    if (!read) FAIL(std::string{read.error().reason});
    return std::move(*read);
}

/// One audio line with PCMU, PCMA and telephone-event, and further lines for it.
inline sdp::session audio_offer(
    std::string_view further_lines = "", std::string_view connection = "IN IP4 198.51.100.1"
) {
    return described(
        std::string{"c="}
            .append(connection)
            .append("\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
                    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n")
            .append(further_lines)
    );
}

inline sdp::answer answered(
    sdp::session const& offer, sdp::capabilities const& able, sdp::local_media const& local,
    sdp::agreement const& previous = {}
) {
    auto made = sdp::make_answer(offer, able, local, own_origin, previous);
    if (!made) FAIL(std::string{made.error().reason});
    return std::move(*made);
}

/// The m= and a= lines of a description, without the session part: what most tests compare.
inline std::string media_text(sdp::session const& description) {
    auto const text = sdp::to_text(description);
    auto const at = text.find("\r\nm=");
    return at == std::string::npos ? "" : text.substr(at + 2);
}

/// Payload numbers as "0 8 101".
template <class Formats>
std::string numbers(Formats const& formats) {
    std::string joined;
    for (auto const& format : formats) {
        if (!joined.empty()) joined += ' ';
        joined += std::to_string(sdp::number(format.payload));
    }
    return joined;
}

/// Two negotiators that exchange what they make, through text as on the wire.
struct side {
    sdp::negotiator negotiator;
    sdp::capabilities able;
    sdp::local_media media;

    [[nodiscard]] sdp::negotiated const& line(std::size_t index = 0) const {
        return negotiator.agreed().lines.at(index);
    }
};

inline sdp::session through_text(sdp::session const& description) {
    auto read = sdp::parse(sdp::to_text(description));
    REQUIRE(read.has_value());
    REQUIRE(*read == description);
    return std::move(*read);
}

inline void exchange(side& offerer, side& answerer) {
    auto const offer = offerer.negotiator.make_offer(offerer.able, offerer.media);
    REQUIRE(offer.has_value());
    REQUIRE(answerer.negotiator.on_remote_offer(through_text(*offer)).has_value());
    auto const answer = answerer.negotiator.make_answer(answerer.able, answerer.media);
    REQUIRE(answer.has_value());
    REQUIRE(offerer.negotiator.on_remote_answer(through_text(*answer)).has_value());
}

inline side make_side(std::string_view user, std::string_view address, std::initializer_list<std::string_view> codecs) {
    return {
        sdp::negotiator{sdp::origin{std::string{user}, 1000, 1, {}}},
        able_to(codecs),
        {{sdp::address_family::ip4, std::string{address}}, {sdp::local_stream{.port = 4000}}}};
}

}  // namespace negotiation
