#include "phoned/phone/identity.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "sip/syntax/address.hpp"
#include "sip/syntax/uri.hpp"

namespace phoned {

namespace {

sip::transport_kind transport_of(const registrar_setting& server) {
    switch (server.transport) {
        case sip_transport::udp:
            return sip::transport_kind::udp;
        case sip_transport::tcp:
            return sip::transport_kind::tcp;
        case sip_transport::tls:
            return sip::transport_kind::tls;
        case sip_transport::dns:
            return sip::transport_kind::udp;  // until NAPTR is asked, its usual outcome
    }
    return sip::transport_kind::udp;
}

std::string host_text(std::string_view host, std::uint16_t port) {
    const bool bare_v6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
    auto text = bare_v6 ? fmt::format("[{}]", host) : std::string(host);
    if (port != 0 && port != 5060) text += fmt::format(":{}", port);
    return text;
}

std::string transport_parameter(const registrar_setting& server) {
    switch (server.transport) {
        case sip_transport::udp:
        case sip_transport::dns:
            return {};
        case sip_transport::tcp:
            return ";transport=tcp";
        case sip_transport::tls:
            return ";transport=tls";
    }
    return {};
}

std::string text_of(const registrar_setting& server) {
    return host_text(server.host, server.port) + transport_parameter(server);
}

/// `sip:1001@example.com`
std::string address_at(const account_settings& account, const registrar_setting& server) {
    return sip::to_string(sip::uri_parts{
        .scheme = sip::uri_scheme::sip,
        .user = account.user_name,
        .host = server.host,
        .port = std::nullopt,
        .params = {},
    });
}

std::string route_to(const server_setting& proxy, const registrar_setting& behind) {
    return "sip:" + host_text(proxy.host, proxy.port) + transport_parameter(behind) + ";lr";
}

sip::fail_back shown(fail_back_mode mode) {
    switch (mode) {
        case fail_back_mode::every_request:
            return sip::fail_back::every_request;
        case fail_back_mode::after_dns_lifetime:
            return sip::fail_back::after_dns_lifetime;
        case fail_back_mode::at_renewal:
            return sip::fail_back::at_renewal;
        case fail_back_mode::after_time:
            return sip::fail_back::after_time;
    }
    return sip::fail_back::every_request;
}

/// The second outbound proxy, then the second server: what the guide calls failover and fallback.
void add_alternatives(sip::account_config& to, const account_settings& account) {
    const auto& first = account.servers[0];
    const auto& second = account.servers[1];
    const bool has_backup = account.outbound_proxy_enabled && !account.backup_proxy.host.empty();
    if (has_backup) {
        sip::alternative_server proxy;
        proxy.route_set.push_back(route_to(account.backup_proxy, first));
        to.alternatives.push_back(std::move(proxy));
    }
    if (!second.host.empty()) {
        sip::alternative_server server;
        server.address_of_record = address_at(account, second);
        server.registrar = "sip:" + text_of(second);
        server.expires = second.expires;
        server.attempts = second.retry_counts;
        server.needs_registration = second.register_first;
        to.alternatives.push_back(std::move(server));
    }
    auto& rules = to.redundancy;
    // The guide: outbound proxies know only one registration at a time. Flows are all there at once.
    const bool one_at_a_time = (account.one_at_a_time || has_backup) && !account.outbound;
    rules.registering = one_at_a_time ? sip::registering::one_at_a_time : sip::registering::all_at_once;
    rules.fail_back = account.outbound ? sip::fail_back::when_registered : shown(account.fail_back);
    rules.fail_back_after = account.fail_back_time;
    rules.test_interval = account.test_interval;
    rules.attempts = first.retry_counts;
}

bool looks_like_a_number(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '*' || c == '#' || c == '-';
    });
}

/// "192.0.2.1", "192.0.2.1:5062", "[2001:db8::1]"
bool is_address(std::string_view text) {
    if (sip::ip_address::from(text)) return true;
    const auto colon = text.rfind(':');
    return colon != std::string_view::npos && sip::ip_address::from(text.substr(0, colon)).has_value();
}

std::vector<sip::identity_source> sources_of(const account_settings& account) {
    using source = sip::identity_source;
    std::vector<sip::identity_source> out;
    if (account.shows_preferred) out.push_back(source::preferred);
    switch (account.caller) {
        case caller_source::from:
            out.insert(out.end(), {source::address});
            break;
        case caller_source::asserted:
            out.insert(out.end(), {source::asserted});
            break;
        case caller_source::asserted_from:
            out.insert(out.end(), {source::asserted, source::address});
            break;
        case caller_source::party_asserted_from:
            out.insert(out.end(), {source::remote_party_id, source::asserted, source::address});
            break;
        case caller_source::asserted_party_from:
            out.insert(out.end(), {source::asserted, source::remote_party_id, source::address});
            break;
        case caller_source::party_from:
            out.insert(out.end(), {source::remote_party_id, source::address});
            break;
    }
    return out;
}

}  // namespace

