#include "sip/syntax/framer.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"
#include "syntax/line_scan.hpp"

namespace sip {
namespace {

constexpr std::size_t none = std::string_view::npos;

struct length_header {
    std::optional<std::uint32_t> value;
    std::optional<parse_failure> failure;
};

/// Finds Content-Length in a complete header part, whose last line has its end. Two that differ could cut the stream in
/// two ways: that is an error (RFC 4475 3.3.9).
length_header read_content_length(std::string_view headers) noexcept {
    length_header result;
    char const* const text = headers.data();
    char const* const end = text + headers.size();
    auto fail = [&](char const* at, errc code) {
        result.failure = parse_failure{code, 400, header_id::content_length, static_cast<std::uint32_t>(at - text)};
    };
    for (char const* at = text; at != end;) {
        char const* const line_end = scan::find_line_end(at, end).at;
        auto const line = chars::between(at, line_end);
        auto const colon = line.find(':');
        if (colon != none && header_from(chars::trim(line.substr(0, colon))) == header_id::content_length) {
            // The number may stand on a folded line; white space covers that.
            char const* value = chars::skip_lws(at + colon + 1, end);
            std::uint32_t length = 0;
            grammar::fault error;
            char const* behind = grammar::read_number(value, end, length, error);
            if (!behind) return fail(error.at, error.code), result;
            behind = chars::skip(behind, end, chars::lws);
            if (behind != end && behind[-1] != '\n') return fail(behind, errc::syntax_error), result;
            if (result.value && *result.value != length) return fail(at, errc::duplicate_header), result;
            result.value = length;
        }
        at = std::find(line_end, end, '\n') + 1;
    }
    return result;
}

/// The beginning of a ping, or nothing at all: what follows decides.
bool is_half_line_end(std::string_view text) noexcept {
    constexpr std::string_view ping = "\r\n\r\n";
    return text.size() < ping.size() && ping.starts_with(text);
}

}  // namespace

framer::framer(buffer_pool& pool, parse_limits const& limits, stream_opener opener)
    : pool_(&pool), limits_(limits), opener_(opener) {}

void framer::on_bytes(std::string_view chunk) {
    if (broken_ || chunk.empty()) return;
    std::size_t const kept = held_.size() - begin_;
    if (!held_ || held_.size() + chunk.size() > held_.capacity()) {
        // Moves the unfinished message to the front, of this block or of a larger one.
        buffer_ref target = held_ && kept + chunk.size() <= held_.capacity() ? held_ : buffer_ref{};
        // Doubling keeps the copying of a long message, which arrives in small pieces, in proportion to its length.
        if (!target) target = pool_->allocate(std::max(kept + chunk.size(), held_ ? 2 * kept : 0));
        if (kept != 0) std::memmove(target.data(), held_.data() + begin_, kept);
        held_ = std::move(target);
        begin_ = 0;
        held_.resize(kept);
    }
    std::memcpy(held_.data() + held_.size(), chunk.data(), chunk.size());
    held_.resize(held_.size() + chunk.size());
}

/// Passes over line ends before a message (RFC 3261 7.5). True where they amount to a frame of their own.
bool framer::skip_line_ends(frame& out) {
    for (;;) {
        auto text = held();
        bool crlf = text.starts_with("\r\n");
        if (!crlf && !text.starts_with('\n')) return false;
        if (crlf && opener_ == stream_opener::peer) {
            if (is_half_line_end(text)) return false;  // perhaps half a ping
            if (text.starts_with("\r\n\r\n")) {
                begin_ += 4;
                out.what = kind::ping;
                return true;
            }
        }
        begin_ += crlf ? 2 : 1;
        if (crlf && opener_ == stream_opener::us) {
            out.what = kind::pong;
            return true;
        }
    }
}

/// The offset behind the blank line that ends the headers, or npos. Every byte is looked at once.
std::size_t framer::find_body() noexcept {
    auto text = held();
    for (;;) {
        auto line_end = text.find('\n', scanned_);
        if (line_end == none) {
            scanned_ = text.size();
            return none;
        }
        std::size_t next = line_end + 1;
        if (next < text.size() && text[next] == '\n') return next + 1;
        if (next + 1 < text.size() && text[next] == '\r' && text[next + 1] == '\n') return next + 2;
        if (next == text.size() || (next + 1 == text.size() && text[next] == '\r')) {
            scanned_ = line_end;  // the next chunk decides
            return none;
        }
        scanned_ = next;
    }
}

framer::frame framer::fail(errc code, std::uint16_t status, header_id where, std::size_t offset) {
    broken_ = true;
    frame out{kind::error, {}, {code, status, where, static_cast<std::uint32_t>(offset)}};
    out.bytes = pool_->copy(held().substr(0, limits_.header_bytes));
    held_ = {};
    begin_ = 0;
    return out;
}

buffer_ref framer::take(std::size_t size) {
    scanned_ = message_size_ = 0;
    // One message in a block that fits it goes out as it is. A transaction may keep it for half a minute, so a block
    // that is too large for it is not given away.
    bool const fits = held_.capacity() <= buffer_pool::block_for(size);
    if (begin_ == 0 && held_.size() == size && fits) return std::exchange(held_, {});
    buffer_ref message = pool_->copy(held().substr(0, size));
    begin_ += size;
    if (begin_ == held_.size()) {
        begin_ = 0;
        held_.resize(0);
    }
    return message;
}

framer::frame framer::next() {
    frame out;
    if (broken_) {
        out.what = kind::error;
        return out;
    }
    if (!held_) return out;
    if (message_size_ == 0) {
        if (skip_line_ends(out) || is_half_line_end(held())) return out;
        std::size_t const body = find_body();
        std::size_t const header_limit = std::min(limits_.header_bytes, limits_.message_size);
        if (body == none ? held().size() > header_limit : body > header_limit)
            return fail(errc::too_large, 513, header_id::unknown, header_limit);
        if (body == none) return out;
        auto length = read_content_length(held().substr(0, body));
        if (!length.failure && !length.value)
            length.failure = parse_failure{errc::missing_header, 400, header_id::content_length, 0};
        if (length.failure)
            return fail(
                length.failure->code, length.failure->suggested_status, length.failure->where, length.failure->offset
            );
        if (*length.value > limits_.message_size - body)
            return fail(errc::too_large, 513, header_id::content_length, body);
        message_size_ = body + *length.value;
    }
    if (held().size() < message_size_) return out;
    out.bytes = take(message_size_);
    out.what = kind::message;
    return out;
}

std::size_t framer::pending() const noexcept {
    auto text = held_ ? held() : std::string_view{};
    return text.find_first_not_of("\r\n") == none ? 0 : text.size();
}

}  // namespace sip
