// Covers: which challenge is answered (order of the server, minimum strength, realm, origin), how often, nonce counts,
// stale nonces, both header pairs. Not here: the arithmetic of the response (syntax/digest).
#include "sip/usage/auth_retry.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "support/seeded_random.hpp"

namespace {

struct fixture {
    sip::buffer_pool pool;
    test::seeded_random random{1};
    sip::environment env{random.source(), {}, {}, {}};

    sip::message challenge(std::uint16_t status, std::string const& challenges) {
        auto text =
            "SIP/2.0 " + std::to_string(status) +
            " Who Are You\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:1001@example.com>;tag=a\r\n"
            "To: <sip:1001@example.com>;tag=b\r\nCall-ID: c1\r\nCSeq: 1 REGISTER\r\n" +
            challenges + "Content-Length: 0\r\n\r\n";
        auto parsed = sip::parse_message(pool.copy(text), pool);
        REQUIRE(parsed.has_value());
        return *parsed;
    }

    /// The next request's Authorization or Proxy-Authorization values, in order.
    std::string credentials(
        sip::authenticator& authenticator, sip::challenge_origin origin = sip::challenge_origin::registrar,
        std::string_view body = {}
    ) {
        sip::message_builder out(pool);
        out.request(sip::method::register_, "sip:example.com");
        authenticator.write_credentials(out, "REGISTER", "sip:example.com", body, origin, env);
        auto wire = out.finish();
        REQUIRE(wire.has_value());
        return std::string(wire->text());
    }
};

sip::account_credentials alice() {
    return {
        .auth_name = "1001",
        .password = "secret",
        .realm = std::nullopt,
        .own_domains = {"example.com"},
        .minimum_strength = {}};
}

bool contains(std::string const& text, std::string_view piece) {
    return text.find(piece) != std::string::npos;
}

std::string const md5 = R"(WWW-Authenticate: Digest realm="example.com", nonce="n1", algorithm=MD5, qop="auth")"
                        "\r\n";
std::string const sha256 = R"(WWW-Authenticate: Digest realm="example.com", nonce="n2", algorithm=SHA-256, qop="auth")"
                           "\r\n";

using enum sip::challenge_origin;

}  // namespace

TEST_CASE_FIXTURE(
    fixture, "a 401 is answered with Authorization, a 407 with Proxy-Authorization (RFC 3261 22.2, 22.3)"
) {
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts;
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, md5), registrar, attempts));
    CHECK(contains(credentials(authenticator), "\r\nAuthorization: Digest "));

    sip::auth_attempts others;
    CHECK_FALSE(authenticator.on_challenge(
        *challenge(407, "Proxy-Authenticate: Digest realm=\"example.com\", nonce=\"p\"\r\n"), own_server, others
    ));
    auto const both = credentials(authenticator);
    CHECK(contains(both, "\r\nAuthorization: "));
    CHECK(contains(both, "\r\nProxy-Authorization: "));
}

TEST_CASE_FIXTURE(fixture, "of several challenges for one realm the first that we support is answered (RFC 8760 2.4)") {
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts;
    auto const unknown =
        std::string(R"(WWW-Authenticate: Digest realm="example.com", nonce="n0", algorithm=SHA-3, qop="auth")") +
        "\r\n";
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, unknown + md5 + sha256), registrar, attempts));
    CHECK(contains(credentials(authenticator), "nonce=\"n1\""));

    sip::authenticator second(alice());
    sip::auth_attempts fresh;
    CHECK_FALSE(second.on_challenge(*challenge(401, unknown + sha256 + md5), registrar, fresh));
    CHECK(contains(credentials(second), "nonce=\"n2\""));
}

TEST_CASE_FIXTURE(
    fixture, "algorithms below the account's minimum are passed over, and refused where nothing else is offered"
) {
    auto credentials_of_alice = alice();
    credentials_of_alice.minimum_strength = sip::hash_algorithm::sha256;
    sip::authenticator authenticator(credentials_of_alice);
    sip::auth_attempts attempts;
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, md5 + sha256), registrar, attempts));
    CHECK(contains(credentials(authenticator), "algorithm=SHA-256"));

    sip::auth_attempts fresh;
    CHECK(authenticator.on_challenge(*challenge(401, md5), registrar, fresh) == sip::errc::weak_algorithm);
}

TEST_CASE_FIXTURE(fixture, "credentials go only to the account's own realm and server") {
    auto const foreign =
        std::string(R"(Proxy-Authenticate: Digest realm="elsewhere.net", nonce="x", qop="auth")") + "\r\n";
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts;
    CHECK(authenticator.on_challenge(*challenge(407, foreign), own_server, attempts) == sip::errc::no_credentials);
    CHECK(authenticator.on_challenge(*challenge(401, md5), stranger, attempts) == sip::errc::no_credentials);

    // A realm that the registrar itself names is ours from then on, for the proxy in front of it too.
    auto const named = std::string(R"(WWW-Authenticate: Digest realm="elsewhere.net", nonce="x", qop="auth")") + "\r\n";
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, named), registrar, attempts));
    sip::auth_attempts fresh;
    CHECK_FALSE(authenticator.on_challenge(*challenge(407, foreign), own_server, fresh));
    CHECK_FALSE(contains(credentials(authenticator, stranger), "uthorization"));

    auto only = alice();
    only.realm = "chosen";
    sip::authenticator strict(only);
    CHECK(strict.on_challenge(*challenge(401, md5), registrar, fresh) == sip::errc::no_credentials);
}

