#include "conformance/run/stream_relay.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <list>

#include <fmt/format.h>

#include "conformance/run/address.hpp"

namespace conformance {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

// Longer than an answer takes, so that nothing is under way.
constexpr relay_time quiet = 300ms;
// Each phone gives one a second, and no connection that gave one is taken for a bad one (RFC 5626 4.5).
constexpr auto time_for_signs_of_life = 3s;
// A phone waits up to 2 s before it connects anew, lest all phones of a server do at once.
constexpr auto patience_for_new_connections = 10s;
constexpr relay_time longest_rest = 20ms;
constexpr std::size_t most_waiting = 1024 * 1024;  // bytes; then the sender has to wait
constexpr std::size_t room_of_a_piece = 16 * 1024;
constexpr std::array names{"phones -> P", "P -> phones"};

/// The other end sees a reset, not an end.
void reset(int socket) {
    const linger at_once{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(socket);
}

}  // namespace

struct stream_relay::direction {
    struct part {
        relay_time at;
        std::string bytes;
    };
    explicit direction(stream_hop h) : hop(std::move(h)) {}

    stream_hop hop;
    std::deque<part> waiting;
    std::size_t bytes = 0;
    bool has_ended = false;  ///< its sender sends no more
};

/// Direction 0 is read from socket 0, the phone's, and written to socket 1, the proxy's.
struct stream_relay::connection {
    std::array<int, 2> sockets{-1, -1};
    std::array<direction, 2> ways;
    relay_time last_traffic{};
    bool is_over = false;

    connection(int phone, int proxy, stream_hop there, stream_hop back)
        : sockets{phone, proxy}, ways{direction(std::move(there)), direction(std::move(back))} {}
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() {
        for (const int socket : sockets)
            if (socket >= 0) ::close(socket);
    }
    void cut() {
        for (int& socket : sockets)
            reset(std::exchange(socket, -1));
        is_over = true;
    }
};

struct stream_relay::shell {
    int listener = -1;
    std::list<connection> connections;
    hop_tallies of_the_past;
    unsigned made = 0;
    steady::time_point begin = steady::now();

