// Whole families of the guide that this phone does not act on yet: keys, provisioning, security, web pages, network,
// time, action URLs. Listed so that a real configuration file is not answered with a page of unknown names.
#include "phoned/config/fields.hpp"

namespace phoned::config {
namespace {

using enum file_scope;

constexpr parameter family(std::string_view name, std::string_view meaning) {
    return {
        .name = name,
        .indices = no_index,
        .scope = common,
        .type = text(1024),
        .default_value = {},
        .meaning = meaning};
}

constexpr parameter rows[] = {
    family("linekey.*", "line keys"),
    family("programablekey.*", "programmable keys"),
    family("expansion_module.*", "keys of expansion modules"),
    family("auto_provision.*", "provisioning"),
    family("autoprovision.*", "provisioning by a dialled code"),
    family("static.*", "provisioning and network (later editions)"),
    family("custom_mac_cfg.url", "file of this phone"),
    family("configuration.url", "configuration file"),
    family("custom_factory_configuration.url", "factory settings file"),
    family("firmware.url", "firmware file"),
    family("zero_touch.*", "zero touch"),
    family("redirect.enable", "redirection service"),
    family("ringtone.*", "ring tone files"),
    family("gui_lang.*", "language files"),
    family("lang.*", "language"),
    family("trusted_certificates.*", "trusted certificates"),
    family("server_certificates.*", "own certificate"),
    family("local_contact.*", "local contacts"),
    family("call_list.url", "call lists"),
    family("super_search.url", "search order"),
    family("directory_setting.url", "directory order"),
    family("auto_dst.url", "daylight saving rules"),
    family("dialplan_dialnow.url", "dial-now file"),
    family("dialplan_replace_rule.url", "replace rule file"),
    family("custom_softkey_call_failed.url", "soft key file"),
    family("custom_softkey_call_in.url", "soft key file"),
    family("custom_softkey_connecting.url", "soft key file"),
    family("custom_softkey_dialing.url", "soft key file"),
    family("custom_softkey_ring_back.url", "soft key file"),
    family("custom_softkey_talking.url", "soft key file"),
    family("wallpaper_upload.url", "wallpaper"),
    family("openvpn.url", "VPN file"),
    family("web_item_level.url", "access levels"),
    family("managementserver.*", "TR-069"),
    family("security.*", "certificates and users"),
    family("wui.*", "web pages"),
    family("network.*", "network"),
    family("syslog.*", "system log"),
    family("local_time.*", "time"),
    family("watch_dog.enable", "watchdog"),
    family("action_url.*", "action URLs"),
};

}  // namespace

std::span<const parameter> family_parameters() {
    return rows;
}

}  // namespace phoned::config
