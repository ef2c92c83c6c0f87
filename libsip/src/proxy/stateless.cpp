#include "sip/proxy/stateless.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "proxy/header_values.hpp"
#include "proxy/recording.hpp"
#include "sip/syntax/build.hpp"
#include "sip/transport/via_rules.hpp"

namespace sip::proxy {
namespace {

constexpr std::size_t hash_digits = 16;

/// The second Via of a message, as far as it can be read.
std::optional<via_view> via_below(message_view message) {
    auto const all = message.all<header_id::via>();
    auto at = all.begin();
    if (at == all.end() || ++at == all.end()) return std::nullopt;
    auto const via = *at;
    return via ? std::optional(*via) : std::nullopt;
}

/// Where a Via says that its request came from (18.2.1): what we stamped into it ourselves.
std::optional<endpoint> source_of(via_view const& via) {
    auto const kind = transport_from(via.transport);
    auto const received = via.params.value("received");
    auto const address = ip_address::from(received.empty() ? via.host : received);
    if (!kind || !address) return std::nullopt;
    auto port = via.port.value_or(default_port(*kind));
    auto const rport = via.params.value("rport");
    if (!rport.empty()) (void)std::from_chars(rport.data(), rport.data() + rport.size(), port);
    return endpoint{*address, port, *kind};
}

}  // namespace

/// 16.11: a hash of what is the same in retransmissions, in the CANCEL and in the ACK. Behind it the connection, for
/// the way back, and the mark that finds loops.
std::string stateless::branch(passing const& one) const {
    auto const request = one.request.view();
    auto const& via = request.top_via();
    keyed_hash hash(around_.key);
    if (via.has_cookie())
        hash.text(via.host).mark().number(via.port.value_or(0)).text(via.branch());
    else
        hash.text(via.text)
            .mark()
            .text(request.to_tag())
            .mark()
            .text(request.from_tag())
            .mark()
            .text(request.call_id())
            .mark()
            .number(request.cseq().number)
            .text(request.request_uri());
    auto const back = around_.ways.back_to(one.arrival, one.from, ways::reach::by_address);
    auto const token = back && back->by_flow ? around_.ways.token_of(*back) : std::string();
    return fmt::format("{}{:016x}{}{}", branch_cookie, hash.finish(), token, one.mark);
}

void stateless::send(passing const& one, way const& to, actions& out) const {
    auto const request = one.request.view();
    changes change;
    change.route = &one.route;
    change.max_forwards = number_in<header_id::max_forwards>(request, 71) - 1;
    auto const largest = around_.config.largest_breadth;
    change.max_breadth = std::min(number_in<header_id::max_breadth>(request, largest), largest);
    change.own_realm = around_.names.realm();
    arrived const came{request, one.arrival, one.from};
    if (may_make_dialog(request.method())) change.record_routes = record_routes(around_.ways, came, one.route, to);
    if (request.method() == method::register_) change.path = path_value(around_.ways, came, to);

    std::string via;
    write_via(via, to.sent_by, branch(one), rport_request::yes);
    auto const wire = prepend_header(around_.pool, forwarded_request(request, change), header_id::via, via);
    if (wire) out.push_back(send_message{to.flow, to.to, *wire, {}});
}

void stateless::forward(time_point now, passing one, actions& out) {
    prepare_for_strict_router(one.route);
    if (one.over) return send(one, *one.over, out);
    auto const uri = parse_uri(next_hop(one.route));
    if (!uri) return;
    auto const found = around_.locator.locate(now, {*uri, std::nullopt, one.request.wire().size()}, out);
    if (!found.is_done) {
        if (waiting_.size() < most_waiting)
            waiting_.emplace(found.number, std::move(one));
        else
            around_.locator.forget(found.number);
        return;
    }
    if (found.locations.empty()) return;
    if (auto const to = around_.ways.towards(found.locations.front(), out)) send(one, *to, out);
}

void stateless::on_located(lookup const& found, actions& out) {
    auto const asked = waiting_.find(found.number);
    if (!found.is_done || asked == waiting_.end()) return;
    auto const one = std::move(asked->second);
    waiting_.erase(asked);
    if (found.locations.empty()) return;
    if (auto const to = around_.ways.towards(found.locations.front(), out)) send(one, *to, out);
}

void stateless::on_response(message_view response, actions& out) {
    auto const& ours = response.top_via();
    auto const below = via_below(response);
    if (!below || !around_.names.is_our_address(ours.host, ours.port)) return;
    auto const wire = replace_top_via(around_.pool, response, {});
    if (!wire) return;

    auto token = ours.branch();
    token.remove_prefix(std::min(token.size(), branch_cookie.size() + hash_digits));
    token = token.substr(0, token.find('.'));
    auto to = around_.ways.along(token).way;
    if (!to)
        if (auto const source = source_of(*below))
            if (auto const destination = response_destination(*below, *source))
                to = around_.ways.towards({*destination, std::string(below->host)}, out);
    if (to) out.push_back(send_message{to->flow, to->to, *wire, {}});
}

}  // namespace sip::proxy