bool is_usable(const account_settings& account) {
    return account.enabled && !account.user_name.empty() && !account.servers[0].host.empty();
}

std::string address_of_record(const account_settings& account) {
    return address_at(account, account.servers[0]);
}

std::string server_text(const account_settings& account) {
    return text_of(account.servers[0]);
}

sip::account_config sip_account(const account_settings& account, std::string_view instance) {
    sip::account_config out;
    out.address_of_record = address_of_record(account);
    out.display_name = account.display_name;
    out.auth_name = std::string(digest_user(account));
    out.password = account.password;
    out.registrar = "sip:" + text_of(account.servers[0]);
    if (account.outbound_proxy_enabled && !account.outbound_proxy.host.empty())
        out.route_set.push_back(route_to(account.outbound_proxy, account.servers[0]));
    add_alternatives(out, account);
    out.transport = transport_of(account.servers[0]);
    out.expires = account.servers[0].expires;
    out.retry_after_failure = account.reg_fail_retry_interval;
    out.use_rport = account.rport;
    out.reliable_provisional = account.reliable_provisional ? sip::reliability::supported : sip::reliability::off;
    using timers = sip::session_timer_settings;
    out.session_timer.when = account.session_timer ? timers::use::requested : timers::use::off;
    out.session_timer.interval = account.session_interval;
    // The phone goes on after a 3xx by itself: as a new call, as the guide has it.
    out.most_redirects = 0;
    if (account.is_anonymous) out.shows = sip::own_identity::anonymous();
    out.reads.order = sources_of(account);
    out.reads.honours_privacy = account.honours_privacy;
    out.session_timer.who = account.callee_refreshes ? timers::refresher::callee : timers::refresher::caller;
    out.timing = {account.timer_t1, account.timer_t2, account.timer_t4};
    if (!instance.empty()) out.instance = fmt::format("urn:uuid:{}", instance);
    out.outbound.use = account.outbound && !instance.empty();
    return out;
}

sip::user_agent_config agent_config(const settings& phone) {
    sip::user_agent_config out;
    out.methods = {sip::method::info, sip::method::refer, sip::method::notify};
    // RFC 4916: the other side may tell us that it is somebody else now.
    for (const auto& account : phone.accounts)
        if (account.enabled && account.callee == callee_source::connected && out.supported.empty())
            out.supported.push_back("from-change");
    out.datagram_limit = phone.large_message_limit;
    out.ring_limit = phone.ring_time.count() > 0 ? sip::duration(phone.ring_time) : std::chrono::hours(24);
    return out;
}

party caller_of(sip::message_view invite, sip::identity_choice who) {
    if (who.is_hidden) return {"sip:anonymous@anonymous.invalid", "Anonymous", true};
    auto named = sip::named_by(invite, who);
    if (named.uri.text.empty()) named = invite.from();
    return {std::string(named.uri.text), sip::display_text(named), sip::is_anonymous(invite)};
}

std::optional<party> callee_of(sip::message_view response, bool is_trusted) {
    const sip::identity_rules rules{
        .order = {sip::identity_source::asserted, sip::identity_source::remote_party_id},
        .honours_privacy = true,
        .refuses_anonymous = false};
    const auto who = sip::choose_identity(response, rules, is_trusted);
    if (who.is_hidden) return party{"sip:anonymous@anonymous.invalid", "Anonymous", true};
    if (who.source == sip::identity_source::address) return std::nullopt;
    const auto named = sip::named_by(response, who);
    if (named.uri.text.empty()) return std::nullopt;
    return party{std::string(named.uri.text), sip::display_text(named), false};
}

std::optional<std::string> target_uri(
    std::string_view dialled, const account_settings& account, const settings& phone, std::string& why
) {
    std::string text;
    for (char c : dialled)
        if (c != ' ') text += c;
    if (text.empty()) {
        why = "there is nothing to dial";
        return std::nullopt;
    }
    std::string uri;
    if (text.starts_with("sip:") || text.starts_with("sips:") || text.starts_with("tel:")) {
        uri = text;
    } else if (text.find('@') != std::string::npos) {
        uri = "sip:" + text;
    } else if (is_address(text)) {
        if (!phone.direct_ip_call) {
            why = "calls to addresses are switched off (features.direct_ip_call_enable)";
            return std::nullopt;
        }
        uri = "sip:" + text;
    } else {
        auto user = sip::escape_user(text);
        if (!phone.escape_pound)
            for (auto at = user.find("%23"); at != std::string::npos; at = user.find("%23", at))
                user.replace(at, 3, "#");
        uri = fmt::format("sip:{}@{}", user, text_of(account.servers[0]));
        if (account.user_equal_phone && looks_like_a_number(text)) uri += ";user=phone";
    }
    if (const auto parsed = sip::parse_uri(uri); !parsed) {
        why = fmt::format("'{}' is no number and no SIP address", dialled);
        return std::nullopt;
    }
    return uri;
}

}  // namespace phoned
