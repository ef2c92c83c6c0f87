#include "sip/syntax/message.hpp"

#include <algorithm>
#include <utility>

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"
#include "syntax/message_index.hpp"

namespace sip {

std::string_view detail::next_list_element(std::string_view& rest) noexcept {
    char const* at = rest.data();
    char const* end = at + rest.size();
    char const* from = at;
    if (rest.find(',') == std::string_view::npos) return chars::trim(std::exchange(rest, {}));
    for (; at != end && *at != ','; ++at) {
        // What is opened and never closed reaches to the end of the line: its parser then says what is wrong.
        if (*at == '"') {
            char const* behind = chars::skip_quoted(at, end);
            at = (behind ? behind : end) - 1;
        } else if (*at == '<') {
            while (at + 1 != end && *at != '>')
                ++at;
        } else if (*at == '(') {
            int depth = 0;
            for (;; ++at) {
                if (*at == '(') ++depth;
                if ((*at == ')' && --depth == 0) || at + 1 == end) break;
                if (*at == '\\' && at + 2 != end) ++at;
            }
        }
    }
    auto element = chars::trim(chars::between(from, at));
    rest = at == end ? std::string_view{} : chars::between(at + 1, end);
    return element;
}

bool message_view::is_request() const noexcept {
    return index_ && index_->is_request;
}

sip::method message_view::method() const noexcept {
    if (!index_) return sip::method::unknown;
    return index_->is_request ? index_->method : index_->cseq_method;
}

std::string_view message_view::method_text() const noexcept {
    if (!index_) return {};
    return (index_->is_request ? index_->method_text : index_->cseq_text).of(text_);
}

std::string_view message_view::request_uri() const noexcept {
    return index_ ? index_->request_uri.of(text_) : std::string_view{};
}

std::uint16_t message_view::status() const noexcept {
    return index_ ? index_->status : std::uint16_t{0};
}

std::string_view message_view::reason() const noexcept {
    return index_ ? index_->reason.of(text_) : std::string_view{};
}

std::string_view message_view::call_id() const noexcept {
    return index_ ? index_->call_id.of(text_) : std::string_view{};
}

std::string_view message_view::from_tag() const noexcept {
    return index_ ? index_->from_tag.of(text_) : std::string_view{};
}

std::string_view message_view::to_tag() const noexcept {
    return index_ ? index_->to_tag.of(text_) : std::string_view{};
}

cseq_view message_view::cseq() const noexcept {
    if (!index_) return {};
    return {index_->cseq_number, index_->cseq_method, index_->cseq_text.of(text_)};
}

via_view const& message_view::top_via() const noexcept {
    static constexpr via_view none;
    return index_ ? index_->top_via : none;
}

name_addr_view const& message_view::from() const noexcept {
    static constexpr name_addr_view none;
    return index_ ? index_->from : none;
}

name_addr_view const& message_view::to() const noexcept {
    static constexpr name_addr_view none;
    return index_ ? index_->to : none;
}

uri_view const& message_view::request_uri_parts() const noexcept {
    static constexpr uri_view none;
    return index_ ? index_->request_uri_parts : none;
}

std::string_view message_view::body() const noexcept {
    return index_ ? chars::between(text_ + index_->body_at, text_ + index_->end) : std::string_view{};
}

std::string_view message_view::text() const noexcept {
    return index_ ? chars::between(text_ + index_->begin, text_ + index_->end) : std::string_view{};
}

std::span<header_entry const> message_view::headers() const noexcept {
    if (!index_) return {};
    return {index_->entries(), index_->count};
}

bool message_view::has(header_id id) const noexcept {
    return index_ && index_->first[static_cast<std::size_t>(id)] != 0;
}

std::string_view message_view::raw(header_id id) const noexcept {
    if (!has(id)) return {};
    return value(index_->entries()[index_->first[static_cast<std::size_t>(id)] - 1]);
}

std::string_view message_view::raw(std::string_view wanted) const noexcept {
    if (header_id id = header_from(wanted); id != header_id::unknown) return raw(id);
    for (auto const& entry : headers())
        if (entry.id == header_id::unknown && chars::equal_ignoring_case(name(entry), wanted)) return value(entry);
    return {};
}

std::size_t message_view::find(header_id id, std::size_t from, std::string_view& found) const noexcept {
    if (!has(id)) return no_line;
    auto const slot = static_cast<std::size_t>(id);
    auto const* const entries = index_->entries();
    std::size_t line = index_->first[slot] - 1u;
    if (from > line) {
        if (!index_->is_repeated[slot]) return no_line;
        for (line = from; line < index_->count && entries[line].id != id;)
            ++line;
        if (line >= index_->count) return no_line;
    }
    found = value(entries[line]);
    return line;
}

message_view message::view() const noexcept {
    if (!wire_ || !index_) return {};
    return {wire_.text().data(), reinterpret_cast<detail::message_index const*>(index_.text().data())};
}

message message::clone_to(buffer_pool& other) const {
    if (!wire_ || !index_) return {};
    message clone(wire_.clone_to(other), index_.clone_to(other));
    auto* index = reinterpret_cast<detail::message_index*>(clone.index_.data());
    auto reread = [&](auto& part, auto&& read) {
        std::string_view text = part.text;
        if (text.empty()) return;
        char const* at = clone.wire_.text().data() + (text.data() - wire_.text().data());
        part = {};
        grammar::fault ignored;  // what was read once reads again; broken parameters of the top Via are broken again
        (void)read(at, at + text.size(), part, ignored);
    };
    reread(index->top_via, grammar::read_via);
    reread(index->request_uri_parts, grammar::read_uri);
    reread(index->from, grammar::read_name_addr);
    reread(index->to, grammar::read_name_addr);
    return clone;
}

}  // namespace sip
