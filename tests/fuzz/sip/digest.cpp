// Digest from both ends. The input's first byte chooses: a challenge from anywhere, answered by our authenticator,
// whose answer is then computed a second time; or credentials from anywhere, judged by our server.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sip/syntax/parse.hpp"
#include "sip/usage/auth_retry.hpp"
#include "sip/usage/digest_server.hpp"
#include "support/seeded_environment.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

constexpr std::string_view password = "secret";

struct world {
    test::seeded_random random{1};
    sip::environment env = test::seeded_environment(random);
    sip::buffer_pool pool;

    std::optional<sip::message> message(std::string_view start, std::string_view header, std::string_view value) {
        std::string text(start);
        text.append(
            "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:bob@example.com>;tag=a\r\n"
            "To: <sip:bob@example.com>;tag=b\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n"
        );
        text.append(header).append(": ").append(value).append("\r\nContent-Length: 0\r\n\r\n");
        auto parsed = sip::parse_message(pool.copy(text), pool);
        return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
    }
};

/// What we answer must be what the challenger computes.
void check_answer(world& w, sip::authenticator& ours) {
    sip::message_builder out(w.pool);
    out.request(sip::method::register_, "sip:example.com");
    ours.write_credentials(out, "REGISTER", "sip:example.com", {}, sip::challenge_origin::registrar, w.env);
    auto const wire = out.finish();
    if (!wire) return;  // larger than a message may be
    std::string whole(wire->text());
    auto const at = whole.find("\r\nAuthorization: ");
    if (at == std::string::npos) return;
    auto const value = whole.substr(at + 17, whole.find("\r\n", at + 2) - at - 17);
    auto const read = sip::parse_credentials(value);
    require(read.has_value());
    auto const algorithm = sip::digest_algorithm_from(read->algorithm);
    require(algorithm.has_value());
    auto const ha1 = sip::digest_ha1(w.env.hash, algorithm->hash, read->username, read->realm, password);
    // Escapes inside a realm are part of its text for both sides.
    if (!algorithm->session) require(sip::verify(w.env.hash, *read, ha1.view(), "REGISTER", {}));
}

void challenged(world& w, std::string_view value) {
    auto const response = w.message("SIP/2.0 401 Unauthorized\r\n", "WWW-Authenticate", value);
    if (!response) return;
    sip::account_credentials known;
    known.auth_name = "bob";
    known.password = password;
    sip::authenticator ours(known);
    sip::auth_attempts attempts;
    unsigned rounds = 0;
    while (!ours.on_challenge(**response, sip::challenge_origin::registrar, attempts)) {
        check_answer(w, ours);
        require(++rounds <= sip::auth_attempts::most_rounds);
    }
}

void judged(world& w, std::string_view value) {
    auto const request = w.message("REGISTER sip:example.com SIP/2.0\r\n", "Authorization", value);
    if (!request) return;
    sip::digest_server_settings settings;
    settings.offers_auth_int = true;
    settings.most_nonces = 4;
    sip::digest_server server(settings, w.env);
    sip::secret_source const secrets{
        [](void const*, std::string_view user, std::string_view, sip::hash_algorithm) {
            return user == "bob" ? std::optional(sip::digest_secret{std::string(password), false}) : std::nullopt;
        },
        nullptr};
    auto const verdict = server.judge({}, **request, "example.com", sip::digest_role::user_agent, secrets);
    // Nobody has been given a nonce: no credentials can be right.
    require(verdict.verdict != sip::digest_verdict::accepted && verdict.user.empty() && server.remembered() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    world w;
    std::string_view const value(reinterpret_cast<char const*>(data + 1), size - 1);
    if (data[0] == 'c')
        challenged(w, value);
    else
        judged(w, value);
    return 0;
}
