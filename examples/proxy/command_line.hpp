// The command line and the user file of the proxy program.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sip/proxy/settings.hpp"
#include "sip/transport/flow.hpp"

namespace proxy {

struct command_line {
    sip::proxy::settings settings;
    std::vector<sip::endpoint> listen;
    std::string database = ":memory:";
    std::string certificate, key;      ///< PEM files, for TLS
    std::vector<std::string> trusted;  ///< PEM files of further authorities
    std::string trace;                 ///< a file, "-" for standard output, empty for none
    bool verbose = false;
};

/// The program has said what it had to say, and ends with this code: 0 after --help, 2 for a mistake.
struct early_exit {
    int code = 2;
};

[[nodiscard]] std::variant<command_line, early_exit> read_command_line(int count, char const* const* arguments);

/// "127.0.0.1:5060" (UDP and TCP), "udp:127.0.0.1:5060", "tls:[::1]:5061". Empty where it is none of these.
[[nodiscard]] std::vector<sip::endpoint> listen_addresses(std::string const& text);

/// Lines of "name password"; '#' begins a comment. On failure `why` names file and line.
[[nodiscard]] bool read_users(std::string const& path, std::map<std::string, std::string>& users, std::string& why);

}  // namespace proxy
