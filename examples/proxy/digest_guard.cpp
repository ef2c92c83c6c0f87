#include "digest_guard.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "sip/syntax/digest.hpp"

namespace proxy {
namespace {

constexpr std::size_t birth_and_salt_size = 32, nonce_size = 48;

template <class Number>
std::optional<Number> hex(std::string_view text) {
    Number value{};
    auto end = text.data() + text.size();
    auto [at, error] = std::from_chars(text.data(), end, value, 16);
    return error == std::errc() && at == end ? std::optional(value) : std::nullopt;
}

std::int64_t ticks(sip::time_point at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

}  // namespace

digest_guard::digest_guard(settings const& settings, std::string realm, sip::environment& environment)
    : settings_(&settings),
      realm_(std::move(realm)),
      environment_(&environment),
      key_{environment.random(), environment.random()} {}

std::uint64_t digest_guard::checksum(std::string_view birth_and_salt) const {
    return sip::keyed_hash(key_).text(birth_and_salt).finish();
}

std::string digest_guard::nonce(sip::time_point now) {
    auto text = fmt::format("{:016x}{:016x}", ticks(now), environment_->random());
    return text + fmt::format("{:016x}", checksum(text));
}

bool digest_guard::is_fresh(sip::time_point now, std::string_view nonce) const {
    if (nonce.size() != nonce_size || nonce <= forgotten_) return false;
    auto birth = hex<std::int64_t>(nonce.substr(0, 16));
    auto sum = hex<std::uint64_t>(nonce.substr(birth_and_salt_size));
    if (!birth || sum != checksum(nonce.substr(0, birth_and_salt_size))) return false;
    auto age = std::chrono::microseconds(ticks(now) - *birth);
    return age >= age.zero() && age < settings_->nonce_life;
}

std::vector<std::string> digest_guard::challenges(sip::time_point now, verdict why) {
    std::vector<std::string> values;
    auto fresh = nonce(now);
    for (auto algorithm : settings_->algorithms)
        values.push_back(fmt::format(
            "Digest realm=\"{}\", nonce=\"{}\", algorithm={}, qop=\"auth\"{}", realm_, fresh,
            sip::to_string(sip::digest_algorithm{algorithm, false}), why == verdict::stale ? ", stale=true" : ""
        ));
    return values;
}

bool digest_guard::count_use(sip::time_point now, std::string_view nonce, std::uint32_t count) {
    while (!used_.empty() && !is_fresh(now, used_.begin()->first))
        used_.erase(used_.begin());
    auto at = used_.find(nonce);
    if (at == used_.end()) {
        if (used_.size() >= most_remembered) {
            forgotten_ = used_.begin()->first;
            used_.erase(used_.begin());
        }
        used_.emplace(nonce, count);
        return true;
    }
    if (count <= at->second) return false;
    at->second = count;
    return true;
}

judgement digest_guard::judge(sip::time_point now, sip::message_view request, role as) {
    auto look = [&](auto const& all) {
        judgement found;
        for (auto const& credentials : all) {
            if (!credentials) {
                found.verdict = verdict::malformed;
                continue;
            }
            if (credentials->is_digest() && credentials->realm == realm_) return judge(now, request, *credentials);
        }
        return found;
    };
    return as == role::registrar ? look(request.all<sip::header_id::authorization>())
                                 : look(request.all<sip::header_id::proxy_authorization>());
}

judgement digest_guard::judge(
    sip::time_point now, sip::message_view request, sip::credentials_view const& credentials
) {
    auto algorithm = sip::digest_algorithm_from(credentials.algorithm);
    auto uri = sip::parse_uri(credentials.uri), target = sip::parse_uri(request.request_uri());
    // 22.4: the digest must be for this request. An upstream element may have rewritten the Request-URI within the
    // rules of comparison.
    if (!algorithm || !uri || !target || !equivalent(*uri, *target)) return {verdict::malformed, {}};

    // An algorithm that was not offered must not get in by the back door.
    auto const& offered = settings_->algorithms;
    if (std::find(offered.begin(), offered.end(), algorithm->hash) == offered.end()) return {verdict::rejected, {}};

    auto user = settings_->users.find(std::string(credentials.username));
    if (user == settings_->users.end()) return {verdict::rejected, {}};
    auto const& hash = environment_->hash;
    auto secret = sip::digest_ha1(hash, algorithm->hash, user->first, realm_, user->second);
    if (!sip::verify(hash, credentials, secret.view(), request.method_text(), request.body()))
        return {verdict::rejected, {}};

    // The password is right. Without qop (RFC 2069) there is no count: such a nonce serves once.
    auto count = credentials.qop.empty() ? std::optional<std::uint32_t>(1) : hex<std::uint32_t>(credentials.nc);
    if (!count || *count == 0) return {verdict::malformed, {}};
    if (!is_fresh(now, credentials.nonce) || !count_use(now, credentials.nonce, *count)) return {verdict::stale, {}};
    return {verdict::accepted, user->first};
}

}  // namespace proxy
