// What every test that starts Kamailio needs: where its modules are, and its configuration with the marks filled in.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace test {

/// The folder with this module; empty where it is not installed.
inline std::string kamailio_modules(std::string const& module = "tm.so") {
    for (auto const* place :
         {"/usr/lib/x86_64-linux-gnu/kamailio/modules", "/usr/lib/aarch64-linux-gnu/kamailio/modules",
          "/usr/lib64/kamailio/modules"})
        if (std::filesystem::exists(std::string(place) + "/" + module)) return place;
    return {};
}

/// The modules of a registrar and proxy with digest authentication and without a database.
inline constexpr std::string_view kamailio_basics = R"cfg(loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
)cfg";

/// A registrar and proxy that asks for the password "secret<user>" at REGISTER, and leads calls to who is registered.
/// Needs the basics.
inline constexpr std::string_view kamailio_route = R"cfg(request_route {
    if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (has_totag()) {
        if (loose_route()) { t_relay(); exit; }
        if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
        if (!is_method("ACK")) sl_send_reply("404", "Not Here");
        exit;
    }
    t_check_trans();
    if (is_method("REGISTER")) {
        if (!pv_www_authenticate("$td", "secret$au", "0")) { www_challenge("$td", "1"); exit; }
        save("location");
        exit;
    }
    record_route();
    if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
    t_relay();
}
)cfg";

/// The text with every `mark` replaced.
inline std::string replace_all(std::string text, std::string_view mark, std::string_view value) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
        text.replace(at, mark.size(), value);
    return text;
}

}  // namespace test
