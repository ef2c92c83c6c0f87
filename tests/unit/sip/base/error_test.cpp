// Covers: the error category, its messages, what is known of each code, and the table of docs/errors.md, which says the
// same. parse_failure's sentence is tested with the syntax layer, which knows the header names.
#include "sip/error.hpp"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

namespace {

constexpr int last = static_cast<int>(sip::errc::unusable_certificate);

std::string errors_page() {
    std::ifstream file(OFFHOOK_DOCS "/errors.md");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("Every error has a name, a message and an advice of its own") {
    std::set<std::string> messages;
    std::set<std::string_view> names, advices;
    for (int value = 1; value <= last; ++value) {
        sip::error_code code = static_cast<sip::errc>(value);
        CHECK(&code.category() == &sip::sip_category());
        CHECK(code.message() != "unknown error");
        CHECK(code.message() == sip::facts_of(static_cast<sip::errc>(value)).cause);
        messages.insert(code.message());
        names.insert(sip::facts_of(static_cast<sip::errc>(value)).name);
        advices.insert(sip::advice(code));
    }
    CHECK(messages.size() == last);
    CHECK(names.size() == last);
    CHECK(advices.size() == last);
    CHECK(advices.count("") == 0);
    CHECK(sip::facts_of(static_cast<sip::errc>(last + 1)).name.empty());
}

TEST_CASE("The table of errors in the documentation says what the code says") {
    auto const page = errors_page();
    std::size_t rows = 0;
    for (int value = 1; value <= last; ++value) {
        auto const facts = sip::facts_of(static_cast<sip::errc>(value));
        auto const row = "\n| `" + std::string(facts.name) + "` | " + std::string(to_string(facts.layer)) + " | " +
                         std::string(facts.cause) + " | " + std::string(facts.advice) + " |\n";
        CHECK_MESSAGE(page.find(row) != std::string::npos, "docs/errors.md lacks this row:" << row);
    }
    for (auto at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1))
        ++rows;
    CHECK(rows == last);
}

TEST_CASE("Errors of the operating system that users meet have an advice, too") {
    auto const advice_of = [](boost::system::errc::errc_t what) {
        return sip::advice(sip::error_code(what, boost::system::system_category()));
    };
    CHECK(advice_of(boost::system::errc::address_in_use).find("port") != std::string_view::npos);
    CHECK(advice_of(boost::system::errc::connection_refused).find("Nobody listens") != std::string_view::npos);
    CHECK(advice_of(boost::system::errc::permission_denied).find("1024") != std::string_view::npos);
    CHECK(advice_of(boost::system::errc::no_link).empty());
    CHECK(sip::advice(sip::error_code()).empty());
}

TEST_CASE("A value from elsewhere is named unknown instead of misread") {
    CHECK(sip::error_code(4711, sip::sip_category()).message() == "unknown error");
    CHECK(sip::advice(sip::error_code(4711, sip::sip_category())).empty());
    CHECK(std::string(sip::sip_category().name()) == "sip");
}

TEST_CASE("Error codes compare with the enumerators") {
    sip::error_code code = sip::errc::transport_failed;
    CHECK(code == sip::errc::transport_failed);
    CHECK(code != sip::errc::queue_full);
    CHECK(code.failed());
}
