#include "sip/usage/auth_retry.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace sip {

namespace {

/// Realms of one account that we keep nonces for; the oldest goes first.
constexpr std::size_t most_known = 8;
constexpr std::size_t most_learned_realms = 4;

/// auth where it is offered: auth-int would tie the credentials to a body that proxies may have to change (RFC
/// 3261 22.4 asks for at least auth). Nothing where a qop list holds only options that we do not know.
std::optional<quality_of_protection> choose_qop(challenge_view const& challenge) {
    if (challenge.qop.empty()) return quality_of_protection::none;  // RFC 2069 style, still allowed (22.4, item 8)
    if (challenge.offers_qop("auth")) return quality_of_protection::auth;
    if (challenge.offers_qop("auth-int")) return quality_of_protection::auth_int;
    return std::nullopt;
}

bool is_in(auto const& texts, std::string_view wanted) {
    return std::find(texts.begin(), texts.end(), wanted) != texts.end();
}

/// The text as it is printed and hashed: a line break and the white space around it mean one space (RFC 3261 7.3.1).
/// Kept as it came, a realm that a peer folds with LF alone would be hashed otherwise than it is sent.
std::string unfolded(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    std::string result;
    for (auto line_end = text.find('\n'); line_end != std::string_view::npos; line_end = text.find('\n')) {
        result.append(text.substr(0, text.find_last_not_of(blanks, line_end) + 1)).append(" ");
        text.remove_prefix(std::min(text.find_first_not_of(blanks, line_end), text.size()));
    }
    return result.append(text);
}

/// What became of the challenges for one realm. Several challenges for it differ in the algorithm; the server's order
/// is its preference (RFC 8760 2.3).
struct realm_choice {
    std::string_view realm;
    bool weak = false;  ///< something we know was offered, but below the minimum
    struct chosen_challenge {
        challenge_view challenge;
        digest_algorithm algorithm;
        quality_of_protection qop;
    };
    std::optional<chosen_challenge> chosen;
};

using choices = boost::container::small_vector<realm_choice, 4>;

void consider(choices& all, challenge_view const& challenge, hash_algorithm minimum) {
    auto at = std::find_if(all.begin(), all.end(), [&](realm_choice const& c) { return c.realm == challenge.realm; });
    if (at == all.end()) at = all.insert(all.end(), realm_choice{challenge.realm, false, std::nullopt});
    if (at->chosen) return;
    auto const algorithm = digest_algorithm_from(challenge.algorithm);
    auto const qop = choose_qop(challenge);
    if (!algorithm || !qop) return;
    if (algorithm->session && *qop == quality_of_protection::none)
        return;  // -sess needs a cnonce, which only qop brings
    if (algorithm->hash < minimum) {
        at->weak = true;
        return;
    }
    at->chosen = realm_choice::chosen_challenge{challenge, *algorithm, *qop};
}

template <header_id Id>
choices choose(message_view response, hash_algorithm minimum) {
    choices all;
    for (auto const& challenge : response.all<Id>())
        if (challenge && challenge->is_digest()) consider(all, *challenge, minimum);
    return all;
}

}  // namespace

authenticator::authenticator(account_credentials credentials) : credentials_(std::move(credentials)) {}

error_code authenticator::on_challenge(message_view response, challenge_origin origin, auth_attempts& attempts) {
    if (credentials_.password.empty() || origin == challenge_origin::stranger) return errc::no_credentials;
    bool const from_proxy = response.status() == 407;
    auto const minimum = credentials_.minimum_strength;
    auto const all = from_proxy ? choose<header_id::proxy_authenticate>(response, minimum)
                                : choose<header_id::www_authenticate>(response, minimum);

    // Every realm of ours must be answerable: a request that satisfies one of two proxies is only refused by the other.
    bool answered_one = false, weak = false;
    for (auto const& choice : all) {
        if (!is_own_realm(choice.realm, origin)) continue;
        if (!choice.chosen) {
            weak = weak || choice.weak;
            continue;
        }
        auto const& chosen = *choice.chosen;
        // 22.2: the same realm asks again although this request answered its last challenge. Only a stale nonce means
        // that the password was right.
        if (is_in(attempts.answered_realms, choice.realm) && !chosen.challenge.stale) return errc::credentials_rejected;
        if (origin == challenge_origin::registrar && !is_in(learned_realms_, choice.realm) &&
            learned_realms_.size() < most_learned_realms)
            learned_realms_.emplace_back(choice.realm);
        remember(
            chosen.challenge, chosen.algorithm, chosen.qop, from_proxy,
            !from_proxy && origin == challenge_origin::registrar
        );
        if (!is_in(attempts.answered_realms, choice.realm)) attempts.answered_realms.emplace_back(choice.realm);
        answered_one = true;
    }
    if (!answered_one) return weak ? errc::weak_algorithm : errc::no_credentials;
    if (++attempts.rounds > auth_attempts::most_rounds) return errc::credentials_rejected;
    return {};
}

