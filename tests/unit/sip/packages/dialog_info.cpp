// Covers: dialog-info documents, read and written; the states of a dialog; which dialogs are told to whom; the
// publisher's numbers, the watcher's list through full, partial, stale and missing documents; bad XML.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "sip/packages/dialog_info.hpp"

using namespace sip::packages;

namespace {

std::string document(std::string const& attributes, std::string const& inside) {
    return "<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" " + attributes + ">" +
           inside + "</dialog-info>";
}
dialog_entry entry(std::string id, dialog_state state) {
    dialog_entry made;
    made.id = std::move(id);
    made.state = state;
    return made;
}
dialog_info info(std::uint32_t version, bool is_full, std::vector<dialog_entry> dialogs) {
    return {.version = version, .is_full = is_full, .entity = "sip:bob@example.com", .dialogs = std::move(dialogs)};
}

}  // namespace

TEST_CASE("A dialog's identity, direction, state and parties are read (RFC 4235 4.1.2, 4.1.3, 4.1.6.1, 4.1.6.2, 4.2)") {
    auto const read = parse_dialog_info(document(
        "version=\"3\" state=\"partial\" entity=\"sip:bob@example.com\"",
        R"(<dialog id="as7d900as8" call-id="a84b4c76e66710" local-tag="1928301774" remote-tag="456887766" direction="initiator">
             <state event="rejected" code="486">terminated</state>
             <duration>274</duration>
             <ext:replaces xmlns:ext="urn:x" call-id="z"/>
             <local><identity display="Bob &quot;B&quot;">sip:bob@example.com</identity>
                <target uri="sip:bob@pc33.example.com"><param pname="+sip.rendering" pval="yes"/></target></local>
             <remote><identity>sip:alice@example.com</identity></remote>
           </dialog>)"
    ));
    REQUIRE(read.has_value());
    CHECK(read->version == 3);
    CHECK(!read->is_full);
    CHECK(read->entity == "sip:bob@example.com");
    REQUIRE(read->dialogs.size() == 1);
    auto const& dialog = read->dialogs[0];
    CHECK(dialog.call_id == "a84b4c76e66710");
    CHECK(dialog.direction == dialog_direction::initiator);
    CHECK(dialog.state == dialog_state::terminated);
    CHECK(dialog.event == "rejected");
    CHECK(dialog.code == 486);
    CHECK(dialog.duration == 274);
    CHECK(dialog.local.display_name == "Bob \"B\"");
    CHECK(dialog.local.target == "sip:bob@pc33.example.com");
    REQUIRE(dialog.local.target_params.size() == 1);
    CHECK(dialog.local.target_params[0] == std::pair<std::string, std::string>("+sip.rendering", "yes"));
    CHECK(dialog.remote.identity == "sip:alice@example.com");
}

TEST_CASE("Prefixes and other namespaces do not matter (RFC 4235 4)") {
    auto const read = parse_dialog_info(
        "<d:dialog-info xmlns:d=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\" "
        "entity=\"sip:a@b\"><d:dialog id=\"1\"><d:state>early</d:state></d:dialog></d:dialog-info>"
    );
    REQUIRE(read.has_value());
    CHECK(read->dialogs.at(0).state == dialog_state::early);
}

TEST_CASE("What lacks a required part, or is no such document, is refused (RFC 4235 4.1)") {
    auto const why = [](std::string const& text) { return parse_dialog_info(text).error().code; };
    CHECK(why("") == sip::errc::syntax_error);
    CHECK(why("<dialog-info") == sip::errc::syntax_error);
    CHECK(why("<presence/>") == sip::errc::syntax_error);
    CHECK(why(document("state=\"full\" entity=\"sip:a@b\"", "")) == sip::errc::syntax_error);
    CHECK(why(document("version=\"x\" state=\"full\" entity=\"sip:a@b\"", "")) == sip::errc::syntax_error);
    CHECK(why(document("version=\"1\" state=\"most\" entity=\"sip:a@b\"", "")) == sip::errc::syntax_error);
    CHECK(
        why(document("version=\"1\" state=\"full\" entity=\"sip:a@b\"", "<dialog id=\"1\"><state>odd</state></dialog>")
        ) == sip::errc::syntax_error
    );
    CHECK(
        why(document("version=\"1\" state=\"full\" entity=\"sip:a@b\"", "<dialog><state>early</state></dialog>")) ==
        sip::errc::syntax_error
    );
}

