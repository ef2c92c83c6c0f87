#include "sip/net/driver.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <deque>
#include <map>
#include <new>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "net/address_watch.hpp"
#include "net/addresses.hpp"
#include "net/connection.hpp"
#include "net/dns.hpp"
#include "net/doorkeeper.hpp"
#include "net/flow_owner.hpp"
#include "net/lazy_timer.hpp"
#include "net/listener.hpp"
#include "net/stream_maker.hpp"
#include "net/udp.hpp"
#include "sip/net/local_address.hpp"
#include "sip/transport/stun.hpp"

namespace sip::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// A datagram of nothing but line ends and zeros keeps a NAT binding open; phones and servers send it in many sizes.
bool is_keep_alive(std::string_view bytes) noexcept {
    return bytes.size() <= 4 && bytes.find_first_not_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

/// An address in the wide network, for the question which of ours leads there. Nothing is sent to it (RFC 5737, 3849).
ip_address anywhere(bool is_v6) noexcept {
    return *ip_address::from(is_v6 ? "2001:db8::1" : "192.0.2.1");
}

template <class... Visitors>
struct overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
overloaded(Visitors...) -> overloaded<Visitors...>;

}  // namespace

struct driver::impl final : flow_owner, std::enable_shared_from_this<driver::impl> {
    impl(asio::any_io_executor loop, protocol_core& driven, shell_config settings, log_sink sink)
        : executor(std::move(loop)), core(driven), config(std::move(settings)), log(sink), timer(executor) {}

    // ---- when memory runs out

    /// A step for which there is no memory is given up, as if its input had been lost on the way: the core has left its
    /// own state in order (docs/decisions/112), and the loop goes on for everybody else.
    template <class Step>
    void attempt(Step&& step) {
        try {
            std::forward<Step>(step)();
        } catch (std::bad_alloc const&) {
            ++counts.out_of_memory;
        }
    }

    // ---- one wake-up

    void on_no_memory() noexcept override { ++counts.out_of_memory; }

    void wake() override {
        if (depth++ != 0) return;
        alive = shared_from_this();
        instant = {clock::now(), std::chrono::system_clock::now()};
        ++counts.wake_ups;
    }

    void rest() override {
        if (--depth != 0) return;
        if (!closed) attempt([this] { arm(); });  // else the next input does
        auto const released = std::move(alive);   // perhaps the last owner, where a handler destroyed the driver
    }

    time_point now() const noexcept override { return instant.mono; }

    void arm() {
        // Deadlines that lie close together share a wake-up.
        if (auto const next = core.next_deadline())
            timer.arm(std::max(next->at, instant.mono + config.timer_slack), shared_from_this(), &impl::on_time);
    }

    void on_time() {
        if (closed) return;
        waking const wake_up(*this);
        ++counts.timer_wake_ups;
        attempt([this] { core.on_timeout(instant, out); });
        settle();
    }

    // ---- after each input: actions, then news that they brought, then events

    using resolved = std::tuple<std::uint32_t, dns_answer, error_code>;
    using news = std::variant<flow_event, resolved>;

    void settle() {
        if (settling) return;  // an action brought news: the loop further up takes it when the actions are done
        settling = true;
        while (!closed) {
            for (auto& one : out.actions) {
                attempt([&] { std::visit([this](auto& what) { perform(what); }, one); });
                if (closed) break;
            }
            out.actions.clear();
            take_events();
            if (pending_news.empty() || closed) break;
            auto const next = std::move(pending_news.front());
            pending_news.pop_front();
            attempt([&] { tell_core(next); });
            attempt([&] { after_news(next); });
        }
        out.actions.clear();
        settling = false;
        deliver();
    }

    /// Those for which there is no room stay in the outbox: what has ended must be told.
    void take_events() {
        auto taken = out.events.begin();
        attempt([&] {
            for (; taken != out.events.end(); ++taken)
                events.push_back(std::move(*taken));
        });
        out.events.erase(out.events.begin(), taken);
    }

    void tell_core(news const& next) {
        std::visit(
            overloaded{
                [this](flow_event const& change) { core.on_flow(instant, change, out); },
                [this](resolved const& answer) {
                    auto const& [request, records, error] = answer;
                    core.on_resolved(instant, request, records, error, out);
                }},
            next
        );
    }

    void deliver() {
        if (delivering) return;  // a handler commanded the driver: its events come after the one in hand
        delivering = true;
        while (!events.empty() && !closed) {
            auto next = std::move(events.front());
            events.pop_front();
            if (handler) attempt([&] { handler(next); });
        }
        delivering = false;
    }

    // ---- what sockets tell

