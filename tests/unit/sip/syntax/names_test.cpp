// Covers: the tables of methods, header names, compact forms, repetition rules and reason phrases.
#include "sip/syntax/names.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include <doctest/doctest.h>

using sip::header_id;
using sip::method;

namespace {

std::string changed(std::string_view text, int (*change)(int)) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [change](char c) {
        return static_cast<char>(change(static_cast<unsigned char>(c)));
    });
    return result;
}

}  // namespace

TEST_CASE("Every header is found by its long name and its compact form, in any case (RFC 3261 7.3.1, 7.3.3)") {
    for (std::size_t i = 1; i < sip::header_id_count; ++i) {
        auto id = static_cast<header_id>(i);
        std::string name(to_string(id));
        CAPTURE(name);
        REQUIRE_FALSE(name.empty());
        CHECK(sip::header_from(name) == id);
        CHECK(sip::header_from(changed(name, std::toupper)) == id);
        CHECK(sip::header_from(changed(name, std::tolower)) == id);
        if (char compact = compact_form(id)) {
            CHECK(sip::header_from(std::string(1, compact)) == id);
            CHECK(sip::header_from(changed(std::string(1, compact), std::toupper)) == id);
        }
    }
}

TEST_CASE("The compact forms are those that the RFCs register") {
    struct row {
        char form;
        header_id id;
    };
    using enum header_id;
    for (auto [form, id] :
         {row{'v', via},
          {'f', from},
          {'t', to},
          {'i', call_id},
          {'m', contact},
          {'l', content_length},
          {'c', content_type},
          {'e', content_encoding},
          {'k', supported},
          {'s', subject},
          {'o', event},
          {'u', allow_events},
          {'r', refer_to},
          {'b', referred_by},
          {'x', session_expires}}) {
        std::string const shown_form(1, form);
        CAPTURE(shown_form);
        CHECK(sip::header_from({&form, 1}) == id);
        CHECK(compact_form(id) == form);
    }
    CHECK(compact_form(cseq) == '\0');
    CHECK(compact_form(unknown) == '\0');
}

TEST_CASE("A name that differs in any one byte is another name") {
    for (std::size_t i = 1; i < sip::header_id_count; ++i) {
        auto id = static_cast<header_id>(i);
        std::string_view name = to_string(id);
        for (std::size_t at = 0; at < name.size(); ++at)
            for (int byte = 0; byte < 256; ++byte) {
                std::string other(name);
                other[at] = static_cast<char>(byte);
                bool same = std::tolower(static_cast<unsigned char>(other[at])) ==
                            std::tolower(static_cast<unsigned char>(name[at]));
                if ((sip::header_from(other) == id) != same) FAIL("byte ", byte, " at ", at, " of ", std::string(name));
            }
    }
}

TEST_CASE("Unknown, empty and overlong names are unknown") {
    for (auto const* name : {"", "X-Custom", "Call-IDs", "Call-I", "q", "-", "Content", "P-Preferred-Identity-Of-Bob"})
        CHECK(sip::header_from(name) == header_id::unknown);
    CHECK(to_string(header_id::unknown).empty());
    CHECK_FALSE(is_list(header_id::unknown));
    CHECK_FALSE(is_single(header_id::unknown));
}

TEST_CASE("A header is not both a list and single") {
    for (std::size_t i = 1; i < sip::header_id_count; ++i) {
        auto id = static_cast<header_id>(i);
        CHECK_FALSE((is_list(id) && is_single(id)));
    }
    for (auto id :
         {header_id::via, header_id::contact, header_id::route, header_id::record_route, header_id::supported})
        CHECK(is_list(id));
    for (auto id :
         {header_id::from, header_id::to, header_id::call_id, header_id::cseq, header_id::max_forwards,
          header_id::content_length})
        CHECK(is_single(id));
    // RFC 3261 7.3.1: these four may stand in several lines, but never in one line with commas.
    for (auto id :
         {header_id::www_authenticate, header_id::authorization, header_id::proxy_authenticate,
          header_id::proxy_authorization}) {
        CHECK_FALSE(is_list(id));
        CHECK_FALSE(is_single(id));
    }
}

TEST_CASE("Methods are case-sensitive (RFC 3261 7.1)") {
    for (int i = 1; i <= static_cast<int>(method::publish); ++i) {
        auto m = static_cast<method>(i);
        CHECK(sip::method_from(to_string(m)) == m);
    }
    CHECK(sip::method_from("invite") == method::unknown);
    CHECK(sip::method_from("INVITES") == method::unknown);
    CHECK(sip::method_from("") == method::unknown);
    CHECK(to_string(method::unknown).empty());
}

TEST_CASE("Status codes have their RFC's phrase") {
    CHECK(sip::reason_phrase(100) == "Trying");
    CHECK(sip::reason_phrase(200) == "OK");
    CHECK(sip::reason_phrase(487) == "Request Terminated");
    CHECK(sip::reason_phrase(513) == "Message Too Large");
    CHECK(sip::reason_phrase(299) == "Unknown");
}
