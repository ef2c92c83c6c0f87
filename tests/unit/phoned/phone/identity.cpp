// Covers: what an account's settings become for the user agent: servers, outbound proxies, the rules between them, flows.
// Not here: what the user agent does with them (tests/unit/sip/ua/servers.cpp, outbound.cpp).
#include "phoned/phone/identity.hpp"

#include <doctest/doctest.h>

using namespace phoned;
using namespace std::chrono_literals;

namespace {

account_settings an_account() {
    auto account = default_settings().accounts[0];
    account.enabled = true;
    account.user_name = "1001";
    account.servers[0].host = "192.0.2.1";
    return account;
}

constexpr auto instance = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

}  // namespace

TEST_CASE("An account with one server has no alternative, gives each address three copies and says who it is") {
    const auto out = sip_account(an_account(), instance);
    CHECK(out.registrar == "sip:192.0.2.1");
    CHECK(out.alternatives.empty());
    CHECK(out.redundancy.attempts == 3);
    CHECK(out.instance == "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    CHECK_FALSE(out.outbound.use);
}

TEST_CASE("The guide's second server has a domain, a port and a transport of its own (guide 2.1)") {
    auto account = an_account();
    account.servers[1].host = "192.0.2.2";
    account.servers[1].port = 5070;
    account.servers[1].transport = sip_transport::tcp;
    account.servers[1].expires = 900s;
    account.servers[1].retry_counts = 7;
    account.servers[1].register_first = true;
    const auto out = sip_account(account, instance);
    REQUIRE(out.alternatives.size() == 1);
    const auto& second = out.alternatives[0];
    CHECK(second.address_of_record == "sip:1001@192.0.2.2");
    CHECK(second.registrar == "sip:192.0.2.2:5070;transport=tcp");
    CHECK(second.expires == 900s);
    CHECK(second.attempts == 7);
    CHECK(second.needs_registration);
    CHECK(out.redundancy.registering == sip::registering::all_at_once);
    account.one_at_a_time = true;
    CHECK(sip_account(account, instance).redundancy.registering == sip::registering::one_at_a_time);
}

TEST_CASE("A second outbound proxy leads to the same registrar, and one registration at a time is enough (guide 3.11)") {
    auto account = an_account();
    account.outbound_proxy_enabled = true;
    account.outbound_proxy = {"192.0.2.8", 5060};
    account.backup_proxy = {"192.0.2.9", 5080};
    auto out = sip_account(account, instance);
    CHECK(out.route_set == std::vector<std::string>{"sip:192.0.2.8;lr"});
    REQUIRE(out.alternatives.size() == 1);
    CHECK(out.alternatives[0].route_set == std::vector<std::string>{"sip:192.0.2.9:5080;lr"});
    CHECK(out.alternatives[0].registrar.empty());
    CHECK(out.redundancy.registering == sip::registering::one_at_a_time);
    // Flows are there all at once (RFC 5626 4.2.1).
    account.outbound = true;
    out = sip_account(account, instance);
    CHECK(out.outbound.use);
    CHECK(out.redundancy.registering == sip::registering::all_at_once);
    CHECK(out.redundancy.fail_back == sip::fail_back::when_registered);
    account.outbound_proxy_enabled = false;
    CHECK(sip_account(account, instance).alternatives.empty());
}

TEST_CASE("The four fail-back modes of the guide, and their times (guide 2.1)") {
    auto account = an_account();
    const std::pair<fail_back_mode, sip::fail_back> modes[] = {
        {fail_back_mode::every_request, sip::fail_back::every_request},
        {fail_back_mode::after_dns_lifetime, sip::fail_back::after_dns_lifetime},
        {fail_back_mode::at_renewal, sip::fail_back::at_renewal},
        {fail_back_mode::after_time, sip::fail_back::after_time},
    };
    for (const auto& [set, meant] : modes) {
        account.fail_back = set;
        CHECK(sip_account(account, instance).redundancy.fail_back == meant);
    }
    account.fail_back_time = 120s;
    account.test_interval = 45s;
    const auto out = sip_account(account, instance);
    CHECK(out.redundancy.fail_back_after == 120s);
    CHECK(out.redundancy.test_interval == 45s);
}

TEST_CASE("A phone that does not know its own name asks for no flows (RFC 5626 4.1)") {
    auto account = an_account();
    account.outbound = true;
    CHECK_FALSE(sip_account(account, "").outbound.use);
}
