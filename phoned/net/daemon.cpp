#include "phoned/net/daemon.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "phoned/net/clock.hpp"
#include "phoned/net/history_store.hpp"
#include "phoned/net/media_socket_pool.hpp"
#include "phoned/net/memory_at_rest.hpp"
#include "phoned/net/socket_server.hpp"
#include "phoned/net/state_folder.hpp"
#include "phoned/phone/identity.hpp"
#include "phoned/phone/phone.hpp"
#include "rtp/files/sound_file.hpp"
#include "rtp/session/cname.hpp"
#include "sdp/text/redact.hpp"
#include "sip/net/driver.hpp"
#include "sip/net/environment.hpp"
#include "sip/net/local_address.hpp"
#include "sip/syntax/secrets.hpp"

namespace phoned::net {

namespace asio = boost::asio;

namespace {

/// So long after its start, and after each SIP event, the phone has nothing to do but to wait or to talk.
constexpr auto time_to_rest = std::chrono::seconds(2);

/// The first server that is named by number; else any address beyond this network.
sip::ip_address server_address(const settings& config) {
    for (const auto& account : config.accounts)
        if (is_usable(account))
            if (const auto server = sip::ip_address::from(account.servers[0].host)) return *server;
    return *sip::ip_address::from("192.0.2.1");
}

/// Where packets to the phone's server leave the machine now; loopback where there is no network at all.
sip::ip_address own_address(const settings& config) {
    if (const auto given = sip::ip_address::from(config.local_address)) return *given;
    const auto found = sip::net::local_address_towards(server_address(config));
    return found ? *found : *sip::ip_address::from("127.0.0.1");
}

/// What SIP sockets are bound to: all addresses, so that they go on when ours changes, unless one is set.
sip::ip_address bound_address(const settings& config, const sip::ip_address& own) {
    if (!config.local_address.empty()) return own;
    return *sip::ip_address::from(own.is_v6 ? "::" : "0.0.0.0");
}

sip::user_agent_config user_agent_config_of(const daemon_options& options) {
    auto out = agent_config(options.config);
    out.product = "Offhook-phoned/" + options.version;
    return out;
}

sip::net::pem pem_at(std::string_view url) {
    constexpr std::string_view scheme = "file://";
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
    return sip::net::pem::from_file(std::string(url));
}

sip::net::tls_config tls_config_of(const settings& config) {
    sip::net::tls_config out;
    out.verify_servers = config.verify_servers;
    out.trust_system = config.authorities != ca_choice::own;
    if (config.authorities != ca_choice::system && !config.trusted_certificates.empty())
        out.trusted.push_back(pem_at(config.trusted_certificates));
    if (!config.server_certificates.empty()) out.certificate = out.private_key = pem_at(config.server_certificates);
    return out;
}

/// A key and a certificate cost a third of a megabyte and some milliseconds, so only phones that may use them have
/// them.
std::optional<rtp::dtls_identity> dtls_identity_for(const settings& config) {
    const bool is_used =
        config.dtls_srtp != dtls_policy::never &&
        std::any_of(config.accounts.begin(), config.accounts.end(), [](const account_settings& account) {
            return account.enabled && account.srtp != srtp_policy::off;
        });
    if (!is_used) return std::nullopt;
    auto made = rtp::dtls_identity::generate(read_clocks().wall);
    return made ? std::optional(std::move(*made)) : std::nullopt;
}

sip::net::shell_config shell_config_of(const settings& config) {
    sip::net::shell_config out;
    out.socket_buffer = 256 * 1024;
    out.connections = 32;
    out.dscp = static_cast<std::uint8_t>(config.signalling_dscp);
    out.tls = tls_config_of(config);
    return out;
}

/// Whoever reads a trace could listen to the call if it showed the keys of its media, and look for the password of a
/// digest.
trace_event shown(const sip::net::traced_message& message) {
    std::string text(message.bytes);
    sip::mask_secrets(text);
    return {
        message.at,
        message.direction == sip::net::direction::received ? trace_direction::received : trace_direction::sent,
        message.local.kind == sip::transport_kind::udp   ? "udp"
        : message.local.kind == sip::transport_kind::tcp ? "tcp"
                                                         : "tls",
        sip::host_port(message.local),
        sip::host_port(message.remote),
        sdp::without_keys(text)};
}

}  // namespace

struct daemon::parts final : sip_port {
    parts(
        daemon_options given, sip::ip_address local_address, std::string instance,
        std::unique_ptr<history_store> call_lists, std::vector<std::int16_t> hold_music
    )
        : options(std::move(given)),
          address(local_address),
          environment(sip::net::make_environment()),
          core(user_agent_config_of(options), environment),
          driver(io.get_executor(), core, shell_config_of(options.config)),
          random{[this] { return environment.random(); }},
          packets(64),
          sockets(
              io.get_executor(), {options.config.min_rtp_port, options.config.max_rtp_port}, packets,
              [this] { return *rtp::endpoint::from_text(sip::to_string(own_address(options.config)), 0); },
              options.config.rtp_dscp
          ),
          history(std::move(call_lists)),
          certificate(dtls_identity_for(options.config)),
          handset(
              options.config,
              {std::move(instance), rtp::make_cname(random),
               address.is_v6 ? rtp::address_family::ipv6 : rtp::address_family::ipv4, std::move(hold_music),
               options.provisioned},
              {*this, sockets, random, packets, certificate ? &*certificate : nullptr, history.get(),
               [this](const std::string& text) { keep_user_settings(text); }},
              audio_format_at(options.config.audio_rate)
          ),
          clients(hub_options_of(), handset),
          server(io.get_executor(), clients, audio_format_at(options.config.audio_rate)),
          timer(io),
          rest(io),
          signals(io, SIGINT, SIGTERM) {
        handset.attach(clients, server.audio());
        server.audio().set_listener(&handset);
        server.on_activity([this] { arm_timer(); });
        driver.on_event([this](sip::event& what) {
            handset.on_sip(read_clocks(), std::move(what));
            after_input();
            release_memory_when_at_rest();
        });
        driver.on_message([this](const sip::net::traced_message& message) {
            if (!clients.is_tracing()) return;
            clients.publish(read_clocks(), shown(message));
            asio::post(io, [this] { server.flush(); });
        });
        sockets.on_packet(
            [this](media_id id, rtp::component via, rtp::packet_buffer packet, const rtp::endpoint& from) {
                handset.on_media(read_clocks(), id, via, std::move(packet), from);
                after_input();
            }
        );
    }

