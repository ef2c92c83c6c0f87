// Covers: the terminal phone's face: what messages change, how it is drawn, lamps in time, hostile text; and its
// keyboard.
#include "phoned/tools/drv_term/face.hpp"
#include "phoned/tools/drv_term/keyboard.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>

#include <string>

using namespace phoned::tools;

namespace {

json::object parsed(const std::string& text) {
    return json::parse(text).as_object();
}

std::string drawn(const face& shown, std::uint64_t at_ms = 0) {
    std::string all;
    for (const auto& line : draw(shown, at_ms)) {
        for (const auto& one : line)
            all += one.text;
        all += "\n";
    }
    return all;
}

const auto snapshot =
    R"({"leds":[{"id":"L1","colour":"green","pattern":"slow"},{"id":"message","colour":"red","pattern":"on"}],
    "screen":{"id":"idle","title":"Offhook","rows":["12:34","Desk"],"soft_keys":["History","","DND","Menu"],
              "line_keys":[{"label":"1001","icon":"idle"}],"revision":1},
    "hook":{"off_hook":true,"headset_plugged":false,"headset_hook":false}})";

}  // namespace

TEST_CASE("a snapshot is drawn as a telephone") {
    face shown;
    shown.connected = true;
    shown.take_snapshot(parsed(snapshot));
    CHECK(
        drawn(shown) ==
        "┌──────────────────────────────────────────────┐\n"
        "│ Offhook                                      │\n"
        "│ 12:34                                        │\n"
        "│ Desk                                         │\n"
        "│                                              │\n"
        "│                                              │\n"
        "│ History               DND        Menu        │\n"
        "└──────────────────────────────────────────────┘\n"
        "  ● L1  1001                 idle\n"
        "  ● message  \n"
        "  handset lifted   \n"
    );
}

TEST_CASE("messages change what is drawn") {
    face shown;
    CHECK(shown.take(
        {"display.update", parsed(R"({"title":"Call from","rows":["1002"],"soft_keys":["Answer"],"line_keys":[]})"), {}}
    ));
    CHECK(shown.take({"ringer.start", {}, {}}));
    CHECK(drawn(shown).find("Call from") != std::string::npos);
    CHECK(drawn(shown).find("RINGING") != std::string::npos);
    CHECK(drawn(shown).find("no phone") != std::string::npos);
    CHECK(shown.take({"ringer.stop", {}, {}}));
    CHECK(drawn(shown).find("RINGING") == std::string::npos);
    CHECK_FALSE(shown.take({"audio.start", {}, {}}));
}

TEST_CASE("lamps blink as their pattern says") {
    CHECK(is_lit({"red", "on", {}}, 12345));
    CHECK_FALSE(is_lit({"red", "off", {}}, 12345));
    CHECK(is_lit({"red", "slow", {}}, 999));
    CHECK_FALSE(is_lit({"red", "slow", {}}, 1000));
    CHECK(is_lit({"red", "fast", {}}, 400));
    CHECK_FALSE(is_lit({"red", "fast", {}}, 300));
    const lamp custom{"red", "custom", {{100, 200}, {50, 650}}};
    CHECK(is_lit(custom, 99));
    CHECK_FALSE(is_lit(custom, 100));
    CHECK(is_lit(custom, 349));
    CHECK_FALSE(is_lit(custom, 350));
    CHECK(is_lit(custom, 1000));
    CHECK_FALSE(is_lit({"red", "custom", {}}, 0));
    CHECK_FALSE(is_lit({"red", "custom", {{0, 0}}}, 5));
}

TEST_CASE("text from the network cannot steer the terminal, and long text is cut by characters") {
    face shown;
    shown.take(
        {"display.update",
         json::object{
             {"title",
              "\x1b[2J\x07"
              "evil"},
             {"rows", {std::string("\xC2\x9B") + "x", std::string(100, 'w')}}},
         {}}
    );
    const auto text = drawn(shown);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("?[2J?evil") != std::string::npos);
    CHECK(text.find("\xC2\x9B") == std::string::npos);
    CHECK(text.find(std::string(44, 'w') + " │") != std::string::npos);
    CHECK(text.find(std::string(45, 'w')) == std::string::npos);
    std::string umlauts;
    for (int i = 0; i < 60; ++i)
        umlauts += "ä";
    shown.take({"display.update", json::object{{"title", umlauts}}, {}});
    CHECK(drawn(shown).find(umlauts.substr(0, 88) + " │") != std::string::npos);
}

TEST_CASE("keys of the keyboard are keys of the phone") {
    CHECK(key_for_character('5') == "5");
    CHECK(key_for_character('#') == "#");
    CHECK(key_for_character('o') == "HOLD");
    CHECK(key_for_character('-') == "VOL_DOWN");
    CHECK(key_for_character('z').empty());
    CHECK(key_for_special(special::enter) == "OK");
    CHECK(key_for_special(special::backspace) == "CANCEL");
    CHECK(key_for_function(1) == "S1");
    CHECK(key_for_function(5) == "L1");
    CHECK(key_for_function(12) == "L8");
    CHECK(key_for_function(13).empty());
    CHECK(key_for_function(0).empty());
}
