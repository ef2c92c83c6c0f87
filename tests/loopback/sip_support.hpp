// What the loopback tests of libsip's shell share: a core that only records and does as it is told, a loop that runs
// until something holds, and bare sockets that behave as badly as a test wants.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "sip/net/driver.hpp"
#include "sip/ua/protocol_core.hpp"

namespace sip_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using asio::ip::udp;

/// Runs the loop until `done()`; false after `limit`.
template <class Done>
bool run_until(asio::io_context& loop, Done&& done, std::chrono::steady_clock::duration limit = 10s) {
    auto const give_up = std::chrono::steady_clock::now() + limit;
    loop.restart();
    while (!done()) {
        if (std::chrono::steady_clock::now() >= give_up) return false;
        loop.run_one_for(5ms);
        if (loop.stopped()) loop.restart();
    }
    return true;
}

inline void run_for(asio::io_context& loop, std::chrono::steady_clock::duration time) {
    run_until(
        loop, [] { return false; }, time
    );
}

inline sip::endpoint on_loopback(sip::transport_kind kind, std::uint16_t port = 0, bool is_v6 = false) {
    return {*sip::ip_address::from(is_v6 ? "::1" : "127.0.0.1"), port, kind};
}

/// A complete OPTIONS; `size` pads the body up to that many bytes of message.
inline std::string options_message(std::string_view call_id, std::size_t size = 0) {
    auto const with_body = [&](std::size_t length) {
        return "OPTIONS sip:b@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK" + std::string(call_id) +
               "\r\nMax-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:b@127.0.0.1>\r\nCall-ID: " +
               std::string(call_id) + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
               std::string(length, 'x');
    };
    auto const bare = with_body(0).size();
    if (size <= bare) return with_body(0);
    auto body = size - bare;
    while (with_body(body).size() > size)
        --body;
    return with_body(body);
}

/// Records every input; answers with what `on_message` puts into the outbox.
class recording_core final : public sip::protocol_core {
public:
    struct received {
        sip::flow_id flow;
        sip::endpoint from;
        std::string bytes;
    };
    struct resolved {
        std::uint32_t request;
        std::vector<sip::ip_address> addresses;
        sip::error_code error;
        sip::dns_answer records = {};
    };

    std::vector<sip::flow_description> flows;  ///< flow n is element n - 1
    std::vector<sip::flow_event> changes;
    std::vector<received> messages;
    std::vector<received> keep_alives;
    std::vector<resolved> answers;
    std::vector<sip::now_t> timeouts;
    std::optional<sip::time_point> deadline;
    std::vector<sip::transaction_id> dead;  ///< transactions that are over
    std::uint32_t last_flow = 0;
    bool inside = false;     ///< a core function runs
    bool reentered = false;  ///< and was called again meanwhile

    std::function<void(received const&, sip::outbox&)> on_message = [](received const&, sip::outbox&) {};
    std::function<void(sip::flow_event const&, sip::outbox&)> on_change = [](sip::flow_event const&, sip::outbox&) {};
    std::function<void(sip::outbox&)> on_due = [](sip::outbox&) {};

    sip::flow_id add_flow(sip::now_t, sip::flow_description const& what, sip::outbox&) override {
        entry const held(*this);
        flows.push_back(what);
        return sip::flow_id{++last_flow};
    }
    void on_flow(sip::now_t, sip::flow_event const& change, sip::outbox& out) override {
        entry const held(*this);
        changes.push_back(change);
        on_change(change, out);
    }
    void on_bytes(sip::now_t, sip::flow_id flow, sip::endpoint const& from, sip::buffer_ref bytes, sip::outbox& out)
        override {
        entry const held(*this);
        messages.push_back({flow, from, std::string(bytes.text())});
        on_message(messages.back(), out);
    }
    void on_keep_alive(sip::now_t, sip::flow_id flow, sip::endpoint const& from, std::string_view bytes, sip::outbox&)
        override {
        entry const held(*this);
        keep_alives.push_back({flow, from, std::string(bytes)});
    }
    void
    on_resolved(sip::now_t, std::uint32_t request, sip::dns_answer const& records, sip::error_code error, sip::outbox&)
        override {
        entry const held(*this);
        answers.push_back({request, records.addresses, error, records});
    }
    void on_timeout(sip::now_t now, sip::outbox& out) override {
        entry const held(*this);
        if (!deadline || *deadline > now.mono) return;
        deadline.reset();
        timeouts.push_back(now);
        on_due(out);
    }
    std::optional<sip::wakeup> next_deadline() const noexcept override {
        if (!deadline) return {};
        return sip::wakeup{*deadline, sip::wake_reason::other};
    }
    bool still_wanted(sip::transaction_id id) const noexcept override {
        for (auto const& over : dead)
            if (over == id) return false;
        return true;
    }
    sip::buffer_pool& pool() noexcept override { return pool_; }

