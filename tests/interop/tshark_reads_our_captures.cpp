// Covers: whether another program opens the capture files that we write (net/pcap_file.hpp) and reads in them what was
// sent: methods and status codes, both ends and their ports over every transport, times, session descriptions, and
// that credentials and keys are masked and nothing is malformed for that. The messages come from a registration and a
// call of a real user agent over UDP; other transports are written by hand, since a capture holds what was inside them.
// Not here: the bytes of the file (tests/loopback/sip_observability.cpp).
#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include "loopback/sip_support.hpp"
#include "sip/net/pcap_file.hpp"
#include "sip/net/user_agent.hpp"
#include "support/temporary_folder.hpp"
#include "support/tshark.hpp"

using namespace sip_test;
using sip::transport_kind;
using lines = std::vector<std::string>;

namespace {

constexpr std::string_view key = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

std::string offer() {
    return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\n"
           "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" +
           std::string(key) + "\r\n";
}

/// A server that asks for a password once, and takes every call.
struct server {
    explicit server(asio::io_context& loop) : agent(loop.get_executor(), taking_registers()) {
        where = agent.listen(on_loopback(transport_kind::udp)).value();
        sip::account_config me;
        me.address_of_record = "sip:1002@test";
        (void)agent.add_account(me).value();
        agent.on_event([this](sip::event const& what) {
            if (auto const* call = std::get_if<sip::incoming_call>(&what)) {
                taken = agent.take(call->id);
                (void)taken.answer(offer());
            }
            auto const* request = std::get_if<sip::incoming_request>(&what);
            if (request == nullptr) return;
            auto const view = request->request.view();
            if (!view.has(sip::header_id::authorization)) {
                std::array const challenge{sip::extra_header{
                    "WWW-Authenticate", "Digest realm=\"test\", nonce=\"abc\", algorithm=MD5, qop=\"auth\""}};
                (void)agent.respond(request->id, 401, challenge);
                return;
            }
            response = view.raw(sip::header_id::authorization);
            response = response.substr(response.find("response=\"") + 10, 32);
            std::array const bound{
                sip::extra_header{"Contact", std::string(view.raw(sip::header_id::contact)) + ";expires=600"}};
            (void)agent.respond(request->id, 200, bound);
        });
    }
    static sip::user_agent_config taking_registers() {
        sip::user_agent_config config;
        config.methods = {sip::method::register_};
        return config;
    }
    sip::net::user_agent agent;
    sip::net::call taken;
    sip::endpoint where;
    std::string response;  ///< of the digest
};

/// A registration and a call, as the phone's own capture shows them.
struct captured {
    explicit captured(sip::net::secrets shown) {
        auto file = sip::net::pcap_file::create(path, shown).value();
        phone.on_message([&](sip::net::traced_message const& message) { file.write(message); });
        auto const local = phone.listen(on_loopback(transport_kind::udp)).value();
        ours = std::to_string(local.port);
        sip::account_config me;
        me.address_of_record = "sip:1001@test";
        me.registrar = "sip:" + host_port(peer.where);
        me.password = "geheim";
        auto line = phone.add_account(me).value();
        bool is_registered = false, is_answered = false, is_over = false;
        phone.on_event([&](sip::event const& what) {
            if (auto const* news = std::get_if<sip::registration_changed>(&what))
                is_registered = news->state == sip::registration_state::registered;
            is_answered = is_answered || std::holds_alternative<sip::call_answered>(what);
            is_over = is_over || std::holds_alternative<sip::call_ended>(what);
        });
        REQUIRE(!line.start_registering());
        REQUIRE(run_until(loop, [&] { return is_registered; }));
        sip::invite_options to("sip:1002@" + host_port(peer.where));
        to.with_offer(offer());
        auto call = line.invite(to).value();
        REQUIRE(run_until(loop, [&] { return is_answered; }));
        (void)call.hang_up();
        REQUIRE(run_until(loop, [&] { return is_over; }));
        run_for(loop, 50ms);  // the answer to BYE
        REQUIRE(!file.flush());
        count = file.count().written;
    }
    [[nodiscard]] lines ask(std::string const& filter, std::string const& fields) const {
        return test::ask_tshark(path, filter, fields);
    }

    test::temporary_folder folder;
    std::string path = folder.path + "/ours.pcap", ours;
    std::uint64_t count = 0;
    asio::io_context loop{1};
    server peer{loop};
    sip::net::user_agent phone{loop.get_executor()};
};

}  // namespace

