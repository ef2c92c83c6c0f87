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

/// A parameter, and the part of the view that it fills.
template <class View>
struct place {
    std::string_view name;
    std::string_view View::*value;
};

/// Fills a view, parameter by parameter. Nearly everybody writes them in the order of the table, so that each search
/// begins where the one before has ended.
template <class View, std::size_t N>
class filler {
public:
    filler(View& view, place<View> const (&places)[N]) noexcept : view_(view), places_(places) {}

    void operator()(std::string_view name, std::string_view value) noexcept {
        for (std::size_t looked_at = 0; looked_at < N; ++looked_at) {
            auto const& place = places_[next_];
            next_ = next_ + 1 == N ? 0 : next_ + 1;
            if (!chars::equal_ignoring_case(place.name, name)) continue;
            auto& target = view_.*place.value;
            if (target.data() == nullptr) target = value;  // the first one counts
            return;
        }
    }

private:
    View& view_;
    place<View> const (&places_)[N];
    std::size_t next_ = 0;
};

struct read_challenge : challenge_view {
    std::string_view stale_text;
};
constexpr place<read_challenge> challenge_places[] = {
    {"realm", &read_challenge::realm},         {"nonce", &read_challenge::nonce},
    {"opaque", &read_challenge::opaque},       {"stale", &read_challenge::stale_text},
    {"algorithm", &read_challenge::algorithm}, {"qop", &read_challenge::qop},
    {"domain", &read_challenge::domain}};

struct read_credentials : credentials_view {
    std::string_view extended_username;
};
constexpr place<read_credentials> credentials_places[] = {
    {"username", &read_credentials::username},
    {"realm", &read_credentials::realm},
    {"nonce", &read_credentials::nonce},
    {"uri", &read_credentials::uri},
    {"response", &read_credentials::response},
    {"algorithm", &read_credentials::algorithm},
    {"cnonce", &read_credentials::cnonce},
    {"opaque", &read_credentials::opaque},
    {"qop", &read_credentials::qop},
    {"nc", &read_credentials::nc},
    {"username*", &read_credentials::extended_username}};

constexpr place<authentication_info_view> authentication_info_places[] = {
    {"nextnonce", &authentication_info_view::nextnonce},
    {"qop", &authentication_info_view::qop},
    {"rspauth", &authentication_info_view::rspauth},
    {"cnonce", &authentication_info_view::cnonce},
    {"nc", &authentication_info_view::nc}};

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
    read_challenge result;
    auto scheme = read_auth(value, filler(result, challenge_places));
    if (!scheme) return scheme.error();
    result.scheme = *scheme;
    // RFC 7616 3.3: without these nothing can be answered.
    if (result.is_digest() && (!result.realm.data() || !result.nonce.data())) return missing_param(value);
    result.stale = chars::equal_ignoring_case(result.stale_text, "true");
    return static_cast<challenge_view const&>(result);
}

parsed<credentials_view> parse_credentials(std::string_view value) noexcept {
    read_credentials result;
    auto scheme = read_auth(value, filler(result, credentials_places));
    if (!scheme) return scheme.error();
    result.scheme = *scheme;
    // RFC 7616 3.4: without these nothing can be checked.
    if (result.is_digest() && (!result.username.data() || !result.realm.data() || !result.nonce.data() ||
                               !result.uri.data() || !result.response.data()))
        return missing_param(value);
    // 3.4: whoever sends both means two users.
    if (result.extended_username.data()) return missing_param(value);
    return static_cast<credentials_view const&>(result);
}

parsed<authentication_info_view> parse_authentication_info(std::string_view value) noexcept {
    authentication_info_view result;
    auto const trimmed = chars::trim(value);
    auto const* wrong =
        read_auth_params(trimmed.data(), trimmed.data() + trimmed.size(), filler(result, authentication_info_places));
    if (wrong) return grammar::failure_at(value.data(), wrong);
    return result;
}

}  // namespace sip
