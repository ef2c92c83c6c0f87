#include "sip/transaction/key.hpp"

namespace sip {
namespace {

bool same_method(message_view a, message_view b) noexcept {
    auto x = a.cseq(), y = b.cseq();
    return x.name == y.name && (x.name != method::unknown || x.method_text == y.method_text);
}

bool same_sent_by(via_view const& a, via_view const& b) noexcept {
    return a.port == b.port && detail::equal_ignoring_case(a.host, b.host);
}

/// Some peers leave the default port out of the Via that they copy.
bool means_same_sent_by(via_view const& a, via_view const& b) noexcept {
    auto const port = [](via_view const& via) {
        return via.port.value_or(detail::equal_ignoring_case(via.transport, "TLS") ? 5061 : 5060);
    };
    return port(a) == port(b) && detail::equal_ignoring_case(a.host, b.host);
}

}  // namespace

std::uint64_t client_key(hash_key key, message_view message) noexcept {
    auto cseq = message.cseq();
    return keyed_hash(key).text(message.top_via().branch()).mark().text(cseq.method_text).finish();
}

bool is_response_to(message_view response, message_view our_request) noexcept {
    auto const &via = response.top_via(), &ours = our_request.top_via();
    return via.branch() == ours.branch() && same_method(response, our_request) && means_same_sent_by(via, ours);
}

std::uint64_t server_key(hash_key key, message_view request, method as) noexcept {
    auto const& via = request.top_via();
    keyed_hash hash(key);
    hash.number(static_cast<std::uint64_t>(as));
    if (as == method::unknown) hash.text(request.method_text());
    hash.mark().text_ignoring_case(via.host).mark().number(via.port.value_or(0));
    if (via.has_cookie()) return hash.text(via.branch()).finish();
    return hash.text(request.call_id()).mark().text(request.from_tag()).mark().number(request.cseq().number).finish();
}

bool is_same_transaction(message_view request, message_view original, method as) noexcept {
    if (original.method() != as) return false;
    if (as == method::unknown && request.method_text() != original.method_text()) return false;
    auto const &via = request.top_via(), &first = original.top_via();
    if (via.branch() != first.branch() || !same_sent_by(via, first)) return false;
    if (via.has_cookie()) return true;

    // RFC 2543 peers put anything into branch, or the same into all of them.
    if (request.request_uri() != original.request_uri() || request.call_id() != original.call_id() ||
        request.from_tag() != original.from_tag() || request.cseq().number != original.cseq().number)
        return false;
    return request.method() == method::ack || request.to_tag() == original.to_tag();
}

std::uint64_t merge_key(hash_key key, message_view request) noexcept {
    auto cseq = request.cseq();
    return keyed_hash(key)
        .text(request.call_id())
        .mark()
        .text(request.from_tag())
        .mark()
        .number(cseq.number)
        .text(cseq.method_text)
        .finish();
}

bool is_same_request(message_view a, message_view b) noexcept {
    return a.call_id() == b.call_id() && a.from_tag() == b.from_tag() && a.cseq().number == b.cseq().number &&
           same_method(a, b);
}

}  // namespace sip