    hub_options hub_options_of() const {
        hub_options out;
        out.version = options.version;
        out.instance = fmt::format("{:016x}", environment.random());
        out.own_uid = ::getuid();
        out.access = options.config.access;
        out.audio = audio_format_at(options.config.audio_rate);
        return out;
    }

    void run(const std::function<void(sip::user_agent_core&, sip::now_t, sip::outbox&)>& command) override {
        driver.command([&](sip::now_t now, sip::outbox& out) { command(core, now, out); });
    }

    void keep_user_settings(const std::string& text) {
        const auto why = replace_file(user_settings_path(options.state_folder), text);
        if (why) clients.publish(read_clocks(), alarm_event{alarm_severity::warning, "settings", *why});
    }

    /// What was published goes out; the server then calls arm_timer(), as it does after every command and audio period.
    void after_input() { server.flush(); }

    void arm_timer() {
        if (handset.is_stopped()) return asio::post(io, [this] { stop(); });
        const auto wanted = handset.next_deadline();
        if (wanted == armed_for) return;
        armed_for = wanted;
        timer.cancel();
        if (!wanted) return;
        timer.expires_at(*wanted);
        timer.async_wait([this](const boost::system::error_code& problem) {
            if (problem) return;
            armed_for.reset();
            on_timer();
        });
    }

    void on_timer() {
        const auto now = read_clocks();
        if (const auto at = handset.next_deadline(); at && *at <= now.mono) handset.on_timeout(now);
        after_input();
    }

    void stop() {
        server.on_activity({});
        server.flush();
        server.close();
        driver.close();
        signals.cancel();
        timer.cancel();
        rest.cancel();
        io.stop();
    }

