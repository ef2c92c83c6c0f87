// The pieces of code in the guide (docs/guide) that no other example holds. Compiled, so that they are right; run, it
// makes one call between two of its user agents, and prints the metrics that the page about observability shows.
#include <chrono>
#include <cstdio>
#include <future>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "sip/net/hep_sink.hpp"
#include "sip/net/pcap_file.hpp"
#include "sip/net/shards.hpp"
#include "sip/net/user_agent.hpp"

namespace asio = boost::asio;

constexpr char const* description =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";

// [errors]
/// What to show a person.
std::string explain(sip::error_code const& error, std::string const& detail) {
    if (!detail.empty()) return detail;
    return error.message() + ". " + std::string(sip::advice(error));
}
// [/errors]

// [account]
sip::account_config settings_of_alice() {
    sip::account_config alice;
    alice.address_of_record = "sip:alice@example.com";
    alice.display_name = "Alice";
    alice.registrar = "sip:example.com";
    alice.password = "secret";
    alice.minimum_strength = sip::hash_algorithm::sha256;  // MD5 challenges are not answered
    alice.expires = std::chrono::minutes(10);
    alice.route_set = {"sip:proxy.example.com;lr"};
    return alice;
}
// [/account]

void use_two_servers(sip::account_config& line) {
    // [servers]
    line.route_set = {"sip:edge1.example.com;lr"};
    line.alternatives.emplace_back().route_set = {"sip:edge2.example.com;lr"};  // or another registrar, or another domain
    line.instance = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    line.outbound.use = true;      // RFC 5626: a flow to each
    line.redundancy.attempts = 3;  // copies before the next server is tried
    // [/servers]
}

// [register]
asio::awaitable<void> stay_registered(sip::net::account line) {
    auto change = co_await line.async_register(asio::use_awaitable);
    for (;;) {
        if (change.state == sip::registration_state::failed)
            std::printf("%u %s\n", unsigned{change.status}, explain(change.error, change.detail).c_str());
        change = co_await line.async_next_change(asio::use_awaitable);
    }
}
// [/register]

// [tokens]
asio::awaitable<void> as_coroutine(sip::net::account line, sip::net::request_options ping) {
    auto const done = co_await line.async_request(ping, asio::use_awaitable);
    std::printf("%u\n", unsigned{done.status});
}

void as_callback(sip::net::account line, sip::net::request_options ping) {
    line.async_request(ping, [](sip::error_code error, sip::request_completed done) {
        if (!error) std::printf("%u\n", unsigned{done.status});
    });
}

void as_future(sip::net::account line, sip::net::request_options ping) {
    std::future<sip::request_completed> done = line.async_request(ping, asio::use_future);
    std::printf("%u\n", unsigned{done.get().status});  // on another thread than the user agent's
}
// [/tokens]

// [incoming]
asio::awaitable<void> take_call(sip::net::call call) {
    auto const first = co_await call.async_next_event(asio::use_awaitable);
    auto const& arrived = std::get<sip::incoming_call>(first);
    if (!arrived.has_offer) co_return (void) call.reject(488);  // we could answer with an offer instead
    call.ring();
    call.answer(description);
    for (;;) {
        auto const event = co_await call.async_next_event(asio::use_awaitable);
        if (std::holds_alternative<sip::remote_offer>(event)) call.answer_offer(description);
        if (std::holds_alternative<sip::call_ended>(event)) co_return;
    }
}

asio::awaitable<void> take_calls(sip::net::user_agent& agent) {
    for (;;) {
        auto call = co_await agent.async_accept(asio::use_awaitable);
        asio::co_spawn(agent.get_executor(), take_call(std::move(call)), asio::detached);
    }
}
// [/incoming]

// [hold]
/// Offers again inside a call, and tells whether the peer took it.
asio::awaitable<bool> hold(sip::net::call& call) {
    std::string const on_hold = std::string(description) + "a=sendonly\r\n";
    if (call.reoffer(on_hold)) co_return false;
    for (;;) {
        auto const event = co_await call.async_next_event(asio::use_awaitable);
        if (std::holds_alternative<sip::remote_answer>(event)) co_return true;
        if (auto const* failed = std::get_if<sip::offer_failed>(&event); failed && !failed->will_retry) co_return false;
        if (std::holds_alternative<sip::call_ended>(event)) co_return false;
    }
}
// [/hold]

