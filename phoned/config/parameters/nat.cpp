// Accounts behind address translation.
#include "phoned/config/fields.hpp"

namespace phoned::config {
namespace {

using enum file_scope;
using account = account_settings;

constexpr parameter rows[] = {
    {"account.X.nat.nat_traversal", per_account, phone, flag(), "0", "0 off, 1 STUN"},
    {"account.X.nat.stun_server", per_account, phone, host(), "", "STUN server"},
    {"account.X.nat.stun_port", per_account, phone, integer(0, 65535), "3478", "its port"},
    {"sip.nat_stun.*", no_index, common, text(), "", "STUN for the whole phone (later editions)"},
    {"sip.nat_turn.*", no_index, common, text(), "", "TURN for the whole phone (later editions)"},
    {"ice.enable", no_index, common, flag(), "0", "ICE (later editions)"},
    {"account.X.nat.udp_update_enable", per_account, phone, integer(0, 3), "1",
     "keep-alive: 0 off, 1 an empty UDP packet, 2 OPTIONS, 3 NOTIFY"},
    {"account.X.nat.udp_update_time", per_account, phone, integer(1, 2147483647), "30", "keep-alive interval, s"},
    {"account.X.nat.rport", per_account, phone, flag(), "0", "ask for rport (RFC 3581)",
     account_field<&account::rport>},
};

}  // namespace

std::span<const parameter> nat_parameters() {
    return rows;
}

}  // namespace phoned::config
