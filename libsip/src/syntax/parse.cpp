#include "sip/syntax/parse.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"
#include "syntax/header_table.hpp"
#include "syntax/line_scan.hpp"
#include "syntax/usual_line.hpp"

namespace sip {
namespace {

using detail::message_index;
using detail::slice;

constexpr std::size_t most_header_bytes = 65535;  // what a 16-bit offset can name

/// One parse. Everything is done once and in order; the first thing that is wrong is kept, and reading goes on, so that
/// a message that cannot be used can still be answered.
class message_parser {
public:
    message_parser(buffer_ref const& wire, buffer_pool& pool, parse_limits const& limits)
        : limits_(limits),
          text_(wire.text().data()),
          end_(text_ + wire.size()),
          header_end_(text_ + std::min({wire.size(), limits.header_bytes, most_header_bytes})),
          table_(pool, limits.header_count) {}

    void run() {
        char const* const body = run_index();
        read_decoded_headers();
        if (body) read_body(body);
    }

    /// Start line and table of header lines: returns the start of the body, or nullptr where there is none.
    char const* run_index() {
        char const* at = text_;
        while (at != header_end_ && (*at == '\r' || *at == '\n'))
            ++at;  // RFC 3261 7.5
        index().begin = static_cast<std::uint16_t>(at - text_);
        index().body_at = index().end = static_cast<std::uint32_t>(end_ - text_);
        if (end_ - at > static_cast<std::ptrdiff_t>(limits_.message_size)) fail(at, errc::too_large, 513);
        // A CR that is the last byte leaves open what it means: such a line has no end yet.
        lines_end_ = at != header_end_ && header_end_[-1] == '\r' ? header_end_ - 1 : header_end_;
        at = read_start_line(at);
        return at ? read_headers(at) : nullptr;
    }

    [[nodiscard]] bool is_request() const noexcept { return index().is_request; }
    [[nodiscard]] std::size_t lines() const noexcept { return index().count; }
    [[nodiscard]] bool may_be_answered() const noexcept { return index().is_request && index().method != method::ack; }
    [[nodiscard]] std::optional<parse_failure> const& failure() const noexcept { return failure_; }
    [[nodiscard]] buffer_ref take_index() && { return std::move(table_).take(); }

    /// True where a response would find its way (18.2.2). It copies what there is to copy (RFC 4475 3.3.1).
    [[nodiscard]] bool is_answerable() const noexcept { return index().is_request && !index().top_via.host.empty(); }

private:
    [[nodiscard]] message_index& index() const noexcept { return table_.index(); }

    void fail(char const* at, errc code, std::uint16_t status = 400, header_id where = header_id::unknown) noexcept {
        if (!failure_) failure_ = parse_failure{code, status, where, static_cast<std::uint32_t>(at - text_)};
    }
    void fail(grammar::fault const& error, header_id where) noexcept { fail(error.at, error.code, 400, where); }

    [[nodiscard]] slice slice_of(std::string_view part) const noexcept {
        return {static_cast<std::uint16_t>(part.data() - text_), static_cast<std::uint16_t>(part.size())};
    }
    char const* read_start_line(char const* at) noexcept {
        auto const end = scan::find_line_end(at, lines_end_);
        if (!end.at) return fail_at_end(header_end_), nullptr;
        if (!end.next) return fail(end.at, errc::syntax_error), nullptr;
        if (end.at - at >= 4 && chars::equal_ignoring_case({at, 4}, "SIP/"))
            read_status_line(at, end.at);
        else
            read_request_line(at, end.at);
        return end.next;
    }

    /// No blank line: the message was cut off, or its headers are longer than we take.
    void fail_at_end(char const* at) noexcept {
        if (at == end_)
            fail(at, errc::truncated);
        else
            fail(at, errc::too_large, 513);
    }

    /// SIP-Version is matched without regard to case (7.1).
    void check_version(std::string_view version) noexcept {
        constexpr std::string_view ours = "SIP/2.0";
        if (version == ours || chars::equal_ignoring_case(version, ours)) return;
        char const* at = version.data() + 4;
        char const* end = version.data() + version.size();
        bool sip = version.size() > 4 && chars::equal_ignoring_case(version.substr(0, 4), "SIP/");
        char const* dot = sip ? chars::skip(at, end, chars::digit) : at;
        bool numbered = sip && dot != at && dot != end && *dot == '.' && end - dot > 1 &&
                        chars::skip(dot + 1, end, chars::digit) == end;
        if (numbered)
            fail(version.data(), errc::unsupported_version, 505);
        else
            fail(version.data(), errc::syntax_error);
    }