// [info]
asio::awaitable<void> send_digit(sip::net::call& call) {
    sip::net::call_request_options info(sip::method::info);
    info.with_body("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
    auto const done = co_await call.async_request(info, asio::use_awaitable);
    std::printf("%u\n", unsigned{done.status});
}
// [/info]

// [take-over]
/// Takes a call from another phone of ours, whose dialog we know (from its dialog events, say).
asio::awaitable<sip::net::call> take_over(sip::net::account line, sip::dialog_identity there, std::string peer) {
    sip::invite_options options(peer);
    options.with_offer(description);
    options.with_replaces(there.call_id, there.remote_tag, there.local_tag);  // as the peer sees them
    co_return co_await line.async_invite(options, asio::use_awaitable);
}
// [/take-over]

// [publish]
asio::awaitable<void> show_presence(sip::net::account line, std::string address, std::string document) {
    sip::publish_options options(address, "presence", {"application/pidf+xml", document});
    options.lasting(600);
    auto published = co_await line.async_publish(options, asio::use_awaitable);
    for (;;) {
        auto const event = co_await published.async_next_event(asio::use_awaitable);
        auto const& change = std::get<sip::publication_changed>(event);
        if (change.state == sip::publication::state::ended) co_return;
    }
}
// [/publish]

// [tls]
sip::net::shell_config secure_shell() {
    sip::net::shell_config shell;
    shell.tls.trusted = {sip::net::pem::from_file("/etc/offhook/company-ca.pem")};  // beside the system's authorities
    shell.tls.certificate = sip::net::pem::from_file("/etc/offhook/phone.pem");     // to listen, and where servers ask
    shell.tls.private_key = sip::net::pem::from_file("/etc/offhook/phone.key");
    std::string why;
    if (sip::net::check(shell.tls, &why)) std::fprintf(stderr, "%s\n", why.c_str());  // "private key ...: ..."
    return shell;
}

void listen_securely(sip::net::user_agent& agent) {
    (void)agent.listen({*sip::ip_address::from("0.0.0.0"), 5061, sip::transport_kind::tls}).value();
    (void)agent.listen({*sip::ip_address::from("0.0.0.0"), 8080, sip::transport_kind::ws}).value();
}
// [/tls]

// [capture]
/// Every message into a file for Wireshark, credentials and keys masked.
sip::error_code capture(sip::net::user_agent& agent, std::string const& path) {
    auto opened = sip::net::pcap_file::create(path);
    if (!opened) return opened.error();
    auto const file = std::make_shared<sip::net::pcap_file>(std::move(*opened));
    agent.on_message([file](sip::net::traced_message const& message) { file->write(message); });
    return {};
}
// [/capture]

// [hep]
/// Every message to a collector (Homer), as they are.
sip::error_code report(sip::net::user_agent& agent, sip::endpoint const& collector) {
    sip::net::hep_settings settings;
    settings.agent_id = 2001;
    settings.secrets = sip::net::secrets::shown;
    auto opened = sip::net::hep_sink::open(agent.get_executor(), collector, settings);
    if (!opened) return opened.error();
    auto const sink = std::make_shared<sip::net::hep_sink>(std::move(*opened));
    agent.on_message([sink](sip::net::traced_message const& message) { sink->write(message); });
    return {};
}
// [/hep]

// [metrics]
/// As Prometheus reads it.
std::string metrics(sip::net::user_agent const& agent) {
    std::string text;
    agent.traffic().for_each([&](sip::net::traffic_table::row const& row) {
        auto const way = row.direction == sip::net::direction::received ? "in" : "out";
        auto const kind = row.status != 0 ? fmt::format("status=\"{}\"", row.status)
                                          : fmt::format("method=\"{}\"", sip::to_string(row.method));
        text += fmt::format(
            "sip_messages_total{{direction=\"{}\",transport=\"{}\",{}}} {}\n", way, sip::to_string(row.transport), kind,
            row.count
        );
    });
    for (std::size_t i = 1; i < sip::method_count; ++i) {
        auto const name = static_cast<sip::method>(i);
        auto const& counts = agent.transaction_counts().of(name);
        text += fmt::format("sip_timeouts_total{{method=\"{}\"}} {}\n", sip::to_string(name), counts.timed_out);
    }
    text += fmt::format(
        "sip_calls {}\nsip_datagrams_dropped_total {}\n", agent.live().sessions, agent.count().datagrams_dropped
    );
    return text;
}
// [/metrics]

// [log]
/// Lines for people, to standard error.
sip::log_sink to_standard_error() {
    sip::log_sink sink;
    sink.least = sip::log_level::info;
    sink.write = [](void*, sip::log_level, std::string_view line) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    };
    return sink;
}
// [/log]

// [shards]
/// Answers calls on one port with `count` threads. A call's events arrive on the thread that its call belongs to.
void serve_with_threads(std::size_t count, sip::endpoint const& local) {
    sip::net::shards all(
        count,
        [](std::size_t, sip::environment& surroundings) {
            auto core = std::make_unique<sip::user_agent_core>(sip::user_agent_config{}, surroundings);
            sip::account_config account;
            account.address_of_record = "sip:service@example.com";
            (void)core->add_account(account).value();
            return core;
        },
        [](std::size_t, sip::protocol_core& core, sip::net::driver& loop, sip::event& what) {
            auto& agent = static_cast<sip::user_agent_core&>(core);
            auto const* arrived = std::get_if<sip::incoming_call>(&what);
            if (arrived == nullptr) return;
            (void)loop.command([&](sip::now_t now, sip::outbox& out) {
                return agent.answer(now, arrived->id, description, out);
            });
        }
    );
    (void)all.listen(local).value();
    all.start();
    std::getchar();  // until somebody presses a key
    all.stop();
}
// [/shards]

int main() {
    asio::io_context loop(1);
    sip::net::user_agent alice(loop.get_executor(), {}, {}, to_standard_error()), bob(loop.get_executor());
    auto const any = sip::endpoint{*sip::ip_address::from("127.0.0.1"), 0, sip::transport_kind::udp};
    sip::account_config settings;
    settings.address_of_record = "sip:alice@" + host_port(alice.listen(any).value());
    auto line = alice.add_account(settings).value();
    settings.address_of_record = "sip:bob@" + host_port(bob.listen(any).value());
    (void)bob.add_account(settings).value();
    asio::co_spawn(loop, take_calls(bob), asio::detached);
    auto const talk = [&]() -> asio::awaitable<void> {
        sip::invite_options invitation(settings.address_of_record);
        invitation.with_offer(description);
        auto call = co_await line.async_invite(invitation, asio::use_awaitable);
        for (bool up = false; !up;) {
            auto const event = co_await call.async_next_event(asio::use_awaitable);
            up = std::holds_alternative<sip::call_answered>(event);
        }
        std::printf("%s\n", (co_await hold(call)) ? "on hold" : "not on hold");
        call.hang_up();
    };
    asio::co_spawn(loop, talk(), [&](std::exception_ptr) { loop.stop(); });
    loop.run();
    std::printf("%s", metrics(alice).c_str());
}
