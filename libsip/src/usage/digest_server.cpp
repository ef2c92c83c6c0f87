#include "sip/usage/digest_server.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "sip/syntax/uri.hpp"

namespace sip {

namespace {

constexpr std::size_t birth_size = 16, birth_and_salt_size = 32, nonce_size = 48;

template <class Number>
std::optional<Number> hex(std::string_view text) noexcept {
    Number value{};
    auto const end = text.data() + text.size();
    auto const [at, error] = std::from_chars(text.data(), end, value, 16);
    return error == std::errc() && at == end ? std::optional(value) : std::nullopt;
}

std::int64_t ticks(time_point at) noexcept {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

}  // namespace

digest_server::digest_server(digest_server_settings settings, environment& env)
    : settings_(std::move(settings)),
      environment_(&env),
      key_{env.random(), env.random()},
      nobody_(fmt::format("{:016x}{:016x}", env.random(), env.random())) {}

// ---- nonces

std::uint64_t digest_server::checksum(std::string_view birth_and_salt, std::string_view realm) const {
    return keyed_hash(key_).text(birth_and_salt).mark().text(realm).finish();
}

std::string digest_server::nonce(time_point now, std::string_view realm) {
    auto text = fmt::format("{:016x}{:016x}", ticks(now), environment_->random());
    return text + fmt::format("{:016x}", checksum(text, realm));
}

std::string digest_server::opaque(std::string_view realm) const {
    return fmt::format("{:016x}", checksum({}, realm));
}

/// Nothing for a nonce that is not ours, or was made for another realm.
std::optional<duration> digest_server::age_of(time_point now, std::string_view nonce, std::string_view realm) const {
    if (nonce.size() != nonce_size) return std::nullopt;
    auto const birth = hex<std::int64_t>(nonce.substr(0, birth_size));
    auto const sum = hex<std::uint64_t>(nonce.substr(birth_and_salt_size));
    if (!birth || sum != checksum(nonce.substr(0, birth_and_salt_size), realm)) return std::nullopt;
    auto const age = std::chrono::microseconds(ticks(now) - *birth);
    return age >= age.zero() ? std::optional<duration>(age) : std::nullopt;
}

bool digest_server::count_use(time_point now, std::string_view nonce, std::uint32_t count) {
    auto const is_old = [&](std::string_view remembered) {
        auto const birth = hex<std::int64_t>(remembered.substr(0, birth_size));
        return std::chrono::microseconds(ticks(now) - birth.value_or(0)) >= settings_.nonce_life;
    };
    while (!used_.empty() && is_old(used_.begin()->first))
        used_.erase(used_.begin());
    auto const at = used_.find(nonce);
    if (at == used_.end()) {
        if (used_.size() >= settings_.most_nonces) {
            forgotten_ = used_.begin()->first;
            used_.erase(used_.begin());
        }
        used_.emplace(nonce, use{count, 0});
        return true;
    }
    auto& known = at->second;
    if (count > known.highest) {
        auto const step = count - known.highest;
        known.seen = step < 32 ? known.seen << step : 0;
        if (step <= 32) known.seen |= 1U << (step - 1);
        known.highest = count;
        return true;
    }
    auto const below = known.highest - count;
    if (below == 0 || below > 32) return false;
    auto const bit = 1U << (below - 1);
    if ((known.seen & bit) != 0) return false;
    known.seen |= bit;
    return true;
}

// ---- challenges

std::vector<std::string> digest_server::challenges(time_point now, std::string_view realm, digest_verdict why) {
    std::vector<std::string> values;
    values.reserve(settings_.algorithms.size());
    auto const fresh = nonce(now, realm);
    for (auto const algorithm : settings_.algorithms)
        values.push_back(fmt::format(
            "Digest realm=\"{}\", nonce=\"{}\", opaque=\"{}\", algorithm={}, qop=\"{}\"{}", realm, fresh, opaque(realm),
            to_string(algorithm), settings_.offers_auth_int ? "auth,auth-int" : "auth",
            why == digest_verdict::stale ? ", stale=true" : ""
        ));
    return values;
}

// ---- answers

digest_judgement digest_server::judge(
    time_point now, message_view request, std::string_view realm, digest_role role, secret_source secrets
) {
    auto const look = [&](auto const& all) {
        digest_judgement found;
        for (auto const& credentials : all) {
            if (!credentials) {
                found.verdict = digest_verdict::malformed;
                continue;
            }
            if (credentials->is_digest() && credentials->realm == realm)
                return judge(now, request, realm, *credentials, secrets);
        }
        return found;
    };
    return role == digest_role::user_agent ? look(request.all<header_id::authorization>())
                                           : look(request.all<header_id::proxy_authorization>());
}

digest_judgement digest_server::judge(
    time_point now, message_view request, std::string_view realm, credentials_view const& credentials,
    secret_source secrets
) {
    auto const verdict = [](digest_verdict what) { return digest_judgement{what, {}, {}}; };
    auto const algorithm = digest_algorithm_from(credentials.algorithm);
    auto const uri = parse_uri(credentials.uri), target = parse_uri(request.request_uri());
    // 22.4: the digest must be for this request. An upstream element may have rewritten the Request-URI within the
    // rules of comparison.
    if (!algorithm || !uri || !target || !equivalent(*uri, *target)) return verdict(digest_verdict::malformed);

    // An algorithm or protection that was not offered must not get in by the back door.
    auto const& offered = settings_.algorithms;
    if (std::find(offered.begin(), offered.end(), *algorithm) == offered.end())
        return verdict(digest_verdict::rejected);
    bool const is_integral = detail::equal_ignoring_case(credentials.qop, "auth-int");
    if (is_integral && !settings_.offers_auth_int) return verdict(digest_verdict::rejected);
    if (credentials.qop.empty() && (!settings_.allows_no_qop || algorithm->session))
        return verdict(digest_verdict::rejected);

    // The same work for a user that does not exist: who measures the time learns nothing.
    auto const& hash = environment_->hash;
    auto const known = secrets.find(secrets.context, credentials.username, realm, algorithm->hash);
    auto const& secret = known ? known->text : nobody_;
    auto const ha1 = known && known->is_ha1
                         ? secret
                         : std::string(digest_ha1(hash, algorithm->hash, credentials.username, realm, secret).view());
    bool const is_right = verify(hash, credentials, ha1, request.method_text(), request.body());
    if (!is_right || !known) return verdict(digest_verdict::rejected);

    // The password is right. Without qop (RFC 2069) there is no count: such a nonce serves once.
    auto const count = credentials.qop.empty() ? std::optional<std::uint32_t>(1) : hex<std::uint32_t>(credentials.nc);
    if (!count || *count == 0) return verdict(digest_verdict::malformed);
    auto const age = age_of(now, credentials.nonce, realm);
    bool const is_fresh = age && *age < settings_.nonce_life && credentials.nonce > forgotten_ &&
                          (credentials.opaque.empty() || credentials.opaque == opaque(realm));
    if (!is_fresh || !count_use(now, credentials.nonce, *count)) return verdict(digest_verdict::stale);
    return {
        digest_verdict::accepted, std::string(credentials.username),
        info(now, realm, credentials, *algorithm, *count, ha1)};
}

std::string digest_server::info(
    time_point now, std::string_view realm, credentials_view const& credentials, digest_algorithm algorithm,
    std::uint32_t count, std::string_view ha1
) {
    std::string text;
    // Past half its life a nonce is replaced before it goes stale in the middle of a transaction.
    if (auto const age = age_of(now, credentials.nonce, realm); age && *age >= settings_.nonce_life / 2)
        text = fmt::format("nextnonce=\"{}\"", nonce(now, realm));
    // With auth-int the answer would have to cover a response body that is not written yet.
    if (!detail::equal_ignoring_case(credentials.qop, "auth")) return text;
    digest_input const in{
        .algorithm = algorithm,
        .qop = quality_of_protection::auth,
        .username = {},
        .realm = {},
        .password = {},
        .nonce = credentials.nonce,
        .cnonce = credentials.cnonce,
        .nonce_count = count,
        .method = {},  // RFC 7616 3.5: A2 begins with the colon
        .uri = credentials.uri,
        .body = {},
    };
    auto const proof = digest_response(environment_->hash, in, ha1);
    return fmt::format(
        "{}{}qop=auth, rspauth=\"{}\", cnonce=\"{}\", nc={:08x}", text, text.empty() ? "" : ", ", proof.view(),
        credentials.cnonce, count
    );
}

}  // namespace sip
