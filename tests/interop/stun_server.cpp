// Covers: our address as another program's STUN server (coturn) sees it through a translator of the test's own: it is
// named to the registrar, and a mapping that changes renews the registration.
// Not covered: loss, refusals, other servers (tests/unit/sip/transport/address_discovery_test.cpp, ua/own_address.cpp).
#include <array>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "conformance/run/child.hpp"
#include "conformance/run/port_block.hpp"
#include "loopback/sip_support.hpp"
#include "sip/net/user_agent.hpp"
#include "support/temporary_folder.hpp"

using namespace sip_test;

namespace {

std::string text_of(udp::endpoint const& at) {
    return at.address().to_string() + ":" + std::to_string(at.port());
}

/// What stands between a phone and a server: what the phone sends to `inner()` reaches the server from `outer()`.
class translator {
public:
    translator(asio::io_context& loop, udp::endpoint server) : loop_(loop), server_(server) {
        rebind();
        from_phone();
    }
    [[nodiscard]] udp::endpoint inner() const { return inside_.local_endpoint(); }
    [[nodiscard]] udp::endpoint outer() const { return outside_->local_endpoint(); }
    /// It has forgotten the phone, and gives it another port.
    void rebind() {
        auto const before = std::exchange(outside_, std::make_shared<udp::socket>(loop_, any_port()));
        if (before) before->close();
        from_server(outside_, std::make_shared<std::array<char, 1500>>());
    }

private:
    static udp::endpoint any_port() { return {asio::ip::address_v4::loopback(), 0}; }
    void from_phone() {
        inside_.async_receive_from(asio::buffer(data_), phone_, [this](auto error, std::size_t size) {
            if (error) return;
            outside_->send_to(asio::buffer(data_, size), server_);
            from_phone();
        });
    }
    void from_server(std::shared_ptr<udp::socket> const& socket, std::shared_ptr<std::array<char, 1500>> const& data) {
        socket->async_receive(asio::buffer(*data), [this, socket, data](auto error, std::size_t size) {
            if (error) return;
            inside_.send_to(asio::buffer(*data, size), phone_);
            from_server(socket, data);
        });
    }

    asio::io_context& loop_;
    udp::endpoint server_, phone_;
    udp::socket inside_{loop_, any_port()};
    std::shared_ptr<udp::socket> outside_;
    std::array<char, 1500> data_{};
};

class stun_server {
public:
    stun_server() {
        REQUIRE(ports.first() != 0);
        process_ = conformance::child::start(
            {"turnserver", "-c", "/dev/null", "--stun-only", "--no-cli", "--no-tls", "--no-dtls",
             "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--listening-port=" + std::to_string(ports.first()),
             "--no-stdout-log", "--log-file=" + folder_.path + "/turnserver.log",
             "--pidfile=" + folder_.path + "/turnserver.pid", "--db=" + folder_.path + "/none"},
            folder_.path + "/turnserver.out"
        );
        REQUIRE_MESSAGE(answers(), "turnserver (package coturn) does not answer");
    }
    [[nodiscard]] static udp::endpoint address() { return {asio::ip::address_v4::loopback(), ports.first()}; }

private:
    [[nodiscard]] bool answers() {
        asio::io_context loop{1};
        udp::socket socket(loop, {asio::ip::address_v4::loopback(), 0});
        socket.non_blocking(true);
        auto const question = sip::stun::binding_request({1, 2, 3});
        std::array<char, 1500> reply{};
        auto const give_up = std::chrono::steady_clock::now() + 10s;
        while (std::chrono::steady_clock::now() < give_up && process_.is_running()) {
            sip::error_code error;
            socket.send_to(asio::buffer(question), address(), 0, error);
            run_for(loop, 50ms);
            if (socket.receive(asio::buffer(reply), 0, error) > 0 && !error) return true;
        }
        return false;
    }

    static inline conformance::port_block ports;
    test::temporary_folder folder_;
    conformance::child process_;
};

/// Accepts every REGISTER and keeps the last one's Contact.
struct registrar {
    explicit registrar(asio::io_context& loop) : agent(loop.get_executor(), taking_registers()) {
        where = agent.listen(on_loopback(sip::transport_kind::udp)).value();
        sip::account_config me;
        me.address_of_record = "sip:registrar@test";
        (void)agent.add_account(me).value();
        agent.on_event([this](sip::event const& what) {
            auto const* request = std::get_if<sip::incoming_request>(&what);
            if (request == nullptr) return;
            contact = request->request.view().raw(sip::header_id::contact);
            ++registers;
            std::array const bound{sip::extra_header{"Contact", contact + ";expires=3600"}};
            (void)agent.respond(request->id, 200, bound);
        });
    }
    static sip::user_agent_config taking_registers() {
        sip::user_agent_config config;
        config.methods = {sip::method::register_};
        return config;
    }
    sip::net::user_agent agent;
    sip::endpoint where;
    std::string contact;
    int registers = 0;
};

}  // namespace

TEST_CASE(
    "coturn: the registrar hears the address that the STUN server sees, and the next one when it changes (RFC 8489)"
) {
    stun_server server;
    asio::io_context loop{1};
    translator between(loop, stun_server::address());
    registrar home(loop);
    sip::net::user_agent phone(loop.get_executor());
    phone.listen(on_loopback(sip::transport_kind::udp)).value();
    sip::account_config me;
    me.address_of_record = "sip:1001@test";
    me.registrar = "sip:" + host_port(home.where);
    me.stun_server = text_of(between.inner());
    me.outbound.keep_alive.datagram = {100ms, 200ms};
    auto line = phone.add_account(me).value();
    REQUIRE(!line.start_registering());

    REQUIRE(run_until(loop, [&] { return home.registers > 0; }));
    CHECK(home.contact == "<sip:1001@" + text_of(between.outer()) + ">");
    between.rebind();
    REQUIRE(run_until(loop, [&] { return home.registers > 1; }));
    CHECK(home.contact == "<sip:1001@" + text_of(between.outer()) + ">");
}
