#include "sip/syntax/headers/auth.hpp"

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"

namespace sip {
namespace {

/// Walks "name=value, name="value", ..." in [at, end) and calls `on_param(name, value)` for each parameter. The byte at
/// fault, or nullptr where all is well.
template <class OnParam>
char const* read_auth_params(char const* at, char const* end, OnParam&& on_param) noexcept {
    for (;;) {
        char const* name = at;
        at = chars::skip(at, end, chars::token);
        if (at == name) return at;
        auto param = chars::between(name, at);
        at = chars::skip_lws(at, end);
        if (at == end || *at != '=') return at;
        at = chars::skip_lws(at + 1, end);
        char const* start = at;
        if (at != end && *at == '"') {
            at = chars::skip_quoted(at, end);
            if (!at) return start;
            on_param(param, chars::between(start + 1, at - 1));
        } else {
            while (at != end && *at != ',' && *at != '"' && !chars::is(*at, chars::lws))
                ++at;
            if (at == start) return at;
            on_param(param, chars::between(start, at));
        }
        at = chars::skip_lws(at, end);
        if (at == end) return nullptr;
        if (*at != ',') return at;
        at = chars::skip_lws(at + 1, end);
    }
}

/// The same behind a scheme, which is the result.
template <class OnParam>
parsed<std::string_view> read_auth(std::string_view value, OnParam&& on_param) noexcept {
    auto trimmed = chars::trim(value);
    char const* at = trimmed.data();
    char const* end = at + trimmed.size();
    auto failure = [&](char const* where) { return grammar::failure_at(value.data(), where); };

    char const* from = at;
    at = chars::skip(at, end, chars::token);
    if (at == from) return failure(at);
    auto scheme = chars::between(from, at);
    char const* behind = at;
    at = chars::skip_lws(at, end);
    if (at == behind && at != end) return failure(at);
    // Other schemes write what they like (Basic, Bearer: one token68); it is theirs to read.
    if (!chars::equal_ignoring_case(scheme, "Digest")) return scheme;
    if (auto const* wrong = read_auth_params(at, end, on_param)) return failure(wrong);
    return scheme;
}

/// One place of a view that a parameter fills.
struct slot {
    std::string_view name;
    std::string_view* value;
};

template <std::size_t N>
bool fill(slot const (&slots)[N], std::string_view name, std::string_view value) noexcept {
    for (auto const& [slot_name, target] : slots) {
        if (slot_name.size() != name.size() || !chars::equal_ignoring_case(slot_name, name)) continue;
        if (target->data() == nullptr) *target = value;  // the first one counts
        return true;
    }
    return false;
}

parse_failure missing_param(std::string_view value) noexcept {
    return {errc::syntax_error, 400, header_id::unknown, static_cast<std::uint32_t>(value.size())};
}

}  // namespace

bool challenge_view::is_digest() const noexcept {
    return chars::equal_ignoring_case(scheme, "Digest");
}

bool credentials_view::is_digest() const noexcept {
    return chars::equal_ignoring_case(scheme, "Digest");
}

bool challenge_view::offers_qop(std::string_view option) const noexcept {
    std::string_view rest = qop;
    while (!rest.empty()) {
        auto comma = rest.find(',');
        if (chars::equal_ignoring_case(chars::trim(rest.substr(0, comma)), option)) return true;
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
    return false;
}

parsed<challenge_view> parse_challenge(std::string_view value) noexcept {
    challenge_view result;
    std::string_view stale;
    slot const slots[] = {{"realm", &result.realm},  {"nonce", &result.nonce},         {"opaque", &result.opaque},
                          {"stale", &stale},         {"algorithm", &result.algorithm}, {"qop", &result.qop},
                          {"domain", &result.domain}};
    auto scheme = read_auth(value, [&](std::string_view name, std::string_view text) { fill(slots, name, text); });
    if (!scheme) return scheme.error();
    result.scheme = *scheme;
    // RFC 7616 3.3: without these nothing can be answered.
    if (result.is_digest() && (!result.realm.data() || !result.nonce.data())) return missing_param(value);
    result.stale = chars::equal_ignoring_case(stale, "true");
    return result;
}

parsed<credentials_view> parse_credentials(std::string_view value) noexcept {
    credentials_view result;
    std::string_view extended_username;
    slot const slots[] = {
        {"username", &result.username},
        {"username*", &extended_username},
        {"realm", &result.realm},
        {"nonce", &result.nonce},
        {"uri", &result.uri},
        {"response", &result.response},
        {"algorithm", &result.algorithm},
        {"cnonce", &result.cnonce},
        {"opaque", &result.opaque},
        {"qop", &result.qop},
        {"nc", &result.nc}};
    auto scheme = read_auth(value, [&](std::string_view name, std::string_view text) { fill(slots, name, text); });
    if (!scheme) return scheme.error();
    result.scheme = *scheme;
    // RFC 7616 3.4: without these nothing can be checked.
    if (result.is_digest() && (!result.username.data() || !result.realm.data() || !result.nonce.data() ||
                               !result.uri.data() || !result.response.data()))
        return missing_param(value);
    // 3.4: whoever sends both means two users.
    if (extended_username.data()) return missing_param(value);
    return result;
}

parsed<authentication_info_view> parse_authentication_info(std::string_view value) noexcept {
    authentication_info_view result;
    slot const slots[] = {
        {"nextnonce", &result.nextnonce},
        {"qop", &result.qop},
        {"rspauth", &result.rspauth},
        {"cnonce", &result.cnonce},
        {"nc", &result.nc}};
    auto const trimmed = chars::trim(value);
    auto const* wrong = read_auth_params(
        trimmed.data(), trimmed.data() + trimmed.size(),
        [&](std::string_view name, std::string_view text) { fill(slots, name, text); }
    );
    if (wrong) return grammar::failure_at(value.data(), wrong);
    return result;
}

}  // namespace sip
