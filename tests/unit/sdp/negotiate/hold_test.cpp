// Covered: the full table of answered directions, every form of hold in offers and answers, what the phone learns of
// it, resume, both ends on hold. RFC 3264 6.1 and 8.4, RFC 6337 5.3 and 5.4.
#include "negotiation.hpp"

#include <array>

using namespace negotiation;
using namespace sdp;

namespace {

constexpr direction inactive = direction::inactive;
constexpr direction sendonly = direction::sendonly;
constexpr direction recvonly = direction::recvonly;
constexpr direction sendrecv = direction::sendrecv;

negotiated after(
    std::string_view offered_lines, std::string_view connection = "IN IP4 198.51.100.1",
    hold_style hold = hold_style::none
) {
    return answered(audio_offer(offered_lines, connection), able_to({"PCMU"}), media_at(4000, hold)).lines[0];
}

}  // namespace

TEST_CASE("The answered direction for each offered and each wanted direction (RFC 3264 6.1, RFC 8866 6.7.1 to 6.7.4)") {
    struct row {
        direction offered, wanted, answered;
    };
    constexpr std::array<row, 16> table{{
        {sendrecv, sendrecv, sendrecv},
        {sendrecv, sendonly, sendonly},
        {sendrecv, recvonly, recvonly},
        {sendrecv, inactive, inactive},
        {sendonly, sendrecv, recvonly},
        {sendonly, sendonly, inactive},
        {sendonly, recvonly, recvonly},
        {sendonly, inactive, inactive},
        {recvonly, sendrecv, sendonly},
        {recvonly, sendonly, sendonly},
        {recvonly, recvonly, inactive},
        {recvonly, inactive, inactive},
        {inactive, sendrecv, inactive},
        {inactive, sendonly, inactive},
        {inactive, recvonly, inactive},
        {inactive, inactive, inactive},
    }};
    for (auto const& c : table) {
        CAPTURE(name_of(c.offered));
        CAPTURE(name_of(c.wanted));
        auto local = media_at(4000);
        local.streams[0].wanted = c.wanted;
        auto const offer = audio_offer(std::string{"a="}.append(name_of(c.offered)).append("\r\n"));
        auto const made = answered(offer, able_to({"PCMU"}), local);
        CHECK((made.description.media_lines[0].direction == c.answered));
        CHECK(made.lines[0].may_send == sends(c.answered));
        CHECK(made.lines[0].may_receive == receives(c.answered));
        CHECK(made.lines[0].remote_hold == !receives(c.offered));
        CHECK_FALSE(made.lines[0].local_hold);
    }
}

TEST_CASE("Without a direction attribute the stream is sendrecv") {
    auto const line = after("");
    CHECK(line.may_send);
    CHECK(line.may_receive);
    CHECK_FALSE(line.remote_hold);
}

TEST_CASE("A direction of the session holds for its lines, one of the line goes before it") {
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\na=sendonly\r\nm=audio 49170 RTP/AVP 0\r\nm=audio 49172 RTP/AVP "
        "0\r\na=sendrecv\r\n"
    );
    auto local = media_at(4000);
    local.streams.push_back({.port = 4002});
    auto const made = answered(offer, able_to({"PCMU"}), local);
    CHECK((made.description.media_lines[0].direction == recvonly));
    CHECK(made.lines[0].remote_hold);
    CHECK((made.description.media_lines[1].direction == sendrecv));
    CHECK_FALSE(made.lines[1].remote_hold);
}

TEST_CASE(
    "c=0.0.0.0 holds in the manner of RFC 2543: the direction is answered as it is written, nothing is sent (RFC 6337 "
    "5.4)"
) {
    auto const made = answered(audio_offer("", "IN IP4 0.0.0.0"), able_to({"PCMU"}), media_at(4000));
    CHECK((made.description.media_lines[0].direction == sendrecv));
    CHECK(made.description.media_lines[0].port == 4000);
    auto const& line = made.lines[0];
    CHECK(line.remote_hold);
    CHECK_FALSE(line.may_send);
    CHECK(line.may_receive);
    CHECK_FALSE(line.remote_rtp.has_value());
    CHECK_FALSE(line.remote_rtcp.has_value());
    CHECK(numbers(line.send) == "0");
}

TEST_CASE("0.0.0.0 of the session does not hold a line with its own address, and the other way round") {
    CHECK_FALSE(after("c=IN IP4 198.51.100.7\r\n", "IN IP4 0.0.0.0").remote_hold);
    CHECK(after("c=IN IP4 0.0.0.0\r\n").remote_hold);
    CHECK(after("c=IN IP4 0.0.0.0\r\na=inactive\r\n").remote_hold);
}

TEST_CASE("An IPv6 address under .invalid holds, and so does :: (RFC 6157 4.1)") {
    local_media const local{{address_family::ip6, "2001:db8::7"}, {local_stream{.port = 4000}}};
    for (std::string_view const address : {"IN IP6 ::", "IN IP6 nobody.invalid"}) {
        auto const line = answered(audio_offer("", address), able_to({"PCMU"}), local).lines[0];
        CHECK(line.remote_hold);
        CHECK_FALSE(line.may_send);
        CHECK_FALSE(line.remote_rtp.has_value());
    }
}

