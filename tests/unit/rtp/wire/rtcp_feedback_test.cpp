// Covers: generic NACK and picture loss indication written and read, other formats, refusals, reduced size. Not here:
// when feedback is sent (session/rtcp_scheduler).
#include "rtp/wire/rtcp_feedback.hpp"

#include <random>
#include <vector>

#include "unit/rtp/support/bytes.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

std::vector<unsigned> missing_of(std::span<const std::byte> datagram) {
    auto const compound = compound_view::parse(datagram, rtcp_form::reduced_size).value();
    auto const feedback = feedback_view::parse(*compound.begin()).value();
    CHECK(feedback.is_generic_nack());
    nack_reader reader(feedback);
    std::vector<unsigned> missing;
    while (auto const sequence = reader.next())
        missing.push_back(static_cast<unsigned>(*sequence));
    return missing;
}

packet_buffer nack_of(std::vector<sequence_t> const& missing) {
    auto datagram = packet_buffer::unpooled();
    REQUIRE_FALSE(append_generic_nack(datagram, ssrc_t{1}, ssrc_t{2}, missing));
    return datagram;
}

}  // namespace

TEST_CASE("A generic NACK names a packet and a mask of the sixteen behind it (RFC 4585 6.2.1)") {
    auto const bytes = hex("81cd0003 00000001 00000002 fffe 8005");
    exact_copy const copy(bytes);
    CHECK(missing_of(copy.bytes()) == std::vector<unsigned>{65'534, 65'535, 1, 14});
    auto const written = nack_of({sequence_t{65'534}, sequence_t{65'535}, sequence_t{1}, sequence_t{14}});
    CHECK(to_vector(written.bytes()) == bytes);
}

TEST_CASE("Missing packets too far apart for one mask take several items (RFC 4585 6.2.1)") {
    auto const nack = nack_of({sequence_t{10}, sequence_t{26}, sequence_t{27}, sequence_t{500}});
    CHECK(nack.size() == 12 + 3 * 4);
    CHECK(missing_of(nack.bytes()) == std::vector<unsigned>{10, 26, 27, 500});
}

TEST_CASE("Any ascending list of missing packets is read as it was written, over the wrap too") {
    constexpr unsigned seed = 4585;
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 500; ++round) {
        std::vector<sequence_t> missing;
        std::vector<unsigned> expected;
        auto number = static_cast<unsigned>(random());
        for (unsigned i = 1 + static_cast<unsigned>(random()) % 20; i > 0; --i) {
            number += 1 + static_cast<unsigned>(random()) % 40;
            expected.push_back(number & 0xFFFFU);
            missing.push_back(static_cast<sequence_t>(number & 0xFFFFU));
        }
        REQUIRE(missing_of(nack_of(missing).bytes()) == expected);
    }
}

TEST_CASE("A picture loss indication says whose picture, and nothing else (RFC 4585 6.3.1)") {
    auto datagram = packet_buffer::unpooled();
    REQUIRE_FALSE(append_picture_loss(datagram, ssrc_t{1}, ssrc_t{2}));
    auto const compound = compound_view::parse(datagram.bytes(), rtcp_form::reduced_size).value();
    auto const feedback = feedback_view::parse(*compound.begin()).value();
    CHECK(feedback.is_picture_loss());
    CHECK_FALSE(feedback.is_generic_nack());
    CHECK(feedback.sender == ssrc_t{1});
    CHECK(feedback.media_source == ssrc_t{2});
    CHECK(feedback.messages.empty());
}

TEST_CASE(
    "Feedback of unknown formats still says who tells it of whom; without both sources it is refused (RFC 4585 6.1)"
) {
    auto const parse = [](byte_vector const& bytes) {
        auto const compound = compound_view::parse(bytes, rtcp_form::reduced_size).value();
        return feedback_view::parse(*compound.begin());
    };
    auto const unknown = parse(hex("9fce0003 00000001 00000002 aabbccdd")).value();
    CHECK(unknown.format == 31);
    CHECK_FALSE(unknown.is_picture_loss());
    CHECK(unknown.messages.size() == 4);
    CHECK(parse(hex("81cd0001 00000001")).has_error());
    CHECK(parse(hex("81cd0000")).has_error());
    CHECK(missing_of(hex("81cd0002 00000001 00000002")).empty());
}

TEST_CASE("An empty NACK and one that does not fit are not written") {
    auto datagram = packet_buffer::unpooled();
    CHECK(append_generic_nack(datagram, ssrc_t{1}, ssrc_t{2}, {}) == errc::invalid_argument);
    std::vector<sequence_t> many;
    for (unsigned i = 0; i < 400; ++i)
        many.push_back(static_cast<sequence_t>(i * 20));
    CHECK(append_generic_nack(datagram, ssrc_t{1}, ssrc_t{2}, many) == errc::too_large);
    CHECK(datagram.empty());
}

TEST_CASE("Reduced-size RTCP may start with anything, but only where it was agreed on (RFC 5506 4.1)") {
    auto const nack = hex("81cd0003 00000001 00000002 00010000");
    CHECK(compound_view::parse(nack).error() == parse_failure{errc::bad_rtcp_start, 1});
    CHECK(compound_view::parse(nack, rtcp_form::reduced_size).has_value());
    CHECK(compound_view::parse(hex("81cd0004 00000001 00000002 00010000"), rtcp_form::reduced_size).has_error());
}
