// Covered: challenges in the order of preference, right and wrong answers with each algorithm, nonces that are old,
// foreign or used before, algorithms that were not offered, malformed credentials, and the bound on what is remembered.
#include "proxy/digest_guard.hpp"

#include "proxy_fixture.hpp"
#include "sip/syntax/digest.hpp"

using namespace test;
using proxy::verdict;

namespace {

struct guard_fixture {
    seeded_random random{11};
    sip::environment env = seeded_environment(random);
    proxy::settings settings = guarded_settings();
    proxy::digest_guard guard{settings, "example.com", env};
    sip::buffer_pool pool;
    sip::time_point now{std::chrono::hours(1)};

    /// The challenge of this algorithm.
    std::string challenge(std::size_t index = 0, verdict why = verdict::missing) {
        return guard.challenges(now, why).at(index);
    }
    struct answer {
        std::string user = "1001", password = "secret1001", uri = "sip:1002@example.com", method = "INVITE";
        std::uint32_t count = 1;
        sip::quality_of_protection qop = sip::quality_of_protection::auth;
        std::optional<sip::hash_algorithm> algorithm = std::nullopt;
    };
    std::string credentials(std::string const& challenge, answer const& how) {
        auto asked = sip::parse_challenge(challenge).value();
        sip::digest_input input;
        input.algorithm = sip::digest_algorithm_from(asked.algorithm).value();
        if (how.algorithm) input.algorithm.hash = *how.algorithm;
        input.qop = how.qop;
        input.username = how.user;
        input.realm = asked.realm;
        input.password = how.password;
        input.nonce = asked.nonce;
        input.cnonce = "client";
        input.nonce_count = how.count;
        input.method = how.method;
        input.uri = how.uri;
        return sip::authorization_value(env.hash, input, {});
    }
    proxy::judgement judge(
        std::string const& credentials, proxy::digest_guard::role role = proxy::digest_guard::role::proxy
    ) {
        request r;
        if (!credentials.empty())
            r.headers = (role == proxy::digest_guard::role::proxy ? "Proxy-Authorization: " : "Authorization: ") +
                        credentials + "\n";
        auto message = sip::parse_message(pool.copy(r.text()), pool).value();
        return guard.judge(now, message.view(), role);
    }
    verdict outcome(std::string const& credentials) { return judge(credentials).verdict; }
};

}  // namespace

TEST_CASE_FIXTURE(guard_fixture, "Challenges name realm, algorithm and qop, the preferred algorithm first (RFC 8760)") {
    auto all = guard.challenges(now, verdict::missing);
    REQUIRE(all.size() == 2);
    auto first = sip::parse_challenge(all[0]).value(), second = sip::parse_challenge(all[1]).value();
    CHECK(first.algorithm == "SHA-256");
    CHECK(second.algorithm == "MD5");
    CHECK(first.realm == "example.com");
    CHECK(first.offers_qop("auth"));
    CHECK_FALSE(first.stale);
    CHECK(sip::parse_challenge(challenge(0, verdict::stale)).value().stale);
    CHECK(sip::parse_challenge(challenge()).value().nonce != first.nonce);
}

TEST_CASE_FIXTURE(guard_fixture, "The right password is accepted with every algorithm that is offered") {
    for (std::size_t algorithm : {0u, 1u}) {
        auto judged = judge(credentials(challenge(algorithm), {}));
        CHECK(judged.verdict == verdict::accepted);
        CHECK(judged.user == "1001");
    }
    CHECK(judge(credentials(challenge(), {}), proxy::digest_guard::role::registrar).verdict == verdict::accepted);
}

TEST_CASE_FIXTURE(guard_fixture, "No credentials, or those of another realm, are none") {
    CHECK(outcome("") == verdict::missing);
    auto other = credentials(challenge(), {});
    other.replace(other.find("example.com"), 11, "example.org");
    CHECK(outcome(other) == verdict::missing);
}

