#include "sip/syntax/build.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "syntax/chars.hpp"

namespace sip {
namespace {

/// True where one of eight bytes is below 14, as CR, LF and NUL are: the borrow of its subtraction sets its top bit.
constexpr bool has_low_byte(std::uint64_t bytes) noexcept {
    constexpr std::uint64_t each = 0x0101010101010101;
    return ((bytes - each * 14) & ~bytes & each * 0x80) != 0;
}

/// True where no byte of the text ends a header line: a line break must fold, which means white space behind it.
bool is_value(std::string_view text) noexcept {
    std::size_t i = 0;
    for (; text.size() - i >= 8; i += 8) {  // nearly every value passes here, and every value that we write comes by
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, text.data() + i, sizeof bytes);
        if (has_low_byte(bytes)) break;
    }
    for (; i < text.size(); ++i) {
        if (static_cast<unsigned char>(text[i]) > '\r') continue;
        char next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (text[i] == '\0' || (text[i] == '\r' && next != '\n') || (text[i] == '\n' && next != ' ' && next != '\t'))
            return false;
    }
    return true;
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() &&
           chars::skip(text.data(), text.data() + text.size(), chars::token) == text.data() + text.size();
}

/// A Request-URI from our own hands: nothing that could end the request line early.
bool is_request_uri(std::string_view uri) noexcept {
    auto visible = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; };
    return !uri.empty() && std::all_of(uri.begin(), uri.end(), visible);
}

std::string_view value_of(message_view from, header_id id) noexcept {
    return from.raw(id);
}

}  // namespace

message_builder::message_builder(buffer_pool& pool) : pool_(&pool), out_(pool.allocate()) {}

void message_builder::fail(errc why) noexcept {
    if (!failure_) failure_ = why;
}

void message_builder::append(std::string_view piece) {
    std::size_t size = out_.size();
    if (piece.size() > largest - size) return fail(errc::too_large);
    if (size + piece.size() > out_.capacity()) {
        buffer_ref larger = pool_->allocate(size + piece.size());
        std::memcpy(larger.data(), out_.data(), size);
        out_ = std::move(larger);
    }
    if (!piece.empty()) std::memcpy(out_.data() + size, piece.data(), piece.size());
    out_.resize(size + piece.size());
}

void message_builder::append_value(std::string_view piece) {
    if (!is_value(piece)) fail(errc::invalid_argument);
    append(piece);
}

void message_builder::end_line() {
    if (in_value_) append("\r\n");
    in_value_ = false;
}

void message_builder::begin_line(std::string_view name) {
    end_line();
    append(name);
    append(": ");
    in_value_ = true;
}

message_builder& message_builder::request(sip::method m, std::string_view uri) {
    return request(to_string(m), uri);
}

message_builder& message_builder::request(std::string_view method, std::string_view uri) {
    if (!is_token(method) || !is_request_uri(uri)) fail(errc::invalid_argument);
    append(method);
    append(" ");
    append(uri);
    append(" SIP/2.0\r\n");
    return *this;
}

message_builder& message_builder::response(std::uint16_t status, std::string_view reason) {
    if (status < 100 || status > 699) fail(errc::invalid_argument);
    append("SIP/2.0 ");
    number(status);
    append(" ");
    append_value(reason.empty() ? reason_phrase(status) : reason);
    append("\r\n");
    return *this;
}

message_builder& message_builder::header(header_id id, std::string_view value) {
    return begin(id).text(value);
}

message_builder& message_builder::header(header_id id, std::uint64_t value) {
    return begin(id).number(value);
}

message_builder& message_builder::header(std::string_view name, std::string_view value) {
    if (!is_token(name)) fail(errc::invalid_argument);
    begin_line(name);
    return text(value);
}

message_builder& message_builder::begin(header_id id) {
    if (id == header_id::unknown) fail(errc::invalid_argument);
    begin_line(to_string(id));
    return *this;
}

message_builder& message_builder::text(std::string_view piece) {
    append_value(piece);
    return *this;
}

message_builder& message_builder::number(std::uint64_t value) {
    std::array<char, 20> digits;
    auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    append(chars::between(digits.data(), written.ptr));
    return *this;
}

message_builder& message_builder::verbatim(std::string_view piece) {
    // We write CR LF only, also where the peer folded its line with LF alone.
    for (auto line_end = piece.find('\n'); line_end != std::string_view::npos; line_end = piece.find('\n')) {
        auto before = piece.substr(0, line_end);
        if (before.ends_with('\r')) before.remove_suffix(1);
        append(before);
        append("\r\n");
        piece.remove_prefix(line_end + 1);
    }
    append(piece);
    return *this;
}

message_builder& message_builder::copy(message_view from, header_id id) {
    if (!from.has(id)) return *this;
    for (auto const& entry : from.headers()) {
        if (entry.id != id) continue;
        end_line();
        auto name = from.name(entry), value = from.value(entry);
        verbatim(chars::between(name.data(), value.data() + value.size()));
        in_value_ = true;
    }
    return *this;
}

