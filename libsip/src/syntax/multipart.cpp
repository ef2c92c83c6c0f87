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

namespace {

constexpr int most_layers = 8;

struct piece {
    std::string_view type, disposition, body;
};
struct wanted_content {
    media_type_view type;
    std::string_view purpose;
};

body_content content_in(piece const&, wanted_content const&, int layers) noexcept;

bool is_optional(piece const& what) noexcept {
    auto const disposition = parse_token_params(what.disposition);
    return disposition && detail::equal_ignoring_case(disposition->params.value("handling"), "optional");
}

/// What has to be understood and is not, is passed over where it may be.
body_content usable_content_in(piece const& what, wanted_content const& wanted, int layers) noexcept {
    auto const found = content_in(what, wanted, layers);
    return found.is_refused && is_optional(what) ? body_content{} : found;
}

body_content content_in(piece const& what, wanted_content const& wanted, int layers) noexcept {
    body_content const refused{.text = {}, .is_refused = true};
    auto const type = parse_media_type(what.type);
    if (!type) return refused;
    if (type->is(wanted.type.type, wanted.type.subtype)) {
        auto const disposition = parse_token_params(what.disposition);
        bool const fits = what.disposition.empty() ||
                          (disposition && detail::equal_ignoring_case(disposition->token, wanted.purpose));
        return fits ? body_content{.text = what.body} : refused;
    }
    auto reader = multipart_reader::from(*type, what.body);
    if (!reader || layers == 0) return refused;
    bool const is_choice = detail::equal_ignoring_case(type->subtype, "alternative");
    body_content found = is_choice ? refused : body_content{};
    for (;;) {
        auto const next = reader->next();
        if (!next) return refused;
        if (!next->has_value()) break;
        auto const stated = (*next)->header("Content-Type");
        piece const part{
            .type = stated.empty() ? std::string_view("text/plain") : stated,
            .disposition = (*next)->header("Content-Disposition"),
            .body = (*next)->body,
        };
        if (is_choice) {
            // RFC 5621 8.3: whether a part has to be understood is said of them all together.
            if (auto const one = content_in(part, wanted, layers - 1); !one.is_refused) found = one;
            continue;
        }
        auto const one = usable_content_in(part, wanted, layers - 1);
        found.is_refused = found.is_refused || one.is_refused;
        if (found.text.empty()) found.text = one.text;
    }
    return reader->is_truncated() ? refused : found;
}

}  // namespace

body_content content_of(message_view message, std::string_view content_type, std::string_view purpose) noexcept {
    if (message.body().empty()) return {};
    auto const type = parse_media_type(content_type);
    if (!type) return {.text = {}, .is_refused = true};
    piece const whole{
        .type = message.raw(header_id::content_type),
        .disposition = message.raw(header_id::content_disposition),
        .body = message.body(),
    };
    return usable_content_in(whole, {.type = *type, .purpose = purpose}, most_layers);
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
