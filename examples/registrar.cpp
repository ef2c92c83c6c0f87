// A registrar with a proxy behind it: phones register with their passwords and call each other. Where they are is kept
// in a file, so that it can be killed and started again at any time.
//
// Usage: registrar ADDRESS PORT FILE USER=PASSWORD ...
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>

#include <boost/asio/io_context.hpp>

#include "sip/net/driver.hpp"
#include "sip/net/environment.hpp"
#include "sip/proxy/core.hpp"
#include "sip/store/sqlite_store.hpp"

int main(int argc, char** argv) try {
    if (argc < 5) return std::fprintf(stderr, "usage: registrar ADDRESS PORT FILE USER=PASSWORD ...\n"), 2;
    std::string why;
    auto const store = sip::proxy::sqlite_store::open(argv[3], why);
    if (!store) return std::fprintf(stderr, "registrar: %s: %s\n", argv[3], why.c_str()), 1;

    sip::proxy::settings settings;
    settings.domains = {argv[1]};
    for (std::string const user : std::span(argv + 4, argv + argc))
        settings.users[user.substr(0, user.find('='))] = user.substr(user.find('=') + 1);

    boost::asio::io_context loop(1);
    auto environment = sip::net::make_environment();
    settings.secret = store->secret(environment.random).value();
    sip::proxy::core core(settings, environment, *store);
    sip::net::driver driver(loop.get_executor(), core);
    auto const port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    for (auto const kind : {sip::transport_kind::udp, sip::transport_kind::tcp}) {
        auto const at = driver.listen({sip::ip_address::from(argv[1]).value(), port, kind}).value();
        std::printf("listening on %s\n", sip::to_string(at).c_str());
    }
    std::fflush(stdout);
    loop.run();
    return 0;
} catch (std::exception const& failure) {
    return std::fprintf(stderr, "registrar: %s\n", failure.what()), 1;
}
