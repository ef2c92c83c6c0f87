// Covers: presence, reg, list subscriptions, and the packages that command a phone: bodies read and written.
#include <string>

#include <doctest/doctest.h>

#include "sip/packages/phone_events.hpp"
#include "sip/packages/presence.hpp"
#include "sip/packages/reg_info.hpp"
#include "sip/packages/resource_list.hpp"

using namespace sip::packages;

// ---- presence

TEST_CASE("A PIDF document tells who can be reached where (RFC 3863 4.1)") {
    auto const read = parse_presence(
        R"(<?xml version="1.0" encoding="UTF-8"?>
<impp:presence xmlns:impp="urn:ietf:params:xml:ns:pidf" entity="pres:someone@example.com">
  <impp:tuple id="sg89ae"><impp:status><impp:basic>open</impp:basic></impp:status>
    <impp:contact priority="0.8">tel:+09012345678</impp:contact>
    <impp:note xml:lang="en">Don't disturb &amp; co</impp:note>
    <impp:timestamp>2001-10-27T16:49:29Z</impp:timestamp></impp:tuple>
  <impp:tuple id="x"><impp:status/></impp:tuple>
  <impp:note>whole</impp:note>
</impp:presence>)"
    );
    REQUIRE(read.has_value());
    CHECK(read->entity == "pres:someone@example.com");
    REQUIRE(read->tuples.size() == 2);
    CHECK(read->tuples[0].basic == basic_status::open);
    CHECK(read->tuples[0].contact == "tel:+09012345678");
    CHECK(read->tuples[0].priority == 800);
    CHECK(read->tuples[0].notes == std::vector<std::string>{"Don't disturb & co"});
    CHECK(read->tuples[1].basic == basic_status::unspecified);
    CHECK(read->notes == std::vector<std::string>{"whole"});
    CHECK(read->summary() == basic_status::open);
    CHECK(*parse_presence(to_string(*read)) == *read);
}

TEST_CASE("A PIDF document without entity, or of another kind, is refused (RFC 3863 4.1.1)") {
    CHECK(parse_presence("<presence/>").error().code == sip::errc::syntax_error);
    CHECK(parse_presence("<reginfo/>").error().code == sip::errc::syntax_error);
    CHECK(parse_presence("<presence entity='x'><tuple>").error().code == sip::errc::syntax_error);
}

// ---- reg

TEST_CASE("A reginfo document tells what is bound for whom (RFC 3680 5.1)") {
    auto const read = parse_reg_info(
        R"(<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="1" state="partial">
  <registration aor="sip:joe@example.com" id="a7" state="active">
    <contact id="76" state="active" event="registered" duration-registered="7322" expires="300" q="0.8">
      <uri>sip:joe@pc887.example.com</uri><display-name>Joe</display-name></contact>
    <contact id="77" state="terminated" event="probation" retry-after="60"><uri>sip:joe@home</uri></contact>
  </registration></reginfo>)"
    );
    REQUIRE(read.has_value());
    CHECK(!read->is_full);
    REQUIRE(read->registrations.size() == 1);
    auto const& one = read->registrations[0];
    CHECK(one.state == reg_state::active);
    REQUIRE(one.contacts.size() == 2);
    CHECK(one.contacts[0].uri == "sip:joe@pc887.example.com");
    CHECK(one.contacts[0].expires == 300);
    CHECK(one.contacts[0].q == 800);
    CHECK(one.contacts[1].retry_after == 60);
    CHECK(*parse_reg_info(to_string(*read)) == *read);
}

TEST_CASE("A reginfo document that lacks what it must have is refused (RFC 3680 5.1)") {
    CHECK(!parse_reg_info("<reginfo state=\"full\"/>"));
    CHECK(!parse_reg_info("<reginfo version=\"0\" state=\"x\"/>"));
    CHECK(!parse_reg_info("<reginfo version=\"0\" state=\"full\"><registration id=\"1\" state=\"active\"/></reginfo>"));
    CHECK(!parse_reg_info(
        "<reginfo version=\"0\" state=\"full\"><registration aor=\"a\" id=\"1\" state=\"active\"><contact "
        "id=\"1\" state=\"init\" event=\"registered\"/></registration></reginfo>"
    ));
}

