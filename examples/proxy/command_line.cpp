#include "proxy/command_line.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "sip/syntax/digest.hpp"
#include "sip/syntax/uri.hpp"

namespace proxy {
namespace {

/// Splits "name=value" or "name:value" at the first mark.
std::optional<std::pair<std::string, std::string>> split(std::string const& text, char mark) {
    auto at = text.find(mark);
    if (at == text.npos || at == 0 || at + 1 == text.size()) return std::nullopt;
    return std::pair(text.substr(0, at), text.substr(at + 1));
}

/// The users of the demonstration, the same as in the interoperability tests.
void add_demonstration_users(std::map<std::string, std::string>& users) {
    for (int number = 1001; number <= 1005; ++number)
        users[std::to_string(number)] = fmt::format("secret{}", number);
}

}  // namespace

std::vector<sip::endpoint> listen_addresses(std::string const& text) {
    std::vector<sip::transport_kind> kinds{sip::transport_kind::udp, sip::transport_kind::tcp};
    std::string_view rest = text;
    auto const prefix = rest.substr(0, rest.find(':'));
    if (auto const kind = sip::transport_from(prefix)) {
        kinds = {*kind};
        rest.remove_prefix(prefix.size() + 1);
    }
    auto colon = rest.rfind(':');
    if (colon == rest.npos) return {};
    auto host = rest.substr(0, colon), digits = rest.substr(colon + 1);
    auto address = sip::ip_address::from(host);
    std::uint16_t port = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!address || error != std::errc() || digits.empty() || end != digits.data() + digits.size()) return {};
    if (address->is_v6 && !host.starts_with('[')) return {};
    std::vector<sip::endpoint> all;
    for (auto kind : kinds)
        all.push_back({*address, port, kind});
    return all;
}

bool read_users(std::string const& path, std::map<std::string, std::string>& users, std::string& why) {
    std::ifstream file(path);
    if (!file) return why = fmt::format("{}: cannot be read", path), false;
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        std::istringstream words(line.substr(0, line.find('#')));
        std::string name, password, more;
        if (!(words >> name)) continue;
        if (!(words >> password) || words >> more)
            return why = fmt::format("{}:{}: expected \"name password\"", path, number), false;
        if (!users.emplace(name, password).second)
            return why = fmt::format("{}:{}: {} is there twice", path, number, name), false;
    }
    return true;
}

