// A network without sockets, on virtual time: it is the shell of any number of cores. Datagrams may be lost, delayed,
// doubled and reordered, each link with its own qualities; connections deliver everything in order, or fail. The same
// seed gives the same run.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sip/environment.hpp"
#include "sip/transport/stun.hpp"
#include "sip/ua/protocol_core.hpp"
#include "support/seeded_random.hpp"
#include "support/virtual_clock.hpp"

namespace test {

/// What a core under test gets from outside: seeded randomness, no log.
inline sip::environment surroundings(seeded_random& random) {
    sip::environment made;
    made.random = random.source();
    return made;
}

/// "10.0.0.1:5060" as an endpoint.
inline sip::endpoint at(std::string const& host_port, sip::transport_kind kind = sip::transport_kind::udp) {
    auto const colon = host_port.rfind(':');
    auto const address = sip::ip_address::from(host_port.substr(0, colon));
    if (!address) throw std::invalid_argument(host_port);
    return {*address, static_cast<std::uint16_t>(std::stoi(host_port.substr(colon + 1))), kind};
}

/// What a link does to datagrams, one way. Connections feel the delay only.
struct link_quality {
    unsigned loss = 0, duplication = 0;  ///< percent
    sip::duration delay = std::chrono::milliseconds(10);
    sip::duration jitter{};  ///< added at random: more than the gap between two datagrams reorders them
};

class sim_network {
public:
    struct node;
    using node_id = std::size_t;

    /// One datagram or message as it was sent, whether it arrives or not.
    struct packet {
        sip::time_point sent_at;
        node_id from, to;  ///< `to` is no_node where nobody lives at the address
        sip::endpoint source, destination;
        std::string text;
    };
    static constexpr node_id no_node = ~node_id{0};

    explicit sim_network(std::uint64_t seed = 1) : random_(seed) {}

    // ---- building
    /// The core must outlive the network. Its events go to `on_event`, after its actions were performed.
    node_id add(sip::protocol_core& core, std::function<void(sip::event const&)> on_event) {
        nodes_.push_back({&core, std::move(on_event), {}, {}});
        return nodes_.size() - 1;
    }
    sip::flow_id bind_udp(node_id id, std::string const& host_port) {
        auto const local = at(host_port);
        auto const flow = nodes_[id].core->add_flow(clock_.now(), {local, std::nullopt}, nodes_[id].out);
        sockets_[local] = {id, flow};
        flows_[{id, flow}] = {local, std::nullopt, no_node, sip::flow_id::none};
        settle(id);
        return flow;
    }
    void listen_tcp(node_id id, std::string const& host_port) {
        listeners_[at(host_port, sip::transport_kind::tcp)] = id;
    }
    void stop_listening(std::string const& host_port) { listeners_.erase(at(host_port, sip::transport_kind::tcp)); }
    void name(std::string const& host, std::vector<std::string> const& addresses) {
        auto& known = names_[host];
        known.clear();
        for (auto const& text : addresses)
            known.push_back(*sip::ip_address::from(text));
    }

    /// The quality of all links that have none of their own.
    link_quality everywhere;
    /// Cuts the link between two nodes, both ways: datagrams are lost, connections deliver when it has healed, and new
    /// ones wait for that as long as the shell does.
    void cut(node_id a, node_id b, sip::duration length) { cuts_[std::minmax(a, b)] = clock_.mono() + length; }
    void set_link(node_id from, node_id to, link_quality quality) { links_[{from, to}] = quality; }
    /// Sees every message when it is sent.
    std::function<void(packet const&)> on_packet;
    /// Sees every message when it arrives.
    std::function<void(packet const&)> on_arrival;
    /// False: keep-alives get no answer.
    bool answers_pings = true;
    /// What an address translator makes of a node's address.
    std::function<sip::endpoint(sip::endpoint const&)> translated;
    /// Says false for a datagram that shall be lost.
    std::function<bool(packet const&)> lets_pass;

    // ---- running
    [[nodiscard]] virtual_clock const& clock() const noexcept { return clock_; }
    [[nodiscard]] sip::now_t now() const noexcept { return clock_.now(); }
    [[nodiscard]] seeded_random& random() noexcept { return random_; }

