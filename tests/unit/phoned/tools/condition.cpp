// Covers: the conditions of phonectl on events.
#include "phoned/tools/condition.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>

#include <string>

using phoned::tools::condition;

namespace {

bool holds(const std::string& text) {
    const auto event = boost::json::parse(
        R"({"seq":5,"call":{"state":"confirmed","remote":"sip:1002@example.org","muted":false,"dialog":{"call_id":"abc"}},"loss":0.25})"
    );
    const auto parsed = condition::parse(text);
    REQUIRE(parsed.has_value());
    return parsed->holds(event.as_object());
}

}  // namespace

TEST_CASE("a condition compares members wherever they are, as words or as numbers") {
    for (const std::string good :
         {"state=confirmed", "call.state=confirmed", "state!=early", "remote~1002", "muted=false", "seq=5", "seq>=5",
          "seq<6", "loss>0.2", "loss<=0.25", "call_id=abc", "call.dialog.call_id=abc", "nothing!=x"}) {
        CAPTURE(good);
        CHECK(holds(good));
    }
    for (const std::string bad :
         {"state=early", "state=confirm", "state!=confirmed", "remote~1003", "seq>5", "nothing=x", "nothing>=0",
          "state>=1", "call.nothing=1"}) {
        CAPTURE(bad);
        CHECK_FALSE(holds(bad));
    }
}

TEST_CASE("what is no condition is refused") {
    for (const std::string text : {"", "state", "=x", "!x", "state>x", "state<", ">5"}) {
        CAPTURE(text);
        CHECK_FALSE(condition::parse(text).has_value());
    }
    CHECK(condition::parse("state=")->holds(boost::json::parse(R"({"state":""})").as_object()));
}
