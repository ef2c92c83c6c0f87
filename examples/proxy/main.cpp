// offhook-proxy: one core, one driver, one thread. Ends with 0 after SIGINT or SIGTERM, 1 where it cannot start, 2 for
// a mistake on the command line.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "proxy/command_line.hpp"
#include "proxy/trace.hpp"
#include "sip/net/driver.hpp"
#include "sip/net/environment.hpp"
#include "sip/proxy/core.hpp"
#include "sip/store/sqlite_store.hpp"

namespace {

int fail(std::string const& what) {
    fmt::print(stderr, "offhook-proxy: {}\n", what);
    return 1;
}

void log_line(void*, sip::log_level, std::string_view line) {
    fmt::print(stderr, "{}\n", line);
}

int run(proxy::command_line line) {
    std::string why;
    auto store = sip::proxy::sqlite_store::open(line.database, why);
    if (!store) return fail(fmt::format("{}: {}", line.database, why));

    std::ofstream trace_file;
    std::ostream* trace = nullptr;
    if (line.trace == "-") {
        trace = &std::cout;
    } else if (!line.trace.empty()) {
        trace_file.open(line.trace, std::ios::app);
        if (!trace_file) return fail(fmt::format("{}: cannot be written", line.trace));
        trace = &trace_file;
    }

    sip::log_sink log{&log_line, nullptr, line.verbose ? sip::log_level::debug : sip::log_level::warning};
    boost::asio::io_context io(1);
    auto environment = sip::net::make_environment(log);
    auto secret = store->secret(environment.random);
    if (!secret) return fail(fmt::format("{}: no secret can be kept there", line.database));
    line.settings.secret = *secret;
    sip::proxy::core core(std::move(line.settings), environment, *store);
    sip::net::shell_config shell;
    shell.connections = 4096;
    if (!line.certificate.empty()) {
        shell.tls.certificate = sip::net::pem::from_file(line.certificate);
        shell.tls.private_key = sip::net::pem::from_file(line.key);
    }
    for (auto const& path : line.trusted)
        shell.tls.trusted.push_back(sip::net::pem::from_file(path));
    sip::net::driver driver(io.get_executor(), core, shell, log);
    if (trace != nullptr)
        driver.on_message([trace](sip::net::traced_message const& message) {
            *trace << proxy::trace_line(message) << std::endl;  // flushed: somebody may be reading along
        });

    // A port of 0 takes any free one; TCP then takes the one that UDP got, as SIP wants it (RFC 3261 18.2.1).
    std::uint16_t given = 0;
    for (auto at : line.listen) {
        if (at.port == 0 && at.kind == sip::transport_kind::tcp) at.port = given;
        auto bound = driver.listen(at);
        if (!bound) return fail(fmt::format("cannot listen on {}: {}", sip::to_string(at), bound.error().message()));
        if (at.port == 0) given = bound->port;
        fmt::print(stderr, "listening on {}\n", sip::to_string(*bound));
    }

    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code, int) {
        driver.close();
        io.stop();
    });
    io.run();
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    auto line = proxy::read_command_line(count, arguments);
    if (auto const* end = std::get_if<proxy::early_exit>(&line)) return end->code;
    return run(std::get<proxy::command_line>(std::move(line)));
}