    /// Gives one command or input to a core and does what it asks for: network.command(a, [&](auto& out) { ... }).
    template <class Command>
    auto command(node_id id, Command&& work) {
        auto& out = nodes_[id].out;
        if constexpr (std::is_void_v<decltype(work(out))>) {
            work(out);
            settle(id);
        } else {
            auto outcome = work(out);
            settle(id);
            return outcome;
        }
    }
    /// Does the next thing that is due, if it is due before `limit`. False where nothing was.
    bool step(sip::time_point limit = sip::time_point::max()) {
        auto const arrival = due_.empty() ? sip::time_point::max() : due_.top().at;
        auto wake = sip::time_point::max();
        node_id who = no_node;
        for (node_id id = 0; id < nodes_.size(); ++id) {
            auto const next = nodes_[id].core->next_deadline();
            if (next && next->at < wake) {
                wake = next->at;
                who = id;
            }
        }
        if (std::min(arrival, wake) > limit || std::min(arrival, wake) == sip::time_point::max()) return false;
        if (arrival <= wake) {
            auto next = due_.top();
            due_.pop();
            clock_.advance_to(next.at);
            (*next.what)();
        } else {
            clock_.advance_to(wake);
            command(who, [&](auto& out) { nodes_[who].core->on_timeout(clock_.now(), out); });
            auto const next = nodes_[who].core->next_deadline();
            if (next && next->at <= clock_.mono()) throw std::logic_error("next_deadline() did not advance");
        }
        return true;
    }
    void run_for(sip::duration length) {
        auto const end = clock_.mono() + length;
        while (step(end)) {
        }
        clock_.advance_to(end);
    }
    /// Until no core has a deadline and nothing is on the wire; false where `most` steps did not suffice.
    bool run_until_idle(std::size_t most = 1'000'000) {
        while (most-- > 0)
            if (!step()) return true;
        return false;
    }

    /// Breaks every connection of a node, as a crash of the network would; new ones may be opened.
    void break_connections(node_id id) {
        std::vector<flow_key> mine;
        for (auto const& [key, flow] : flows_)
            if (key.first == id && flow.remote) mine.push_back(key);
        for (auto const& key : mine)
            break_connection(key);
    }
    [[nodiscard]] std::size_t connections() const noexcept {
        std::size_t count = 0;
        for (auto const& [key, flow] : flows_)
            count += flow.remote ? 1U : 0U;
        return count / 2;
    }
    [[nodiscard]] std::size_t in_flight() const noexcept { return due_.size(); }
    [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }

    struct node {
        sip::protocol_core* core;
        std::function<void(sip::event const&)> on_event;
        sip::outbox out;
        std::deque<sip::event> inbox;
        bool delivering = false;
    };

private:
    using flow_key = std::pair<node_id, sip::flow_id>;
    struct flow_ends {
        sip::endpoint local;
        std::optional<sip::endpoint> remote;
        node_id peer = no_node;
        sip::flow_id peer_flow = sip::flow_id::none;
        sip::time_point last_arrival{};  ///< nothing overtakes on a connection
    };
    struct later {
        sip::time_point at;
        std::uint64_t order;
        std::shared_ptr<std::function<void()>> what;
        bool operator<(later const& other) const noexcept {
            return at != other.at ? at > other.at : order > other.order;
        }
    };

    void after(sip::duration delay, std::function<void()> what) { when(clock_.mono() + delay, std::move(what)); }
    void when(sip::time_point instant, std::function<void()> what) {
        due_.push({instant, ++order_, std::make_shared<std::function<void()>>(std::move(what))});
    }
    /// When the link between two nodes works again; now where it is not cut.
    sip::time_point healed_at(node_id a, node_id b) const {
        auto const found = cuts_.find(std::minmax(a, b));
        return found != cuts_.end() ? std::max(found->second, clock_.mono()) : clock_.mono();
    }
    bool is_cut(node_id a, node_id b) const { return healed_at(a, b) > clock_.mono(); }
    link_quality quality(node_id from, node_id to) const {
        auto const own = links_.find({from, to});
        return own != links_.end() ? own->second : everywhere;
    }

