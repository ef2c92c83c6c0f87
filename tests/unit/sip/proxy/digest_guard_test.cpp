// Covered: the users of the settings, in both roles, and the order of the challenges. How a challenge is made and an
// answer judged is tested with libsip's digest server.
#include "sip/proxy/digest_guard.hpp"

#include "proxy_fixture.hpp"
#include "sip/syntax/digest.hpp"

using namespace test;
using sip::proxy::verdict;

namespace {

struct guard_fixture {
    seeded_random random{11};
    sip::environment env = seeded_environment(random);
    sip::proxy::settings settings = guarded_settings();
    sip::proxy::digest_guard guard{settings, "example.com", env};
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
    sip::proxy::judgement judge(
        std::string const& credentials, sip::proxy::digest_guard::role role = sip::proxy::digest_guard::role::proxy
    ) {
        request r;
        if (!credentials.empty())
            r.headers = (role == sip::proxy::digest_guard::role::proxy ? "Proxy-Authorization: " : "Authorization: ") +
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
    CHECK(judge(credentials(challenge(), {}), sip::proxy::digest_guard::role::registrar).verdict == verdict::accepted);
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
}