    shell() = default;
    shell(const shell&) = delete;
    shell& operator=(const shell&) = delete;
    ~shell() {
        if (listener >= 0) ::close(listener);
    }
    [[nodiscard]] relay_time now() const { return std::chrono::duration_cast<relay_time>(steady::now() - begin); }
};

stream_relay::stream_relay(std::string host, std::uint16_t port, std::uint16_t proxy_port, const impairment& what)
    : host_(std::move(host)), port_(port), proxy_port_(proxy_port), what_(what), shell_(std::make_unique<shell>()) {}

stream_relay::~stream_relay() {
    ends_ = true;
    if (thread_.joinable()) thread_.join();
}

std::optional<std::string> stream_relay::start() {
    const socket_address own(host_, port_);
    auto& listener = shell_->listener;
    listener = ::socket(own.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (!bind_patiently(listener, own) || ::listen(listener, SOMAXCONN) != 0)
        return fmt::format("port {} of the relay: {}", port_, std::strerror(errno));
    thread_ = std::thread([this] { work(); });
    return std::nullopt;
}

stream_relay::news stream_relay::latest() const {
    const std::lock_guard lock(guard_);
    return news_;
}

hop_tallies stream_relay::tallies() const {
    return latest().tallies;
}

std::optional<std::string> stream_relay::reset_connections() {
    if (what_.resets == 0) return std::nullopt;
    std::this_thread::sleep_for(time_for_signs_of_life);
    const auto made_before = latest().made;
    wants_resets_ = true;
    const auto until = steady::now() + patience_for_new_connections;
    for (auto now = latest(); steady::now() < until; now = latest(), std::this_thread::sleep_for(10ms))
        if (now.resets && now.made >= made_before + *now.resets && shell_->now() - now.last_traffic > quiet) {
            const std::lock_guard lock(guard_);
            news_.resets.reset();
            return std::nullopt;
        }
    const auto now = latest();
    return fmt::format(
        "{} connections were reset, and the phones made {} new ones within {} s", now.resets.value_or(0),
        now.made - made_before, patience_for_new_connections.count()
    );
}

/// In the relay's thread.
void stream_relay::reset_some() {
    unsigned count = 0;
    for (auto& each : shell_->connections)
        if (!each.is_over && each.ways[0].hop.resets()) {
            each.cut();
            ++count;
        }
    const std::lock_guard lock(guard_);
    news_.resets = count;
}

void stream_relay::work() {
    auto& s = *shell_;
    while (!ends_) {
        std::vector<pollfd> all{{s.listener, POLLIN, 0}};
        for (const auto& each : s.connections)
            for (std::size_t from = 0; from != 2; ++from) {
                const auto& way = each.ways[from];
                // A negative descriptor is passed over.
                all.push_back({way.has_ended || way.bytes > most_waiting ? -1 : each.sockets[from], POLLIN, 0});
            }
        auto rest = longest_rest;
        for (const auto& each : s.connections)
            for (const auto& way : each.ways)
                if (!way.waiting.empty()) rest = std::min(rest, way.waiting.front().at - s.now());
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(rest, relay_time(0)));
        (void)::poll(all.data(), all.size(), static_cast<int>(ms.count()));
        auto ready = all.begin() + 1;
        for (auto& each : s.connections)
            for (std::size_t from = 0; from != 2; ++from, ++ready)
                if (ready->revents != 0 && !each.is_over) read(each, from);
        for (auto& each : s.connections)
            if (!each.is_over) serve(each);
        if (wants_resets_.exchange(false)) reset_some();
        sum_up();
        if (all.front().revents != 0) accept();
    }
}

void stream_relay::accept() {
    auto& s = *shell_;
    const int phone = ::accept4(s.listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (phone < 0) return;
    const socket_address to(host_, proxy_port_);
    const int proxy = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    // On one machine it connects or is refused at once.
    if (::connect(proxy, to.get(), to.length) != 0) {
        ::close(proxy);
        return reset(phone);
    }
    const auto name = fmt::format("connection {}", ++s.made);
    s.connections.emplace_back(phone, proxy, stream_hop(what_, name + " -> P"), stream_hop(what_, "P -> " + name))
        .last_traffic = s.now();
}

void stream_relay::read(connection& c, std::size_t from) {
    std::string room(room_of_a_piece, '\0');
    const auto size = ::recv(c.sockets[from], room.data(), room.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size < 0) return c.cut();
    auto& way = c.ways[from];
    if (size == 0) {
        way.has_ended = true;
        return;
    }
    room.resize(static_cast<std::size_t>(size));
    const auto now = shell_->now();
    std::string_view left = room;
    for (const auto& part : way.hop.send(now, left.size())) {
        way.waiting.push_back({part.at, std::string(left.substr(0, part.size))});
        left.remove_prefix(part.size);
    }
    way.bytes += room.size();
    c.last_traffic = now;
}

/// Sends what is due, and passes on an end.
void stream_relay::serve(connection& c) {
    const auto now = shell_->now();
    for (std::size_t from = 0; from != 2; ++from) {
        auto& way = c.ways[from];
        const int to = c.sockets[1 - from];
        while (!way.waiting.empty() && way.waiting.front().at <= now) {
            auto& bytes = way.waiting.front().bytes;
            const auto sent = ::send(to, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0 && (errno == EAGAIN || errno == EINTR)) break;
            if (sent < 0) return c.cut();
            way.bytes -= static_cast<std::size_t>(sent);
            bytes.erase(0, static_cast<std::size_t>(sent));
            if (bytes.empty()) way.waiting.pop_front();
            c.last_traffic = now;
        }
        if (way.has_ended && way.waiting.empty()) ::shutdown(to, SHUT_WR);
    }
    const bool is_idle = c.ways[0].waiting.empty() && c.ways[1].waiting.empty();
    if (is_idle && c.ways[0].has_ended && c.ways[1].has_ended) c.is_over = true;
}

/// Forgets what is over, and tells what was done.
void stream_relay::sum_up() {
    auto& s = *shell_;
    const auto add = [](hop_tallies& to, const connection& c) {
        for (std::size_t from = 0; from != 2; ++from)
            to[names[from]] += c.ways[from].hop.tally();
    };
    for (const auto& each : s.connections)
        if (each.is_over) add(s.of_the_past, each);
    s.connections.remove_if([](const connection& each) { return each.is_over; });
    auto all = s.of_the_past;
    for (const auto& each : s.connections)
        add(all, each);
    const std::lock_guard lock(guard_);
    news_.tallies = std::move(all);
    news_.made = s.made;
    for (const auto& each : s.connections) {
        const bool is_idle = each.ways[0].waiting.empty() && each.ways[1].waiting.empty();
        news_.last_traffic = std::max(news_.last_traffic, is_idle ? each.last_traffic : s.now());
    }
}

}  // namespace conformance