TEST_CASE_FIXTURE(
    fixture, "a second challenge for the same request means that the password is wrong, unless the nonce was stale"
) {
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts;
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, md5), registrar, attempts));
    auto const stale =
        std::string(R"(WWW-Authenticate: Digest realm="example.com", nonce="n3", qop="auth", stale=TRUE)") + "\r\n";
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, stale), registrar, attempts));
    CHECK(authenticator.on_challenge(*challenge(401, md5), registrar, attempts) == sip::errc::credentials_rejected);
}

TEST_CASE_FIXTURE(fixture, "a server that calls every nonce stale is given up after a bounded number of rounds") {
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts;
    int rounds = 0;
    sip::error_code error;
    while (!error && rounds < 100) {
        auto const stale = R"(WWW-Authenticate: Digest realm="example.com", stale=true, nonce="s)" +
                           std::to_string(rounds++) + "\"\r\n";
        error = authenticator.on_challenge(*challenge(401, stale), registrar, attempts);
    }
    CHECK(error == sip::errc::credentials_rejected);
    CHECK(rounds == sip::auth_attempts::most_rounds + 1);
}

TEST_CASE_FIXTURE(fixture, "the nonce count rises with each request and starts anew with a new nonce (RFC 7616 3.4)") {
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts;
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, md5), registrar, attempts));
    CHECK(contains(credentials(authenticator), "nc=00000001"));
    CHECK(contains(credentials(authenticator), "nc=00000002"));
    sip::auth_attempts next_request;
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, sha256), registrar, next_request));
    CHECK(contains(credentials(authenticator), "nc=00000001"));
}

TEST_CASE_FIXTURE(fixture, "two proxies with two realms are both answered in one request (RFC 3261 22.3)") {
    auto two = alice();
    two.own_domains = {"one", "two"};
    sip::authenticator authenticator(two);
    sip::auth_attempts attempts;
    auto const one = std::string(R"(Proxy-Authenticate: Digest realm="one", nonce="a", qop="auth")") + "\r\n";
    auto const other = std::string(R"(Proxy-Authenticate: Digest realm="two", nonce="b", qop="auth")") + "\r\n";
    CHECK_FALSE(authenticator.on_challenge(*challenge(407, one), own_server, attempts));
    CHECK_FALSE(authenticator.on_challenge(*challenge(407, other), own_server, attempts));
    auto const both = credentials(authenticator, own_server);
    CHECK(contains(both, "realm=\"one\""));
    CHECK(contains(both, "realm=\"two\""));
    auto const first = both.find("\r\nProxy-Authorization: ");
    CHECK(both.find("\r\nProxy-Authorization: ", first + 1) != std::string::npos);  // a line for each (RFC 3261 7.3.1)
    CHECK(authenticator.on_challenge(*challenge(407, one), own_server, attempts) == sip::errc::credentials_rejected);
}

TEST_CASE_FIXTURE(fixture, "auth-int is used where it is all that is offered, and covers the body") {
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts;
    auto const integrity =
        std::string(R"(WWW-Authenticate: Digest realm="example.com", nonce="n", qop="auth-int")") + "\r\n";
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, integrity), registrar, attempts));
    CHECK(contains(credentials(authenticator, registrar, "body"), "qop=auth-int"));

    sip::authenticator other(alice());
    auto const both =
        std::string(R"(WWW-Authenticate: Digest realm="example.com", nonce="n", qop="auth-int,auth")") + "\r\n";
    sip::auth_attempts fresh;
    CHECK_FALSE(other.on_challenge(*challenge(401, both), registrar, fresh));
    CHECK(contains(credentials(other), "qop=auth,"));

    auto const odd = std::string(R"(WWW-Authenticate: Digest realm="example.com", nonce="n", qop="auth-x")") + "\r\n";
    CHECK(other.on_challenge(*challenge(401, odd), registrar, fresh) == sip::errc::no_credentials);
}