message_builder& message_builder::body(std::string_view content_type, std::string_view body) {
    if (!body.empty()) header(header_id::content_type, content_type);
    header(header_id::content_length, body.size());
    end_line();
    append("\r\n");
    append(body);
    ended_ = true;
    return *this;
}

result<buffer_ref> message_builder::finish() {
    if (!ended_) body({}, {});
    if (failure_) return make_error_code(*failure_);
    return std::move(out_);
}

message_builder start_response(
    buffer_pool& pool, message_view request, std::uint16_t status, std::string_view to_tag, std::string_view reason
) {
    message_builder response(pool);
    response.response(status, reason).copy(request, header_id::via);
    // The first line only: a malformed request that is answered 400 may hold one of these twice.
    response.begin(header_id::from).verbatim(value_of(request, header_id::from));
    response.begin(header_id::to).verbatim(value_of(request, header_id::to));
    if (status > 100 && !to_tag.empty() && request.to_tag().empty()) response.text(";tag=").text(to_tag);
    response.begin(header_id::call_id).verbatim(value_of(request, header_id::call_id));
    response.begin(header_id::cseq).verbatim(value_of(request, header_id::cseq));
    if (status == 100) response.copy(request, header_id::timestamp);
    return response;
}

namespace {

/// What ACK for a failure and CANCEL share (9.1, 17.1.1.3): they follow the request hop by hop, so Request-URI, the top
/// Via alone, and Route are its own.
message_builder begin_follower(buffer_pool& pool, method m, message_view request, std::string_view to) {
    message_builder follower(pool);
    follower.request(m, request.request_uri());
    follower.begin(header_id::via).verbatim(request.top_via().text);
    follower.header(header_id::max_forwards, 70);
    follower.copy(request, header_id::route);
    follower.begin(header_id::from).verbatim(request.raw(header_id::from));
    follower.begin(header_id::to).verbatim(to);
    follower.begin(header_id::call_id).verbatim(request.call_id());
    follower.begin(header_id::cseq).number(request.cseq().number).text(" ").text(to_string(m));
    return follower;
}

}  // namespace

result<buffer_ref> build_ack_for_failure(buffer_pool& pool, message_view invite, message_view response) {
    return begin_follower(pool, method::ack, invite, response.raw(header_id::to)).finish();
}

result<buffer_ref> build_cancel(buffer_pool& pool, message_view request) {
    return begin_follower(pool, method::cancel, request, request.raw(header_id::to)).finish();
}

namespace {

/// `text` with the bytes [from, to) replaced by the pieces.
template <std::size_t N>
result<buffer_ref> splice(
    buffer_pool& pool, std::string_view text, std::size_t from, std::size_t to, std::array<std::string_view, N> pieces
) {
    std::size_t size = text.size() - (to - from);
    for (auto piece : pieces)
        size += piece.size();
    if (size > message_builder::largest) return make_error_code(errc::too_large);
    buffer_ref out = pool.allocate(size);
    char* at = out.data();
    auto put = [&at](std::string_view piece) { at = std::copy(piece.begin(), piece.end(), at); };
    put(text.substr(0, from));
    for (auto piece : pieces)
        put(piece);
    put(text.substr(to));
    out.resize(size);
    return out;
}

/// The start of the line behind `at`, past the white space and the foldings that end this one.
std::size_t behind_line(std::string_view text, std::size_t at) noexcept {
    do
        at = text.find('\n', at) + 1;
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t'));
    return at;
}

}  // namespace

result<buffer_ref> prepend_header(buffer_pool& pool, std::string_view message, header_id id, std::string_view value) {
    auto line_end = message.find('\n');
    if (line_end == std::string_view::npos || !is_value(value)) return make_error_code(errc::invalid_argument);
    return splice<4>(pool, message, line_end + 1, line_end + 1, {to_string(id), ": ", value, "\r\n"});
}

result<buffer_ref> replace_top_via(buffer_pool& pool, message_view message, std::string_view value) {
    std::string_view text = message.text(), line = message.raw(header_id::via), top = message.top_via().text;
    if (top.empty() || !is_value(value)) return make_error_code(errc::invalid_argument);
    auto offset = [&](char const* at) { return static_cast<std::size_t>(at - text.data()); };
    std::size_t from = offset(top.data());
    if (!value.empty()) return splice<1>(pool, text, from, from + top.size(), {value});

    std::string_view rest = line;
    (void)detail::next_list_element(rest);
    if (!rest.empty()) return splice<0>(pool, text, from, offset(rest.data()), {});
    for (auto const& entry : message.headers())
        if (entry.id == header_id::via) {
            std::size_t line_at = offset(message.name(entry).data());
            return splice<0>(pool, text, line_at, behind_line(text, from + top.size()), {});
        }
    return make_error_code(errc::invalid_argument);
}

}  // namespace sip
