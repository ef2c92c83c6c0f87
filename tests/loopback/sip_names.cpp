// Name look-ups through the driver, against a small name server of the test's own. Covered: the hosts file, A and AAAA
// together, a name that does not exist, a name without addresses, a server that refuses, is silent or answers garbage,
// a lost query, the bound on outstanding look-ups, closing while a look-up waits.
#include <cstring>

#include <doctest/doctest.h>

#include "loopback/sip_support.hpp"

using namespace sip_test;

namespace {

/// Answers what it is told to, on the loop under test.
class name_server {
public:
    explicit name_server(asio::io_context& loop) : socket_(loop) {
        socket_.open(udp::v4());
        socket_.bind({asio::ip::address_v4::loopback(), 0});
        receive();
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }

    struct zone {
        std::vector<std::string> v4, v6;
        int code = 0;  ///< RCODE: 3 is "no such name"
    };
    std::map<std::string, zone> zones;  ///< other names do not exist
    int queries = 0;
    int lose = 0;  ///< so many queries are not answered
    bool silent = false, garbage = false;

private:
    void receive() {
        socket_.async_receive_from(asio::buffer(query_), from_, [this](sip::error_code error, std::size_t size) {
            if (error) return;
            ++queries;
            if (!silent && lose-- <= 0) answer(std::string(query_, size));
            receive();
        });
    }
    void answer(std::string const& query) {
        if (query.size() < 17) return;
        std::string name;
        std::size_t at = 12;
        while (query[at] != 0) {
            auto const length = static_cast<unsigned char>(query[at]);
            name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
            at += 1 + length;
        }
        auto const type = static_cast<unsigned char>(query[at + 2]);
        auto const question = query.substr(12, at + 5 - 12);
        auto const found = zones.find(name);
        std::vector<asio::ip::address> addresses;
        int code = 3;
        if (found != zones.end()) {
            code = found->second.code;
            for (auto const& text : type == 28 ? found->second.v6 : found->second.v4)
                if (type == 1 || type == 28) addresses.push_back(asio::ip::make_address(text));
        }
        std::string reply = query.substr(0, 2);
        reply += static_cast<char>(0x81);
        reply += static_cast<char>(0x80 | code);
        reply += std::string("\0\1\0", 3) + static_cast<char>(addresses.size()) + std::string(4, '\0') + question;
        for (auto const& address : addresses) {
            reply += std::string("\xc0\x0c\0", 3) + static_cast<char>(type) + std::string("\0\1\0\0\0\x3c\0", 7);
            if (address.is_v4()) {
                auto const bytes = address.to_v4().to_bytes();
                reply += static_cast<char>(bytes.size()) + std::string(bytes.begin(), bytes.end());
            } else {
                auto const bytes = address.to_v6().to_bytes();
                reply += static_cast<char>(bytes.size()) + std::string(bytes.begin(), bytes.end());
            }
        }
        if (garbage) reply.resize(reply.size() / 2);
        sip::error_code ignored;
        socket_.send_to(asio::buffer(reply), from_, 0, ignored);
    }
    udp::socket socket_;
    udp::endpoint from_;
    char query_[512];
};

/// A driver whose name server is the test's.
struct named_station {
    explicit named_station(sip::net::shell_config config = {}) : server(loop) {
        config.name_servers = {server.address()};
        if (config.query_timeout == sip::net::shell_config{}.query_timeout) config.query_timeout = 200ms;
        driver.emplace(loop.get_executor(), core, config);
    }
    void ask(std::uint32_t request, std::string const& name) {
        driver->command([&](sip::now_t, sip::outbox& out) {
            out.actions.emplace_back(sip::resolve_name{request, name});
        });
    }
    bool answered(std::size_t count) {
        return run_until(loop, [&] { return core.answers.size() >= count; });
    }
    asio::io_context loop{1};
    name_server server;
    recording_core core;
    std::optional<sip::net::driver> driver;
};

bool holds(std::vector<sip::ip_address> const& addresses, std::string_view text) {
    for (auto const& address : addresses)
        if (address == *sip::ip_address::from(text)) return true;
    return false;
}

}  // namespace

TEST_CASE("localhost is found in the hosts file without asking anybody") {
    named_station under_test;
    under_test.ask(1, "localhost");
    REQUIRE(under_test.answered(1));
    CHECK_FALSE(under_test.core.answers[0].error);
    CHECK(holds(under_test.core.answers[0].addresses, "127.0.0.1"));
    CHECK(under_test.server.queries == 0);
    CHECK(under_test.driver->count().queries == 0);
}

