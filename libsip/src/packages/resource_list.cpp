#include "sip/packages/resource_list.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "packages/xml.hpp"

namespace sip::packages {

namespace {

std::optional<subscription_phase> phase_from(std::string_view name) noexcept {
    if (name == "active") return subscription_phase::active;
    if (name == "pending") return subscription_phase::pending;
    if (name == "terminated") return subscription_phase::terminated;
    return std::nullopt;
}
std::string_view name_of(subscription_phase phase) noexcept {
    switch (phase) {
        case subscription_phase::pending:
            return "pending";
        case subscription_phase::active:
            return "active";
        case subscription_phase::terminated:
            return "terminated";
    }
    return {};
}

std::string_view without_brackets(std::string_view id) noexcept {
    if (id.size() >= 2 && id.front() == '"' && id.back() == '"') id = id.substr(1, id.size() - 2);
    if (id.size() >= 2 && id.front() == '<' && id.back() == '>') id = id.substr(1, id.size() - 2);
    return id;
}

}  // namespace

parsed<resource_list> parse_resource_list(std::string_view body) {
    pugi::xml_document document;
    auto const root = xml::load(document, body, "list");
    if (!root) return root.error();
    resource_list list;
    list.uri = root->attribute("uri").as_string();
    auto const version = parse_number(root->attribute("version").as_string());
    std::string_view const full = root->attribute("fullState").as_string();
    bool const is_full = full == "true" || full == "1";
    // RFC 4662 5.1: these three have to be there.
    if (list.uri.empty() || !version || (!is_full && full != "false" && full != "0"))
        return xml::failure(errc::syntax_error, root->offset_debug());
    list.version = *version;
    list.is_full = is_full;
    bool usable = true, instances_fit = true;
    bool const fits = xml::for_each(*root, "resource", [&](pugi::xml_node node) {
        list_resource resource;
        resource.uri = node.attribute("uri").as_string();
        resource.name = xml::text_of(node, "name");
        usable = usable && !resource.uri.empty();
        instances_fit = xml::for_each(
                            node, "instance",
                            [&](pugi::xml_node inner) {
                                auto const state = phase_from(inner.attribute("state").as_string());
                                std::string const id = inner.attribute("id").as_string();
                                usable = usable && state && !id.empty();
                                if (!state) return;
                                resource.instances.push_back(
                                    {.id = id,
                                     .state = *state,
                                     .reason = inner.attribute("reason").as_string(),
                                     .content_id = inner.attribute("cid").as_string()}
                                );
                            }
                        ) &&
                        instances_fit;
        list.resources.push_back(std::move(resource));
    });
    if (!fits || !instances_fit) return xml::failure(errc::too_large);
    if (!usable) return xml::failure(errc::syntax_error);
    return list;
}

std::string to_string(resource_list const& list) {
    auto text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\"{} version=\"{}\" "
        "fullState=\"{}\">\r\n",
        xml::attribute("uri", list.uri), list.version, list.is_full
    );
    for (auto const& resource : list.resources) {
        text += fmt::format("<resource{}>", xml::attribute("uri", resource.uri));
        if (!resource.name.empty()) text += xml::element("name", resource.name);
        for (auto const& instance : resource.instances) {
            text += fmt::format("<instance{} state=\"{}\"", xml::attribute("id", instance.id), name_of(instance.state));
            if (!instance.reason.empty()) text += xml::attribute("reason", instance.reason);
            if (!instance.content_id.empty()) text += xml::attribute("cid", instance.content_id);
            text += "/>";
        }
        text += "</resource>\r\n";
    }
    return text + "</list>\r\n";
}

list_notification::part const* list_notification::of(list_instance const& instance) const noexcept {
    if (instance.content_id.empty()) return nullptr;
    auto const at =
        std::find_if(parts.begin(), parts.end(), [&](part const& p) { return p.content_id == instance.content_id; });
    return at == parts.end() ? nullptr : &*at;
}

document_outcome list_watch::apply(list_notification const& told) {
    auto result = order_.next(told.list.version, told.list.is_full);
    if (result == document_outcome::stale) return result;
    if (told.list.is_full) rows_.clear();
    for (auto const& resource : told.list.resources) {
        auto known =
            std::find_if(rows_.begin(), rows_.end(), [&](row const& r) { return r.resource.uri == resource.uri; });
        if (known == rows_.end()) {
            if (rows_.size() >= xml::most_elements) {
                result = document_outcome::incomplete;
                continue;
            }
            known = rows_.emplace(rows_.end());
        }
        std::vector<row::state> states;
        for (auto const& instance : resource.instances) {
            if (auto const* part = told.of(instance)) {
                states.push_back({instance.id, std::string(part->content_type), std::string(part->body)});
                continue;
            }
            if (instance.state == subscription_phase::terminated) continue;
            auto const before = std::find_if(known->states.begin(), known->states.end(), [&](row::state const& state) {
                return state.instance == instance.id;
            });
            if (before != known->states.end()) states.push_back(std::move(*before));
        }
        known->resource = resource;
        known->states = std::move(states);
    }
    return result;
}

parsed<list_notification> parse_list_notification(media_type_view const& type, std::string_view body) {
    auto reader = multipart_reader::from(type, body);
    if (!reader) return reader.error();
    auto const start = without_brackets(type.params.value("start"));
    list_notification made;
    std::optional<std::string_view> root;
    for (;;) {
        auto const next = reader->next();
        if (!next) return next.error();
        if (!next->has_value()) break;
        auto const& part = **next;
        if (!root && (start.empty() || part.content_id() == start)) {
            root = part.body;
            continue;
        }
        made.parts.push_back(
            {.content_id = part.content_id(), .content_type = part.header("Content-Type"), .body = part.body}
        );
    }
    if (!root || reader->is_truncated()) return xml::failure(errc::syntax_error);
    auto list = parse_resource_list(*root);
    if (!list) return list.error();
    made.list = std::move(*list);
    return made;
}

}  // namespace sip::packages