TEST_CASE_FIXTURE(guard_fixture, "A wrong password and an unknown user look the same") {
    CHECK(outcome(credentials(challenge(), {.password = "guess"})) == verdict::rejected);
    CHECK(outcome(credentials(challenge(), {.user = "1009"})) == verdict::rejected);
    CHECK(outcome(credentials(challenge(), {.method = "BYE"})) == verdict::rejected);
    CHECK(guard.remembered() == 0);  // guessing costs no memory
}

TEST_CASE_FIXTURE(guard_fixture, "Credentials for another request are refused (RFC 3261 22.4)") {
    CHECK(outcome(credentials(challenge(), {.uri = "sip:9999@example.com"})) == verdict::malformed);
    CHECK(outcome("Digest username=") == verdict::malformed);
    CHECK(outcome(credentials(challenge(), {.count = 0})) == verdict::malformed);
}

TEST_CASE_FIXTURE(guard_fixture, "A nonce may be counted up, and never be used twice with one count") {
    auto nonce = challenge();
    CHECK(outcome(credentials(nonce, {.count = 1})) == verdict::accepted);
    CHECK(outcome(credentials(nonce, {.count = 1})) == verdict::stale);
    CHECK(outcome(credentials(nonce, {.count = 5})) == verdict::accepted);
    CHECK(outcome(credentials(nonce, {.count = 4})) == verdict::stale);
    CHECK(outcome(credentials(nonce, {.count = 6})) == verdict::accepted);
}

TEST_CASE_FIXTURE(guard_fixture, "Without qop a nonce serves once") {
    auto nonce = challenge();
    CHECK(outcome(credentials(nonce, {.qop = sip::quality_of_protection::none})) == verdict::accepted);
    CHECK(outcome(credentials(nonce, {.qop = sip::quality_of_protection::none})) == verdict::stale);
}

TEST_CASE_FIXTURE(
    guard_fixture, "An old nonce, one of another proxy and an altered one are stale with the right password"
) {
    auto nonce = challenge();
    now += 299s;
    CHECK(outcome(credentials(nonce, {})) == verdict::accepted);
    now += 1s;
    CHECK(outcome(credentials(nonce, {.count = 2})) == verdict::stale);
    CHECK(outcome(credentials(nonce, {.password = "guess", .count = 3})) == verdict::rejected);

    proxy::digest_guard before_restart(settings, "example.com", env);
    CHECK(outcome(credentials(before_restart.challenges(now, verdict::missing)[0], {})) == verdict::stale);
    auto altered = challenge();
    auto digit = altered.find("nonce=\"") + 7;
    altered[digit] = altered[digit] == '0' ? '1' : '0';
    CHECK(outcome(credentials(altered, {})) == verdict::stale);
}

TEST_CASE_FIXTURE(guard_fixture, "An algorithm that was not offered does not get in") {
    settings.algorithms = {sip::hash_algorithm::sha256};
    CHECK(outcome(credentials(challenge(), {.algorithm = sip::hash_algorithm::md5})) == verdict::rejected);
    CHECK(outcome(credentials(challenge(), {})) == verdict::accepted);
}

TEST_CASE_FIXTURE(guard_fixture, "What is remembered is bounded, and forgetting opens no door to replays") {
    auto first = challenge();
    CHECK(outcome(credentials(first, {})) == verdict::accepted);
    for (std::size_t i = 0; i < proxy::digest_guard::most_remembered; ++i) {
        now += 1ms;
        CHECK(outcome(credentials(challenge(), {})) == verdict::accepted);
    }
    CHECK(guard.remembered() == proxy::digest_guard::most_remembered);
    CHECK(outcome(credentials(first, {.count = 1})) == verdict::stale);
    CHECK(outcome(credentials(first, {.count = 2})) == verdict::stale);
    now += settings.nonce_life;
    CHECK(outcome(credentials(challenge(), {})) == verdict::accepted);
    CHECK(guard.remembered() == 1);
}