TEST_CASE("a name gives all its addresses of both families") {
    named_station under_test;
    under_test.server.zones["phone.test"] = {{"192.0.2.7", "192.0.2.8"}, {"2001:db8::7"}};
    under_test.ask(7, "phone.test");
    REQUIRE(under_test.answered(1));
    auto const& answer = under_test.core.answers[0];
    CHECK(answer.request == 7);
    CHECK_FALSE(answer.error);
    CHECK(answer.addresses.size() == 3);
    CHECK(holds(answer.addresses, "192.0.2.7"));
    CHECK(holds(answer.addresses, "192.0.2.8"));
    CHECK(holds(answer.addresses, "2001:db8::7"));
}

TEST_CASE("a name of one family gives that") {
    named_station under_test;
    under_test.server.zones["four.test"] = {{"192.0.2.4"}, {}};
    under_test.server.zones["six.test"] = {{}, {"2001:db8::6"}};
    under_test.ask(1, "four.test");
    under_test.ask(2, "six.test");
    REQUIRE(under_test.answered(2));
    for (auto const& answer : under_test.core.answers) {
        CHECK_FALSE(answer.error);
        CHECK(answer.addresses.size() == 1);
        CHECK(holds(answer.addresses, answer.request == 1 ? "192.0.2.4" : "2001:db8::6"));
    }
}

TEST_CASE("a name that does not exist, and one without addresses, are not found") {
    named_station under_test;
    under_test.server.zones["empty.test"] = {};
    under_test.ask(1, "nobody.test");
    under_test.ask(2, "empty.test");
    under_test.ask(3, "not a name..test");
    REQUIRE(under_test.answered(3));
    for (auto const& answer : under_test.core.answers) {
        CAPTURE(answer.request);
        CHECK(answer.error == sip::errc::name_not_found);
        CHECK(answer.addresses.empty());
    }
}

TEST_CASE("a server that fails is not the same as a name that does not exist") {
    named_station under_test;
    under_test.server.zones["broken.test"] = {{}, {}, 2};  // SERVFAIL
    under_test.ask(1, "broken.test");
    REQUIRE(under_test.answered(1));
    CHECK(under_test.core.answers[0].error.failed());
    CHECK(under_test.core.answers[0].error != sip::errc::name_not_found);
}

TEST_CASE("a lost query is asked again") {
    named_station under_test;
    under_test.server.zones["phone.test"] = {{"192.0.2.7"}, {}};
    under_test.server.lose = 2;
    under_test.ask(1, "phone.test");
    REQUIRE(under_test.answered(1));
    CHECK_FALSE(under_test.core.answers[0].error);
    CHECK(under_test.server.queries >= 3);
}

TEST_CASE("a silent or babbling server is given up in bounded time") {
    for (bool const babbles : {false, true}) {
        CAPTURE(babbles);
        sip::net::shell_config config;
        config.query_timeout = 30ms;
        named_station under_test(config);
        under_test.server.zones["phone.test"] = {{"192.0.2.7"}, {}};
        under_test.server.silent = !babbles;
        under_test.server.garbage = babbles;
        under_test.ask(1, "phone.test");
        REQUIRE(under_test.answered(1));
        CHECK(under_test.core.answers[0].error.failed());
        CHECK(under_test.core.answers[0].addresses.empty());
        CHECK(under_test.driver->count().queries == 0);
    }
}

TEST_CASE("look-ups over the bound are answered at once, the others in their time") {
    sip::net::shell_config config;
    config.outstanding_queries = 4;
    named_station under_test(config);
    under_test.server.zones["phone.test"] = {{"192.0.2.7"}, {}};
    for (std::uint32_t request = 1; request <= 10; ++request)
        under_test.ask(request, "phone.test");
    CHECK(under_test.core.answers.size() == 6);
    for (auto const& answer : under_test.core.answers)
        CHECK(answer.error == sip::errc::limit_reached);
    REQUIRE(under_test.answered(10));
    for (auto const& answer : under_test.core.answers)
        CHECK(answer.error.failed() == (answer.request > 4));
    under_test.ask(11, "phone.test");  // and there is room again
    REQUIRE(under_test.answered(11));
    CHECK_FALSE(under_test.core.answers[10].error);
}

TEST_CASE("a driver that is closed while a look-up waits is not told of it") {
    named_station under_test;
    under_test.server.silent = true;
    under_test.ask(1, "phone.test");
    run_for(under_test.loop, 20ms);
    CHECK(under_test.driver->count().queries == 1);
    under_test.driver.reset();
    run_for(under_test.loop, 20ms);
    CHECK(under_test.core.answers.empty());
}
