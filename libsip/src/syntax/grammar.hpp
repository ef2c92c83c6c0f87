// The parsers behind the public parse functions, without the wrapping in a result: each fills a view that the caller
// owns and says where it stopped. The message parser uses these directly, so that reading From for its tag copies
// nothing. All return false (or nullptr) with `error` set to the byte at fault.
#pragma once

#include <optional>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/address.hpp"
#include "sip/syntax/headers/simple.hpp"
#include "sip/syntax/headers/via.hpp"
#include "sip/syntax/uri.hpp"
#include "syntax/chars.hpp"

namespace sip::grammar {

/// Where and why a parser stopped.
struct fault {
    char const* at = nullptr;
    errc code = errc::syntax_error;
};

[[nodiscard]] inline parse_failure failure_at(
    char const* text, char const* error, errc code = errc::syntax_error
) noexcept {
    return {code, 400, header_id::unknown, static_cast<std::uint32_t>(error - text)};
}

/// Checks a header's parameters from `at` and returns the byte behind them (a comma, white space or the end). On the
/// way it takes the value of the first one named `wanted`, which is in lower case: branch and tag are asked for so
/// often that a second walk would cost more than the first.
char const* read_params(
    char const* at, char const* end, std::string_view wanted, std::string_view& value, char const*& error
) noexcept;

/// [at, end) is a whole URI.
bool read_uri(char const* at, char const* end, uri_view& out, fault& error) noexcept;

/// [at, end) is one element, without white space around it.
bool read_name_addr(char const* at, char const* end, name_addr_view& out, fault& error) noexcept;

/// Fills transport, host and port even where the parameters behind them are broken (then params stays empty and the
/// result is false): a response can still find its way by them.
bool read_via(char const* at, char const* end, via_view& out, fault& error) noexcept;

bool read_cseq(char const* at, char const* end, cseq_view& out, fault& error) noexcept;

/// Digits into a number; at least one. Returns the byte behind them, or nullptr.
char const* read_number(char const* at, char const* end, std::uint32_t& out, fault& error) noexcept;

/// `at` stands on '[': the byte behind the address and its ']', or nullptr.
char const* read_ipv6_reference(char const* at, char const* end, fault& error) noexcept;
/// The digits of a port. Returns the byte behind them, or nullptr.
char const* read_port(char const* at, char const* end, std::optional<std::uint16_t>& port, fault& error) noexcept;

/// host [ ":" port ]; Via allows white space around the colon, a URI does not. Returns the byte behind, or nullptr.
enum class colon_space : std::uint8_t { forbidden, allowed };
inline char const* read_host_port(
    char const* at, char const* end, colon_space space, std::string_view& host, std::optional<std::uint16_t>& port,
    fault& error
) noexcept {
    char const* const from = at;
    if (at != end && *at == '[')
        at = read_ipv6_reference(at, end, error);
    else if ((at = chars::skip(at, end, chars::host)) == from)
        error = {at}, at = nullptr;
    if (!at) return nullptr;
    host = chars::between(from, at);
    char const* colon = space == colon_space::allowed ? chars::skip_lws(at, end) : at;
    if (colon == end || *colon != ':') return at;
    ++colon;
    return read_port(space == colon_space::allowed ? chars::skip_lws(colon, end) : colon, end, port, error);
}

}  // namespace sip::grammar