// ---- lists

TEST_CASE("A NOTIFY of a list brings each resource's state in a part of its own (RFC 4662 5, 4.5)") {
    resource_list list;
    list.uri = "sip:friends@example.com";
    list.version = 4;
    list.resources = {
        {"sip:bob@example.com",
         "Bob",
         {{"juwigmtboe", sip::subscription_phase::active, {}, "bUZBsM@pres.example.com"}}},
        {"sip:dave@example.com", {}, {{"hqzsuxtfyq", sip::subscription_phase::terminated, "rejected", {}}}},
    };
    sip::multipart_writer writer("50UBfW7LSCVLtggUPe5z");
    writer.add({"application/rlmi+xml;charset=\"UTF-8\"", "nXYxAE@pres.example.com", {}, to_string(list)});
    writer.add({"application/pidf+xml", "bUZBsM@pres.example.com", {}, "<presence entity=\"pres:bob@example.com\"/>"});
    auto const body = writer.finish();
    auto const type = sip::parse_media_type(
        "multipart/related;type=\"application/"
        "rlmi+xml\";start=\"<nXYxAE@pres.example.com>\";boundary=\"50UBfW7LSCVLtggUPe5z\""
    );
    auto const read = parse_list_notification(*type, body);
    REQUIRE(read.has_value());
    CHECK(read->list == list);
    auto const* state = read->of(read->list.resources[0].instances[0]);
    REQUIRE(state != nullptr);
    CHECK(state->content_type == "application/pidf+xml");
    CHECK(parse_presence(state->body)->entity == "pres:bob@example.com");
    CHECK(read->of(read->list.resources[1].instances[0]) == nullptr);
}

TEST_CASE("A list whose root is missing, cut off, or lacks its version is refused (RFC 4662 5.1)") {
    auto const type = sip::parse_media_type("multipart/related;boundary=b");
    CHECK(!parse_list_notification(*type, "--b--"));
    CHECK(!parse_list_notification(*type, "--b\r\n\r\n<presence/>\r\n--b--"));
    CHECK(!parse_list_notification(*type, "--b\r\n\r\n<list uri=\"a\" version=\"1\" fullState=\"true\"/>\r\n"));
    CHECK(parse_list_notification(*type, "--b\r\n\r\n<list uri=\"a\" version=\"1\" fullState=\"true\"/>\r\n--b--")
              .has_value());
    CHECK(!parse_resource_list("<list uri=\"a\" fullState=\"true\"/>"));
    CHECK(!parse_resource_list("<list uri=\"a\" version=\"1\" fullState=\"maybe\"/>"));
    CHECK(!parse_resource_list(
        "<list uri=\"a\" version=\"1\" fullState=\"1\"><resource uri=\"b\"><instance id=\"1\"/></resource></list>"
    ));
}

// ---- phones

TEST_CASE("check-sync, talk and hold command a phone") {
    auto const read = [](std::string const& text) { return phone_command_from(*sip::parse_token_params(text)); };
    CHECK(read("check-sync") == phone_command::synchronise);
    CHECK(read("check-sync;reboot=false") == phone_command::synchronise);
    CHECK(read("check-sync;reboot=true") == phone_command::restart);
    CHECK(read("talk") == phone_command::talk);
    CHECK(read("hold") == phone_command::hold);
    CHECK(!read("presence"));
}

TEST_CASE("A phone says which settings it wants, and reads where they lie (RFC 6080 6.2, RFC 4483 4)") {
    CHECK(
        to_string(profile_request{"device", "Off\"hook", "M1", "1.0"}) ==
        "ua-profile;profile-type=device;vendor=\"Off\\\"hook\";model=\"M1\";version=\"1.0\""
    );
    auto const at = profile_location(
        *sip::parse_media_type("message/external-body;access-type=\"URL\";URL=\"http://www.example.com/foo\";size=4123")
    );
    REQUIRE(at.has_value());
    CHECK(*at == "http://www.example.com/foo");
    CHECK(!profile_location(*sip::parse_media_type("message/external-body;access-type=\"ftp\";URL=\"x\"")));
    CHECK(!profile_location(*sip::parse_media_type("text/plain;access-type=URL;URL=\"x\"")));
}