void authenticator::on_success(message_view response, challenge_origin origin) {
    if (origin == challenge_origin::stranger || !response.has(header_id::authentication_info)) return;
    auto const info = response.get<header_id::authentication_info>();
    if (!info || info->nextnonce.empty()) return;
    // It names no realm: whose nonce it replaces is only clear where one server alone has asked.
    known_challenge* found = nullptr;
    for (auto& known : known_) {
        if (known.from_proxy || known.from_registrar != (origin == challenge_origin::registrar)) continue;
        if (found != nullptr) return;
        found = &known;
    }
    if (found == nullptr) return;
    auto next = unfolded(info->nextnonce);
    if (found->nonce == next) return;
    found->nonce = std::move(next);
    found->uses = 0;
}

void authenticator::write_credentials(
    message_builder& out, std::string_view method, std::string_view request_uri, std::string_view body,
    challenge_origin origin, environment& env
) {
    if (origin == challenge_origin::stranger) return;
    for (auto& known : known_) {
        if (!known.from_proxy && known.from_registrar != (origin == challenge_origin::registrar)) continue;
        // RFC 7616 3.4.2: the session key of a -sess algorithm is made once, with the first cnonce for its nonce.
        if (!known.algorithm.session || known.uses == 0) known.cnonce = fmt::format("{:016x}", env.random());
        digest_input const input{
            .algorithm = known.algorithm,
            .qop = known.qop,
            .username = credentials_.auth_name,
            .realm = known.realm,
            .password = credentials_.password,
            .nonce = known.nonce,
            .cnonce = known.cnonce,
            .nonce_count = ++known.uses,
            .method = method,
            .uri = request_uri,
            .body = body,
        };
        out.header(
            known.from_proxy ? header_id::proxy_authorization : header_id::authorization,
            authorization_value(env.hash, input, known.opaque)
        );
    }
}

bool authenticator::is_own_realm(std::string_view realm, challenge_origin origin) const {
    if (credentials_.realm) return realm == *credentials_.realm;
    if (origin == challenge_origin::registrar || is_in(learned_realms_, realm)) return true;
    return std::any_of(
        credentials_.own_domains.begin(), credentials_.own_domains.end(),
        [&](std::string const& domain) { return detail::equal_ignoring_case(domain, realm); }
    );
}

void authenticator::remember(
    challenge_view const& challenge, digest_algorithm algorithm, quality_of_protection qop, bool from_proxy,
    bool from_registrar
) {
    auto realm = unfolded(challenge.realm), nonce = unfolded(challenge.nonce);
    auto at = std::find_if(known_.begin(), known_.end(), [&](known_challenge const& known) {
        return known.from_proxy == from_proxy && known.from_registrar == from_registrar && known.realm == realm;
    });
    if (at == known_.end()) {
        if (known_.size() >= most_known) known_.erase(known_.begin());
        at = known_.insert(known_.end(), known_challenge{});
    }
    if (at->nonce != nonce) at->uses = 0;  // the nonce count starts anew with each nonce (RFC 7616 3.4)
    at->realm = std::move(realm);
    at->nonce = std::move(nonce);
    at->opaque = unfolded(challenge.opaque);
    at->algorithm = algorithm;
    at->qop = qop;
    at->from_proxy = from_proxy;
    at->from_registrar = from_registrar;
}

}  // namespace sip
