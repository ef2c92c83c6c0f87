// The server that SIP.js talks to: a user agent that listens on WebSocket and secure WebSocket. It takes registrations,
// answers messages and calls, and does on request (a MESSAGE "message me", "call me") the same the other way round.
//
//     websocket-server FOLDER      writes ca.pem into FOLDER, prints "ws PORT wss PORT", and runs until it is killed
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include <boost/asio/io_context.hpp>

#include "support/certificates.hpp"
#include "sip/net/user_agent.hpp"

namespace {

using sip_test::authority;

sip::net::shell_config serving(std::string const& folder) {
    authority const ca("WebSocket test CA");
    auto const mine = ca.issue({.common_name = "localhost", .alternative_names = "DNS:localhost,URI:sip:localhost"});
    std::ofstream(folder + "/ca.pem") << ca.pem();
    sip::net::shell_config config;
    config.tls.certificate = sip::net::pem::in_memory(mine.pem);
    config.tls.private_key = sip::net::pem::in_memory(mine.key);
    return config;
}

sip::user_agent_config registrar() {
    sip::user_agent_config config;
    config.methods = {sip::method::register_, sip::method::message};
    return config;
}

class server {
public:
    server(boost::asio::io_context& loop, std::string const& folder)
        : agent_(loop.get_executor(), registrar(), serving(folder)) {
        sip::account_config me;
        me.address_of_record = "sip:server@example.test";
        me.transport = sip::transport_kind::ws;
        line_ = agent_.add_account(me).value();
        agent_.on_event([this](sip::event const& what) { std::visit([this](auto const& one) { take(one); }, what); });
    }
    std::uint16_t listen(sip::transport_kind kind) {
        return agent_.listen({*sip::ip_address::from("127.0.0.1"), 0, kind}).value().port;
    }

private:
    template <class Event>
    void take(Event const&) {}

    void take(sip::incoming_request const& asked) {
        auto const request = asked.request.view();
        if (request.method() == sip::method::register_) return take_registration(asked);
        (void)agent_.respond(asked.id, 200);
        auto const target = contact_of(request);
        if (request.body() == "message me") {
            sip::net::request_options message(sip::method::message, target);
            message.with_body("text/plain", "here is one");
            (void)line_.request(message);
        }
        if (request.body() == "call me") {
            sip::invite_options options(target);
            options.with_offer(description);
            auto made = line_.invite(options);
            if (made) calls_.insert_or_assign(made->id(), std::move(*made));
        }
    }

    void take_registration(sip::incoming_request const& asked) {
        auto const request = asked.request.view();
        auto const contact = std::string(request.raw(sip::header_id::contact));
        auto const to = request.get<sip::header_id::to>();
        if (!contact.empty() && to) contacts_[std::string(to->uri.user)] = contact;
        sip::extra_header const headers[] = {{"Contact", contact}};
        (void)agent_.respond(asked.id, 200, headers);
    }

    std::string contact_of(sip::message_view request) const {
        auto const from = request.get<sip::header_id::from>();
        auto const found = contacts_.find(from ? std::string(from->uri.user) : std::string());
        if (found == contacts_.end()) return "sip:nobody@unknown.invalid";
        auto const begin = found->second.find('<') + 1;
        return found->second.substr(begin, found->second.find('>') - begin);
    }

    void take(sip::incoming_call const& arrived) {
        auto held = agent_.take(arrived.id);
        (void)held.ring();
        (void)held.answer(description);
        calls_.insert_or_assign(arrived.id, std::move(held));
    }
    /// We hang up what SIP.js has answered; what SIP.js calls it hangs up itself.
    void take(sip::call_answered const& answered) { (void)calls_[answered.id].hang_up(); }
    void take(sip::call_ended const& ended) { calls_.erase(ended.id); }

    static constexpr auto description =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";

    sip::net::user_agent agent_;
    sip::net::account line_;
    std::map<std::string, std::string> contacts_;
    std::map<sip::session_id, sip::net::call> calls_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: websocket-server FOLDER\n";
        return 2;
    }
    boost::asio::io_context loop(1);
    server served(loop, argv[1]);
    auto const plain = served.listen(sip::transport_kind::ws), secure = served.listen(sip::transport_kind::wss);
    std::cout << "ws " << plain << " wss " << secure << std::endl;
    loop.run();
}