TEST_CASE_FIXTURE(
    fixture,
    "a challenge of another scheme, Basic above all, or without a password to answer it, is not answered (RFC 8760 2.6)"
) {
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts;
    CHECK(
        authenticator.on_challenge(
            *challenge(401, "WWW-Authenticate: Bearer realm=\"example.com\"\r\n"), registrar, attempts
        ) == sip::errc::no_credentials
    );
    // Basic would show the password (RFC 8760 2.6); beside it our own kind is found.
    std::string const basic = "WWW-Authenticate: Basic realm=\"example.com\"\r\n";
    CHECK(authenticator.on_challenge(*challenge(401, basic), registrar, attempts) == sip::errc::no_credentials);
    CHECK_FALSE(contains(credentials(authenticator), "uthorization"));
    CHECK(authenticator.on_challenge(*challenge(401, ""), registrar, attempts) == sip::errc::no_credentials);
    sip::authenticator both(alice());
    CHECK_FALSE(both.on_challenge(*challenge(401, basic + md5), registrar, attempts));
    CHECK(contains(credentials(both), "\r\nAuthorization: Digest "));
    auto nobody = alice();
    nobody.password.clear();
    sip::authenticator without(nobody);
    CHECK(without.on_challenge(*challenge(401, md5), registrar, attempts) == sip::errc::no_credentials);
}

TEST_CASE_FIXTURE(
    fixture, "what the registrar asked for is not shown to others, what proxies asked for goes with every request"
) {
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts, others;
    auto const proxy = std::string(R"(Proxy-Authenticate: Digest realm="example.com", nonce="p", qop="auth")") + "\r\n";
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, md5), registrar, attempts));
    CHECK_FALSE(authenticator.on_challenge(*challenge(407, proxy), own_server, others));
    auto const invite = credentials(authenticator, own_server);
    CHECK_FALSE(contains(invite, "\r\nAuthorization: "));
    CHECK(contains(invite, "\r\nProxy-Authorization: "));
    auto const refresh = credentials(authenticator, registrar);
    CHECK(contains(refresh, "\r\nAuthorization: "));
    CHECK(contains(refresh, "\r\nProxy-Authorization: "));
}

TEST_CASE_FIXTURE(fixture, "The nonce that Authentication-Info names is used next, counted from one (RFC 7616 3.5)") {
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts;
    CHECK_FALSE(authenticator.on_challenge(*challenge(401, md5), registrar, attempts));
    CHECK(contains(credentials(authenticator), "nonce=\"n1\""));
    authenticator.on_success(*challenge(200, "Authentication-Info: nextnonce=\"next\", qop=auth\r\n"), own_server);
    CHECK(contains(credentials(authenticator), "nc=00000002"));
    authenticator.on_success(*challenge(200, "Authentication-Info: nextnonce=\"next\", qop=auth\r\n"), registrar);
    auto const then = credentials(authenticator);
    CHECK(contains(then, "nonce=\"next\""));
    CHECK(contains(then, "nc=00000001"));
    authenticator.on_success(*challenge(200, "Authentication-Info: nextnonce=\r\n"), registrar);
    CHECK(contains(credentials(authenticator), "nonce=\"next\""));
}

TEST_CASE_FIXTURE(fixture, "A session algorithm keeps its first cnonce as long as its nonce lives (RFC 7616 3.4.2)") {
    auto const cnonce_in = [](std::string const& text) {
        auto const at = text.find("cnonce=\"");
        return text.substr(at, text.find('"', at + 8) - at);
    };
    for (std::string const name : {"SHA-256-sess", "SHA-256"}) {
        CAPTURE(name);
        sip::authenticator authenticator(alice());
        auto const asked = [&](std::string const& nonce) {
            sip::auth_attempts attempts;
            return authenticator.on_challenge(
                *challenge(
                    401, "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"" + nonce + "\", algorithm=" + name +
                             ", qop=\"auth\"\r\n"
                ),
                registrar, attempts
            );
        };
        CHECK_FALSE(asked("n1"));
        auto const first = cnonce_in(credentials(authenticator)), second = cnonce_in(credentials(authenticator));
        CHECK((first == second) == name.ends_with("-sess"));
        CHECK_FALSE(asked("n2"));
        CHECK(cnonce_in(credentials(authenticator)) != second);
    }
}

TEST_CASE_FIXTURE(fixture, "A folded realm is hashed and sent with a space where the lines meet (RFC 3261 7.3.1)") {
    sip::authenticator authenticator(alice());
    sip::auth_attempts attempts;
    CHECK_FALSE(authenticator.on_challenge(
        *challenge(
            401, "WWW-Authenticate: Digest realm=\"the \n\t\n big \r\n  one\", nonce=\"n\n 1\", opaque=\"o\n\to\"\r\n"
        ),
        registrar, attempts
    ));
    auto const sent = credentials(authenticator);
    CHECK(contains(sent, R"(realm="the big one", nonce="n 1")"));
    CHECK(contains(sent, R"(opaque="o o")"));
    auto const at = sent.find("Digest ");
    auto const read = sip::parse_credentials(std::string_view(sent).substr(at, sent.find("\r\n", at) - at));
    REQUIRE(read.has_value());
    auto const ha1 = sip::digest_ha1(env.hash, sip::hash_algorithm::md5, "1001", "the big one", "secret");
    CHECK(sip::verify(env.hash, *read, ha1.view(), "REGISTER", {}));
}