    /// Performs what a core asked for, then tells its user.
    void settle(node_id id) {
        auto& self = nodes_[id];
        auto const actions = std::move(self.out.actions);
        for (auto& event : self.out.events)
            self.inbox.push_back(std::move(event));
        self.out.clear();
        for (auto const& action : actions)
            std::visit([&](auto const& what) { perform(id, what); }, action);
        if (self.delivering) return;  // a command from within an event handler: the outer loop goes on
        self.delivering = true;
        while (!nodes_[id].inbox.empty()) {
            auto const next = std::move(nodes_[id].inbox.front());
            nodes_[id].inbox.pop_front();
            if (nodes_[id].on_event) nodes_[id].on_event(next);
        }
        nodes_[id].delivering = false;
    }

    void perform(node_id id, sip::send_message const& message) {
        auto const from = flows_.find({id, message.flow});
        if (from == flows_.end()) {
            // A connection that is being opened: kept until it is up, as the shell does.
            if (auto const opening = opening_.find({id, message.flow}); opening != opening_.end())
                opening->second.push_back(message);
            return;
        }
        if (!nodes_[id].core->still_wanted(message.origin)) return;
        ++packets_;
        packet p{clock_.mono(), id, no_node, from->second.local, message.to, std::string(message.bytes.text())};
        if (from->second.remote) {
            p.to = from->second.peer;
            p.destination = *from->second.remote;
            if (on_packet) on_packet(p);
            auto const instant = std::max(from->second.last_arrival, healed_at(id, p.to) + quality(id, p.to).delay);
            from->second.last_arrival = instant;
            auto const peer_key = flow_key{from->second.peer, from->second.peer_flow};
            when(instant, [this, peer_key, p] { deliver(peer_key, p); });
            return;
        }
        auto const target = sockets_.find(message.to);
        if (target != sockets_.end()) p.to = target->second.first;
        if (on_packet) on_packet(p);
        auto const link = quality(id, p.to);
        if (p.to == no_node || is_cut(id, p.to) || random_.chance(link.loss) || (lets_pass && !lets_pass(p))) return;
        unsigned const copies = random_.chance(link.duplication) ? 2 : 1;
        for (unsigned i = 0; i < copies; ++i) {
            auto delay = link.delay;
            if (link.jitter.count() > 0)
                delay += sip::duration(random_.below(static_cast<std::uint64_t>(link.jitter.count())));
            auto const key = flow_key{target->second.first, target->second.second};
            after(delay, [this, key, p] { deliver(key, p); });
        }
    }
    /// Answered by whoever is there, as the shell does; a link that loses datagrams loses these, too.
    void perform(node_id id, sip::send_keep_alive const& ping) {
        auto const from = flows_.find({id, ping.flow});
        if (from == flows_.end()) return;
        auto const flow = ping.flow;
        auto const text = std::string(ping.bytes.text());
        if (from->second.remote) {
            auto const peer = from->second.peer;
            auto const remote = *from->second.remote;
            if (is_cut(id, peer) || !answers_pings) return;
            after(2 * quality(id, peer).delay, [this, id, flow, remote] {
                if (flows_.find({id, flow}) != flows_.end()) hear(id, flow, remote, "\r\n");
            });
            return;
        }
        auto const target = sockets_.find(ping.to);
        if (target == sockets_.end() || !answers_pings) return;
        auto const peer = target->second.first;
        auto const link = quality(id, peer);
        if (is_cut(id, peer) || random_.chance(link.loss) || random_.chance(link.loss)) return;
        auto const answer = sip::stun::answer(text, translated ? translated(from->second.local) : from->second.local);
        if (!answer) return;
        after(2 * link.delay, [this, id, flow, to = ping.to, answer = *answer] { hear(id, flow, to, answer); });
    }
    void hear(node_id id, sip::flow_id flow, sip::endpoint const& from, std::string const& bytes) {
        command(id, [&](auto& out) { nodes_[id].core->on_keep_alive(clock_.now(), flow, from, bytes, out); });
    }