    void on_datagram(flow_id flow, endpoint const& local, endpoint const& from, std::string_view bytes) override {
        if (is_keep_alive(bytes)) {
            ++counts.keep_alives;
            return;
        }
        attempt([&] {
            if (stun::is_stun(bytes)) return on_stun(flow, from, bytes);
            if (diverted && diverted(local, from, bytes)) return;
            on_message(flow, local, from, core.pool().copy(bytes));
        });
    }

    /// RFC 5626 8: whoever takes SIP at a port answers Binding requests there.
    void on_stun(flow_id flow, endpoint const& from, std::string_view bytes) {
        if (auto const reply = stun::answer(bytes, from)) {
            ++counts.keep_alives;
            error_code ignored;
            (void)sockets.find(flow)->second->send(from, core.pool().copy(*reply), ignored);
            return;
        }
        on_keep_alive(flow, from, keep_alive::pong, bytes);
    }

    void receive(endpoint const& local, endpoint const& from, std::string_view bytes) {
        if (closed) return;
        waking const wake_up(*this);
        for (auto const& [flow, socket] : sockets) {
            if (socket->local() != local) continue;
            on_message(flow, local, from, core.pool().copy(bytes));
            return;  // the loop's iterators may be gone
        }
    }

    void on_message(flow_id flow, endpoint const& local, endpoint const& from, buffer_ref bytes) override {
        ++counts.received;
        attempt([&] { show(direction::received, flow, local, from, bytes); });
        attempt([&] { core.on_bytes(instant, flow, from, std::move(bytes), out); });
        settle();
    }

    void on_keep_alive(flow_id flow, endpoint const& from, keep_alive what, std::string_view bytes) override {
        ++counts.keep_alives;
        if (what == keep_alive::ping) return;
        attempt([&] { core.on_keep_alive(instant, flow, from, bytes, out); });
        settle();
    }

    void on_change(flow_event change) override {
        if (change.change != flow_change::up) log.log(log_level::info, "{}", change.cause_text);
        if (change.flow == flow_id::none) {
            ++counts.handshakes_failed;  // the core has never heard of it
            return;
        }
        attempt([&] { pending_news.emplace_back(std::move(change)); });
        settle();
    }

    void on_released(std::shared_ptr<connection> const& link) override {
        if (link->how() == origin::accepted) visitors.leave(link);
        if (link->flow() != flow_id::none) connections.erase(link->flow());
    }

    void on_resolved(std::uint32_t request, dns_answer const& records, error_code error) override {
        attempt([&] { pending_news.emplace_back(resolved{request, records, error}); });
        settle();
    }

    /// Once the core knows that a connection is up, what waited for it goes out, but for messages that nobody wants
    /// any more (their transaction has timed out meanwhile).
    void after_news(news const& what) {
        auto const* change = std::get_if<flow_event>(&what);
        if (change == nullptr || change->change != flow_change::up) return;
        auto const found = connections.find(change->flow);
        if (found == connections.end()) return;
        auto const opened = found->second;
        counts.messages_outlived += opened->flush([this](transaction_id id) { return core.still_wanted(id); });
    }

    // ---- actions

    void perform(send_message& message) {
        if (auto const found = connections.find(message.flow); found != connections.end()) {
            auto const link = found->second;
            show_sent(message.flow, link->local(), link->remote(), message.bytes);
            link->send(std::move(message.bytes), message.origin, instant.mono);
            return;
        }
        if (auto const found = sockets.find(message.flow); found != sockets.end()) {
            error_code why;
            show_sent(message.flow, found->second->local(), message.to, message.bytes);
            if (found->second->send(message.to, message.bytes, why) == udp_socket::sent::dropped) {
                ++counts.datagrams_dropped;
                log.log(
                    log_level::warning, "{} bytes to {} were not sent: {}", message.bytes.size(), to_string(message.to),
                    why.message()
                );
            }
            return;
        }
        log.log(
            log_level::debug, "flow {} is gone: a message to {} was not sent", static_cast<std::uint32_t>(message.flow),
            to_string(message.to)
        );
    }

    void perform(send_keep_alive& ping) {
        if (auto const found = connections.find(ping.flow); found != connections.end()) {
            auto const link = found->second;
            link->send(std::move(ping.bytes), {}, instant.mono);
        } else if (auto const socket = sockets.find(ping.flow); socket != sockets.end()) {
            error_code ignored;  // one that is lost is sent again, as over the network
            (void)socket->second->send(ping.to, ping.bytes, ignored);
        }
    }

    /// Not the wake-up's instant: the traces of two programs can be merged only if a message leaves one before it
    /// reaches the other.
    void show(direction which, flow_id flow, endpoint const& local, endpoint const& remote, buffer_ref const& bytes) {
        wire.add(which, local.kind, bytes.text());
        if (trace) trace({which, flow, local, remote, bytes.text(), std::chrono::system_clock::now()});
    }

