// A transaction layer on virtual time, with a log of what it sends and tells: "500 INVITE" is an INVITE sent 500 ms
// after the start. The peer is a few text messages.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "sip/syntax/build.hpp"
#include "sip/syntax/parse.hpp"
#include "sip/transaction/layer.hpp"
#include "support/seeded_environment.hpp"

namespace test {

using namespace sip;
using namespace std::chrono_literals;
using lines = std::vector<std::string>;

inline endpoint const us_udp{ip_address::from("192.0.2.1").value(), 5060, transport_kind::udp};
inline endpoint const us_tcp{ip_address::from("192.0.2.1").value(), 5060, transport_kind::tcp};
inline endpoint const peer_udp{ip_address::from("192.0.2.9").value(), 5060, transport_kind::udp};
inline endpoint const peer_tcp{ip_address::from("192.0.2.9").value(), 40009, transport_kind::tcp};
inline constexpr flow_id udp_flow{1}, tcp_flow{2};

inline std::string first_words(std::string_view text) {
    if (text.starts_with("SIP/2.0 ")) return std::string(text.substr(8, 3));
    return std::string(text.substr(0, text.find(' ')));
}

struct layer_fixture {
    explicit layer_fixture(transaction_limits limits = {}, std::uint64_t seed = 1)
        : random(seed), env(seeded_environment(random)), layer(env, pool, limits) {}

    seeded_random random;
    environment env;
    buffer_pool pool;
    transaction_layer layer;
    actions sent_actions;
    transaction_events told_events;
    time_point const start{1000s};
    time_point now = start;

    transaction_outbox out() { return {sent_actions, told_events}; }
    long long elapsed() const { return std::chrono::duration_cast<std::chrono::milliseconds>(now - start).count(); }

    // ---- our side
    std::string request_text(std::string_view method, std::string_view to_tag = {}, unsigned cseq = 1) {
        return fmt::format(
            "{0} sip:bob@192.0.2.9 SIP/2.0\r\nMax-Forwards: 70\r\nFrom: <sip:alice@192.0.2.1>;tag=alice\r\n"
            "To: <sip:bob@192.0.2.9>{1}{2}\r\nCall-ID: call-1\r\nCSeq: {3} {0}\r\n"
            "Contact: <sip:alice@192.0.2.1>\r\nContent-Length: 0\r\n\r\n",
            method, to_tag.empty() ? "" : ";tag=", to_tag, cseq
        );
    }
    outgoing_request outgoing(std::string_view text, transport_kind kind = transport_kind::udp, owner_token owner = 7) {
        outgoing_request request;
        request.wire = pool.copy(text);
        request.flow = kind == transport_kind::udp ? udp_flow : tcp_flow;
        request.to = kind == transport_kind::udp ? peer_udp : peer_tcp;
        request.sent_by = kind == transport_kind::udp ? us_udp : us_tcp;
        request.timing = timing_;
        request.owner = owner;
        return request;
    }
    transaction_id send(std::string_view method, transport_kind kind = transport_kind::udp, owner_token owner = 7) {
        auto id = layer.send_request(now, outgoing(request_text(method), kind, owner), out());
        REQUIRE(id.has_value());
        remember();
        return *id;
    }
    error_code respond(transaction_id id, std::uint16_t status, std::string_view to_tag = "us") {
        auto wire = start_response(pool, layer.request_of(id), status, to_tag).finish();
        auto error = layer.respond(now, id, *wire, out());
        remember();
        return error;
    }

