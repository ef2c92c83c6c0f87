// URIs, one a line. Each is read, taken apart and written again; each pair is compared in both directions.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/syntax/uri.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check(std::string_view text, sip::uri_view const& uri) {
    require(uri.text == text);
    for (auto part : {uri.user, uri.password, uri.host, uri.params.text(), uri.headers})
        require(part.empty() || (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size()));
    require(equivalent(uri, uri));
    for (auto const& param : uri.params)
        require(uri.params.has(param.name));
    (void)uri.is_loose_router();

    auto const user = sip::unescape(uri.user);
    require(sip::unescape(sip::escape_user(user)) == user);
    if (!uri.is_sip_or_sips()) return;
    require(!uri.host.empty());
    auto const written =
        to_string(sip::uri_parts{uri.scheme, user, std::string(uri.host), uri.port, std::string(uri.params.text())});
    auto again = sip::parse_uri(written);
    require(again.has_value());
    require(sip::unescape(again->user) == user && again->host == uri.host && again->port == uri.port);
    require(again->params.text() == uri.params.text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<char const*>(data), size);
    std::string_view previous;
    while (!rest.empty()) {
        auto end = rest.find('\n');
        auto line = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        auto uri = sip::parse_uri(line);
        if (!uri) {
            require(uri.error().offset <= line.size());
            continue;
        }
        check(line, *uri);
        if (auto other = sip::parse_uri(previous)) require(equivalent(*uri, *other) == equivalent(*other, *uri));
        previous = line;
    }
    return 0;
}