TEST_CASE("Entities are not expanded, and size and number are bounded (RFC 4235 6)") {
    auto const bomb = parse_dialog_info(
        "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><dialog-info version=\"1\" "
        "state=\"full\" entity=\"&b;\"/>"
    );
    if (bomb) CHECK(bomb->entity == "&b;");
    CHECK(parse_dialog_info(std::string(300'000, ' ')).error().code == sip::errc::too_large);
    std::string many;
    for (int i = 0; i < 1100; ++i)
        many += "<dialog id=\"" + std::to_string(i) + "\"><state>early</state></dialog>";
    CHECK(
        parse_dialog_info(document("version=\"1\" state=\"full\" entity=\"sip:a@b\"", many)).error().code ==
        sip::errc::too_large
    );
}

TEST_CASE(
    "What is written is read back the same, special characters and all (RFC 4235 4.1.4, 4.1.5, 4.1.6.2, 4.4, 5.1, 5.2)"
) {
    auto full = entry("1<2", dialog_state::confirmed);
    full.call_id = "a&b";
    full.local_tag = "\"x\"";
    full.remote_tag = "y";
    full.direction = dialog_direction::recipient;
    full.event = "replaced";
    full.code = 200;
    full.duration = 5;
    full.local = {"sip:bob@example.com", "B > A", "sip:bob@10.0.0.1;transport=tcp"};
    full.local.target_params = {
        {"+sip.rendering", "no"}, {"+sip.byeless", "true"}, {"description", "Bob's \"desk\" & office"}};
    full.remote = {"sip:alice@example.com", {}, {}};
    full.replaces = {"hg287s98s89", "6762h7", "09278hsb"};
    full.referred_by = "sip:carol@example.com";
    auto const written = info(7, false, {full, entry("2", dialog_state::trying)});
    auto const read = parse_dialog_info(to_string(written));
    REQUIRE(read.has_value());
    CHECK(*read == written);
}

TEST_CASE("A publisher numbers its documents, and forgets a dialog when its end was told (RFC 4235 4.1.1, 4.3)") {
    dialog_publisher publisher("sip:bob@example.com");
    publisher.set(entry("1", dialog_state::early));
    auto const first = *parse_dialog_info(publisher.full());
    CHECK(first.version == 0);
    CHECK(first.is_full);
    CHECK(first.dialogs.size() == 1);
    publisher.set(entry("2", dialog_state::trying));
    publisher.set(entry("1", dialog_state::terminated));
    auto const second = *parse_dialog_info(publisher.changes());
    CHECK(second.version == 1);
    CHECK(!second.is_full);
    CHECK(second.dialogs.size() == 2);
    CHECK(publisher.dialogs().size() == 1);
    CHECK(parse_dialog_info(publisher.changes())->dialogs.empty());
    CHECK(parse_dialog_info(publisher.full())->version == 3);
}

TEST_CASE(
    "A watcher follows partial documents in order, and asks for the whole where one is missing (RFC 4235 3.8, 4.3)"
) {
    using outcome = dialog_watch::outcome;
    dialog_watch watch;
    CHECK(watch.apply(info(4, false, {})) == outcome::incomplete);  // the first one has to be full
    CHECK(watch.apply(info(5, true, {entry("1", dialog_state::early)})) == outcome::applied);
    CHECK(watch.summary() == dialog_state::early);
    CHECK(watch.apply(info(6, false, {entry("2", dialog_state::confirmed)})) == outcome::applied);
    CHECK(watch.summary() == dialog_state::confirmed);
    CHECK(watch.apply(info(6, false, {entry("2", dialog_state::terminated)})) == outcome::stale);
    CHECK(watch.apply(info(8, false, {entry("2", dialog_state::early)})) == outcome::incomplete);
    CHECK(watch.dialogs().size() == 2);
    CHECK(watch.summary() == dialog_state::early);  // 4.3: it counts all the same
    CHECK(watch.apply(info(9, true, {entry("2", dialog_state::terminated)})) == outcome::applied);
    CHECK(watch.summary() == dialog_state::terminated);
    CHECK(watch.apply(info(10, false, {})) == outcome::applied);
    CHECK(watch.dialogs().empty());
    watch.restart();
    CHECK(watch.apply(info(0, true, {})) == outcome::applied);
}

TEST_CASE("A party that a later document does not repeat is as it was (RFC 4235 4.1.6.1, 4.1.6.2)") {
    dialog_watch watch;
    auto first = entry("1", dialog_state::early);
    first.remote = {"sip:alice@example.com", "Alice", "sip:alice@10.0.0.1", {{"+sip.rendering", "yes"}}};
    (void)watch.apply(info(0, true, {first}));
    (void)watch.apply(info(1, false, {entry("1", dialog_state::confirmed)}));
    CHECK(watch.dialogs().at(0).state == dialog_state::confirmed);
    CHECK(watch.dialogs().at(0).remote == first.remote);
    auto moved = entry("1", dialog_state::confirmed);
    moved.remote.target = "sip:alice@10.0.0.9";
    (void)watch.apply(info(2, false, {moved}));
    CHECK(watch.dialogs().at(0).remote == dialog_party{"sip:alice@example.com", "Alice", "sip:alice@10.0.0.9"});
}

TEST_CASE("A watcher's list is bounded, and says so (RFC 4235 6)") {
    dialog_watch watch;
    std::vector<dialog_entry> many;
    for (int i = 0; i < 1024; ++i)
        many.push_back(entry(std::to_string(i), dialog_state::early));
    CHECK(watch.apply(info(0, true, many)) == dialog_watch::outcome::applied);
    CHECK(
        watch.apply(info(1, false, {entry("more", dialog_state::early), entry("7", dialog_state::confirmed)})) ==
        dialog_watch::outcome::incomplete
    );
    CHECK(watch.dialogs().size() == 1024);
    CHECK(watch.summary() == dialog_state::confirmed);
}

TEST_CASE("Every state of a dialog knows the steps that lead out of it, and no other (RFC 4235 3.7.1)") {
    using state = dialog_state;
    using trigger = dialog_trigger;
    struct step {
        trigger what;
        std::vector<state> from;
        state to;
        std::string event;
    };
    std::vector<step> const steps{
        {trigger::provisional_without_tag, {state::trying}, state::proceeding, {}},
        {trigger::provisional, {state::trying, state::proceeding}, state::early, {}},
        {trigger::answered, {state::trying, state::proceeding, state::early}, state::confirmed, {}},
        {trigger::cancelled, {state::trying, state::proceeding, state::early}, state::terminated, "cancelled"},
        {trigger::rejected, {state::trying, state::proceeding, state::early}, state::terminated, "rejected"},
        {trigger::replaced, {state::early, state::confirmed}, state::terminated, "replaced"},
        {trigger::error, {state::confirmed}, state::terminated, "error"},
        {trigger::timeout, {state::confirmed}, state::terminated, "timeout"},
        {trigger::local_bye, {state::confirmed}, state::terminated, "local-bye"},
        {trigger::remote_bye, {state::confirmed}, state::terminated, "remote-bye"},
    };
    for (auto const& one : steps)
        for (auto const before :
             {state::trying, state::proceeding, state::early, state::confirmed, state::terminated}) {
            CAPTURE(int(one.what));
            CAPTURE(int(before));
            auto dialog = entry("1", before);
            bool const leads_on = std::find(one.from.begin(), one.from.end(), before) != one.from.end();
            CHECK(advance(dialog, one.what, 486) == leads_on);
            CHECK(dialog.state == (leads_on ? one.to : before));
            CHECK(dialog.event == (leads_on ? one.event : ""));
            CHECK(dialog.code == (leads_on ? 486 : 0));
        }
}

TEST_CASE("Strangers are told whether somebody is on the phone, and nothing else (RFC 4235 3.6, 3.7.2)") {
    auto ringing = entry("secret", dialog_state::early);
    ringing.call_id = "secret";
    ringing.remote.identity = "sip:secret@example.com";
    CHECK(virtual_dialog({ringing, entry("2", dialog_state::terminated)}) == entry("1", dialog_state::confirmed));
    CHECK(virtual_dialog({entry("2", dialog_state::terminated)}) == entry("1", dialog_state::terminated));
    CHECK(virtual_dialog({}) == entry("1", dialog_state::terminated));
}

TEST_CASE("A subscription to one dialog, or to those of one INVITE, is told of no other (RFC 4235 3.2, 3.3)") {
    auto const selected = [](std::string const& event) {
        return dialog_selection_from(*sip::parse_token_params(event), {});
    };
    auto ours = entry("1", dialog_state::early);
    ours.call_id = "a84b4c@pc33";
    ours.local_tag = "near";
    ours.remote_tag = "far";
    auto fork = ours, other = ours;
    fork.remote_tag = "fork";
    other.call_id = "b";
    auto const one = selected("dialog;call-id=\"a84b4c@pc33\";to-tag=near;from-tag=far");
    REQUIRE(one.has_value());
    CHECK(one->admits(ours));
    CHECK(!one->admits(fork));
    CHECK(!one->admits(other));
    auto const all_forks = selected("dialog;call-id=\"a84b4c@pc33\";to-tag=near");
    REQUIRE(all_forks.has_value());
    CHECK(all_forks->admits(fork));
    CHECK(!all_forks->admits(other));
    CHECK(selected("dialog")->admits(other));
    CHECK(!selected("dialog;call-id=x"));
    CHECK(!selected("dialog;to-tag=x;from-tag=y"));
    CHECK(!selected("dialog;from-tag=y"));
}

TEST_CASE("Nobody is told of the dialogs that it is in itself, unless it asks for one by name (RFC 4235 3.3)") {
    auto with_carol = entry("1", dialog_state::confirmed);
    with_carol.call_id = "c";
    with_carol.local_tag = "t";
    with_carol.remote.target = "sip:carol@10.0.0.3:5060;transport=TCP";
    dialog_selection const carol{{}, {}, {}, "sip:carol@10.0.0.3:5060;transport=tcp"};
    dialog_publisher publisher("sip:bob@example.com", carol);
    CHECK(!publisher.set(with_carol));
    CHECK(publisher.dialogs().empty());
    CHECK(publisher.set(entry("2", dialog_state::confirmed)));
    auto named = carol;
    named.call_id = "c";
    CHECK(named.admits(with_carol));
}
