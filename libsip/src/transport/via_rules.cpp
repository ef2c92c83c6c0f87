#include "sip/transport/via_rules.hpp"

#include <iterator>

#include <fmt/format.h>

namespace sip {
namespace {

bool is(std::string_view name, std::string_view lower_case) noexcept {
    if (name.size() != lower_case.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        char c = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
        if (c != lower_case[i]) return false;
    }
    return true;
}

std::uint16_t sent_by_port(via_view const& via, transport_kind kind) noexcept {
    return via.port.value_or(default_port(kind));
}

}  // namespace

bool stamp_via(via_view const& top, endpoint const& source, std::string& stamped) {
    auto host = ip_address::from(top.host);
    bool asks_port = top.params.has("rport");
    bool same_address = host && *host == source.address;
    if (same_address && !asks_port && !top.params.has("received")) return false;

    // Everything in front of the parameters stays as the client wrote it.
    stamped.assign(top.text.substr(0, top.text.size() - top.params.text().size()));
    for (auto const& param : top.params) {
        if (is(param.name, "received") || is(param.name, "rport")) continue;
        stamped += ';';
        stamped += param.name;
        if (!param.has_value) continue;
        stamped += '=';
        if (param.quoted) stamped += '"';
        stamped += param.value;
        if (param.quoted) stamped += '"';
    }
    // RFC 3581 4: with rport, received is written even where it says nothing new.
    auto out = std::back_inserter(stamped);
    if (!same_address || asks_port) fmt::format_to(out, ";received={}", to_string(source.address));
    if (asks_port) fmt::format_to(out, ";rport={}", source.port);
    return true;
}

std::optional<endpoint> response_destination(via_view const& top, endpoint const& source) noexcept {
    endpoint to = source;
    if (is_reliable(source.kind)) {
        // The source port of a connection leads nowhere once it is gone; sent-by names the listener.
        to.port = sent_by_port(top, source.kind);
        return to;
    }
    if (auto maddr = top.params.find("maddr")) {
        auto address = ip_address::from(maddr->value);
        if (!address) return std::nullopt;
        to.address = *address;
        to.port = sent_by_port(top, source.kind);
        return to;
    }
    if (!top.params.has("rport")) to.port = sent_by_port(top, source.kind);
    return to;
}

void write_via(std::string& value, endpoint const& sent_by, std::string_view branch, rport_request rport) {
    value.clear();
    fmt::format_to(
        std::back_inserter(value), "SIP/2.0/{} {};branch={}{}", to_string(sent_by.kind), host_port(sent_by), branch,
        rport == rport_request::yes ? ";rport" : ""
    );
}

}  // namespace sip
