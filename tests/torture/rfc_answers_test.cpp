// Covers: what a whole user agent answers to each message of RFC 4475 and RFC 5118, by the table rfc_verdicts.tsv:
// where the RFC leaves a choice, what it names first. Each message comes to a user agent of its own; its user takes
// calls and requests. Afterwards it still works. Not covered: streams, where a message without a usable length ends the
// connection (sip/syntax/framer_test.cpp).
#include <string>

#include <doctest/doctest.h>

#include "support/script.hpp"
#include "torture/message_set.hpp"

namespace {

/// The status of the final answer; "none" where there is none.
std::string answer_to(test::script& s, std::string const& message) {
    s.inject(message);
    sip::session_id call;
    sip::request_id request;
    s.for_each_event([&](sip::event const& e) {
        if (auto const* c = std::get_if<sip::incoming_call>(&e)) call = c->id;
        if (auto const* r = std::get_if<sip::incoming_request>(&e)) request = r->id;
    });
    if (call) s.answer(call);
    if (request) s.command({}, [&](auto now, auto& out) { return s.core.respond(now, request, 200, {}, {}, {}, out); });
    for (auto const& sent : s.all_sent)
        if (sent.second.starts_with("SIP/2.0 ") && !sent.second.starts_with("SIP/2.0 1"))
            return sent.second.substr(8, 3);
    return "none";
}

}  // namespace

TEST_CASE(
    "A user agent answers each message as the RFC asks first (RFC 4475 3.1.1.1 to 3.1.1.13, 3.1.2.1 to 3.1.2.19, "
    "3.2.1, "
    "3.3.1 to 3.3.15, 3.4.1, RFC 5118 4.1 to 4.10)"
) {
    std::string const folder = TORTURE_FOLDER;
    auto messages = torture::read_messages(folder + "/rfc4475", ".sip");
    messages.merge(torture::read_messages(folder + "/rfc5118", ".sip"));
    auto const table = torture::read_table(folder + "/rfc_verdicts.tsv");
    REQUIRE(table.size() == 62);
    for (auto const& row : table) {
        REQUIRE(row.size() == 6);
        CAPTURE(row[0]);
        test::script_options options;
        options.account.address_of_record = "sip:user@example.com";
        options.config.methods = {sip::method::message};
        test::script s(options);
        CHECK(answer_to(s, messages.at(row[0])) == row[4]);
        s.all_sent.clear();
        s.inject(s.request("OPTIONS", 1));
        CHECK(test::summary(s.all_sent.back().second) == "200 OPTIONS");
    }
}
