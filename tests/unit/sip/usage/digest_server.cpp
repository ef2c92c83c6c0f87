// Covers: the server's side of digest: challenges in order, every algorithm and protection, realms, replay and its
// window, nonce life, bounds, users that do not exist, Authentication-Info.
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "sip/usage/digest_server.hpp"
#include "support/seeded_environment.hpp"
#include "support/wire.hpp"

using namespace std::chrono_literals;
using sip::digest_algorithm;
using sip::digest_verdict;
using sip::hash_algorithm;
using qop_of = sip::quality_of_protection;

namespace {

struct fixture {
    test::seeded_random random{11};
    sip::environment env = test::seeded_environment(random);
    sip::buffer_pool pool;
    std::map<std::string, sip::digest_secret, std::less<>> users{{"bob", {"secret", false}}};
    sip::digest_server server;
    sip::time_point now{};
    std::string body;

    explicit fixture(sip::digest_server_settings settings = {}) : server(std::move(settings), env) {}

    sip::secret_source secrets() {
        return {
            [](void const* self, std::string_view user, std::string_view, hash_algorithm) {
                auto const& known = static_cast<fixture const*>(self)->users;
                auto const at = known.find(user);
                return at == known.end() ? std::nullopt : std::optional(at->second);
            },
            this};
    }
    std::string challenge(std::size_t which = 0, std::string const& realm = "example.com") {
        return server.challenges(now, realm, digest_verdict::missing).at(which);
    }
    struct answer {
        std::string password = "secret", user = "bob", method = "REGISTER", uri = "sip:example.com";
        qop_of qop = qop_of::auth;
        std::uint32_t count = 1;
    };
    std::string credentials(std::string const& challenge, answer const& a) {
        auto const asked = sip::parse_challenge(challenge);
        REQUIRE(asked.has_value());
        return sip::authorization_value(
            env.hash,
            {.algorithm = *sip::digest_algorithm_from(asked->algorithm),
             .qop = a.qop,
             .username = a.user,
             .realm = asked->realm,
             .password = a.password,
             .nonce = asked->nonce,
             .cnonce = "c",
             .nonce_count = a.count,
             .method = a.method,
             .uri = a.uri,
             .body = body},
            asked->opaque
        );
    }
    sip::digest_judgement judge(
        std::string const& value, std::string const& realm = "example.com",
        sip::digest_role role = sip::digest_role::user_agent, std::string const& method = "REGISTER"
    ) {
        auto const name = role == sip::digest_role::proxy ? "Proxy-Authorization" : "Authorization";
        auto const message = sip::parse_message(
            pool.copy(test::wire(
                method +
                " sip:example.com SIP/2.0\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: "
                "<sip:c@d>\nCall-ID: x\nCSeq: 1 " +
                method + "\n" + (value.empty() ? "" : std::string(name) + ": " + value + "\n") + "\n" + body
            )),
            pool
        );
        REQUIRE(message.has_value());
        return server.judge(now, message->view(), realm, role, secrets());
    }
    digest_verdict verdict(std::string const& challenge, answer const& a) {
        return judge(credentials(challenge, a)).verdict;
    }
};

}  // namespace

TEST_CASE("One challenge for each algorithm, the preferred one first, all with one nonce (RFC 8760 2.3)") {
    fixture f({.algorithms = {{hash_algorithm::sha512_256, true}, {hash_algorithm::sha256, false}, {}}});
    auto const all = f.server.challenges(f.now, "example.com", digest_verdict::missing);
    REQUIRE(all.size() == 3);
    std::string const expected[] = {"SHA-512-256-sess", "SHA-256", "MD5"};
    for (std::size_t i = 0; i < 3; ++i) {
        auto const read = sip::parse_challenge(all[i]);
        CHECK(read->algorithm == expected[i]);
        CHECK(read->nonce == sip::parse_challenge(all[0])->nonce);
        CHECK(read->realm == "example.com");
        CHECK(read->offers_qop("auth"));
        CHECK(!read->stale);
        CHECK(!read->opaque.empty());
    }
    CHECK(sip::parse_challenge(f.server.challenges(f.now, "x", digest_verdict::stale)[0])->stale);
}

