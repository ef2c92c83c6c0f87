// Covers: walking and finding parameters in header and URI form: flags, white space, folding, quoted strings, case.
#include "sip/syntax/params.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/syntax/headers/simple.hpp"

using sip::params_view;

namespace {

std::string shown(params_view params) {
    std::string text;
    for (auto const& param : params) {
        text.append("[").append(param.name);
        if (param.has_value) text.append("=").append(param.value);
        if (param.quoted) text += " quoted";
        text += "]";
    }
    return text;
}

}  // namespace

TEST_CASE("Parameters are read in order, flags and values") {
    CHECK(shown(params_view("")) == "");
    CHECK(shown(params_view(";lr")) == "[lr]");
    CHECK(shown(params_view(";lr;transport=tcp;ob")) == "[lr][transport=tcp][ob]");
}

TEST_CASE("White space and folding may stand around ';' and '=' in a header") {
    CHECK(shown(params_view(" ;\r\n tag \t=\r\n\t x ; q = 0.33 ")) == "[tag=x][q=0.33]");
}

TEST_CASE("A quoted value loses its quotes, keeps its escapes and hides what it contains") {
    CHECK(shown(params_view(R"(;a="x;b=\"y\"";c=d)")) == R"([a=x;b=\"y\" quoted][c=d])");
    CHECK(shown(params_view(R"(;a="";b)")) == "[a= quoted][b]");
}

TEST_CASE("Names are found in any case, and only whole names") {
    params_view params(";tagged=1;x=\"tag=2\";TAG=3;Branch");
    CHECK(params.value("tag") == "3");
    CHECK(params.value("x") == "tag=2");
    CHECK(params.has("branch"));
    CHECK(params.value("branch").empty());
    CHECK_FALSE(params.find("branch")->has_value);
    CHECK_FALSE(params.has("ta"));
    CHECK_FALSE(params.has("agged"));
    CHECK_FALSE(params.has("branchy"));
}

TEST_CASE("Of two parameters with one name the first counts") {
    CHECK(params_view(";a=1;a=2").value("a") == "1");
}

TEST_CASE("Finding and walking agree") {
    for (auto const* text :
         {";a", ";a=b", ";a = \"b;c\" ;d", "; a;b=c ; d=\"\"", ";%6C%72;n%61me=v%61lue%25", ";a=b=;c",
          ";received=2001:db8::1;rport=5060"}) {
        CAPTURE(text);
        params_view params(text);
        for (auto const& param : params) {
            auto found = params.find(param.name);
            REQUIRE(found);
            CHECK(found->value == param.value);
            CHECK(found->has_value == param.has_value);
            CHECK(found->quoted == param.quoted);
        }
    }
}

TEST_CASE("Text that was never checked is walked without harm") {
    for (auto const* text : {";", ";;", ";=", "x", ";a=\"b", ";a=\"b\\", "; ;a", ";a==b", ";\"a;b\"", ";a b;c"}) {
        CAPTURE(text);
        params_view params(text);
        int count = 0;
        for ([[maybe_unused]] auto const& param : params)
            REQUIRE(++count < 10);
        CHECK_FALSE(params.has("zz"));
    }
}

TEST_CASE("A header's parameters are checked: no empty names, no empty values, no open quotes") {
    auto ok = [](std::string const& params) { return sip::parse_token_params("x" + params).has_value(); };
    for (auto const* good :
         {"", ";a", ";a=b", " ; a = b ;c", ";a=\"\"", ";a=\"b;\\\"c\"", ";r=2001:db8::1", ";r=[::1]",
          ";b=YWJj/+==", ";a=\r\n b"})
        CHECK_MESSAGE(ok(good), good);
    for (auto const* bad :
         {";", ";;a", ";a;", ";a=", ";=b", ";a=;b", ";a=\"b", ";a=\"b\\\"", ";a=b c", ";a=\"b\"c", ";a,b", ";a=<b>"})
        CHECK_MESSAGE(!ok(bad), bad);
}