    // Method SP Request-URI SP SIP-Version: exactly one space each (7.1).
    void read_request_line(char const* at, char const* end) noexcept {
        index().is_request = true;
        char const* behind = chars::skip(at, end, chars::token);
        if (behind == at || behind == end || *behind != ' ') return fail(behind, errc::syntax_error);
        auto method_text = chars::between(at, behind);
        index().method_text = slice_of(method_text);
        index().method = method_from(method_text);
        char const* uri = behind + 1;
        auto const* space = static_cast<char const*>(std::memchr(uri, ' ', static_cast<std::size_t>(end - uri)));
        if (!space) return fail(end, errc::syntax_error);
        index().request_uri = slice_of(chars::between(uri, space));
        check_version(chars::between(space + 1, end));
        grammar::fault error;
        if (grammar::read_uri(uri, space, index().request_uri_parts, error)) return;
        index().request_uri_parts = {};
        fail(error, header_id::unknown);
    }

    // SIP-Version SP 3DIGIT SP Reason-Phrase; some peers leave out the space before an empty phrase.
    void read_status_line(char const* at, char const* end) noexcept {
        auto const* space = static_cast<char const*>(std::memchr(at, ' ', static_cast<std::size_t>(end - at)));
        if (!space) return fail(end, errc::syntax_error);
        check_version(chars::between(at, space));
        char const* code = space + 1;
        char const* behind = chars::skip(code, end, chars::digit);
        if (behind - code != 3 || (behind != end && *behind != ' ')) return fail(code, errc::syntax_error);
        int status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
        if (status < 100 || status > 699) return fail(code, errc::number_out_of_range);
        index().status = static_cast<std::uint16_t>(status);
        if (behind != end) ++behind;
        index().reason = slice_of(chars::between(behind, end));
    }

    /// Fills the table up to the blank line and returns the start of the body, or nullptr where there is no blank line.
    char const* read_headers(char const* at) {
        for (;;) {
            auto const end = scan::find_line_end(at, lines_end_);
            if (!end.at) return fail_at_end(header_end_), nullptr;
            if (end.at == at && end.next) return end.next;
            if (!end.next || is_continued(end.next)) {
                at = read_long_line(at, end);
                if (!at) return nullptr;
                continue;
            }
            auto const line = detail::read_usual_line(at, end.at, header_end_);
            if (line.id != header_id::unknown)
                add_header(line.id, {at, line.name_length}, chars::between(at + line.value_at(), end.at));
            else
                read_line(at, end.at, end.at);
            at = end.next;
        }
    }

    /// A line that begins with white space continues the one before it (7.3.1).
    [[nodiscard]] bool is_continued(char const* next) const noexcept {
        return next != header_end_ && *next <= ' ' && (*next == ' ' || *next == '\t');
    }

    /// A line that is continued or has a CR alone: returns the start of the next one, or nullptr where there is none.
    char const* read_long_line(char const* at, scan::line_end const first_end) {
        auto end = first_end;
        while (end.next && is_continued(end.next)) {
            end = scan::find_line_end(end.next, lines_end_);
            if (!end.at) return fail_at_end(header_end_), nullptr;
        }
        if (end.next) return read_line(at, first_end.at, end.at), end.next;
        // Other parsers would take the CR for a line end: passed over with what follows it, up to the real one.
        fail(end.at, errc::syntax_error);
        auto const* real =
            static_cast<char const*>(std::memchr(end.at, '\n', static_cast<std::size_t>(header_end_ - end.at)));
        return real ? real + 1 : nullptr;
    }

    /// Any line: the colon is looked for up to `first_end`, the value goes on to `line_end`.
    void read_line(char const* at, char const* first_end, char const* line_end) {
        auto const* colon = static_cast<char const*>(std::memchr(at, ':', static_cast<std::size_t>(first_end - at)));
        if (!colon) return fail(at, errc::syntax_error);
        char const* name_end = colon;
        while (name_end != at && chars::is_lws(name_end[-1]))
            --name_end;
        auto const name = chars::between(at, name_end);
        header_id const id = header_from(name);
        if (id == header_id::unknown && (name.empty() || chars::skip(at, name_end, chars::token) != name_end))
            return fail(at, errc::syntax_error);
        add_header(id, name, chars::trim(chars::between(colon + 1, line_end)));
    }

    void add_header(header_id id, std::string_view name, std::string_view value) {
        if (!table_.has_room()) return fail(name.data(), errc::too_large, 513);
        if (!table_.add(text_, id, name, value) && is_single(id)) fail(name.data(), errc::duplicate_header, 400, id);
    }