TEST_CASE("realm, nonce, opaque and qop are quoted in a challenge, algorithm and stale are not (RFC 7616 3.3)") {
    fixture f({.algorithms = {{hash_algorithm::sha256, false}}, .offers_auth_int = true});
    auto const text = f.server.challenges(f.now, "example.com", digest_verdict::stale).at(0);
    auto const read = sip::parse_challenge(text);
    CHECK(
        text == "Digest realm=\"example.com\", nonce=\"" + std::string(read->nonce) + "\", opaque=\"" +
                    std::string(read->opaque) + "\", algorithm=SHA-256, qop=\"auth,auth-int\", stale=true"
    );
}

TEST_CASE("Names and passwords may be in any script (RFC 7616 4)") {
    fixture f;
    f.users = {{"Jäsøn Doe", {"Secret, or not? — 秘密", false}}};
    CHECK(
        f.verdict(f.challenge(), {.password = "Secret, or not? — 秘密", .user = "Jäsøn Doe"}) ==
        digest_verdict::accepted
    );
    CHECK(
        f.verdict(f.challenge(), {.password = "Secret, or not? - 秘密", .user = "Jäsøn Doe"}) ==
        digest_verdict::rejected
    );
}

TEST_CASE(
    "The right password is accepted with every algorithm and protection that is offered (RFC 7616 3.2, 3.4.1, 3.4.2, "
    "3.4.3, RFC 8760 2.1, 2.2)"
) {
    for (auto const hash : {hash_algorithm::md5, hash_algorithm::sha256, hash_algorithm::sha512_256})
        for (bool const session : {false, true})
            for (auto const qop : {qop_of::none, qop_of::auth, qop_of::auth_int}) {
                if (session && qop == qop_of::none) continue;
                CAPTURE(sip::to_string(digest_algorithm{hash, session}));
                fixture f({.algorithms = {{hash, session}}, .offers_auth_int = true});
                f.body = "body";
                CHECK(f.verdict(f.challenge(), {.qop = qop}) == digest_verdict::accepted);
                CHECK(f.verdict(f.challenge(), {.password = "wrong", .qop = qop}) == digest_verdict::rejected);
            }
}

TEST_CASE("A body that was changed on the way breaks auth-int (RFC 7616 3.4.3)") {
    fixture f({.offers_auth_int = true});
    f.body = "body";
    auto const value = f.credentials(f.challenge(), {.qop = qop_of::auth_int});
    f.body = "other";
    CHECK(f.judge(value).verdict == digest_verdict::rejected);
}

TEST_CASE("A stored H(A1) serves as well as the password (RFC 7616 3.4.2)") {
    fixture f;
    auto const ha1 = sip::digest_ha1(f.env.hash, hash_algorithm::sha256, "bob", "example.com", "secret");
    f.users["bob"] = {std::string(ha1.view()), true};
    CHECK(f.verdict(f.challenge(), {}) == digest_verdict::accepted);
}

TEST_CASE("An unknown user and a wrong password are the same to whoever asks (RFC 7616 5.1)") {
    fixture f;
    CHECK(f.verdict(f.challenge(), {.user = "nobody"}) == digest_verdict::rejected);
    CHECK(f.verdict(f.challenge(), {.password = "wrong"}) == digest_verdict::rejected);
    CHECK(f.server.remembered() == 0);
}

TEST_CASE("What was not offered does not get in: algorithm, auth-int, no qop (RFC 8760 2.4, RFC 3261 22.4)") {
    fixture f({.algorithms = {{hash_algorithm::sha256, false}}, .allows_no_qop = false});
    auto weaker = f.challenge();
    weaker.replace(weaker.find("SHA-256"), 7, "MD5");
    CHECK(f.verdict(weaker, {}) == digest_verdict::rejected);
    CHECK(f.verdict(f.challenge(), {.qop = qop_of::auth_int}) == digest_verdict::rejected);
    CHECK(f.verdict(f.challenge(), {.qop = qop_of::none}) == digest_verdict::rejected);
}

TEST_CASE("Credentials count for their own realm and role only (RFC 3261 22.2, 22.3, RFC 7616 3.8)") {
    fixture f;
    auto const value = f.credentials(f.challenge(), {});
    CHECK(f.judge(value, "other.com").verdict == digest_verdict::missing);
    CHECK(f.judge({}).verdict == digest_verdict::missing);
    CHECK(f.judge("Basic Ym9iOnNlY3JldA==").verdict == digest_verdict::missing);  // RFC 8760 2.6
    CHECK(f.judge(value, "example.com", sip::digest_role::proxy).verdict == digest_verdict::accepted);
    // A nonce that was made for one realm is none of the other's.
    auto stolen = f.challenge(0, "other.com");
    stolen.replace(stolen.find("other.com"), 9, "example.com");
    CHECK(f.verdict(stolen, {}) == digest_verdict::stale);
}

