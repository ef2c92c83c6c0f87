#include "sip/syntax/parse.hpp"
#include "syntax/chars.hpp"

namespace sip {
namespace {

std::optional<parse_failure> failure_in(message_view request, header_id id, std::string_view value, parse_failure why) {
    why.where = id;
    if (request.method() == method::ack) why.suggested_status = 0;  // an ACK is never answered (17.1.1.3)
    why.offset += static_cast<std::uint32_t>(value.data() - request.text().data());
    return why;
}

/// Every line of this header holds at least one value, and every value parses. RFC 3261 10.2.2: "*" is a Contact that
/// stands alone in a REGISTER, and nothing else.
template <header_id Id>
std::optional<parse_failure> check(message_view request) noexcept {
    if (!request.has(Id)) return std::nullopt;
    for (auto const& entry : request.headers())
        if (entry.id == Id && entry.value_length == 0)
            return failure_in(request, Id, request.value(entry), {errc::syntax_error});
    auto values = request.all<Id>();
    std::size_t count = 0;
    std::string_view star;
    for (auto it = values.begin(); it != values.end(); ++it, ++count) {
        auto const value = *it;
        if (!value) return failure_in(request, Id, it.text(), value.error());
        if constexpr (requires { value->is_star; })
            if (value->is_star) star = it.text();
    }
    bool const may_be_star = Id == header_id::contact && request.method() == method::register_ && count == 1;
    if (star.empty() || may_be_star) return std::nullopt;
    return failure_in(request, Id, star, {errc::syntax_error});
}

template <header_id... Ids>
std::optional<parse_failure> check_all(message_view request) noexcept {
    std::optional<parse_failure> failure;
    ((failure = check<Ids>(request), failure.has_value()) || ...);
    return failure;
}

/// The headers that give a method its meaning. On other methods they say nothing, and may be broken.
std::optional<parse_failure> check_method_headers(message_view request) noexcept {
    using enum header_id;
    switch (request.method()) {
        case method::invite:
            return check_all<replaces, join, session_expires>(request);
        case method::update:
            return check_all<session_expires>(request);
        case method::prack:
            return check_all<rack>(request);
        case method::refer:
            return check_all<refer_to>(request);
        case method::subscribe:
        case method::publish:
            return check_all<event>(request);
        case method::notify:
            return check_all<event, subscription_state>(request);
        case method::unknown:
        case method::ack:
        case method::bye:
        case method::cancel:
        case method::register_:
        case method::options:
        case method::info:
        case method::message:
            break;
    }
    return std::nullopt;
}

}  // namespace

std::optional<parse_failure> validate_request(message_view request) noexcept {
    using enum header_id;
    // RFC 3261 19.1.1, table 1: a Request-URI has no headers. Taking them for the request's own would let its sender
    // steer us (RFC 4475 3.1.2.11).
    auto const& uri = request.request_uri_parts();
    if (!uri.headers.empty()) return failure_in(request, unknown, uri.headers, {errc::syntax_error});

    // RFC 4475 3.2.1: the cookie promises a name for the transaction, and none follows.
    if (auto const& via = request.top_via(); via.branch() == branch_cookie)
        return failure_in(request, header_id::via, via.branch(), {errc::syntax_error});

    if (auto failure =
            check_all<contact, route, record_route, max_forwards, require, proxy_require, content_type>(request))
        return failure;
    if (auto failure = check_method_headers(request)) return failure;
    auto hops = request.get<max_forwards>();
    if (hops && *hops > 255)
        return failure_in(request, max_forwards, request.raw(max_forwards), {errc::number_out_of_range});
    return std::nullopt;
}

}  // namespace sip