TEST_CASE("Our hold in each style, as offer and as answer") {
    struct row {
        hold_style style;
        direction written;
        std::string_view address;
    };
    auto const able = able_to({"PCMU"});
    for (auto const& c :
         {row{hold_style::none, sendrecv, "192.0.2.77"}, row{hold_style::sendonly, sendonly, "192.0.2.77"},
          row{hold_style::inactive, inactive, "192.0.2.77"}, row{hold_style::zero_address, sendonly, "0.0.0.0"}}) {
        auto const offer = make_offer(able, media_at(4000, c.style), own_origin, {});
        auto const answer = answered(audio_offer(), able, media_at(4000, c.style)).description;
        for (auto const& made : {offer, answer}) {
            CHECK((effective_direction(made, made.media_lines[0]) == c.written));
            CHECK(effective_connection(made, made.media_lines[0])->address == c.address);
            CHECK(made.media_lines[0].port == 4000);
            CHECK(made.origin.address.address == "192.0.2.77");
        }
        CHECK(after("", "IN IP4 198.51.100.1", c.style).local_hold == (c.style != hold_style::none));
    }
}

TEST_CASE("A stream that only receives goes to inactive on hold (RFC 3264 8.4)") {
    auto local = media_at(4000, hold_style::sendonly);
    local.streams[0].wanted = recvonly;
    CHECK((make_offer(able_to({"PCMU"}), local, own_origin, {}).media_lines[0].direction == inactive));
}

TEST_CASE("The zero address is a form of IPv4 only") {
    local_media const local{
        {address_family::ip6, "2001:db8::7"}, {local_stream{.port = 4000, .hold = hold_style::zero_address}}};
    auto const offer = make_offer(able_to({"PCMU"}), local, own_origin, {});
    CHECK(effective_connection(offer, offer.media_lines[0])->address == "2001:db8::7");
    CHECK((offer.media_lines[0].direction == sendonly));
}

TEST_CASE("Hold and resume: each style stops and restarts both directions") {
    for (auto const style : {hold_style::sendonly, hold_style::inactive, hold_style::zero_address}) {
        auto a = make_side("a", "192.0.2.1", {"PCMU"});
        auto b = make_side("b", "192.0.2.2", {"PCMU"});
        exchange(a, b);
        CHECK((a.line().may_send && a.line().may_receive && b.line().may_send && b.line().may_receive));

        a.media.streams[0].hold = style;
        exchange(a, b);
        CHECK(a.line().local_hold);
        CHECK_FALSE(a.line().remote_hold);
        CHECK_FALSE(a.line().may_receive);
        CHECK(a.line().may_send == (style != hold_style::inactive));
        CHECK(b.line().remote_hold);
        CHECK_FALSE(b.line().local_hold);
        CHECK_FALSE(b.line().may_send);
        CHECK(b.line().may_receive == (style != hold_style::inactive));

        a.media.streams[0].hold = hold_style::none;
        exchange(a, b);
        for (auto const* end : {&a, &b}) {
            CHECK((end->line().may_send && end->line().may_receive));
            CHECK_FALSE((end->line().local_hold || end->line().remote_hold));
        }
    }
}

TEST_CASE("Both ends on hold: each resumes for itself, and nobody is stuck (RFC 6337 5.3)") {
    for (auto const style : {hold_style::sendonly, hold_style::inactive, hold_style::zero_address}) {
        CAPTURE(static_cast<int>(style));
        auto a = make_side("a", "192.0.2.1", {"PCMU"});
        auto b = make_side("b", "192.0.2.2", {"PCMU"});
        exchange(a, b);
        a.media.streams[0].hold = style;
        exchange(a, b);
        b.media.streams[0].hold = style;
        exchange(b, a);
        for (auto const* end : {&a, &b}) {
            CHECK(end->line().local_hold);
            CHECK(end->line().remote_hold);
            CHECK_FALSE((end->line().may_send || end->line().may_receive));
        }

        a.media.streams[0].hold = hold_style::none;  // A comes back first: B still holds.
        exchange(a, b);
        CHECK_FALSE(a.line().local_hold);
        CHECK(a.line().remote_hold);
        CHECK_FALSE(a.line().may_send);
        CHECK(a.line().may_receive == (style != hold_style::inactive));
        CHECK(b.line().local_hold);
        CHECK_FALSE(b.line().remote_hold);

        b.media.streams[0].hold = hold_style::none;
        exchange(b, a);
        for (auto const* end : {&a, &b}) {
            CHECK((end->line().may_send && end->line().may_receive));
            CHECK_FALSE((end->line().local_hold || end->line().remote_hold));
        }
    }
}

TEST_CASE("A held side that refreshes offers sendrecv and stays held (RFC 6337 5.1, 5.3)") {
    auto a = make_side("a", "192.0.2.1", {"PCMU"});
    auto b = make_side("b", "192.0.2.2", {"PCMU"});
    exchange(a, b);
    a.media.streams[0].hold = hold_style::sendonly;
    exchange(a, b);
    exchange(b, a);
    CHECK((b.negotiator.agreed().local.media_lines[0].direction == sendrecv));
    CHECK((a.negotiator.agreed().local.media_lines[0].direction == sendonly));
    CHECK(b.line().remote_hold);
    CHECK(a.line().local_hold);
    CHECK_FALSE(a.line().remote_hold);
}

TEST_CASE("A peer that answers our hold with sendrecv, as old ones do, is still not heard") {
    auto a = make_side("a", "192.0.2.1", {"PCMU"});
    a.media.streams[0].hold = hold_style::sendonly;
    REQUIRE(a.negotiator.make_offer(a.able, a.media).has_value());
    REQUIRE(a.negotiator.on_remote_answer(audio_offer("a=sendrecv\r\n")).has_value());
    CHECK(a.line().may_send);
    CHECK_FALSE(a.line().may_receive);
    CHECK_FALSE(a.line().remote_hold);
}
