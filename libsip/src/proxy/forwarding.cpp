#include "sip/proxy/forwarding.hpp"

#include <utility>

#include <fmt/format.h>

namespace sip::proxy {
namespace {

/// A URI that we wrote into a Record-Route: our address, and lr.
bool is_our_route(uri_view const& uri, own_names const& names) {
    return uri.is_loose_router() && names.is_ours(uri);
}

/// 16.4: maddr with our address is taken out, with the transport that led here.
std::string without_our_maddr(uri_view const& uri, own_names const& names) {
    auto maddr = uri.params.value("maddr");
    if (maddr.empty() || !uri.is_sip_or_sips() || !names.is_our_address(maddr, uri.port)) return std::string(uri.text);
    auto text = fmt::format(
        "{}:{}{}{}", uri.scheme == uri_scheme::sips ? "sips" : "sip", uri.user, uri.user.empty() ? "" : "@", uri.host
    );
    for (auto const& param : uri.params) {
        if (detail::equal_ignoring_case(param.name, "maddr") || detail::equal_ignoring_case(param.name, "transport"))
            continue;
        text += fmt::format(";{}{}{}", param.name, param.has_value ? "=" : "", param.value);
    }
    return text;
}

/// A Route of ours, which the request loses.
void note_own_route(routing& found, uri_view const& uri) {
    found.came_by_our_route = true;
    found.token = std::string(uri.user);
    found.signature = std::string(uri.params.value(signature_parameter));
    found.is_outbound = uri.params.has("ob");
}

/// The element's URI, out of its brackets.
std::string uri_of(std::string_view route) {
    auto parsed = parse_name_addr(route);
    return parsed ? std::string(parsed->uri.text) : std::string();
}

}  // namespace

routing read_routes(message_view request, own_names const& names) {
    routing found;
    found.request_uri = std::string(request.request_uri());
    auto routes = request.all<header_id::route>();
    for (auto at = routes.begin(); at != routes.end(); ++at)
        found.routes.emplace_back(at.text());

    // A strict router put what we recorded into the Request-URI, and the real one at the end of the Routes.
    auto uri = parse_uri(found.request_uri);
    if (uri && is_our_route(*uri, names) && !found.routes.empty()) {
        note_own_route(found, *uri);
        found.request_uri = uri_of(found.routes.back());
        found.routes.pop_back();
    }
    if (auto target = parse_uri(found.request_uri)) found.request_uri = without_our_maddr(*target, names);

    // We record two Routes where the two sides differ: both go.
    while (!found.routes.empty()) {
        auto first = parse_name_addr(found.routes.front());
        if (!first || !names.is_ours(first->uri)) break;
        note_own_route(found, first->uri);
        found.routes.erase(found.routes.begin());
    }
    return found;
}

void prepend_routes(routing& route, std::string_view list) {
    std::vector<std::string> first;
    while (!list.empty())
        if (auto const element = detail::next_list_element(list); !element.empty()) first.emplace_back(element);
    route.routes.insert(route.routes.begin(), first.begin(), first.end());
}

void prepare_for_strict_router(routing& route) {
    if (route.routes.empty()) return;
    auto first = parse_name_addr(route.routes.front());
    if (!first || first->uri.is_loose_router()) return;
    auto uri = std::string(first->uri.text);
    route.routes.push_back("<" + route.request_uri + ">");
    route.request_uri = std::move(uri);
    route.routes.erase(route.routes.begin());
}

std::string_view next_hop(routing const& route) {
    if (route.routes.empty()) return route.request_uri;
    auto first = parse_name_addr(route.routes.front());
    // Behind a strict router's place in the Request-URI its own Routes follow: those are not for us.
    return first && first->uri.is_loose_router() ? first->uri.text : std::string_view(route.request_uri);
}

std::string forwarded_request(message_view original, changes const& change) {
    auto const& route = *change.route;
    std::string text = fmt::format("{} {} SIP/2.0\r\n", original.method_text(), route.request_uri);
    auto add = [&](std::string_view name, std::string_view value) { text += fmt::format("{}: {}\r\n", name, value); };

    text += change.diversions + change.history;
    bool recorded = false, routed = false, pathed = change.path.empty();
    auto add_routes = [&] {
        if (!std::exchange(routed, true))
            for (auto const& each : route.routes)
                add("Route", each);
    };
    auto add_record_routes = [&] {
        if (!std::exchange(recorded, true))
            for (auto const& each : change.record_routes)
                add("Record-Route", each);
    };
    auto add_path = [&] {
        if (!std::exchange(pathed, true)) add("Path", change.path);
    };
    for (auto const& entry : original.headers()) {
        auto name = original.name(entry), value = original.value(entry);
        if (entry.id == header_id::max_forwards || entry.id == header_id::max_breadth ||
            entry.id == header_id::content_length)
            continue;
        if (entry.id == header_id::history_info && !change.history.empty()) continue;
        if (entry.id == header_id::route) {
            add_routes();
            continue;
        }
        if (entry.id == header_id::record_route) add_record_routes();
        if (entry.id == header_id::path) add_path();
        if (entry.id == header_id::proxy_authorization) {
            auto credentials = parse_credentials(value);
            if (credentials && credentials->realm == change.own_realm) continue;
        }
        // Verbatim, from the first letter of the name to the end of the value.
        auto line = std::string_view(name.data(), static_cast<std::size_t>(value.data() + value.size() - name.data()));
        text.append(line).append("\r\n");
    }
    add_record_routes();
    add_path();
    add_routes();
    add("Max-Forwards", std::to_string(change.max_forwards));
    if (change.max_breadth) add("Max-Breadth", std::to_string(*change.max_breadth));
    add("Content-Length", std::to_string(original.body().size()));
    return text.append("\r\n").append(original.body());
}

bool may_make_dialog(method m) noexcept {
    return m == method::invite || m == method::subscribe || m == method::refer || m == method::notify ||
           m == method::unknown;
}

std::string loop_mark(hash_key key, message_view request) {
    keyed_hash hash(key);
    hash.text(request.request_uri()).mark().text(request.call_id()).mark().text(request.from_tag()).mark();
    hash.text(request.to_tag()).mark().number(request.cseq().number);
    auto routes = request.all<header_id::route>();
    for (auto at = routes.begin(); at != routes.end(); ++at)
        hash.mark().text(at.text());
    return fmt::format(".{:016x}", hash.finish());
}

bool has_looped(message_view request, own_names const& names, std::string_view mark) {
    for (auto const& via : request.all<header_id::via>())
        if (via && names.is_our_address(via->host, via->port) && via->branch().ends_with(mark)) return true;
    return false;
}

}  // namespace sip::proxy
