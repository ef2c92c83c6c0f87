#include "conformance/run/datagram_relay.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <queue>

#include <fmt/format.h>

#include "conformance/impair/port_names.hpp"
#include "conformance/run/address.hpp"

namespace conformance {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t longest_datagram = 65536;
constexpr int longest_rest = 50;  // ms; how soon the end is noticed
constexpr int room_for_bursts = 1024 * 1024;
constexpr std::size_t most_in_flight = 100'000;

}  // namespace

/// A port of a party, and the socket of its shadow.
struct datagram_relay::station {
    std::uint16_t own = 0;
    std::size_t party = 0;
    bool is_media = false;
    int socket = -1;
};

struct datagram_relay::flight {
    relay_time at;
    std::uint64_t number;  ///< what arrives at one moment arrives in the order of sending
    std::size_t from, to;  ///< of the ports
    std::string bytes;

    bool operator<(const flight& other) const noexcept {  // the earliest is on top
        return std::tie(at, number) > std::tie(other.at, other.number);
    }
};

struct datagram_relay::shell {
    std::vector<station> ports;
    std::map<std::uint16_t, std::size_t> by_number;
    std::priority_queue<flight> flights;
    std::uint64_t sent = 0;
    int events = -1;
    steady::time_point begin = steady::now();

    shell() = default;
    shell(const shell&) = delete;
    shell& operator=(const shell&) = delete;
    ~shell() {
        for (const auto& each : ports)
            if (each.socket >= 0) ::close(each.socket);
        if (events >= 0) ::close(events);
    }

    [[nodiscard]] relay_time now() const { return std::chrono::duration_cast<relay_time>(steady::now() - begin); }

    void add(std::uint16_t own, std::size_t party, bool is_media) {
        by_number.emplace(own, ports.size());
        ports.push_back({own, party, is_media, -1});
    }
    /// Binds the shadow of the port.
    bool open(std::size_t index, const std::string& host, std::uint16_t shadow) {
        const socket_address at(host, shadow);
        auto& socket = ports[index].socket;
        socket = ::socket(at.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room_for_bursts, sizeof room_for_bursts);
        if (!bind_patiently(socket, at)) return false;
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.u64 = index;
        return ::epoll_ctl(events, EPOLL_CTL_ADD, socket, &wanted) == 0;
    }
    void deliver(const std::string& host) {
        for (const auto until = now(); !flights.empty() && flights.top().at <= until; flights.pop()) {
            const auto& each = flights.top();
            const socket_address to(host, ports[each.to].own);
            // Nobody there, or no room: lost, as on any network.
            (void)!::sendto(ports[each.from].socket, each.bytes.data(), each.bytes.size(), 0, to.get(), to.length);
        }
    }
    [[nodiscard]] int milliseconds_to_next() const {
        if (flights.empty()) return longest_rest;
        const auto left = (flights.top().at - now()).count();
        return static_cast<int>(std::clamp<std::int64_t>((left + 999) / 1000, 0, longest_rest));
    }
};

datagram_relay::datagram_relay(
    std::string host, std::uint16_t first_port, std::uint16_t first_shadow, std::vector<relayed_party> parties,
    const impairment& what
)
    : host_(std::move(host)),
      first_port_(first_port),
      shift_(first_shadow - first_port),
      parties_(std::move(parties)),
      what_(what),
      shell_(std::make_unique<shell>()) {}

datagram_relay::~datagram_relay() {
    ends_ = true;
    if (thread_.joinable()) thread_.join();
}

std::optional<std::string> datagram_relay::start() {
    auto& s = *shell_;
    for (std::size_t party = 0; party != parties_.size(); ++party) {
        const auto& each = parties_[party];
        s.add(each.sip_port, party, false);
        for (std::uint16_t i = 0; i != each.media_ports; ++i)
            s.add(static_cast<std::uint16_t>(each.first_media_port + i), party, true);
    }
    s.events = ::epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i != s.ports.size(); ++i)
        if (const auto shadow = shadow_of(s.ports[i].own); !s.open(i, host_, shadow))
            return fmt::format("port {} of the relay: {}", shadow, std::strerror(errno));
    thread_ = std::thread([this] { work(); });
    return std::nullopt;
}

std::string datagram_relay::as_without(std::string_view text) const {
    const auto own = [this](std::uint16_t port, bool) {
        const auto number = static_cast<std::uint16_t>(port - shift_);
        return shell_->by_number.contains(number) ? number : port;
    };
    return with_ports_renamed(text, host_in_uri(host_), own);
}

hop_tallies datagram_relay::tallies() const {
    const std::lock_guard lock(guard_);
    hop_tallies out;
    for (const auto& [name, hop] : hops_)
        out[name] = hop.tally();
    return out;
}

std::vector<lost_message> datagram_relay::lost() const {
    const std::lock_guard lock(guard_);
    return lost_;
}

void datagram_relay::work() {
    auto& s = *shell_;
    std::string room(longest_datagram, '\0');
    std::array<epoll_event, 32> ready{};
    while (!ends_) {
        const int count =
            ::epoll_wait(s.events, ready.data(), static_cast<int>(ready.size()), s.milliseconds_to_next());
        for (int i = 0; i < count; ++i) {
            const auto to = ready[static_cast<std::size_t>(i)].data.u64;
            sockaddr_storage source{};
            socklen_t length = sizeof source;
            const auto size = ::recvfrom(
                s.ports[to].socket, room.data(), room.size(), 0, reinterpret_cast<sockaddr*>(&source), &length
            );
            if (size < 0) continue;
            const auto from = s.by_number.find(port_of(source));
            // From somebody who takes no part, as a phone that looks for its own address.
            if (from == s.by_number.end() || s.flights.size() >= most_in_flight) continue;
            take(from->second, to, std::string_view(room).substr(0, static_cast<std::size_t>(size)));
        }
        s.deliver(host_);
    }
}

void datagram_relay::take(std::size_t from, std::size_t to, std::string_view datagram) {
    auto& s = *shell_;
    const auto& sender = s.ports[from];
    const auto& receiver = s.ports[to];
    const auto &from_name = parties_[sender.party].name, &to_name = parties_[receiver.party].name;
    const auto name = fmt::format("{}{} -> {}", receiver.is_media ? "media " : "", from_name, to_name);
    std::string bytes(datagram);
    if (!receiver.is_media)
        bytes = with_ports_renamed(datagram, host_in_uri(host_), [&](std::uint16_t port, bool is_route) {
            return renamed(port, is_route, sender.party, receiver.party);
        });
    std::vector<relay_time> arrivals;
    {
        const std::lock_guard lock(guard_);
        arrivals = hops_.try_emplace(name, what_, name).first->second.send(s.now());
        if (arrivals.empty() && !receiver.is_media && lost_.size() < most_in_flight)
            lost_.push_back({from_name, to_name, bytes});
    }
    for (const auto at : arrivals)
        s.flights.push({at, s.sent++, from, to, bytes});
}

std::uint16_t datagram_relay::renamed(std::uint16_t port, bool is_route, std::size_t from, std::size_t to) const {
    // The proxy's address is also the domain of all users, which stays; only what is to pass it is directed.
    const auto is_of = [&](std::uint16_t number, std::size_t party) {
        const auto known = shell_->by_number.find(number);
        return known != shell_->by_number.end() && shell_->ports[known->second].party == party &&
               (is_route || parties_[party].name != "P");
    };
    const auto unshadowed = static_cast<std::uint16_t>(port - shift_);
    return is_of(port, from) ? shadow_of(port) : is_of(unshadowed, to) ? unshadowed : port;
}

}  // namespace conformance
