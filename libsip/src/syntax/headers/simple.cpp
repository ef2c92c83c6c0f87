#include "sip/syntax/headers/simple.hpp"

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"

namespace sip {
namespace grammar {

char const* read_number(char const* at, char const* end, std::uint32_t& out, fault& error) noexcept {
    char const* digits = at;
    std::uint64_t number = 0;
    for (; at != end && chars::is(*at, chars::digit); ++at) {
        number = number * 10 + static_cast<std::uint64_t>(*at - '0');
        if (number > 0xffffffff) return error = {digits, errc::number_out_of_range}, nullptr;
    }
    if (at == digits) return error = {at}, nullptr;
    out = static_cast<std::uint32_t>(number);
    return at;
}

bool read_cseq(char const* at, char const* end, cseq_view& out, fault& error) noexcept {
    char const* behind = read_number(at, end, out.number, error);
    if (!behind) return false;
    at = chars::skip_lws(behind, end);
    if (at == behind) return error = {at}, false;
    char const* name = at;
    at = chars::skip(at, end, chars::token);
    if (at == name) return error = {at}, false;
    out.method_text = chars::between(name, at);
    if (at != end) return error = {at}, false;
    out.name = method_from(out.method_text);
    return true;
}

}  // namespace grammar

namespace {

using grammar::fault;

/// A value being read from left to right, with the failure that its parser returns.
struct reader {
    std::string_view text;
    char const* at;
    char const* end;
    fault error{};

    explicit reader(std::string_view value) noexcept
        : text(value), at(chars::trim(value).data()), end(at + chars::trim(value).size()) {}

    [[nodiscard]] parse_failure failure() const noexcept {
        return grammar::failure_at(text.data(), error.at, error.code);
    }
    [[nodiscard]] parse_failure failure_here() const noexcept { return grammar::failure_at(text.data(), at); }

    [[nodiscard]] std::string_view take(chars::mask wanted) noexcept {
        char const* from = at;
        at = chars::skip(at, end, wanted);
        return chars::between(from, at);
    }
    [[nodiscard]] bool number(std::uint32_t& out) noexcept {
        char const* behind = grammar::read_number(at, end, out, error);
        if (behind) at = behind;
        return behind != nullptr;
    }
    /// Parameters up to the end of the value.
    [[nodiscard]] bool params(params_view& out) noexcept {
        at = chars::skip_lws(at, end);
        char const* from = at;
        std::string_view none;
        char const* behind = grammar::read_params(at, end, {}, none, error.at);
        if (!behind) return false;
        if (behind != end) return error = {behind}, false;
        out = params_view(chars::between(from, end));
        at = end;
        return true;
    }
};

}  // namespace

bool media_type_view::is(std::string_view wanted_type, std::string_view wanted_subtype) const noexcept {
    return chars::equal_ignoring_case(type, wanted_type) && chars::equal_ignoring_case(subtype, wanted_subtype);
}

parsed<cseq_view> parse_cseq(std::string_view value) noexcept {
    reader in(value);
    cseq_view cseq;
    if (!grammar::read_cseq(in.at, in.end, cseq, in.error)) return in.failure();
    return cseq;
}

parsed<std::uint32_t> parse_number(std::string_view value) noexcept {
    reader in(value);
    std::uint32_t number = 0;
    if (!in.number(number)) return in.failure();
    if (in.at != in.end) return in.failure_here();
    return number;
}

parsed<token_params_view> parse_token_params(std::string_view value) noexcept {
    reader in(value);
    token_params_view result;
    result.text = chars::between(in.at, in.end);
    result.token = in.take(chars::token);
    if (result.token.empty()) return in.failure_here();
    if (!in.params(result.params)) return in.failure();
    return result;
}

parsed<media_type_view> parse_media_type(std::string_view value) noexcept {
    reader in(value);
    media_type_view media;
    media.type = in.take(chars::token);
    if (media.type.empty()) return in.failure_here();
    in.at = chars::skip_lws(in.at, in.end);
    if (in.at == in.end || *in.at != '/') return in.failure_here();
    in.at = chars::skip_lws(in.at + 1, in.end);
    media.subtype = in.take(chars::token);
    if (media.subtype.empty()) return in.failure_here();
    if (!in.params(media.params)) return in.failure();
    return media;
}

parsed<delta_seconds_view> parse_delta_seconds(std::string_view value) noexcept {
    reader in(value);
    delta_seconds_view delta;
    if (!in.number(delta.seconds)) return in.failure();
    in.at = chars::skip_lws(in.at, in.end);
    if (in.at != in.end && *in.at == '(') {  // Retry-After: 18000 (in a meeting);duration=60
        int depth = 0;
        for (; in.at != in.end; ++in.at) {
            if (*in.at == '\\' && in.end - in.at > 1)
                ++in.at;
            else if (*in.at == '(')
                ++depth;
            else if (*in.at == ')' && --depth == 0)
                break;
        }
        if (in.at == in.end) return in.failure_here();
        ++in.at;
    }
    if (!in.params(delta.params)) return in.failure();
    return delta;
}

parsed<rack_view> parse_rack(std::string_view value) noexcept {
    reader in(value);
    rack_view rack;
    if (!in.number(rack.rseq)) return in.failure();
    char const* behind = in.at;
    in.at = chars::skip_lws(in.at, in.end);
    if (in.at == behind) return in.failure_here();
    if (!grammar::read_cseq(in.at, in.end, rack.cseq, in.error)) return in.failure();
    return rack;
}

parsed<dialog_reference_view> parse_dialog_reference(std::string_view value) noexcept {
    reader in(value);
    dialog_reference_view dialog;
    dialog.call_id = in.take(chars::call_id);
    if (dialog.call_id.empty()) return in.failure_here();
    params_view params;
    if (!in.params(params)) return in.failure();
    // RFC 3891 6.1: exactly one to-tag and one from-tag.
    int to_tags = 0, from_tags = 0;
    for (auto const& param : params) {
        if (chars::equal_ignoring_case(param.name, "to-tag"))
            dialog.to_tag = param.value, ++to_tags;
        else if (chars::equal_ignoring_case(param.name, "from-tag"))
            dialog.from_tag = param.value, ++from_tags;
        else if (chars::equal_ignoring_case(param.name, "early-only"))
            dialog.early_only = true;
    }
    if (to_tags != 1 || from_tags != 1) return in.failure_here();
    return dialog;
}

parsed<target_dialog_view> parse_target_dialog(std::string_view value) noexcept {
    reader in(value);
    target_dialog_view dialog;
    dialog.call_id = in.take(chars::call_id);
    if (dialog.call_id.empty()) return in.failure_here();
    params_view params;
    if (!in.params(params)) return in.failure();
    // RFC 4538 7: both tags, once each.
    int local_tags = 0, remote_tags = 0;
    for (auto const& param : params) {
        if (chars::equal_ignoring_case(param.name, "local-tag"))
            dialog.local_tag = param.value, ++local_tags;
        else if (chars::equal_ignoring_case(param.name, "remote-tag"))
            dialog.remote_tag = param.value, ++remote_tags;
    }
    if (local_tags != 1 || remote_tags != 1) return in.failure_here();
    return dialog;
}

parsed<std::string_view> parse_text(std::string_view value) noexcept {
    return chars::trim(value);
}

}  // namespace sip