    // ---- the wire
    void receive(std::string_view text, flow_id flow = udp_flow, endpoint const& from = peer_udp) {
        auto parsed = parse_message(pool.copy(text), pool);
        REQUIRE(parsed.has_value());
        layer.on_message(now, *parsed, flow, from, out());
        remember();
    }
    /// The far end answers the newest request that we sent.
    void receive_response(std::uint16_t status, std::string_view to_tag = "bob") {
        receive(
            response_to(newest_request, status, to_tag), newest_flow, newest_flow == tcp_flow ? peer_tcp : peer_udp
        );
    }
    std::string response_to(std::string_view request, std::uint16_t status, std::string_view to_tag = "bob") {
        auto parsed = parse_message(pool.copy(request), pool);
        REQUIRE(parsed.has_value());
        return std::string(start_response(pool, parsed->view(), status, to_tag).finish()->text());
    }
    /// A request as a peer sends it.
    static std::string from_peer(
        std::string_view method, std::string_view branch = "z9hG4bKpeer", std::string_view to_tag = {},
        std::string_view transport = "UDP", std::string_view cseq_method = {}, std::string_view more = {}
    ) {
        return fmt::format(
            "{0} sip:alice@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/{1} 192.0.2.9{2}{3}\r\nMax-Forwards: 70\r\n"
            "From: <sip:bob@192.0.2.9>;tag=bob\r\nTo: <sip:alice@192.0.2.1>{4}{5}\r\nCall-ID: call-2\r\n"
            "CSeq: 1 {6}\r\n{7}Content-Length: 0\r\n\r\n",
            method, transport, branch.empty() ? "" : ";branch=", branch, to_tag.empty() ? "" : ";tag=", to_tag,
            cseq_method.empty() ? method : cseq_method, more
        );
    }
    transaction_id receive_request(std::string_view method, transport_kind kind = transport_kind::udp) {
        if (kind == transport_kind::udp)
            receive(from_peer(method));
        else
            receive(from_peer(method, "z9hG4bKpeer", {}, "TCP"), tcp_flow, peer_tcp);
        return newest_request_received;
    }

    // ---- time
    /// Wakes the layer at each of its deadlines, as a shell does.
    void advance(duration span) {
        auto until = now + span;
        while (auto next = layer.next_deadline()) {
            if (*next > until) break;
            now = std::max(now, *next);
            layer.on_timeout(now, out());
            CHECK(layer.next_deadline().value_or(time_point::max()) > now);
            remember();
        }
        now = until;
    }

    // ---- the log
    lines sent() { return std::exchange(sent_log, {}); }
    lines told() { return std::exchange(told_log, {}); }
    std::vector<std::string> sent_text;  ///< whole messages, never cleared
    std::string newest_request;          ///< the last request that we sent, ACKs apart
    flow_id newest_flow = flow_id::none;
    transaction_id newest_request_received;
    timing timing_;
    send_message newest_send;

    /// Moves the outbox into the log.
    void remember() {
        for (auto const& action : sent_actions) {
            auto const& send = std::get<send_message>(action);
            std::string text(send.bytes.text());
            sent_log.push_back(fmt::format("{} {}", elapsed(), first_words(text)));
            if (!text.starts_with("SIP/2.0") && !text.starts_with("ACK")) {
                newest_request = text;
                newest_flow = send.flow;
            }
            newest_send = send;
            sent_text.push_back(std::move(text));
        }
        for (auto const& event : told_events)
            told_log.push_back(
                fmt::format("{} {}", elapsed(), std::visit([&](auto const& e) { return line(e); }, event))
            );
        sent_actions.clear();
        told_events.clear();
    }

private:
    std::string line(response_received const& e) {
        return fmt::format("{} for {}", e.response.view().status(), e.owner);
    }
    std::string line(request_failed const& e) { return fmt::format("{} for {}", why(e.why), e.owner); }
    std::string line(request_received const& e) {
        newest_request_received = e.id;
        std::string text(e.request.view().method_text());
        if (!e.id) text += ", no transaction";
        if (e.merged) text += ", merged";
        if (e.cancels) text += ", cancels";
        if (e.names_other) text += ", names another";
        return text;
    }
    std::string line(response_failed const& e) { return fmt::format("{} for {}", why(e.why), e.owner); }
    std::string line(stray_response const& e) { return fmt::format("stray {}", e.response.view().status()); }
    static char const* why(errc code) {
        return code == errc::transaction_timeout ? "timeout" : code == errc::transport_failed ? "transport" : "?";
    }

    lines sent_log, told_log;
};

}  // namespace test

namespace doctest {
template <>
struct StringMaker<std::vector<std::string>> {
    static String convert(std::vector<std::string> const& lines) {
        return fmt::format("[{}]", fmt::join(lines, ", ")).c_str();
    }
};
}  // namespace doctest