    void show_sent(flow_id flow, endpoint const& local, endpoint const& remote, buffer_ref const& bytes) {
        ++counts.sent;
        show(direction::sent, flow, local, remote, bytes);
    }

    void perform(open_flow& request) {
        std::string why;
        auto stream = streams.towards(request.to, request.server_name, why);
        if (!stream) {
            pending_news.emplace_back(flow_event{
                request.flow,
                flow_change::failed,
                {},
                stream.error(),
                "no connection to " + to_string(request.to) + ": " + why});
            return;
        }
        auto const link = std::make_shared<connection>(std::move(*stream), origin::opened, *this, core.pool(), config);
        connections.emplace(request.flow, link);
        watch_addresses();
        link->open(request.flow, request.to, instant.mono);
    }

    void perform(close_flow& request) {
        if (auto const found = connections.find(request.flow); found != connections.end()) {
            auto const link = found->second;
            link->finish();
        } else if (auto const socket = sockets.find(request.flow); socket != sockets.end()) {
            socket->second->close();
            sockets.erase(socket);
            hints.erase(request.flow);
        }
    }

    void perform(resolve_name& request) {
        if (!resolver) resolver = std::make_shared<name_resolver>(executor, *this, config);
        resolver->resolve(request.request, request.name, request.type);
    }

    // ---- the machine's addresses

    void watch_addresses() {
        if (watch || !config.follow_addresses) return;
        watch = std::make_shared<address_watch>(executor, [this] { on_addresses(); });
        if (auto const error = watch->open())
            log.log(log_level::warning, "changes of our address will not be seen: {}", error.message());
    }

    void on_addresses() {
        if (closed) return;
        waking const wake_up(*this);
        for (auto& [flow, socket] : sockets) {
            auto const towards = hints.find(flow);
            if (towards == hints.end()) continue;  // bound to one address, and nothing else can be done with it
            auto local = socket->local();
            local.address = concrete_address(local.address.is_v6, towards->second);
            if (local == socket->local()) continue;
            tell_move(flow, socket->local(), local);
            socket->rename(local);
        }
        std::vector<std::shared_ptr<connection>> lost;
        for (auto const& [flow, link] : connections)
            if (link->is_up() && !is_own_address(link->local().address)) lost.push_back(link);
        for (auto const& link : lost)
            link->abandon(flow_change::moved, "was reached from an address that is ours no more");
        settle();
    }

    void tell_move(flow_id flow, endpoint const& before, endpoint const& now) {
        auto text = "our address has changed from " + to_string(before) + " to " + to_string(now);
        log.log(log_level::info, "{}", text);
        pending_news.emplace_back(flow_event{flow, flow_change::moved, now, {}, std::move(text), {}});
    }

    // ---- listening

    result<endpoint> listen_for_datagrams(endpoint const& local, ip_address const& towards, port_sharing sharing) {
        auto const socket = std::make_shared<udp_socket>(executor, *this, config);
        if (auto const error = socket->open(local, sharing)) return error;
        auto const bound = socket->bound();
        endpoint named = bound;
        if (bound.address.is_unspecified()) named.address = concrete_address(bound.address.is_v6, towards);
        watch_addresses();
        waking const wake_up(*this);
        auto const flow = core.add_flow(instant, {named, {}}, out);
        if (bound.address.is_unspecified()) hints.emplace(flow, towards);
        sockets.emplace(flow, socket);
        socket->start(flow, named);
        settle();
        return bound;
    }

    static ip_address concrete_address(bool is_v6, ip_address const& towards) {
        auto const hinted = !towards.is_unspecified() && towards.is_v6 == is_v6;
        if (auto const found = local_address_towards(hinted ? towards : anywhere(is_v6))) return *found;
        // No route at all: the machine can still speak to itself.
        return *ip_address::from(is_v6 ? "::1" : "127.0.0.1");
    }

    result<endpoint> listen_for_connections(endpoint const& local, port_sharing sharing) {
        if (is_secure(local.kind))
            if (auto const error = prepare_to_serve(local)) return error;
        auto const door = std::make_shared<listener>(executor, [this, kind = local.kind](tcp::socket socket) {
            attempt([&] { on_socket(std::move(socket), kind); });
        });
        if (auto const error = door->open(local, sharing)) return error;
        doors.push_back(door);
        door->start();
        auto bound = door->bound();
        bound.kind = local.kind;
        core.add_listener(bound);
        return bound;
    }

    error_code prepare_to_serve(endpoint const& local) {
        std::string why;
        auto const error = streams.prepare_to_serve(why);
        if (error) log.log(log_level::error, "cannot listen on {}: {}", to_string(local), why);
        return error;
    }

    bool admits(endpoint const& remote) {
        if (visitors.admits(remote)) return true;
        ++counts.connections_refused;
        log.log(
            log_level::info, "{} was refused: {} connections are open, {} of them from there", to_string(remote),
            visitors.present(), visitors.present_from(remote.address)
        );
        return false;
    }

