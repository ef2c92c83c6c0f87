// Two transaction layers, no sockets, no clock, no Asio: the whole "network" is a loop that hands one side's messages
// to the other, and drops the first two. Time is a number that jumps to whatever deadline comes next, so the
// retransmission after half a second takes no time to watch.
//
// It prints:
//        0 ms  client sends   OPTIONS   (lost)
//      500 ms  client sends   OPTIONS   (lost)
//     1500 ms  client sends   OPTIONS
//     1500 ms  server sends   200
//     1500 ms  client is told 200
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <variant>

#include "sip/syntax/build.hpp"
#include "sip/syntax/parse.hpp"
#include "sip/transaction/layer.hpp"

namespace {

using namespace std::chrono_literals;

/// One end: its layer, and the outbox that the layer fills.
struct end {
    end(std::string its_name, sip::environment& environment) : name(std::move(its_name)), layer(environment, pool) {}

    std::string name;
    sip::buffer_pool pool;
    sip::transaction_layer layer;
    sip::actions actions;
    sip::transaction_events events;

    sip::transaction_outbox out() { return {actions, events}; }
};

// A real program takes sip::net::system_random(); this one is the same each time it runs.
std::uint64_t next_random(void* context) {
    return (*static_cast<std::mt19937_64*>(context))();
}

void say(sip::time_point now, std::string const& who, std::string const& what) {
    auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    auto number = std::to_string(elapsed);
    std::cout << std::string(7 - std::min<std::size_t>(7, number.size()), ' ') << number << " ms  " << who << what
              << "\n";
}

std::string first_word(std::string_view message) {
    if (message.starts_with("SIP/2.0 ")) message.remove_prefix(8);
    return std::string(message.substr(0, message.find(' ')));
}

}  // namespace

int main() {
    std::mt19937_64 generator(2543);
    sip::environment environment;
    environment.random = {&next_random, &generator};
    end client("client", environment), server("server", environment);

    sip::endpoint const client_at{*sip::ip_address::from("192.0.2.1"), 5060, sip::transport_kind::udp};
    sip::endpoint const server_at{*sip::ip_address::from("192.0.2.2"), 5060, sip::transport_kind::udp};
    sip::flow_id const socket{1};  // both ends have one socket and call it 1
    int losses = 2;
    bool answered = false;
    sip::time_point now{};

    // Performs what an end wants done, then reads what it tells.
    auto carry = [&](end& from, end& to, sip::endpoint const& source) {
        for (auto const& action : from.actions) {
            auto const& sent = std::get<sip::send_message>(action);
            bool is_lost = losses-- > 0;
            say(now, from.name, " sends   " + first_word(sent.bytes.text()) + (is_lost ? "   (lost)" : ""));
            if (is_lost) continue;
            if (auto message = sip::parse_message(to.pool.copy(sent.bytes.text()), to.pool))
                to.layer.on_message(now, *message, socket, source, to.out());
        }
        from.actions.clear();
    };
    auto settle = [&] {
        while (!client.actions.empty() || !server.actions.empty() || !client.events.empty() || !server.events.empty()) {
            carry(client, server, client_at);
            for (auto const& event : server.events)
                if (auto const* request = std::get_if<sip::request_received>(&event)) {
                    auto response =
                        sip::start_response(server.pool, request->request.view(), 200, "server-tag").finish();
                    if (response) (void)server.layer.respond(now, request->id, *response, server.out());
                }
            server.events.clear();
            carry(server, client, server_at);
            for (auto const& event : client.events)
                if (auto const* response = std::get_if<sip::response_received>(&event)) {
                    say(now, client.name, " is told " + std::to_string(response->response.view().status()));
                    answered = true;
                }
            client.events.clear();
        }
    };

    sip::outgoing_request request;
    request.wire = client.pool.copy(
        "OPTIONS sip:192.0.2.2 SIP/2.0\r\nMax-Forwards: 70\r\nFrom: <sip:192.0.2.1>;tag=client-tag\r\n"
        "To: <sip:192.0.2.2>\r\nCall-ID: example\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    request.flow = socket;
    request.to = server_at;
    request.sent_by = client_at;
    if (!client.layer.send_request(now, request, client.out())) return 1;

    settle();
    while (!answered) {
        auto next = client.layer.next_deadline();
        if (!next) return 1;  // the transaction has given up
        now = *next;
        client.layer.on_timeout(now, client.out());
        settle();
    }
    return 0;
}
