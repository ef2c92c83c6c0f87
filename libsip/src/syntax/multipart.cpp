#include "sip/syntax/multipart.hpp"

#include "syntax/chars.hpp"

namespace sip {

namespace {

constexpr std::size_t longest_boundary = 70;  // RFC 2046 5.1.1

std::string_view unquoted(std::string_view text) noexcept {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
    return text;
}

/// Bytes of the line end at `at`: 2 for CR LF, 1 for LF alone, 0 where there is none.
std::size_t line_end_at(std::string_view text, std::size_t at) noexcept {
    if (at < text.size() && text[at] == '\n') return 1;
    return at + 1 < text.size() && text[at] == '\r' && text[at + 1] == '\n' ? 2 : 0;
}

}  // namespace

std::string_view body_part::header(std::string_view name) const noexcept {
    for (auto rest = headers; !rest.empty();) {
        // A line goes on where the next one begins with a blank (folding).
        std::size_t end = 0;
        do {
            end = rest.find('\n', end);
            end = end == std::string_view::npos ? rest.size() : end + 1;
        } while (end < rest.size() && (rest[end] == ' ' || rest[end] == '\t'));
        auto const line = rest.substr(0, end);
        rest.remove_prefix(end);
        auto const colon = line.find(':');
        if (colon != std::string_view::npos && chars::equal_ignoring_case(chars::trim(line.substr(0, colon)), name))
            return chars::trim(line.substr(colon + 1));
    }
    return {};
}

parsed<media_type_view> body_part::content_type() const noexcept {
    auto const value = header("Content-Type");
    return parse_media_type(value.empty() ? "text/plain" : value);
}

std::string_view body_part::content_id() const noexcept {
    auto const value = header("Content-ID");
    return value.size() >= 2 && value.front() == '<' && value.back() == '>' ? value.substr(1, value.size() - 2) : value;
}

parsed<multipart_reader> multipart_reader::from(media_type_view const& type, std::string_view body) noexcept {
    auto const boundary = unquoted(type.params.value("boundary"));
    bool const usable =
        chars::equal_ignoring_case(type.type, "multipart") && !boundary.empty() && boundary.size() <= longest_boundary;
    if (!usable) return parse_failure{errc::syntax_error, 400, header_id::content_type, 0};
    return multipart_reader(boundary, body);
}

std::optional<multipart_reader::delimiter> multipart_reader::find_delimiter() const noexcept {
    for (std::size_t from = 0;;) {
        auto const hyphens = rest_.find("--", from);
        if (hyphens == std::string_view::npos) return std::nullopt;
        from = hyphens + 1;
        // 5.1.1: at the beginning of a line, whose line break belongs to the delimiter.
        std::size_t at = hyphens;
        if (hyphens != 0) {
            if (rest_[hyphens - 1] != '\n') continue;
            at = hyphens - (hyphens >= 2 && rest_[hyphens - 2] == '\r' ? 2 : 1);
        }
        if (rest_.substr(hyphens + 2, boundary_.size()) != boundary_) continue;
        auto behind = hyphens + 2 + boundary_.size();
        bool const is_last = rest_.substr(behind, 2) == "--";
        if (is_last) behind += 2;
        while (behind < rest_.size() && (rest_[behind] == ' ' || rest_[behind] == '\t'))
            ++behind;
        auto const line_end = line_end_at(rest_, behind);
        if (line_end == 0 && behind != rest_.size()) continue;  // a longer boundary that begins like ours
        return delimiter{at, behind + line_end, is_last};
    }
}

parsed<std::optional<body_part>> multipart_reader::next() noexcept {
    using outcome = parsed<std::optional<body_part>>;
    if (over_) return outcome(std::nullopt);
    if (!begun_) {
        begun_ = true;
        auto const first = find_delimiter();  // what stands before it is for readers that know no multipart
        if (!first || first->is_last) {
            over_ = true;
            truncated_ = !first;
            return outcome(std::nullopt);
        }
        rest_.remove_prefix(first->behind);
    }
    if (++parts_ > most_parts) {
        over_ = true;
        return parse_failure{errc::too_large, 400, header_id::unknown, 0};
    }
    auto const end = find_delimiter();
    auto const text = rest_.substr(0, end ? end->at : rest_.size());
    over_ = !end || end->is_last;
    truncated_ = !end;
    rest_.remove_prefix(end ? end->behind : rest_.size());

    body_part part;
    std::size_t at = line_end_at(text, 0);
    if (at != 0) {
        part.body = text.substr(at);  // no headers: the body follows the delimiter's own empty line
        return outcome(part);
    }
    for (;;) {
        auto const feed = text.find('\n', at);
        if (feed == std::string_view::npos) {
            part.headers = text;  // no empty line: headers alone
            return outcome(part);
        }
        at = feed + 1;
        if (auto const empty = line_end_at(text, at); empty != 0) {
            part.headers = text.substr(0, at);
            part.body = text.substr(at + empty);
            return outcome(part);
        }
    }
}

void multipart_writer::add(new_part const& part) {
    text_.append("--").append(boundary_).append("\r\nContent-Type: ").append(part.content_type).append("\r\n");
    if (!part.content_id.empty()) text_.append("Content-ID: <").append(part.content_id).append(">\r\n");
    if (!part.disposition.empty()) text_.append("Content-Disposition: ").append(part.disposition).append("\r\n");
    text_.append("\r\n").append(part.body).append("\r\n");
}

std::string multipart_writer::finish() {
    text_.append("--").append(boundary_).append("--\r\n");
    return std::move(text_);
}

}  // namespace sip