TEST_CASE("tshark reads what our capture says was sent, between whom, and nothing malformed") {
    captured shows(sip::net::secrets::masked);
    CHECK(shows.ask("sip", "frame.number").size() == shows.count);
    CHECK(shows.ask("_ws.malformed || _ws.expert.severity >= 0x600000", "frame.number _ws.expert.message").empty());
    CHECK(shows.ask("sip.Method", "sip.Method") == lines{"REGISTER", "REGISTER", "INVITE", "ACK", "BYE"});
    auto const statuses = shows.ask("sip.Status-Code && sip.CSeq.method == \"REGISTER\"", "sip.Status-Code");
    CHECK(statuses == lines{"401", "200"});
    auto const theirs = std::to_string(shows.peer.where.port);
    std::set<std::string> ways;
    for (auto const& way : shows.ask(
             "sip.Method", "exported_pdu.ipv4_src exported_pdu.src_port exported_pdu.ipv4_dst exported_pdu.dst_port"
         ))
        ways.insert(way);
    CHECK(ways == std::set<std::string>{"127.0.0.1 " + shows.ours + " 127.0.0.1 " + theirs});
    CHECK(shows.ask("sip.Method == \"INVITE\" && sdp", "sdp.media.port") == lines{"4000"});
    auto const times = shows.ask("sip", "frame.time_epoch");
    CHECK(std::is_sorted(times.begin(), times.end()));
}

TEST_CASE("tshark decodes masked credentials and keys as such: who they are of, and nothing else") {
    for (auto const how : {sip::net::secrets::masked, sip::net::secrets::shown}) {
        captured shows(how);
        bool const is_masked = how == sip::net::secrets::masked;
        CAPTURE(is_masked);
        REQUIRE(shows.peer.response.size() == 32);
        auto const digests = shows.ask("sip.auth.digest.response", "sip.auth.username sip.auth.digest.response");
        REQUIRE(digests.size() == 1);
        CHECK(digests[0].find("1001") != std::string::npos);
        CHECK((digests[0].find(shows.peer.response) == std::string::npos) == is_masked);
        for (auto const& attribute : shows.ask("sdp", "sdp.media_attr"))
            CHECK((attribute.find(key) == std::string::npos) == is_masked);
        CHECK(shows.ask("sdp", "sdp.media_attr").size() == 2);
        CHECK(shows.ask("_ws.malformed", "frame.number").empty());
    }
}

TEST_CASE("tshark names the ends of every transport, of IPv4 and IPv6, and the direction") {
    test::temporary_folder folder;
    auto const path = folder.path + "/kinds.pcap";
    auto const text = options_message("kinds");
    lines expected;
    {
        auto file = sip::net::pcap_file::create(path).value();
        std::uint16_t port = 5060;
        for (auto const kind : {transport_kind::udp, transport_kind::tcp, transport_kind::tls, transport_kind::wss})
            for (bool const is_v6 : {false, true}) {
                sip::net::traced_message one;
                one.direction = is_v6 ? sip::net::direction::received : sip::net::direction::sent;
                one.local = {*sip::ip_address::from(is_v6 ? "2001:db8::1" : "192.0.2.1"), ++port, kind};
                one.remote = {*sip::ip_address::from(is_v6 ? "2001:db8::2" : "192.0.2.2"), 5070, kind};
                one.bytes = text;
                one.at = std::chrono::system_clock::time_point(1'700'000'000s);
                file.write(one);
                auto const local = to_string(one.local.address), remote = to_string(one.remote.address);
                auto const ours = std::to_string(port);
                expected.push_back(
                    is_v6 ? remote + " 5070 " + local + ' ' + ours : local + ' ' + ours + ' ' + remote + " 5070"
                );
            }
    }
    auto const squeezed = [](std::string const& line) {
        std::istringstream words(line);
        std::string out;
        for (std::string word; words >> word;)
            out += (out.empty() ? "" : " ") + word;
        return out;
    };
    lines seen;
    for (auto const& line : test::ask_tshark(
             path, "sip.Method == \"OPTIONS\"",
             "exported_pdu.ipv4_src exported_pdu.ipv6_src exported_pdu.src_port exported_pdu.ipv4_dst "
             "exported_pdu.ipv6_dst exported_pdu.dst_port"
         ))
        seen.push_back(squeezed(line));
    CHECK(seen == expected);
}
