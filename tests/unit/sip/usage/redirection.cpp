// Covers: which targets a redirected INVITE goes on to and in which order (RFC 3261 8.1.3.4). What is sent then is
// tested with the user agent (ua/redirects.cpp).
#include "sip/usage/redirection.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

namespace {

struct fixture {
    sip::buffer_pool pool;
    sip::redirection list;

    void add(std::string const& contacts, std::string const& tried = "sip:bob@here", int status = 302) {
        auto const made = sip::parse_message(
            pool.copy(test::wire(
                "SIP/2.0 " + std::to_string(status) +
                " Moved\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: x\n"
                "CSeq: 1 INVITE\n" +
                contacts
            )),
            pool
        );
        REQUIRE(made.has_value());
        list.add(made->view(), tried);
    }
    std::vector<std::string> rest(unsigned most = 99) {
        std::vector<std::string> all;
        while (auto target = list.next(most))
            all.push_back(*target);
        return all;
    }
};
using list = std::vector<std::string>;

}  // namespace

TEST_CASE("Targets are tried in the order of q, equal ones as they stand (RFC 3261 8.1.3.4)") {
    fixture f;
    f.add("Contact: <sip:low@x>;q=0.1, <sip:one@x>\nContact: <sip:mid@x>;q=0.5, <sip:two@x>;q=1.0\n");
    CHECK(f.rest() == list{"sip:one@x", "sip:two@x", "sip:mid@x", "sip:low@x"});
}

TEST_CASE("A redirection of a target comes before the targets that were left (RFC 3261 8.1.3.4)") {
    fixture f;
    f.add("Contact: <sip:one@x>, <sip:two@x>;q=0.5\n");
    CHECK(f.list.next(9) == "sip:one@x");
    f.add("Contact: <sip:deeper@x>\n", "sip:one@x");
    CHECK(f.rest() == list{"sip:deeper@x", "sip:two@x"});
}

TEST_CASE("No target is tried twice: loops end (RFC 3261 8.1.3.4)") {
    fixture f;
    f.add("Contact: <sip:bob@here>, <sip:carol@x>, <sip:carol@X>\n");
    CHECK(f.list.next(9) == "sip:carol@x");
    f.add("Contact: <sip:bob@HERE>, <sip:carol@x>\n", "sip:carol@x");
    CHECK(f.rest().empty());
}

TEST_CASE("The number of targets is bounded, those that are named and those that are tried") {
    fixture f;
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "Contact: <sip:user" + std::to_string(i) + "@x>\n";
    f.add(many);
    CHECK(f.rest(5).size() == 5);
    CHECK(f.rest(99).size() == sip::redirection::most_known - 1 - 5);
}

TEST_CASE("From SIPS nothing leads to SIP, and from neither to another scheme (RFC 5630 4, RFC 3261 26.4.4)") {
    fixture f;
    f.add("Contact: <sip:plain@x>, <sips:safe@x>, <tel:+123>, <mailto:a@b>\n", "sips:bob@here");
    CHECK(f.rest() == list{"sips:safe@x"});
    fixture g;
    g.add("Contact: <sip:plain@x>, <sips:safe@x>, <tel:+123>, <mailto:a@b>\n");
    CHECK(g.rest() == list{"sip:plain@x", "sips:safe@x"});
}

TEST_CASE("Headers in a Contact are not taken over (RFC 3261 19.1.1)") {
    fixture f;
    f.add("Contact: <sip:carol@x;transport=tcp?Subject=hi&Replaces=abc>\n");
    CHECK(f.rest() == list{"sip:carol@x;transport=tcp"});
}

TEST_CASE("305, 380 and failures name no targets (RFC 3261 21.3)") {
    for (int const status : {305, 380, 404, 485, 600}) {
        fixture f;
        f.add("Contact: <sip:carol@x>\n", "sip:bob@here", status);
        CHECK(f.rest().empty());
    }
}