    void on_socket(tcp::socket socket, transport_kind kind) {
        waking const wake_up(*this);
        error_code error;
        auto const remote = from_asio(socket.remote_endpoint(error), kind);
        if (error) return;  // gone already
        auto const local = from_asio(socket.local_endpoint(error), kind);
        if (error || !admits(remote)) return;  // the socket closes with its scope
        if (auto const longest = visitors.one_too_many()) {
            ++counts.newcomers_dropped;
            longest->abandon(flow_change::closed, "makes room for others: it has brought no message yet");
        }
        auto const link = std::make_shared<connection>(
            streams.from(std::move(socket), kind), origin::accepted, *this, core.pool(), config
        );
        visitors.enter(link, remote);
        link->accept(local, remote, instant.mono);
        settle();
    }

    void on_accepted(std::shared_ptr<connection> link) override {
        bool is_started = false;
        auto flow = flow_id::none;
        attempt([&] {
            flow = core.add_flow(instant, {link->local(), link->remote(), link->verified_names()}, out);
            connections.emplace(flow, link);
            link->start(flow);
            is_started = true;
        });
        if (!is_started) {
            link->close();
            visitors.leave(link);
            connections.erase(flow);
            attempt([&] { pending_news.emplace_back(flow_event{flow, flow_change::closed, {}, {}, {}, {}}); });
        }
        settle();
    }

    void on_proven(connection& link) override { visitors.prove(link); }

    void close() noexcept {
        if (closed) return;
        closed = true;
        timer.stop();
        for (auto& door : doors)
            door->close();
        for (auto& [flow, socket] : sockets)
            socket->close();
        for (auto& [flow, link] : connections)
            link->close();
        for (auto& link : visitors.newcomers())
            link->close();
        if (resolver) resolver->close();
        if (watch) watch->close();
        if (delivering || settling) return;  // the loop further up drops the rest
        out.clear();
        events.clear();
    }

    asio::any_io_executor executor;
    protocol_core& core;
    shell_config const config;
    log_sink log;
    lazy_timer timer;
    std::function<void(event&)> handler;
    message_trace trace;
    divert diverted;
    driver::counters counts;
    traffic_table wire;

    outbox out;
    std::deque<event> events;
    std::deque<news> pending_news;
    now_t instant;
    std::shared_ptr<impl> alive;  ///< during a wake-up
    int depth = 0;
    bool settling = false, delivering = false, closed = false;

    boost::unordered_flat_map<flow_id, std::shared_ptr<udp_socket>> sockets;
    boost::unordered_flat_map<flow_id, std::shared_ptr<connection>> connections;
    std::vector<std::shared_ptr<listener>> doors;
    std::shared_ptr<name_resolver> resolver;
    std::shared_ptr<address_watch> watch;
    std::map<flow_id, ip_address> hints;  ///< of sockets on all addresses: where the one that they name should lead
    stream_maker streams{executor, config};
    doorkeeper visitors{config};
};

driver::driver(asio::any_io_executor executor, protocol_core& core, shell_config config, log_sink log)
    : impl_(std::make_shared<impl>(std::move(executor), core, std::move(config), log)) {}

driver::~driver() {
    close();
}

void driver::on_event(std::function<void(event&)> handler) {
    impl_->handler = std::move(handler);
}

void driver::on_message(message_trace trace) {
    impl_->trace = std::move(trace);
}

result<endpoint> driver::listen(endpoint const& local, ip_address const& towards, port_sharing sharing) {
    if (impl_->closed) return asio::error::operation_aborted;
    return is_reliable(local.kind) ? impl_->listen_for_connections(local, sharing)
                                   : impl_->listen_for_datagrams(local, towards, sharing);
}

now_t driver::begin() {
    impl_->wake();
    return impl_->instant;
}

outbox& driver::pending() noexcept {
    return impl_->out;
}

void driver::settle(std::shared_ptr<impl> const& held) {
    held->settle();
    held->rest();
}

void driver::divert_datagrams(divert hook) {
    impl_->diverted = std::move(hook);
}

void driver::receive(endpoint const& local, endpoint const& from, std::string_view bytes) {
    auto const held = impl_;
    held->receive(local, from, bytes);
}

void driver::close() noexcept {
    impl_->close();
}

asio::any_io_executor driver::get_executor() const noexcept {
    return impl_->executor;
}

traffic_table const& driver::traffic() const noexcept {
    return impl_->wire;
}

driver::counters driver::count() const noexcept {
    auto counts = impl_->counts;
    counts.connections = impl_->connections.size() + impl_->visitors.in_handshake();
    counts.queries = impl_->resolver ? impl_->resolver->outstanding() : 0;
    return counts;
}

}  // namespace sip::net
