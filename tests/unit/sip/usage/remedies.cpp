// Covers: the table of remedies, status by status; what Retry-After means where; how options and bodies are made fewer.
// How requests are sent again is tested with the user agent (ua/remedies.cpp).
#include "sip/usage/remedies.hpp"

#include <map>
#include <string>

#include "message_text.hpp"

using sip::remedy;

TEST_CASE("Each status has the remedy that its RFC gives it, and no other has any (RFC 3261 8.1.3.5)") {
    std::map<int, remedy> const expected{
        {300, remedy::other_target},    {301, remedy::other_target},  {302, remedy::other_target},
        {401, remedy::credentials},     {407, remedy::credentials},   {415, remedy::accepted_types},
        {416, remedy::sip_uri},         {420, remedy::fewer_options}, {421, remedy::more_options},
        {422, remedy::longer_interval}, {423, remedy::longer_expiry}, {491, remedy::later},
        {500, remedy::later},           {503, remedy::other_server},
    };
    for (int status = 300; status < 700; ++status) {
        CAPTURE(status);
        auto const known = expected.find(status);
        auto const wanted = known != expected.end() ? known->second : remedy::none;
        CHECK(sip::remedy_for(static_cast<std::uint16_t>(status)) == wanted);
    }
}

TEST_CASE("Retry-After counts where RFC 3261 gives it a meaning (RFC 3261 20.33)") {
    test::message_maker m;
    for (unsigned const status : {404U, 413U, 480U, 486U, 500U, 503U, 600U, 603U}) {
        CAPTURE(status);
        CHECK(sip::retry_after_of(m.response(status, "Retry-After: 120 (in a meeting);duration=60\n").view()) == 120);
        CHECK(!sip::retry_after_of(m.response(status, "").view()));
        CHECK(!sip::retry_after_of(m.response(status, "Retry-After: tomorrow\n").view()));
    }
    CHECK(!sip::retry_after_of(m.response(488, "Retry-After: 120\n").view()));
}

TEST_CASE("Unsupported options are left out, whatever their case, and the others stay (RFC 3261 21.4.15)") {
    test::message_maker m;
    auto const bad = m.response(420, "Unsupported: 100REL, timer\n");
    CHECK(sip::without_unsupported("replaces, 100rel, timer, gruu", bad.view()) == "replaces, gruu");
    CHECK(sip::without_unsupported("timer", bad.view()) == "");
    CHECK(!sip::without_unsupported("replaces", bad.view()));
    CHECK(!sip::without_unsupported("", bad.view()));
    CHECK(!sip::without_unsupported("replaces", m.response(420, "").view()));
    CHECK(sip::is_essential("Replaces"));
    CHECK(!sip::is_essential("100rel"));
}

TEST_CASE("Required options are added where we have them all and have not said so (RFC 3261 21.4.16)") {
    test::message_maker m;
    auto const bad = m.response(421, "Require: timer, 100rel\n");
    CHECK(sip::with_required("replaces", "replaces, timer, 100rel", bad.view()) == "replaces, timer, 100rel");
    CHECK(sip::with_required("", "timer, 100rel", bad.view()) == "timer, 100rel");
    CHECK(!sip::with_required("", "timer", bad.view()));
    CHECK(!sip::with_required("timer, 100rel", "timer, 100rel", bad.view()));
    CHECK(!sip::with_required("", "timer", m.response(421, "").view()));
}

TEST_CASE("Of a multipart body the first part that is accepted is left (RFC 3261 21.4.13)") {
    test::message_maker m;
    auto const invite = m.request(
        "Content-Type: multipart/mixed;boundary=b\n", "<sip:a@b>", "INVITE",
        "--b\r\nContent-Type: application/isup\r\n\r\nisup\r\n--b\r\nContent-Type: "
        "application/sdp\r\n\r\nv=0\r\n--b--\r\n"
    );
    auto const sdp = sip::accepted_part(invite.view(), m.response(415, "Accept: application/sdp\n").view());
    REQUIRE(sdp.has_value());
    CHECK(sdp->content_type == "application/sdp");
    CHECK(sdp->body == "v=0");
    CHECK(sip::accepted_part(invite.view(), m.response(415, "").view())->body == "v=0");
    CHECK(sip::accepted_part(invite.view(), m.response(415, "Accept: application/*\n").view())->body == "isup");
    CHECK(!sip::accepted_part(invite.view(), m.response(415, "Accept: text/plain\n").view()));
    auto const plain = m.request("Content-Type: application/sdp\n", "<sip:a@b>", "INVITE", "v=0");
    CHECK(!sip::accepted_part(plain.view(), m.response(415, "Accept: text/plain\n").view()));
}