    void release_memory_when_at_rest() {
        rest.expires_after(time_to_rest);  // whoever waited already does not any more
        rest.async_wait([](const boost::system::error_code& problem) {
            if (!problem) release_memory_at_rest();
        });
    }

    void wait_for_signal() {
        signals.async_wait([this](const boost::system::error_code& problem, int) {
            if (problem) return;
            handset.shut_down({read_clocks(), "signal"});
            after_input();
            wait_for_second_signal();
        });
    }
    /// Who asks twice does not want to wait for the registrar.
    void wait_for_second_signal() {
        signals.async_wait([this](const boost::system::error_code& problem, int) {
            if (!problem) stop();
        });
    }

    daemon_options options;
    sip::ip_address address;
    asio::io_context io{1};
    sip::environment environment;
    sip::user_agent_core core;
    sip::net::driver driver;
    rtp::environment random;
    rtp::packet_pool packets;
    media_socket_pool sockets;
    std::unique_ptr<history_store> history;
    std::optional<rtp::dtls_identity> certificate;  ///< of DTLS-SRTP, new with each start
    phone handset;
    hub clients;
    socket_server server;
    asio::steady_timer timer, rest;
    std::optional<time_point> armed_for;
    asio::signal_set signals;
};

daemon::daemon(std::unique_ptr<parts> made) : parts_(std::move(made)) {}

daemon::~daemon() = default;

boost::system::result<std::unique_ptr<daemon>, start_failure> daemon::create(daemon_options options) {
    const auto environment = sip::net::make_environment();
    auto instance = load_instance(options.state_folder, environment.random);
    if (!instance) return instance.error();
    const auto address = own_address(options.config);
    const auto runtime_folder = options.runtime_folder;
    std::string why;
    auto history = history_store::open(options.state_folder + "/history", why);
    if (!history)
        return start_failure{fmt::format("the call lists {}/history cannot be used: {}", options.state_folder, why)};
    std::vector<std::int16_t> music;
    if (const auto& file = options.config.hold_music; !file.empty()) {
        auto sound = rtp::read_sound_file(file, audio_format_at(options.config.audio_rate).rate);
        if (!sound) return start_failure{fmt::format("offhook.hold_music: {}", sound.error().text)};
        music = std::move(*sound);
    }
    auto made = std::make_unique<parts>(
        std::move(options), address, std::move(*instance), std::move(history), std::move(music)
    );

    // What is not the user's own cannot be wrong, and to read the system's authorities costs 50 ms and a megabyte: they
    // are read with the first TLS connection.
    auto tls = tls_config_of(made->options.config);
    tls.trust_system = false;
    if ((!tls.trusted.empty() || !tls.certificate.empty()) && sip::net::check(tls, &why))
        return start_failure{std::move(why)};

    const auto& config = made->options.config;
    const auto here = bound_address(config, address);
    const auto towards = server_address(config);
    std::optional<std::uint16_t> port;
    for (const auto& account : made->options.config.accounts)
        if (is_usable(account) && !port) port = account.listen_port;
    for (const auto kind : {sip::transport_kind::udp, sip::transport_kind::tcp}) {
        const sip::endpoint local{here, port.value_or(5060), kind};
        const auto bound = made->driver.listen(local, towards);
        if (!bound)
            return start_failure{
                fmt::format("cannot listen on {}: {}", sip::to_string(local), bound.error().message())};
        port = bound->port;
    }
    if (!made->options.config.server_certificates.empty()) {
        const sip::endpoint secure{here, static_cast<std::uint16_t>(*port + 1), sip::transport_kind::tls};
        const auto bound = made->driver.listen(secure);
        if (!bound)
            return start_failure{
                fmt::format("cannot listen on {}: {}", sip::to_string(secure), bound.error().message())};
    }
    if (auto opened = made->server.open(runtime_folder); !opened) return opened.error();
    return std::unique_ptr<daemon>(new daemon(std::move(made)));
}

void daemon::run() {
    auto& p = *parts_;
    p.wait_for_signal();
    p.release_memory_when_at_rest();
    p.handset.start(read_clocks());
    p.after_input();
    p.io.run();
}

}  // namespace phoned::net
