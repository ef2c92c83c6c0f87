// Accounts: registration, servers, transport, timers.
#include "phoned/config/fields.hpp"

#include <algorithm>

namespace phoned::config {
namespace {

using enum file_scope;
using account = account_settings;
using registrar = registrar_setting;

/// What the guide gives each server, and only makes sense once.
template <auto Member>
bool first_server_only(settings& to, const place& at, const parsed_value& value) {
    return at.y() != 1 || account_field<Member>(to, at, value);
}

bool fail_back_time_field(settings& to, const place& at, const parsed_value& value) {
    auto allowed = value;
    if (allowed.number > 0) allowed.number = std::max(allowed.number, 60.0);
    return first_server_only<&account::fail_back_time>(to, at, allowed);
}

constexpr parameter rows[] = {
    {"account.X.enable", per_account, phone, flag(), "0", "the line is in use", account_field<&account::enabled>},
    {"account.X.label", per_account, phone, text(), "", "text beside the line key", account_field<&account::label>},
    {"account.X.display_name", per_account, phone, text(), "", "name in From", account_field<&account::display_name>},
    {"account.X.user_name", per_account, phone, text(), "", "user part of the address of record",
     account_field<&account::user_name>},
    {"account.X.auth_name", per_account, phone, text(), "", "digest user; empty: user_name",
     account_field<&account::auth_name>},
    {"account.X.password", per_account, phone, secret(), "", "digest password", account_field<&account::password>},
    {"account.X.sip_server.1.address", per_account, phone, host(), "", "registrar and proxy",
     server_field<1, &registrar::host>},
    {"account.X.sip_server.1.port", per_account, phone, integer(0, 65535), "5060",
     "its port; 0 looks for NAPTR and SRV records (RFC 3263)", server_field<1, &registrar::port>},
    {"account.X.sip_server.1.expires", per_account, phone, integer(30, 2147483647), "3600",
     "registration interval asked for, s", server_field<1, &registrar::expires>},
    {"account.X.sip_server.Y.retry_counts", per_server, phone, integer(0, 20), "3",
     "copies of a request before the next server is tried; 0: as many as 32 s allow",
     each_server_field<&registrar::retry_counts>},
    {"account.X.sip_server.2.address", per_account, phone, host(), "", "the second choice, with its own domain",
     server_field<2, &registrar::host>},
    {"account.X.sip_server.2.port", per_account, phone, integer(0, 65535), "5060", "its port",
     server_field<2, &registrar::port>},
    {"account.X.sip_server.2.expires", per_account, phone, integer(30, 2147483647), "3600", "its interval, s",
     server_field<2, &registrar::expires>},
    renamed("account.X.sip_server_host", per_account, phone, "account.X.sip_server.1.address"),
    renamed("account.X.sip_server_port", per_account, phone, "account.X.sip_server.1.port"),
    renamed("account.X.expires", per_account, phone, "account.X.sip_server.1.expires"),
    renamed("account.X.retry_counts", per_account, phone, "account.X.sip_server.1.retry_counts"),
    {"account.X.sip_server.Y.failback_mode", per_server, phone, integer(0, 3), "0",
     "return to server 1, whose value counts: 0 every request, 1 after the DNS lifetime, 2 at renewal, 3 after "
     "failback_timeout",
     first_server_only<&account::fail_back>},
    {"account.X.sip_server.Y.failback_timeout", per_server, phone, integer(0, 65535), "3600",
     "for mode 3, s, of server 1; 0 stays, 1-59 count as 60", fail_back_time_field},
    {"account.X.sip_server.Y.register_on_enable", per_server, phone, flag(), "0", "register before sending to it",
     each_server_field<&registrar::register_first>},
    renamed("account.X.failback_mode", per_account, phone, "account.X.sip_server.1.failback_mode"),
    renamed("account.X.failback_timeout", per_account, phone, "account.X.sip_server.1.failback_timeout"),
    {"account.X.fallback.redundancy_type", per_account, phone, flag(), "0",
     "0 registers to both servers at once, 1 to one at a time", account_field<&account::one_at_a_time>},
    {"account.X.fallback.timeout", per_account, phone, integer(10, 2147483647), "120",
     "one at a time: how often the first server is tried while the second has the registration, s",
     account_field<&account::test_interval>},
    {"account.X.reregister_enable", per_account, phone, flag(), "0", "register again on failover"},
    {"account.X.outbound_proxy_enable", per_account, phone, flag(), "0", "send through the outbound proxy",
     account_field<&account::outbound_proxy_enabled>},
    {"account.X.outbound_host", per_account, phone, host(), "", "outbound proxy",
     account_part_field<&account::outbound_proxy, &server_setting::host>},
    {"account.X.outbound_port", per_account, phone, integer(0, 65535), "5060", "its port",
     account_part_field<&account::outbound_proxy, &server_setting::port>},
    {"account.X.backup_outbound_host", per_account, phone, host(), "",
     "second outbound proxy; one registration at a time",
     account_part_field<&account::backup_proxy, &server_setting::host>},
    {"account.X.backup_outbound_port", per_account, phone, integer(0, 65535), "5060", "its port",
     account_part_field<&account::backup_proxy, &server_setting::port>},
    renamed("account.X.outbound_proxy.1.address", per_account, phone, "account.X.outbound_host"),
    renamed("account.X.outbound_proxy.1.port", per_account, phone, "account.X.outbound_port"),
    renamed("account.X.outbound_proxy.2.address", per_account, phone, "account.X.backup_outbound_host"),
    renamed("account.X.outbound_proxy.2.port", per_account, phone, "account.X.backup_outbound_port"),
    {"account.X.sip_listen_port", per_account, phone, integer(0, 65535), "5060",
     "local SIP port; 0 lets the system choose", account_field<&account::listen_port>},
    {"sip.listen_port", no_index, common, integer(0, 65535), "5060", "local SIP port of every account",
     every_account_field<&account::listen_port>},
    {"account.X.transport", per_account, phone, integer(0, 3), "0", "0 UDP, 1 TCP, 2 TLS, 3 by DNS NAPTR and SRV",
     server_field<1, &registrar::transport>},
    renamed("account.X.sip_server.1.transport_type", per_account, phone, "account.X.transport"),
    {"account.X.sip_server.2.transport_type", per_account, phone, integer(0, 3), "0", "transport of the second server",
     server_field<2, &registrar::transport>},
    {"account.X.naptr_build", per_account, phone, flag(), "0",
     "SRV names tried when no NAPTR comes back: 0 UDP only, 1 several"},
    {"account.X.dns_cache_type", per_account, phone, integer(0, 2), "1", "DNS cache: 0 none, 1 used, 2 only the cache"},
    {"account.X.dns_cache_a.Y.*", per_account_and(12), phone, text(), "", "static address records"},
    {"account.X.dns_cache_srv.Y.*", per_account_and(12), phone, text(), "", "static SRV records"},
    {"account.X.dns_cache_naptr.Y.*", per_account_and(12), phone, text(), "", "static NAPTR records"},
    {"account.X.static_cache_pri", per_account, phone, flag(), "0", "static records before (1) or after (0) a query"},
    {"account.X.dns_query_timeout", per_account, phone, integer(1, 9), "8", "DNS time-out, s"},
    {"account.X.srv_ttl_timer_enable", per_account, phone, flag(), "0", "ask again when an SRV record's lifetime ends"},
    {"account.X.sip_server_type", per_account, phone, choice(0, 2, 4), "0", "0 standard, 2 BroadSoft, 4 Cosmocom"},
    {"account.X.unregister_on_reboot", per_account, phone, flag(), "0", "clear old bindings at start"},
    {"account.X.sip_trust_ctrl", per_account, phone, flag(), "0", "take requests only from the server"},
    {"sip.trust_ctrl", no_index, common, flag(), "0", "the same for every account"},
    {"account.X.proxy_require", per_account, phone, text(), "", "value of Proxy-Require"},
    {"account.X.register_mac", per_account, phone, flag(), "0", "extra header with the hardware address in REGISTER"},
    {"account.X.register_line", per_account, phone, flag(), "0", "extra header with the line in REGISTER"},
    {"account.X.reg_fail_retry_interval", per_account, phone, integer(0, 1800), "30",
     "wait after a failed REGISTER, s; 0 does not try again", account_field<&account::reg_fail_retry_interval>},
    {"account.X.subscribe_register", per_account, phone, flag(), "0", "subscribe to the reg event package"},
    {"account.X.advanced.timer_t1", per_account, phone, seconds(0.5, 10), "0.5", "T1, s (RFC 3261 17)",
     account_field<&account::timer_t1>},
    {"account.X.advanced.timer_t2", per_account, phone, seconds(2, 40), "4", "T2, s",
     account_field<&account::timer_t2>},
    {"account.X.advanced.timer_t4", per_account, phone, seconds(2.5, 60), "5", "T4, s",
     account_field<&account::timer_t4>},
    {"sip.timer_t1", no_index, common, seconds(0.5, 10), "0.5", "T1 of every account, s",
     every_account_field<&account::timer_t1>},
    {"sip.timer_t2", no_index, common, seconds(2, 40), "4", "T2 of every account, s",
     every_account_field<&account::timer_t2>},
    {"sip.timer_t4", no_index, common, seconds(2.5, 60), "5", "T4 of every account, s",
     every_account_field<&account::timer_t4>},
    {"account.X.enable_user_equal_phone", per_account, phone, flag(), "0", "add ;user=phone to dialled numbers",
     account_field<&account::user_equal_phone>},
    {"account.X.compact_header_enable", per_account, phone, flag(), "0", "short header names (RFC 3261 7.3.3)"},
    {"account.X.100rel_enable", per_account, phone, flag(), "0", "reliable provisional responses (RFC 3262)",
     account_field<&account::reliable_provisional>},
    {"sip.use_23_as_pound", no_index, common, flag(), "1", "write # as %23 in a dialled number",
     phone_field<&settings::escape_pound>},
    {"sip.use_out_bound_in_dialog", no_index, common, flag(), "1",
     "requests inside a dialog go by the outbound proxy too"},
    {"sip.reg_surge_prevention", no_index, common, integer(0, 60), "0", "random delay of the first REGISTER, s at most",
     phone_field<&settings::registration_spread>},
    {"sip.notify_reboot_enable", no_index, common, integer(0, 2), "1",
     "NOTIFY check-sync: 0 reboot only if it says so, 1 always, 2 ignored"},
    {"sip.rfc2543_hold", no_index, common, flag(), "0", "hold with c=0.0.0.0", phone_field<&settings::rfc2543_hold>},
};

}  // namespace

std::span<const parameter> registration_parameters() {
    return rows;
}

}  // namespace phoned::config
