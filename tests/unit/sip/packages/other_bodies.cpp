// Covers: presence, reg, list subscriptions, and the packages that command a phone: bodies read and written; what a
// registrar tells, and what watchers of registrations and lists put together.
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "sip/packages/dialog_info.hpp"
#include "sip/packages/message_summary.hpp"
#include "sip/packages/package_settings.hpp"
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

TEST_CASE("A reginfo document tells what is bound for whom (RFC 3680 4.5, 5.1, 5.4)") {
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

TEST_CASE("A registration is init, active with a binding, and terminated once when the last one ends (RFC 3680 4.7.1)"
) {
    reg_publisher publisher("sip:joe@example.com", "a7");
    auto const told = [](std::string const& body) { return parse_reg_info(body)->registrations.at(0); };
    auto const binding = [](std::string id, reg_state state, std::string event) {
        reg_contact made;
        made.uri = "sip:" + id + "@10.0.0.1";
        made.id = std::move(id);
        made.state = state;
        made.event = std::move(event);
        return made;
    };
    auto const first = told(publisher.full());
    CHECK(first.state == reg_state::init);
    CHECK(first.contacts.empty());
    publisher.set(binding("76", reg_state::active, "registered"));
    CHECK(told(publisher.changes()).state == reg_state::active);
    publisher.set(binding("77", reg_state::active, "registered"));
    publisher.set(binding("76", reg_state::terminated, "unregistered"));
    auto const half = told(publisher.changes());
    CHECK(half.state == reg_state::active);
    CHECK(half.contacts.size() == 2);
    publisher.set(binding("77", reg_state::terminated, "expired"));
    auto const last = told(publisher.changes());
    CHECK(last.state == reg_state::terminated);
    CHECK(last.contacts == std::vector<reg_contact>{binding("77", reg_state::terminated, "expired")});
    CHECK(told(publisher.changes()).state == reg_state::init);
    CHECK(publisher.contacts().empty());
}

TEST_CASE("Changes tell the bindings that have changed, a fetch all of them, and all are numbered (RFC 3680 4.3, 4.7.2)"
) {
    reg_publisher publisher("sip:joe@example.com", "a7");
    for (std::string const id : {"1", "2", "3"}) {
        reg_contact contact;
        contact.id = contact.uri = id;
        contact.event = "registered";
        publisher.set(contact);
    }
    auto const whole = *parse_reg_info(publisher.full());
    CHECK(whole.is_full);
    CHECK(whole.version == 0);
    CHECK(whole.registrations.at(0).contacts.size() == 3);
    auto changed = publisher.contacts().at(1);
    changed.event = "refreshed";
    publisher.set(changed);
    auto const part = *parse_reg_info(publisher.changes());
    CHECK(!part.is_full);
    CHECK(part.version == 1);
    CHECK(part.registrations.at(0).contacts == std::vector<reg_contact>{changed});
    CHECK(part.registrations.at(0).id == "a7");
    CHECK(parse_reg_info(publisher.full())->registrations.at(0).contacts.size() == 3);
}

TEST_CASE(
    "A watcher of registrations follows partial documents, and asks for the whole where one is missing (RFC 3680 4.8, "
    "5.2)"
) {
    reg_publisher publisher("sip:joe@example.com", "a7");
    reg_watch watch;
    auto const set = [&](std::string id, reg_state state) {
        reg_contact contact;
        contact.uri = "sip:joe@" + id;
        contact.id = std::move(id);
        contact.state = state;
        contact.event = state == reg_state::active ? "registered" : "expired";
        publisher.set(contact);
    };
    auto const apply = [&](std::string const& body) { return watch.apply(*parse_reg_info(body)); };
    auto const empty = publisher.full();
    CHECK(apply(empty) == document_outcome::applied);
    CHECK(watch.registrations().at(0).state == reg_state::init);
    set("pc", reg_state::active);
    CHECK(apply(publisher.changes()) == document_outcome::applied);
    set("mobile", reg_state::active);
    set("pc", reg_state::terminated);
    CHECK(apply(publisher.changes()) == document_outcome::applied);
    CHECK(watch.registrations().at(0).contacts.size() == 2);
    CHECK(apply(empty) == document_outcome::stale);
    CHECK(watch.registrations().at(0).contacts.size() == 2);
    set("desk", reg_state::active);
    (void)publisher.changes();  // it is lost
    set("mobile", reg_state::terminated);
    CHECK(apply(publisher.changes()) == document_outcome::incomplete);
    CHECK(watch.registrations().at(0).contacts.size() == 1);  // pc has left the list, mobile is told as terminated
    CHECK(watch.registrations().at(0).contacts.at(0).state == reg_state::terminated);
    CHECK(apply(publisher.full()) == document_outcome::applied);
    REQUIRE(watch.registrations().at(0).contacts.size() == 1);
    CHECK(watch.registrations().at(0).contacts.at(0).uri == "sip:joe@desk");
    watch.restart();
    CHECK(apply(empty) == document_outcome::applied);
}

// ---- lists

TEST_CASE("A NOTIFY of a list brings each resource's state in a part of its own (RFC 4662 4.5, 5.2 to 5.5, RFC 5621 9.3)") {
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

namespace {

/// A list's NOTIFY as it comes: entries with the state of one instance each; "" where a part is left out.
struct told_list {
    std::uint32_t version;
    bool is_full;
    std::vector<std::pair<std::string, std::string>> entries;
    sip::subscription_phase phase = sip::subscription_phase::active;
};
document_outcome apply(list_watch& watch, told_list const& told) {
    resource_list list{"sip:friends@example.com", told.version, told.is_full, {}};
    sip::multipart_writer writer("b");
    for (auto const& [uri, state] : told.entries)
        list.resources.push_back({uri, {}, {{"1", told.phase, "giveup", state.empty() ? "" : uri + "@cid"}}});
    writer.add({"application/rlmi+xml", "root@cid", {}, to_string(list)});
    for (auto const& [uri, state] : told.entries)
        if (!state.empty()) writer.add({"application/pidf+xml", uri + "@cid", {}, state});
    auto const body = writer.finish();
    auto const read = parse_list_notification(*sip::parse_media_type("multipart/related;boundary=b"), body);
    REQUIRE(read.has_value());
    return watch.apply(*read);
}

}  // namespace

TEST_CASE("A full list replaces what was known, unless it is not newer (RFC 4662 4.6, 5.6.1)") {
    list_watch watch;
    CHECK(apply(watch, {0, true, {{"sip:bob@a", "open"}, {"sip:dave@a", "closed"}}}) == document_outcome::applied);
    REQUIRE(watch.rows().size() == 2);
    CHECK(watch.rows()[0].states.at(0).body == "open");
    CHECK(watch.rows()[0].states.at(0).content_type == "application/pidf+xml");
    CHECK(apply(watch, {4, true, {{"sip:dave@a", "open"}}}) == document_outcome::applied);  // whole: no gap matters
    REQUIRE(watch.rows().size() == 1);
    CHECK(watch.rows()[0].resource.uri == "sip:dave@a");
    CHECK(apply(watch, {4, true, {}}) == document_outcome::stale);
    CHECK(watch.rows().size() == 1);
    watch.restart();
    CHECK(apply(watch, {0, true, {}}) == document_outcome::applied);
    CHECK(watch.rows().empty());
}

TEST_CASE("A partial list changes the entries that it names; one that is missing is asked for (RFC 4662 4.6, 5.6.2)") {
    list_watch watch;
    (void)apply(watch, {0, true, {{"sip:bob@a", "open"}, {"sip:dave@a", "closed"}}});
    CHECK(apply(watch, {1, false, {{"sip:dave@a", "open"}, {"sip:ed@a", "busy"}}}) == document_outcome::applied);
    REQUIRE(watch.rows().size() == 3);
    CHECK(watch.rows()[0].states.at(0).body == "open");
    CHECK(watch.rows()[1].states.at(0).body == "open");
    CHECK(apply(watch, {2, false, {{"sip:ed@a", ""}}}) == document_outcome::applied);  // no part: the state stays
    CHECK(watch.rows()[2].states.at(0).body == "busy");
    CHECK(apply(watch, {2, false, {{"sip:ed@a", "old"}}}) == document_outcome::stale);
    CHECK(apply(watch, {5, false, {{"sip:bob@a", "away"}}}) == document_outcome::incomplete);
    CHECK(watch.rows()[0].states.at(0).body == "away");
    CHECK(
        apply(watch, {6, false, {{"sip:bob@a", ""}}, sip::subscription_phase::terminated}) == document_outcome::applied
    );
    CHECK(watch.rows()[0].states.empty());
    CHECK(watch.rows()[0].resource.instances.at(0).reason == "giveup");
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

// ---- all of them

TEST_CASE(
    "Each package has its name, its body, its duration and its rate (RFC 3842 3.1, 3.4, 3.11, RFC 4235 3.1, 3.4, 3.10, "
    "RFC 3856 6.1, 6.4, 6.10, RFC 3680 4.1, 4.4, 4.10)"
) {
    using namespace std::chrono_literals;
    auto const check = [](auto const& package, std::string_view name, std::uint32_t seconds, sip::duration interval) {
        using type = std::decay_t<decltype(package)>;
        CHECK(type::event == name);
        auto const settings = package_settings<type>(sip::body_scope::partial);
        CHECK(sip::notifier::grant(settings, std::nullopt) == seconds);
        sip::notifier notifier(settings);
        sip::time_point const start{};
        notifier.set_phase(sip::subscription_phase::active);
        notifier.last_for(start, 600);
        CHECK(!notifier.put({std::string(type::content_type), "one"}));
        (void)notifier.take(start);
        notifier.on_delivered();
        CHECK(!notifier.put({std::string(type::content_type), "two"}));
        CHECK(!notifier.is_due(start + interval - 1ms));
        CHECK(notifier.is_due(start + interval));
    };
    check(message_summary(), "message-summary", 3600, 1s);
    check(dialog_info(), "dialog", 3600, 1s);
    check(presence(), "presence", 3600, 5s);
    check(reg_info(), "reg", 3761, 5s);
}