    void perform(node_id id, sip::open_flow const& open) {
        constexpr sip::duration connect_limit = std::chrono::seconds(10);
        auto const target = listeners_.find(open.to);
        auto const silent = target != listeners_.end() ? healed_at(id, target->second) - clock_.mono() : sip::duration{};
        bool const times_out = silent > connect_limit;
        opening_[{id, open.flow}];
        after(2 * everywhere.delay + std::min(silent, connect_limit), [this, id, open, times_out] {
            auto const queued = std::move(opening_[{id, open.flow}]);
            opening_.erase({id, open.flow});
            auto const listener = listeners_.find(open.to);
            if (listener == listeners_.end() || times_out) {
                command(id, [&](auto& out) {
                    auto const* const why = times_out ? "connecting takes too long" : "connection refused";
                    sip::flow_event news{open.flow, sip::flow_change::failed, {}, {}, why};
                    nodes_[id].core->on_flow(clock_.now(), news, out);
                });
                return;
            }
            auto const peer = listener->second;
            auto local = own_address(id, open.to);
            local.port = ++ephemeral_;
            auto const accepted = nodes_[peer].core->add_flow(clock_.now(), {open.to, local}, nodes_[peer].out);
            flows_[{id, open.flow}] = {local, open.to, peer, accepted, {}};
            flows_[{peer, accepted}] = {open.to, local, id, open.flow, {}};
            settle(peer);
            command(id, [&](auto& out) {
                sip::flow_event news{open.flow, sip::flow_change::up, local, {}, {}};
                nodes_[id].core->on_flow(clock_.now(), news, out);
            });
            for (auto const& message : queued)
                perform(id, message);
        });
    }
    void perform(node_id id, sip::close_flow const& close) { break_connection({id, close.flow}); }
    void perform(node_id id, sip::resolve_name const& question) {
        after(everywhere.delay, [this, id, question] {
            auto const known = names_.find(question.name);
            sip::dns_answer answer;
            if (known != names_.end() && question.type == sip::dns_type::address) answer.addresses = known->second;
            sip::error_code error;
            if (answer.addresses.empty()) error = sip::errc::name_not_found;
            command(id, [&](auto& out) {
                nodes_[id].core->on_resolved(clock_.now(), question.request, answer, error, out);
            });
        });
    }

    void deliver(flow_key to, packet const& p) {
        if (flows_.find(to) == flows_.end()) return;  // closed meanwhile
        auto& core = *nodes_[to.first].core;
        if (on_arrival) on_arrival(p);
        command(to.first, [&](auto& out) {
            core.on_bytes(clock_.now(), to.second, p.source, core.pool().copy(p.text), out);
        });
    }
    void break_connection(flow_key key) {
        auto const mine = flows_.find(key);
        if (mine == flows_.end() || !mine->second.remote) return;
        flow_key const peer{mine->second.peer, mine->second.peer_flow};
        flows_.erase(mine);
        flows_.erase(peer);
        for (auto const& [id, flow] : {key, peer}) {
            node_id const who = id;
            sip::flow_event news{flow, sip::flow_change::closed, {}, {}, "connection closed"};
            command(who, [&](auto& out) { nodes_[who].core->on_flow(clock_.now(), news, out); });
        }
    }
    sip::endpoint own_address(node_id id, sip::endpoint const& towards) const {
        for (auto const& [local, owner] : sockets_)
            if (owner.first == id && local.address.is_v6 == towards.address.is_v6)
                return {local.address, 0, towards.kind};
        for (auto const& [local, owner] : listeners_)
            if (owner == id) return local;
        throw std::logic_error("a node without an address opens a connection");
    }

    seeded_random random_;
    virtual_clock clock_;
    std::deque<node> nodes_;
    std::map<sip::endpoint, flow_key> sockets_;
    std::map<sip::endpoint, node_id> listeners_;
    std::map<flow_key, flow_ends> flows_;
    std::map<flow_key, std::vector<sip::send_message>> opening_;  ///< what waits for a connection
    std::map<std::string, std::vector<sip::ip_address>> names_;
    std::map<std::pair<node_id, node_id>, link_quality> links_;
    std::map<std::pair<node_id, node_id>, sip::time_point> cuts_;  ///< by the smaller number first
    std::priority_queue<later> due_;
    std::uint64_t order_ = 0, packets_ = 0;
    std::uint16_t ephemeral_ = 40000;
};

}  // namespace test
