#include "draft.hpp"

#include "sip/syntax/parse.hpp"
#include "sip/usage/remedies.hpp"

namespace sip {

namespace {

constexpr std::string_view placeholder_via = "SIP/2.0/UDP draft.invalid";

void copy_header(message_builder& out, message_view from, header_entry const& entry) {
    if (entry.id == header_id::unknown)
        out.header(from.name(entry), from.value(entry));
    else
        out.header(entry.id, from.value(entry));
}

bool belongs_to_body(header_id id) noexcept {
    return id == header_id::content_length || id == header_id::content_type;
}

}  // namespace

message_builder start_draft(buffer_pool& pool, request_head const& head) {
    message_builder out(pool);
    out.request(head.method, head.way.request_uri());
    out.header(header_id::via, placeholder_via);
    out.header(header_id::max_forwards, 70);
    head.way.write_routes(out);
    out.header(header_id::from, head.from);
    out.header(header_id::to, head.to);
    out.header(header_id::call_id, head.call_id);
    out.begin(header_id::cseq).number(head.cseq).text(" ").text(head.method);
    return out;
}

result<message> finish_draft(buffer_pool& pool, message_builder& out) {
    auto wire = out.finish();
    if (!wire) return wire.error();
    auto parsed = parse_message(std::move(*wire), pool);
    if (!parsed) return make_error_code(errc::invalid_argument);
    return std::move(*parsed);
}

result<message> with_body(buffer_pool& pool, message_view draft, std::string_view content_type, std::string_view body) {
    message_builder out(pool);
    out.request(draft.method_text(), draft.request_uri());
    for (auto const& entry : draft.headers())
        if (!belongs_to_body(entry.id)) copy_header(out, draft, entry);
    out.body(content_type, body);
    return finish_draft(pool, out);
}

result<message> with_target(buffer_pool& pool, message_view draft, std::string_view target) {
    message_builder out(pool);
    out.request(draft.method_text(), target);
    for (auto const& entry : draft.headers())
        if (!belongs_to_body(entry.id)) copy_header(out, draft, entry);
    out.body(draft.raw(header_id::content_type), draft.body());
    return finish_draft(pool, out);
}

std::optional<message> without_required(buffer_pool& pool, message_view draft, message_view response) {
    message_builder out(pool);
    out.request(draft.method_text(), draft.request_uri());
    bool has_changed = false;
    for (auto const& entry : draft.headers()) {
        if (belongs_to_body(entry.id)) continue;
        auto const fewer = entry.id == header_id::require || entry.id == header_id::proxy_require
                               ? without_unsupported(draft.value(entry), response)
                               : std::nullopt;
        has_changed = has_changed || fewer;
        if (!fewer)
            copy_header(out, draft, entry);
        else if (!fewer->empty())
            out.header(entry.id, *fewer);
    }
    if (!has_changed) return std::nullopt;
    out.body(draft.raw(header_id::content_type), draft.body());
    auto changed = finish_draft(pool, out);
    return changed ? std::optional(std::move(*changed)) : std::nullopt;
}

result<message> with_route(
    buffer_pool& pool, message_view draft, routed_target const& way, std::string_view from, std::string_view to
) {
    message_builder out(pool);
    out.request(draft.method_text(), way.request_uri());
    for (auto const& entry : draft.headers()) {
        if (belongs_to_body(entry.id) || entry.id == header_id::route) continue;
        if (entry.id == header_id::from) {
            way.write_routes(out);
            out.header(header_id::from, from);
        } else if (entry.id == header_id::to) {
            out.header(header_id::to, to);
        } else {
            copy_header(out, draft, entry);
        }
    }
    out.body(draft.raw(header_id::content_type), draft.body());
    return finish_draft(pool, out);
}

message_builder compose_head(buffer_pool& pool, message_view draft, std::uint32_t cseq) {
    message_builder out(pool);
    out.request(draft.method_text(), draft.request_uri());
    for (auto const& entry : draft.headers()) {
        if (entry.id == header_id::via) continue;
        if (entry.id == header_id::cseq) break;
        copy_header(out, draft, entry);
    }
    out.begin(header_id::cseq).number(cseq).text(" ").text(draft.method_text());
    return out;
}

result<buffer_ref> compose_tail(message_builder& out, message_view draft) {
    bool behind_cseq = false;
    for (auto const& entry : draft.headers()) {
        if (behind_cseq && !belongs_to_body(entry.id)) copy_header(out, draft, entry);
        if (entry.id == header_id::cseq) behind_cseq = true;
    }
    out.body(draft.raw(header_id::content_type), draft.body());
    return out.finish();
}

}  // namespace sip