    sip::flow_id new_flow() { return sip::flow_id{++last_flow}; }

private:
    struct entry {
        explicit entry(recording_core& core) : core_(core) {
            if (core_.inside) core_.reentered = true;
            core_.inside = true;
        }
        entry(entry const&) = delete;
        entry& operator=(entry const&) = delete;
        ~entry() { core_.inside = false; }
        recording_core& core_;
    };
    sip::buffer_pool pool_;
};

/// One driver with a recording core on a loop of its own.
struct station {
    explicit station(sip::net::shell_config config = {}) : driver(loop.get_executor(), core, std::move(config)) {}

    void send(sip::flow_id flow, sip::endpoint const& to, std::string_view text, sip::transaction_id origin = {}) {
        driver.command([&](sip::now_t, sip::outbox& out) {
            out.actions.emplace_back(sip::send_message{flow, to, core.pool().copy(text), origin});
        });
    }
    sip::flow_id open(sip::endpoint const& to) {
        auto const flow = core.new_flow();
        driver.command([&](sip::now_t, sip::outbox& out) { out.actions.emplace_back(sip::open_flow{flow, to, {}}); });
        return flow;
    }

    asio::io_context loop{1};
    recording_core core;
    sip::net::driver driver;
};

/// Answers each message with "answer to N bytes" on the flow it came from.
inline void echo_sizes(recording_core& core) {
    core.on_message = [&core](recording_core::received const& message, sip::outbox& out) {
        auto const text = "answer to " + std::to_string(message.bytes.size());
        out.actions.emplace_back(sip::send_message{message.flow, message.from, core.pool().copy(text), {}});
    };
}

/// A TCP client without manners, beside the loop under test.
class bare_client {
public:
    explicit bare_client(sip::endpoint const& server) : socket_(context_) {
        sip::error_code error;
        auto const address = asio::ip::make_address(sip::to_string(server.address), error);
        socket_.connect({address, server.port}, error);
        connected_ = !error;
    }
    [[nodiscard]] bool connected() const { return connected_; }
    sip::error_code send(std::string_view text) {
        sip::error_code error;
        asio::write(socket_, asio::buffer(text.data(), text.size()), error);
        return error;
    }
    /// What has arrived so far; reading never blocks.
    std::string const& received() {
        sip::error_code error;
        socket_.non_blocking(true, error);
        char chunk[4096];
        for (;;) {
            auto const size = socket_.read_some(asio::buffer(chunk), error);
            if (error && error != asio::error::would_block) ended_ = error;
            if (error) break;
            text_.append(chunk, size);
        }
        socket_.non_blocking(false, error);
        return text_;
    }
    /// Set once the other side has closed (eof) or reset the connection.
    sip::error_code ended() {
        (void)received();
        return ended_;
    }
    tcp::socket& socket() { return socket_; }
    void reset() {
        sip::error_code error;
        socket_.set_option(asio::socket_base::linger(true, 0), error);
        socket_.close(error);
    }

private:
    asio::io_context context_{1};
    tcp::socket socket_;
    std::string text_;
    sip::error_code ended_;
    bool connected_ = false;
};

/// A UDP socket beside the loop under test.
class bare_socket {
public:
    explicit bare_socket(bool is_v6 = false) : socket_(context_) {
        auto const local = asio::ip::make_address(is_v6 ? "::1" : "127.0.0.1");
        socket_.open(is_v6 ? udp::v6() : udp::v4());
        socket_.bind({local, 0});
        socket_.non_blocking(true);
        socket_.set_option(asio::socket_base::receive_buffer_size(4 * 1024 * 1024));
    }
    [[nodiscard]] sip::endpoint local() const {
        auto const bound = socket_.local_endpoint();
        return {*sip::ip_address::from(bound.address().to_string()), bound.port(), sip::transport_kind::udp};
    }
    void send(sip::endpoint const& to, std::string_view text) {
        socket_.send_to(
            asio::buffer(text.data(), text.size()), {asio::ip::make_address(sip::to_string(to.address)), to.port}
        );
    }
    [[nodiscard]] std::optional<std::string> receive() {
        std::string text(65536, '\0');
        sip::error_code error;
        auto const size = socket_.receive_from(asio::buffer(text), from_, 0, error);
        if (error) return {};
        text.resize(size);
        return text;
    }
    [[nodiscard]] udp::endpoint const& from() const { return from_; }

private:
    asio::io_context context_{1};
    udp::socket socket_;
    udp::endpoint from_;
};

}  // namespace sip_test