    /// The value of the first line of a header that must be there.
    std::optional<std::string_view> required(header_id id) noexcept {
        if (std::uint16_t line = table_.first(id)) {
            auto const& entry = index().entries()[line - 1];
            return std::string_view(text_ + entry.value_at, entry.value_length);
        }
        fail(text_ + index().begin, errc::missing_header, 400, id);
        return std::nullopt;
    }

    void read_decoded_headers() noexcept {
        grammar::fault error;
        if (auto via = required(header_id::via)) {
            auto top = detail::next_list_element(*via);
            if (!grammar::read_via(top.data(), top.data() + top.size(), index().top_via, error))
                fail(error, header_id::via);
        }
        index().from_tag = read_party(header_id::from, index().from);
        index().to_tag = read_party(header_id::to, index().to);
        if (auto call_id = required(header_id::call_id)) {
            char const* at = call_id->data();
            char const* end = at + call_id->size();
            index().call_id = slice_of(*call_id);
            char const* behind = chars::skip(at, end, chars::call_id);
            if (behind != end || call_id->empty()) fail(behind, errc::syntax_error, 400, header_id::call_id);
        }
        if (auto cseq = required(header_id::cseq)) {
            cseq_view view;
            if (!grammar::read_cseq(cseq->data(), cseq->data() + cseq->size(), view, error)) {
                fail(error, header_id::cseq);
            } else {
                index().cseq_number = view.number;
                index().cseq_method = view.name;
                index().cseq_text = slice_of(view.method_text);
                // A method that nobody knows is the greater fault (RFC 4475 3.1.2.18).
                std::uint16_t const status = index().method == method::unknown ? 501 : 400;
                if (index().is_request && view.method_text != index().method_text.of(text_))
                    fail(cseq->data(), errc::method_mismatch, status, header_id::cseq);
            }
        }
    }

    /// From or To: returns its tag.
    slice read_party(header_id id, name_addr_view& party) noexcept {
        auto value = required(id);
        if (!value) return {};
        grammar::fault error;
        bool read = grammar::read_name_addr(value->data(), value->data() + value->size(), party, error);
        if (read && party.is_star) read = false, error.at = value->data();
        if (!read) {
            party = {};
            fail(error, id);
            return {};
        }
        auto tag = party.tag();
        return tag.empty() ? slice{} : slice_of(tag);
    }

    /// RFC 3261 18.3: Content-Length counts; without it the body ends with the datagram, and what a datagram holds
    /// behind the body is dropped.
    void read_body(char const* at) noexcept {
        auto const available = static_cast<std::size_t>(end_ - at);
        index().body_at = static_cast<std::uint32_t>(at - text_);
        std::uint16_t line = table_.first(header_id::content_length);
        if (line == 0) return;
        auto const& entry = index().entries()[line - 1];
        char const* value = text_ + entry.value_at;
        char const* end = value + entry.value_length;
        std::uint32_t length = 0;
        grammar::fault error;
        char const* behind = grammar::read_number(value, end, length, error);
        if (!behind) return fail(error, header_id::content_length);
        if (behind != end) return fail(behind, errc::syntax_error, 400, header_id::content_length);
        if (length > available) return fail(value, errc::truncated, 400, header_id::content_length);
        index().end = index().body_at + length;
    }

    parse_limits const& limits_;
    char const* text_;
    char const* end_;                      ///< of what arrived
    char const* header_end_;               ///< where the headers must have ended
    char const* lines_end_ = header_end_;  ///< where the last line end may be
    detail::header_table table_;
    std::optional<parse_failure> failure_;
};

}  // namespace

std::size_t detail::index_headers(buffer_ref const& wire, buffer_pool& pool, parse_limits const& limits) {
    message_parser parser(wire, pool, limits);
    return parser.run_index() ? parser.lines() : 0;
}

boost::system::result<message, message_failure> parse_message(
    buffer_ref wire, buffer_pool& pool, parse_limits const& limits
) {
    if (!wire) return message_failure{{errc::truncated, 0, header_id::unknown, 0}, {}, false};
    message_parser parser(wire, pool, limits);
    parser.run();
    if (!parser.failure()) return message(std::move(wire), std::move(parser).take_index());
    message_failure failure{*parser.failure(), {}, parser.is_request()};
    // Responses and ACK are never answered (17.1.1.3).
    if (!parser.may_be_answered()) failure.why.suggested_status = 0;
    if (parser.is_answerable()) failure.partial = message(std::move(wire), std::move(parser).take_index());
    return failure;
}

}  // namespace sip