TEST_CASE("Credentials for another request are malformed (RFC 3261 22.4)") {
    fixture f;
    CHECK(f.verdict(f.challenge(), {.uri = "sip:elsewhere.com"}) == digest_verdict::malformed);
    CHECK(f.judge("Digest username=\"bob\"").verdict == digest_verdict::malformed);
    CHECK(f.judge(f.credentials(f.challenge(), {.method = "INVITE"})).verdict == digest_verdict::rejected);
}

TEST_CASE("A count that was seen is a replay; counts may overtake each other a little (RFC 7616 3.4.5)") {
    fixture f;
    auto const asked = f.challenge();
    auto const use = [&](std::uint32_t count) { return f.verdict(asked, {.count = count}); };
    CHECK(use(1) == digest_verdict::accepted);
    CHECK(use(1) == digest_verdict::stale);
    CHECK(use(4) == digest_verdict::accepted);
    CHECK(use(3) == digest_verdict::accepted);
    CHECK(use(3) == digest_verdict::stale);
    CHECK(use(2) == digest_verdict::accepted);
    CHECK(use(1) == digest_verdict::stale);
    CHECK(use(100) == digest_verdict::accepted);
    CHECK(use(67) == digest_verdict::stale);
    CHECK(use(68) == digest_verdict::accepted);
    CHECK(use(0) == digest_verdict::malformed);
}

TEST_CASE("Without qop a nonce serves once (RFC 3261 22.4)") {
    fixture f;
    auto const asked = f.challenge();
    CHECK(f.verdict(asked, {.qop = qop_of::none}) == digest_verdict::accepted);
    CHECK(f.verdict(asked, {.qop = qop_of::none}) == digest_verdict::stale);
}

TEST_CASE("An old nonce, and one of nobody's, is stale where the password is right (RFC 7616 3.3)") {
    fixture f;
    auto const asked = f.challenge();
    f.now += 299s;
    CHECK(f.verdict(asked, {}) == digest_verdict::accepted);
    f.now += 1s;
    CHECK(f.verdict(asked, {.count = 2}) == digest_verdict::stale);
    CHECK(f.verdict(asked, {.password = "wrong", .count = 3}) == digest_verdict::rejected);
    auto forged = f.challenge();
    forged[forged.find("nonce=\"") + 20] ^= 1;
    CHECK(f.verdict(forged, {}) == digest_verdict::stale);
}

TEST_CASE("Remembered nonces are bounded, and one that was forgotten is not accepted again") {
    fixture f({.most_nonces = 3});
    auto const first = f.challenge();
    CHECK(f.verdict(first, {}) == digest_verdict::accepted);
    for (int i = 0; i < 10; ++i) {
        f.now += 1s;
        CHECK(f.verdict(f.challenge(), {}) == digest_verdict::accepted);
    }
    CHECK(f.server.remembered() == 3);
    CHECK(f.verdict(first, {.count = 2}) == digest_verdict::stale);
    f.now += 10min;
    CHECK(f.verdict(f.challenge(), {}) == digest_verdict::accepted);
    CHECK(f.server.remembered() == 1);
}

TEST_CASE("Authentication-Info proves the server, and offers the next nonce in time (RFC 7616 3.5)") {
    fixture f;
    auto const asked = f.challenge();
    auto const first = f.judge(f.credentials(asked, {}));
    CHECK(first.user == "bob");
    CHECK(first.authentication_info.find("nextnonce") == std::string::npos);
    auto const read = sip::parse_challenge(asked);
    auto const proof = sip::digest_response(
        f.env.hash, {.algorithm = {hash_algorithm::sha256, false},
                     .qop = qop_of::auth,
                     .username = "bob",
                     .realm = "example.com",
                     .password = "secret",
                     .nonce = read->nonce,
                     .cnonce = "c",
                     .nonce_count = 1,
                     .method = {},
                     .uri = "sip:example.com",
                     .body = {}}
    );
    CHECK(
        first.authentication_info ==
        "qop=auth, rspauth=\"" + std::string(proof.view()) + "\", cnonce=\"c\", nc=00000001"
    );
    f.now += 200s;
    auto const later = f.judge(f.credentials(asked, {.count = 2}));
    CHECK(later.authentication_info.starts_with("nextnonce=\""));
}
