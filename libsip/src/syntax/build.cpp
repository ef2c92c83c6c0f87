#include "sip/syntax/build.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "syntax/chars.hpp"
#include "syntax/header_names.hpp"
#include "syntax/line_scan.hpp"

namespace sip {
namespace {

constexpr std::string_view crlf = "\r\n", separator = ": ";

/// True where no byte of the text ends a header line: a line break must fold, which means white space behind it.
bool is_value(std::string_view text) noexcept {
    constexpr auto none = std::string_view::npos;
    auto const behind = [text](std::size_t at) { return at + 1 < text.size() ? text[at + 1] : '\0'; };
    if (text.find('\0') != none) return false;
    for (auto at = text.find('\r'); at != none; at = text.find('\r', at + 1))
        if (behind(at) != '\n') return false;
    for (auto at = text.find('\n'); at != none; at = text.find('\n', at + 1))
        if (behind(at) != ' ' && behind(at) != '\t') return false;
    return true;
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() &&
           chars::skip(text.data(), text.data() + text.size(), chars::token) == text.data() + text.size();
}

/// A Request-URI from our own hands: nothing that could end the request line early.
bool is_request_uri(std::string_view uri) noexcept {
    auto visible = [](unsigned char c) { return c > ' ' && c != 0x7f; };
    return !uri.empty() && std::all_of(uri.begin(), uri.end(), visible);
}

std::string_view value_of(message_view from, header_id id) noexcept {
    return from.raw(id);
}

}  // namespace

message_builder::message_builder(buffer_pool& pool) : pool_(&pool) {
    write_to(pool.allocate());
}

void message_builder::fail(errc why) noexcept {
    if (!failure_) failure_ = why;
}

/// Goes on writing in `block`, behind what it holds.
void message_builder::write_to(buffer_ref block) noexcept {
    out_ = std::move(block);
    at_ = out_.data() + out_.size();
    end_ = out_.data() + std::min(out_.capacity(), largest);
}

bool message_builder::grow(std::size_t more) {
    auto const size = static_cast<std::size_t>(at_ - out_.data());
    if (more > largest - size) return fail(errc::too_large), false;
    buffer_ref larger = pool_->allocate(size + more);
    std::copy_n(out_.data(), size, larger.data());
    larger.resize(size);
    write_to(std::move(larger));
    return true;
}

// Every byte that we send comes by here: one look at the room for a whole line, then copies without further questions.
inline bool message_builder::reserve(std::size_t bytes) {
    return static_cast<std::size_t>(end_ - at_) >= bytes || grow(bytes);
}

inline void message_builder::put(std::string_view piece) noexcept {
    at_ = std::copy(piece.begin(), piece.end(), at_);  // of an empty piece, too, which may be at no address
}

inline void message_builder::put_value(std::string_view piece) noexcept {
    if (scan::copy_value(at_, piece) && !is_value(piece)) fail(errc::invalid_argument);
    at_ += piece.size();
}

void message_builder::append(std::string_view piece) {
    if (!piece.empty() && reserve(piece.size())) put(piece);
}

void message_builder::append_value(std::string_view piece) {
    if (reserve(piece.size())) put_value(piece);
}

void message_builder::end_line() {
    if (in_value_) append(crlf);
    in_value_ = false;
}

/// Ends the line before and begins one; false where there is no room for it and its value.
inline bool message_builder::begin_line(std::string_view name, std::size_t value_size) {
    if (!reserve(crlf.size() + name.size() + separator.size() + value_size)) return false;
    if (in_value_) put(crlf);
    put(name);
    put(separator);
    in_value_ = true;
    return true;
}

inline void message_builder::line(std::string_view name, std::string_view value) {
    if (begin_line(name, value.size())) put_value(value);
}

message_builder& message_builder::request(sip::method m, std::string_view uri) {
    auto const name = to_string(m);
    if (name.empty()) fail(errc::invalid_argument);
    request_line(name, uri);
    return *this;
}

message_builder& message_builder::request(std::string_view method, std::string_view uri) {
    if (!is_token(method)) fail(errc::invalid_argument);
    request_line(method, uri);
    return *this;
}

void message_builder::request_line(std::string_view method, std::string_view uri) {
    if (!is_request_uri(uri)) fail(errc::invalid_argument);
    constexpr std::string_view space = " ", version = " SIP/2.0\r\n";
    if (!reserve(method.size() + space.size() + uri.size() + version.size())) return;
    put(method);
    put(space);
    put(uri);
    put(version);
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
    if (id == header_id::unknown) fail(errc::invalid_argument);
    line(detail::name_of(id), value);
    return *this;
}

message_builder& message_builder::header(header_id id, std::uint64_t value) {
    return begin(id).number(value);
}

message_builder& message_builder::header(std::string_view name, std::string_view value) {
    if (!is_token(name)) fail(errc::invalid_argument);
    line(name, value);
    return *this;
}

message_builder& message_builder::begin(header_id id) {
    if (id == header_id::unknown) fail(errc::invalid_argument);
    (void)begin_line(detail::name_of(id), 0);
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
    append(crlf);
    append(body);
    ended_ = true;
    return *this;
}

result<buffer_ref> message_builder::finish() {
    if (!ended_) body({}, {});
    if (failure_) return make_error_code(*failure_);
    out_.resize(static_cast<std::size_t>(at_ - out_.data()));
    // A transaction may keep it for half a minute: a block that is too large for it is not given away.
    if (buffer_pool::block_for(out_.size()) < out_.capacity()) return pool_->copy(out_.text());
    return std::move(out_);
}

message_builder start_response(
    buffer_pool& pool, message_view request, std::uint16_t status, std::string_view to_tag, std::string_view reason
) {
    message_builder response(pool);
    response.response(status, reason).copy(request, header_id::via);
    // The first line only: a malformed request that is answered 400 may hold one of these twice, or lack it.
    for (auto id : {header_id::from, header_id::to, header_id::call_id, header_id::cseq}) {
        if (!request.has(id)) continue;
        response.begin(id).verbatim(value_of(request, id));
        bool const needs_tag = id == header_id::to && status > 100 && !to_tag.empty() && request.to_tag().empty();
        if (needs_tag) response.text(";tag=").text(to_tag);
    }
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

result<buffer_ref> build_cancel(buffer_pool& pool, message_view request, std::string_view reason) {
    auto out = begin_follower(pool, method::cancel, request, request.raw(header_id::to));
    if (!reason.empty()) out.header(header_id::reason, reason);
    return out.finish();
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
