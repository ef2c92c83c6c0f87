// What a user agent shows of itself. Covered: a registration with credentials and a call with keys, of which nothing
// secret reaches the log at its most talkative, a capture file or a HEP packet, unless the user asks for it; a peer's
// text in the log; the capture file's bytes and bound; a HEP packet byte by byte, on its way to a collector, and a
// message too large for one; counters by direction, transport, method, status, retransmission and time-out. Not
// covered: how Wireshark reads the file (tests/interop), what mask_secrets() finds (unit tests of syntax).
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "loopback/sip_support.hpp"
#include "sip/net/hep_sink.hpp"
#include "sip/net/pcap_file.hpp"
#include "sip/net/user_agent.hpp"
#include "sip/syntax/build.hpp"
#include "support/temporary_folder.hpp"

using namespace sip_test;
using sip::transport_kind;
using sip::net::direction;

namespace {

constexpr char const* key = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
std::string const offer = std::string(
                              "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                              "m=audio 6000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"
                          ) +
                          key + "\r\n";

struct kept_log {
    std::string text;
    sip::log_sink sink{
        [](void* context, sip::log_level, std::string_view line) {
            static_cast<kept_log*>(context)->text.append(line) += '\n';
        },
        this, sip::log_level::debug};
};

std::string content_of(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

bool holds(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// A user agent that registers and calls at a peer who challenges everything once, then agrees.
struct shown_phone {
    shown_phone() : agent(loop.get_executor(), {}, {}, log.sink) {
        (void)agent.listen(on_loopback(transport_kind::udp)).value();
        sip::account_config settings;
        settings.address_of_record = "sip:alice@" + host_port(peer.local());
        settings.registrar = "sip:" + host_port(peer.local());
        settings.password = "geheim";
        line = agent.add_account(settings).value();
    }

    /// REGISTER, 401, REGISTER, 200; INVITE, 603, ACK.
    void play() {
        bool registered = false, ended = false;
        line.async_register([&](sip::error_code error, sip::registration_changed change) {
            registered = !error && change.state == sip::registration_state::registered;
        });
        CHECK(run_until(loop, [&] { return serve(), registered; }));
        sip::invite_options options("sip:bob@" + host_port(peer.local()));
        options.with_offer(offer);
        line.async_invite(options, [&](sip::error_code, sip::net::call made) { call = std::move(made); });
        CHECK(run_until(loop, [&] { return serve(), static_cast<bool>(call); }));
        call.async_next_event([&](sip::error_code, sip::event const& what) {
            ended = std::holds_alternative<sip::call_ended>(what);
        });
        CHECK(run_until(loop, [&] { return serve(), ended; }));
        CHECK(run_until(loop, [&] { return serve(), acknowledged; }));
    }

    void serve() {
        while (auto const text = peer.receive()) {
            sip::buffer_pool pool;
            auto const request = sip::parse_message(pool.copy(*text), pool);
            REQUIRE(request.has_value());
            auto const view = request->view();
            if (view.method() == sip::method::ack) {
                acknowledged = true;
                continue;
            }
            bool const is_invite = view.method() == sip::method::invite;
            bool const is_known = view.has(sip::header_id::authorization);
            if (is_known) response = std::string(view.get<sip::header_id::authorization>()->response);
            auto answer = sip::start_response(
                pool, view,
                is_invite  ? std::uint16_t{603}
                : is_known ? std::uint16_t{200}
                           : std::uint16_t{401},
                "peer", {}
            );
            if (!is_invite && !is_known)
                answer.header("WWW-Authenticate", "Digest realm=\"test\", nonce=\"abc\", algorithm=MD5, qop=\"auth\"");
            if (!is_invite && is_known)
                answer.header("Contact", std::string(view.raw(sip::header_id::contact)) + ";expires=600");
            peer.send(
                {*sip::ip_address::from("127.0.0.1"), peer.from().port(), transport_kind::udp},
                answer.finish().value().text()
            );
        }
    }

    asio::io_context loop{1};
    kept_log log;
    bare_socket peer;
    sip::net::user_agent agent;
    sip::net::account line;
    sip::net::call call;
    std::string response;  ///< of the digest
    bool acknowledged = false;
};

sip::net::traced_message a_message(std::string_view bytes) {
    sip::net::traced_message made;
    made.direction = direction::sent;
    made.local = {*sip::ip_address::from("192.0.2.1"), 5060, transport_kind::udp};
    made.remote = {*sip::ip_address::from("192.0.2.2"), 5070, transport_kind::udp};
    made.bytes = bytes;
    made.at = std::chrono::system_clock::time_point(1'700'000'000s + 250ms);
    return made;
}

}  // namespace

TEST_CASE("Neither password, digest nor media key reaches a log or capture") {
    test::temporary_folder folder;
    shown_phone phone;
    auto file = sip::net::pcap_file::create(folder.path + "/masked.pcap").value();
    auto open = sip::net::pcap_file::create(folder.path + "/shown.pcap", sip::net::secrets::shown).value();
    std::string hep;
    phone.agent.on_message([&](sip::net::traced_message const& message) {
        file.write(message);
        open.write(message);
        hep += sip::net::hep3_packet(message, {});
    });
    phone.play();
    CHECK_FALSE(file.flush());
    CHECK_FALSE(open.flush());
    CHECK(file.count().written == 7);
    auto const masked = content_of(folder.path + "/masked.pcap"), shown = content_of(folder.path + "/shown.pcap");
    REQUIRE(phone.response.size() == 32);
    for (auto const* text : {&std::as_const(phone.log.text), &masked, &std::as_const(hep)}) {
        CHECK_FALSE(holds(*text, phone.response));
        CHECK_FALSE(holds(*text, "geheim"));
        CHECK_FALSE(holds(*text, key));
    }
    CHECK(holds(shown, phone.response));
    CHECK(holds(shown, key));
    CHECK_FALSE(holds(shown, "geheim"));
    CHECK(masked.size() == shown.size());
    CHECK(holds(masked, "username=\"alice\""));
    CHECK(holds(phone.log.text, "transaction"));  // it was talkative
}

TEST_CASE("A peer's text cannot forge a line of the log") {
    shown_phone phone;
    bare_socket mallory;
    mallory.send(
        phone.agent.listen(on_loopback(transport_kind::udp)).value(),
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK\x1b[2J\r\nX\x07 \x1b]0;owned\x07: y\r\n\r\n"
    );
    CHECK(run_until(phone.loop, [&] { return holds(phone.log.text, "unusable message"); }));
    for (char const c : phone.log.text)
        CHECK((c == '\n' || (c >= ' ' && c <= '~')));
}

TEST_CASE("A capture file ends at its bound, and a path that cannot be written is an error") {
    test::temporary_folder folder;
    auto const path = folder.path + "/small.pcap";
    {
        auto file = sip::net::pcap_file::create(path, sip::net::secrets::masked, 1000).value();
        std::string const message(300, 'x');
        for (int i = 0; i < 10; ++i)
            file.write(a_message(message));
        CHECK(file.count().written == 2);
        CHECK(file.count().left_out == 8);
    }
    auto const bytes = content_of(path);
    CHECK(bytes.size() <= 1000 + 24);
    CHECK(bytes.substr(0, 4) == "\xa1\xb2\xc3\xd4");
    CHECK(bytes.substr(20, 4) == std::string("\0\0\0\xfc", 4));
    CHECK(sip::net::pcap_file::create(folder.path + "/no/such/folder").has_error());
}

TEST_CASE("A HEP version 3 packet holds what its collector wants to know, byte by byte") {
    sip::net::hep_settings settings;
    settings.agent_id = 2001;
    settings.password = "pw";
    auto const packet = sip::net::hep3_packet(a_message("SIP!"), settings);
    std::string const expected(
        "HEP3\x00\x6f"
        "\0\0\0\x01\0\x07\x02"              // IPv4
        "\0\0\0\x02\0\x07\x11"              // UDP
        "\0\0\0\x03\0\x0a\xc0\x00\x02\x01"  // from
        "\0\0\0\x04\0\x0a\xc0\x00\x02\x02"  // to
        "\0\0\0\x07\0\x08\x13\xc4"          // 5060
        "\0\0\0\x08\0\x08\x13\xce"          // 5070
        "\0\0\0\x09\0\x0a\x65\x53\xf1\x00"  // 1,700,000,000 s
        "\0\0\0\x0a\0\x0a\x00\x03\xd0\x90"  // 250,000 us
        "\0\0\0\x0b\0\x07\x01"              // SIP
        "\0\0\0\x0c\0\x0a\x00\x00\x07\xd1"  // agent 2001
        "\0\0\0\x0e\0\x08pw"
        "\0\0\0\x0f\0\x0aSIP!",
        0x6f
    );
    CHECK(packet == expected);

    auto of_v6 = a_message("SIP!");
    of_v6.direction = direction::received;
    of_v6.local.address = *sip::ip_address::from("2001:db8::1");
    of_v6.remote.address = *sip::ip_address::from("2001:db8::2");
    of_v6.local.kind = of_v6.remote.kind = transport_kind::tls;
    auto const received = sip::net::hep3_packet(of_v6, {});
    CHECK(holds(received, std::string_view("\0\0\0\x01\0\x07\x0a\0\0\0\x02\0\x07\x06", 14)));  // IPv6, TCP
    CHECK(holds(received, std::string_view("\0\0\0\x05\0\x16\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x06", 26))
    );
    CHECK(sip::net::hep3_packet(a_message(std::string(65500, 'x')), {}).empty());
}

TEST_CASE("A HEP sink sends one datagram for each message, and leaves out what does not fit") {
    asio::io_context loop(1);
    bare_socket collector;
    auto sink = sip::net::hep_sink::open(loop.get_executor(), collector.local()).value();
    sink.write(a_message("SIP!"));
    std::string const large(65500, 'x');
    sink.write(a_message(large));
    std::optional<std::string> packet;
    CHECK(run_until(loop, [&] { return (packet = collector.receive()).has_value(); }));
    CHECK(*packet == sip::net::hep3_packet(a_message("SIP!"), {}));
    CHECK(sink.count().sent == 1);
    CHECK(sink.count().left_out == 1);
}

TEST_CASE("Messages are counted by direction, transport, method and status") {
    shown_phone phone;
    phone.play();
    auto const& traffic = phone.agent.traffic();
    using sip::method;
    CHECK(traffic.requests(direction::sent, transport_kind::udp, method::register_) == 2);
    CHECK(traffic.requests(direction::sent, transport_kind::udp, method::invite) == 1);
    CHECK(traffic.requests(direction::sent, transport_kind::udp, method::ack) == 1);
    CHECK(traffic.responses(direction::received, transport_kind::udp, 401) == 1);
    CHECK(traffic.responses(direction::received, transport_kind::udp, 200) == 1);
    CHECK(traffic.responses(direction::received, transport_kind::udp, 603) == 1);
    CHECK(traffic.responses(direction::received, transport_kind::udp, 42) == 0);
    std::uint64_t total = 0;
    traffic.for_each([&](sip::net::traffic_table::row const& row) {
        CHECK(row.transport == transport_kind::udp);
        total += row.count;
    });
    CHECK(total == 7);
    CHECK(total == phone.agent.count().received + phone.agent.count().sent);
}

TEST_CASE("A first line is counted as what it is, whatever stands there") {
    sip::net::traffic_table table;
    auto const count = [&](std::string_view message) { table.add(direction::received, transport_kind::ws, message); };
    for (std::string_view const message :
         {"", "\r\n\r\n", "INVITE", "INVITE\r\n", "invite sip:a SIP/2.0", "SIP/2.0 099 x", "SIP/2.0 7", "SIP/2.0 700 x",
          "SIP/2.0 2x0 x", "SIP/2.0 x99", "PUBLISHED sip:a SIP/2.0", "AVERYLONGMETHOD sip:a SIP/2.0"})
        count(message);
    auto const requests = [&](sip::method name) {
        return table.requests(direction::received, transport_kind::ws, name);
    };
    CHECK(requests(sip::method::unknown) == 12);
    count("\r\nSUBSCRIBE sip:a SIP/2.0");
    count("REGISTER sip:a SIP/2.0");
    count("SIP/2.0 100 Trying");
    count("SIP/2.0 699");
    CHECK(requests(sip::method::subscribe) == 1);
    CHECK(requests(sip::method::register_) == 1);
    CHECK(table.responses(direction::received, transport_kind::ws, 100) == 1);
    CHECK(table.responses(direction::received, transport_kind::ws, 699) == 1);
    CHECK(table.responses(direction::sent, transport_kind::ws, 699) == 0);
}

TEST_CASE("Retransmissions and time-outs are counted by method") {
    asio::io_context loop(1);
    sip::net::user_agent agent(loop.get_executor());
    (void)agent.listen(on_loopback(transport_kind::udp)).value();
    bare_socket silent;
    sip::account_config settings;
    settings.address_of_record = "sip:alice@127.0.0.1";
    settings.timing.t1 = 2ms;
    settings.timing.t2 = 8ms;
    auto line = agent.add_account(settings).value();
    bool over = false;
    line.async_request(
        {sip::method::options, "sip:bob@" + host_port(silent.local())},
        [&](sip::error_code, sip::request_completed const& done) {
            over = true;
            CHECK(done.status == 0);
        }
    );
    CHECK(run_until(loop, [&] { return over; }));
    auto const& counts = agent.transaction_counts().of(sip::method::options);
    CHECK(counts.timed_out == 1);
    CHECK(counts.requests_repeated >= 3);
    CHECK(
        agent.traffic().requests(direction::sent, transport_kind::udp, sip::method::options) ==
        counts.requests_repeated + 1
    );

    // A peer that repeats its request gets its answer again.
    auto const local = agent.listen(on_loopback(transport_kind::udp)).value();
    auto options = options_message("again");
    options.insert(options.find(";branch"), ";rport");
    silent.send(local, options);
    std::size_t answers = 0;
    auto const heard = [&] {
        while (auto const text = silent.receive())
            answers += text->starts_with("SIP/2.0 200");
        return answers;
    };
    CHECK(run_until(loop, [&] { return heard() == 1; }));
    silent.send(local, options);
    CHECK(run_until(loop, [&] { return heard() == 2; }));
    CHECK(counts.requests_heard_again == 1);
    CHECK(counts.responses_repeated == 1);
}