std::variant<command_line, early_exit> read_command_line(int count, char const* const* arguments) {
    command_line line;
    auto& config = line.settings;
    std::vector<std::string> listen, advertised, users, user_files, extensions, relays, service_routes, algorithms;
    int no_answer = 0, flow_timer = 0;
    bool is_stateless = false, follows_redirects = false;
    int min_expires = static_cast<int>(config.min_expires.count());
    int max_expires = static_cast<int>(config.max_expires.count());
    bool no_auth = false;

    CLI::App app{
        "A small SIP network in one program: registrar and record-routing, forking proxy.\n"
        "Without --user and --users it serves 1001 to 1005, with the passwords secret1001 to secret1005.",
        "offhook-proxy"};
    app.add_option(
           "--listen", listen,
           "ADDRESS:PORT for UDP and TCP; udp:, tcp:, tls:, ws: or wss: in front for one (repeatable)"
    )
        ->default_str("127.0.0.1:5060");
    app.add_option(
        "--advertise", advertised,
        "tcp:ADDRESS:PORT, tls:, ws: or wss:, where connections reach us if not where we listen (repeatable)"
    );
    app.add_option("--certificate", line.certificate, "our certificate, with its chain, as a PEM file");
    app.add_option("--key", line.key, "its private key, as a PEM file");
    app.add_option("--trust", line.trusted, "a PEM file of authorities to trust beside the system's (repeatable)");
    app.add_option("--domain", config.domains, "a domain whose users are ours; the first is the realm (repeatable)")
        ->default_str("the first listen address");
    app.add_option("--user", users, "NAME:PASSWORD (repeatable)");
    app.add_option("--users", user_files, "a file with lines of \"name password\" (repeatable)");
    app.add_option("--extension", extensions, "NAME=URI: a name that always leads to this URI (repeatable)");
    app.add_option(
        "--relay", relays, "DOMAIN=URI: be the edge proxy of this domain, whose server is at the URI (repeatable)"
    );
    app.add_option("--service-route", service_routes, "a URI that requests of our users shall visit (repeatable)");
    app.add_option("--flow-timer", flow_timer, "seconds between signs of life of phones that register flows; 0: untold")
        ->check(CLI::Range(0, 3600))
        ->capture_default_str();
    app.add_option("--no-answer", no_answer, "seconds until phones of lower q ring; 0: when the others have refused")
        ->check(CLI::Range(0, 180))
        ->capture_default_str();
    app.add_flag("--follow-redirects", follows_redirects, "try the contacts of 3xx responses ourselves");
    app.add_flag("--stateless", is_stateless, "forward without transactions: no forks, no passwords for calls");
    app.add_option("--database", line.database, "the SQLite file that keeps the registrations")->capture_default_str();
    app.add_option("--min-expires", min_expires, "shortest registration in seconds")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    app.add_option("--max-expires", max_expires, "longest registration in seconds")
        ->check(CLI::Range(1, 86400))
        ->capture_default_str();
    app.add_option("--algorithm", algorithms, "digest algorithms to offer, in this order: MD5, SHA-256, SHA-512-256")
        ->default_str("SHA-256 MD5");
    app.add_option("--datagram-limit", config.datagram_limit, "requests of more bytes go by TCP, if need be; 0: never")
        ->check(CLI::Range(0, 65535))
        ->capture_default_str();
    app.add_flag("--no-auth", no_auth, "believe everybody");
    app.add_option(
        "--trace", line.trace, "write every message as a JSON line to this file, or to standard output for -"
    );
    app.add_flag("--verbose", line.verbose, "log what the transactions do");
    try {
        app.parse(count, arguments);
    } catch (CLI::ParseError const& error) {
        return early_exit{app.exit(error) == 0 ? 0 : 2};
    }

    auto mistake = [](std::string const& what) {
        fmt::print(stderr, "offhook-proxy: {}\n", what);
        return early_exit{2};
    };
    if (listen.empty()) listen = {"127.0.0.1:5060"};
    for (auto const& text : listen) {
        auto addresses = listen_addresses(text);
        if (addresses.empty()) return mistake(fmt::format("--listen {}: expected ADDRESS:PORT", text));
        line.listen.insert(line.listen.end(), addresses.begin(), addresses.end());
    }
    for (auto const& text : advertised) {
        auto const addresses = listen_addresses(text);
        if (addresses.size() != 1 || !sip::is_reliable(addresses.front().kind))
            return mistake(fmt::format("--advertise {}: expected tcp:, tls:, ws: or wss: and ADDRESS:PORT", text));
        config.advertised.push_back(addresses.front());
    }
    for (auto const& text : users) {
        auto user = split(text, ':');
        if (!user) return mistake(fmt::format("--user {}: expected NAME:PASSWORD", text));
        config.users.insert_or_assign(user->first, user->second);
    }
    for (auto const& path : user_files)
        if (std::string why; !read_users(path, config.users, why)) return mistake(why);
    if (users.empty() && user_files.empty()) add_demonstration_users(config.users);
    for (auto const& text : extensions) {
        auto extension = split(text, '=');
        auto uri = extension ? sip::parse_uri(extension->second) : sip::parse_uri("");
        if (!uri || !uri->is_sip_or_sips()) return mistake(fmt::format("--extension {}: expected NAME=sip:...", text));
        config.extensions.insert_or_assign(extension->first, extension->second);
    }
    for (auto const& text : relays) {
        auto relay = split(text, '=');
        auto uri = relay ? sip::parse_uri(relay->second) : sip::parse_uri("");
        if (!uri || !uri->is_sip_or_sips()) return mistake(fmt::format("--relay {}: expected DOMAIN=sip:...", text));
        config.relays.insert_or_assign(relay->first, relay->second);
    }
    for (auto const& text : service_routes) {
        auto uri = sip::parse_uri(text);
        if (!uri || !uri->is_sip_or_sips()) return mistake(fmt::format("--service-route {}: expected sip:...", text));
        config.service_routes.push_back(fmt::format("<{}>", text));
    }
    bool const is_secure =
        std::any_of(line.listen.begin(), line.listen.end(), [](auto const& at) { return sip::is_secure(at.kind); });
    if (is_secure && (line.certificate.empty() || line.key.empty()))
        return mistake("tls: and wss: need --certificate and --key");
    config.no_answer = std::chrono::seconds(no_answer);
    if (flow_timer > 0) config.flow_timer = std::chrono::seconds(flow_timer);
    if (is_stateless) config.how = sip::proxy::forwarding::stateless;
    if (follows_redirects) config.on_redirect = sip::proxy::redirects::followed;
    if (!algorithms.empty()) config.algorithms.clear();
    for (auto const& name : algorithms) {
        auto algorithm = sip::digest_algorithm_from(name);
        if (!algorithm || algorithm->session) return mistake(fmt::format("--algorithm {}: not known", name));
        config.algorithms.push_back(algorithm->hash);
    }
    if (min_expires > max_expires) return mistake("--min-expires is larger than --max-expires");
    config.min_expires = std::chrono::seconds(min_expires);
    config.max_expires = std::chrono::seconds(max_expires);
    config.default_expires = std::clamp(config.default_expires, config.min_expires, config.max_expires);
    config.check = no_auth ? sip::proxy::authentication::none : sip::proxy::authentication::digest;
    if (config.domains.empty()) config.domains.push_back(sip::to_string(line.listen.front().address));
    return line;
}

}  // namespace proxy
