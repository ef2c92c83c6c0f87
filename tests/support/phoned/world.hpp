// Any number of phones and a proxy in one process on virtual time: SIP over the simulated network, RTP handed from
// socket to socket, sound devices that tick every 10 ms. No sockets, no threads, no waiting.
#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "phoned/phone/identity.hpp"
#include "phoned/phone/phone.hpp"
#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_meter.hpp"
#include "sip/proxy/core.hpp"
#include "support/seeded_random.hpp"
#include "support/sim_network.hpp"

namespace test {

class phone_world;

/// Call lists in memory.
class listed_history final : public phoned::call_history {
public:
    std::vector<phoned::history_entry> entries;  ///< oldest first
    bool is_broken = false;

    std::int64_t add(const phoned::history_entry& entry) override {
        if (is_broken) return 0;
        entries.push_back(entry);
        return entries.back().id = static_cast<std::int64_t>(entries.size());
    }
    void update(const phoned::history_entry& entry) override {
        entries.at(static_cast<std::size_t>(entry.id) - 1) = entry;
    }
    std::vector<phoned::history_entry> newest(std::optional<phoned::history_kind> kind, unsigned limit) override {
        std::vector<phoned::history_entry> out;
        for (auto at = entries.rbegin(); at != entries.rend() && out.size() < limit; ++at)
            if (!kind || at->kind == *kind) out.push_back(*at);
        return out;
    }
    std::uint64_t count(phoned::history_kind kind) override { return newest(kind, 1000).size(); }
    void clear() override { entries.clear(); }
};

/// A phone with its user: speaks a tone, remembers the last second of what it hears.
class sim_phone final : public phoned::sip_port, public phoned::media_sockets, public phoned::audio_device {
public:
    sim_phone(phone_world& world, unsigned user, phoned::settings config);

    phoned::phone& phone() noexcept { return *phone_; }
    [[nodiscard]] phoned::command_context context() const;

    // ---- what a test does and asks
    phoned::call_number dial(const std::string& target) {
        auto made = phone_->call_dial(context(), {target, std::nullopt});
        if (!made) throw std::runtime_error(made.error().message);
        return *made;
    }
    /// The newest call, living or ended.
    [[nodiscard]] phoned::call_summary last_call() {
        const auto all = phone_->call_list(context());
        if (all.empty()) throw std::runtime_error("no call");
        return all.back();
    }
    [[nodiscard]] std::size_t live_calls() {
        std::size_t count = 0;
        for (const auto& each : phone_->call_list(context()))
            count += each.state != phoned::call_state::terminated ? 1 : 0;
        return count;
    }
    [[nodiscard]] bool is_registered() {
        return phone_->account_list(context()).at(0).state == phoned::registration_state::registered;
    }
    [[nodiscard]] phoned::call_summary call(phoned::call_number number) {
        for (auto& each : phone_->call_list(context()))
            if (each.call == number) return each;
        throw std::runtime_error("no such call");
    }
    /// Takes the newest call that rings.
    phoned::call_number answer() {
        const auto number = last_call().call;
        if (auto taken = phone_->call_answer(context(), number); !taken)
            throw std::runtime_error(taken.error().message);
        return number;
    }
    /// A notification that a control client of the phone was sent and that has all these parts.
    template <class... Parts>
    [[nodiscard]] bool has_told(const Parts&... parts) {
        read_notifications();
        return std::any_of(told_.begin(), told_.end(), [&](const std::string& line) {
            return ((line.find(parts) != std::string::npos) && ...);
        });
    }
    /// Everything that a control client was told about transfers, call lists and features, and has not been forgotten.
    [[nodiscard]] const std::vector<std::string>& told() {
        read_notifications();
        return told_;
    }
    void forget_told() { told_.clear(); }
    void key(const std::string& name) { phone_->on_key(context(), {name, true, false, 0}); }
    /// This tone, and little else.
    [[nodiscard]] bool hears(double hertz) const {
        return level() > -40 && rtp::tone_level_dbov(heard_, 8000, hertz) > level() - 6;
    }
    [[nodiscard]] double level() const { return rtp::level_dbov(heard_); }
    [[nodiscard]] std::span<const std::int16_t> heard() const noexcept { return heard_; }  ///< the last second
    [[nodiscard]] std::uint64_t packets_sent() const noexcept { return packets_sent_; }
    double tone = 0;                          ///< what the user speaks; 0: silence
    double echo = 0;                          ///< how much of what is played is in the microphone, 60 ms later
    std::chrono::milliseconds told_delay{0};  ///< what the audio driver says of that
    bool is_dead = false;                     ///< the phone has lost its network: nothing goes out or comes in
    bool is_audio_running = false;
    listed_history history;
    std::string kept;          ///< of what the user has switched, for the next start
    sip::session_id answered;  ///< the call of ours that was answered last
    std::size_t open_sockets() const noexcept { return sockets_.size(); }
    [[nodiscard]] sip::user_agent_core& core() noexcept { return *core_; }
    [[nodiscard]] const std::string& address() const noexcept { return address_; }

    // ---- the seams
    void run(const std::function<void(sip::user_agent_core&, sip::now_t, sip::outbox&)>& command) override;
    [[nodiscard]] std::optional<phoned::media_ports> open(rtp::address_family) override;
    void send(phoned::media_id, rtp::component, const rtp::endpoint& to, const rtp::packet_buffer&) override;
    void close(phoned::media_id id) override { sockets_.erase(id); }
    [[nodiscard]] phoned::audio_format format() const override { return {}; }
    void start() override { is_audio_running = true; }
    void stop() override { is_audio_running = false; }
    [[nodiscard]] phoned::audio_counters counters() const override { return {}; }

private:
    friend class phone_world;
    void read_notifications();
    void period();
    void on_datagram(std::uint16_t port, std::span<const std::byte> bytes, const rtp::endpoint& from);

    phone_world& world_;
    unsigned user_;
    std::string address_;
    seeded_random random_;
    sip::environment environment_;
    rtp::environment media_random_;
    rtp::packet_pool packets_{16};
    sim_network::node_id node_ = 0;
    std::map<phoned::media_id, std::uint16_t> sockets_;
    std::uint32_t last_id_ = 0;
    std::uint16_t next_port_ = 11780;
    std::vector<std::int16_t> heard_ = std::vector<std::int16_t>(8000);
    std::size_t spoken_ = 0, ticks_ = 0;
    std::uint64_t packets_sent_ = 0;
    std::unique_ptr<sip::user_agent_core> core_;
    std::unique_ptr<phoned::phone> phone_;  // its calls close sockets when they go
    std::unique_ptr<phoned::hub> hub_;
    phoned::client_id client_{};
    std::vector<std::string> told_;
};

class phone_world {
public:
    explicit phone_world(std::uint64_t seed = 1)
        : network(seed),
          proxy_random_(seed * 77),
          proxy_environment_{proxy_random_.source(), {}, {}, {}},
          proxy_(proxy_settings(), proxy_environment_, store_) {
        proxy_node = network.add(proxy_, {});
        network.bind_udp(proxy_node, "10.0.0.1:5060");
    }

    /// A phone of user 1001, 1002 ... on the guide's defaults, as `change` alters them.
    sim_phone& add(unsigned user, const std::function<void(phoned::settings&)>& change = {}) {
        auto config = phoned::default_settings();
        auto& account = config.accounts[0];
        account.enabled = true;
        account.user_name = account.label = std::to_string(user);
        account.password = "secret" + account.user_name;
        account.servers[0].host = "10.0.0.1";
        if (change) change(config);
        phones.push_back(std::make_unique<sim_phone>(*this, user, std::move(config)));
        return *phones.back();
    }
    /// `from` calls `to`, who answers; both numbers of the call.
    std::pair<phoned::call_number, phoned::call_number> connect(sim_phone& from, sim_phone& to) {
        const auto before = to.live_calls();
        const auto number = from.dial(std::to_string(to.user_));
        if (!run_until(std::chrono::seconds(3), [&] {
                return to.live_calls() == before + 1 && from.call(number).state == phoned::call_state::early;
            }))
            throw std::runtime_error("it does not ring");
        const auto taken = to.answer();
        if (!run_until(std::chrono::seconds(3), [&] {
                return from.call(number).state == phoned::call_state::confirmed;
            }))
            throw std::runtime_error("it is not answered");
        run(std::chrono::milliseconds(1200));
        return {number, taken};
    }
    /// Lets time pass for everybody.
    void run(sip::duration length) {
        const auto end = network.now().mono + length;
        while (network.now().mono < end) {
            network.run_for(tick);
            for (auto& each : phones)
                each->period();
        }
    }
    /// For hours of calls whose sound nobody listens to: timers of phones tick ten times a second, and a period of
    /// sound comes once a second instead of a hundred times, which still shows every phone that its peer lives.
    void thin_sound() {
        tick = std::chrono::milliseconds(100);
        ticks_a_period = 10;
    }
    /// So much time passes with thin sound, whatever the sound was and is again behind it.
    void run_long(sip::duration length) {
        const auto ticks = std::pair(tick, ticks_a_period);
        thin_sound();
        run(length);
        std::tie(tick, ticks_a_period) = ticks;
    }
    /// Until `condition` holds; false where it does not within `limit`.
    bool run_until(sip::duration limit, const std::function<bool()>& condition) {
        const auto end = network.now().mono + limit;
        while (!condition()) {
            if (network.now().mono >= end) return false;
            run(tick);
        }
        return true;
    }
    void register_all() {
        if (!run_until(std::chrono::seconds(5), [&] {
                return std::all_of(phones.begin(), phones.end(), [](auto& each) { return each->is_registered(); });
            }))
            throw std::runtime_error("not all phones registered");
    }
    [[nodiscard]] phoned::now_t now() const noexcept { return {network.now().mono, network.now().wall}; }

    sim_network network;
    sip::duration tick = std::chrono::milliseconds(10);
    unsigned ticks_a_period = 1;
    std::vector<std::int16_t> hold_music;            ///< of phones that are added later
    std::vector<phoned::history_entry> known_calls;  ///< in the call lists of phones that are added later
    sim_network::node_id proxy_node = 0;
    std::vector<std::unique_ptr<sim_phone>> phones;
    /// Sees every RTP and RTCP packet that is sent.
    std::function<void(const rtp::endpoint& from, const rtp::endpoint& to, std::span<const std::byte>)> on_media_packet;

private:
    static sip::proxy::settings proxy_settings() {
        sip::proxy::settings out;
        out.domains = {"10.0.0.1"};
        for (unsigned user = 1001; user <= 1010; ++user)
            out.users[std::to_string(user)] = "secret" + std::to_string(user);
        return out;
    }
    seeded_random proxy_random_;
    sip::environment proxy_environment_;
    sip::proxy::memory_store store_;
    sip::proxy::core proxy_;
};

inline sim_phone::sim_phone(phone_world& world, unsigned user, phoned::settings config)
    : tone(400 + 100.0 * (user - 1000)),
      world_(world),
      user_(user),
      address_("10.0.1." + std::to_string(user - 1000)),
      random_(user),
      environment_{random_.source(), {}, {}, {}},
      media_random_{[this] { return random_(); }} {
    history.entries = world.known_calls;
    core_ = std::make_unique<sip::user_agent_core>(phoned::agent_config(config), environment_);
    node_ = world.network.add(*core_, [this](const sip::event& what) {
        if (const auto* up = std::get_if<sip::call_answered>(&what)) answered = up->id;
        phone_->on_sip(world_.now(), what);
    });
    world.network.bind_udp(node_, address_ + ":5060");
    phone_ = std::make_unique<phoned::phone>(
        std::move(config),
        phoned::phone_identity{"", "cname" + std::to_string(user), rtp::address_family::ipv4, world.hold_music},
        phoned::phone_ports{
            *this, *this, media_random_, packets_, nullptr, &history, [this](const std::string& text) { kept = text; }},
        format()
    );
    hub_ = std::make_unique<phoned::hub>(phoned::hub_options{}, *phone_);
    phone_->attach(*hub_, *this);
    client_ = *hub_->on_connect(world.now(), phoned::plane::control, {0, 0, 1});
    for (const std::string_view line : {
             R"({"jsonrpc":"2.0","id":1,"method":"client.register","params":{"name":"test","protocol":[1,0]}})",
             R"({"jsonrpc":"2.0","id":2,"method":"subscribe","params":{"topics":["call.transfer","history.*","feature.*"]}})",
         })
        hub_->on_bytes(world.now(), client_, std::string(line) + "\n");
    phone_->start(world.now());
}

inline void sim_phone::read_notifications() {
    for (auto out = hub_->output(client_); !out.bytes.empty(); out = hub_->output(client_)) {
        const auto end = out.bytes.find('\n') + 1;
        told_.emplace_back(out.bytes.substr(0, end));
        hub_->on_written(world_.now(), client_, end);
    }
}

inline phoned::command_context sim_phone::context() const {
    return {world_.now(), "test"};
}

inline void sim_phone::run(const std::function<void(sip::user_agent_core&, sip::now_t, sip::outbox&)>& command) {
    world_.network.command(node_, [&](sip::outbox& out) { command(*core_, world_.network.now(), out); });
}

inline std::optional<phoned::media_ports> sim_phone::open(rtp::address_family) {
    const phoned::media_id id{++last_id_};
    const auto port = next_port_;
    next_port_ = static_cast<std::uint16_t>(next_port_ < 60000 ? next_port_ + 2 : 11780);
    sockets_[id] = port;
    return phoned::media_ports{
        id, *rtp::endpoint::from_text(address_, port),
        *rtp::endpoint::from_text(address_, static_cast<std::uint16_t>(port + 1))};
}

inline void sim_phone::send(
    phoned::media_id id, rtp::component via, const rtp::endpoint& to, const rtp::packet_buffer& packet
) {
    if (is_dead) return;
    const auto port = static_cast<std::uint16_t>(sockets_.at(id) + (via == rtp::component::rtp ? 0 : 1));
    if (via == rtp::component::rtp) ++packets_sent_;
    const auto from = *rtp::endpoint::from_text(address_, port);
    if (world_.on_media_packet) world_.on_media_packet(from, to, packet.bytes());
    for (auto& each : world_.phones)
        if (from.family == to.family && rtp::endpoint::from_text(each->address_, to.port) == to && !each->is_dead)
            return each->on_datagram(to.port, packet.bytes(), from);
}

inline void sim_phone::on_datagram(std::uint16_t port, std::span<const std::byte> bytes, const rtp::endpoint& from) {
    for (const auto& [id, own] : sockets_) {
        if (port != own && port != own + 1) continue;
        const auto via = port == own ? rtp::component::rtp : rtp::component::rtcp;
        return phone_->on_media(world_.now(), id, via, rtp::packet_buffer(packets_, bytes), from);
    }
}

inline void sim_phone::period() {
    const auto now = world_.now();
    read_notifications();
    if (const auto at = phone_->next_deadline(); at && *at <= now.mono) phone_->on_timeout(now);
    if (!is_audio_running) {
        std::fill(heard_.begin(), heard_.end(), std::int16_t{0});
        return;
    }
    if (++ticks_ % world_.ticks_a_period != 0) return;
    std::array<std::int16_t, 80> captured{}, playback{};
    for (auto& sample : captured)
        sample = tone == 0 ? std::int16_t{0}
                           : static_cast<std::int16_t>(
                                 6000 * std::sin(2 * std::numbers::pi * tone * static_cast<double>(spoken_++) / 8000)
                             );
    // At the end of heard_ is what was played just before.
    for (std::size_t n = 0; n < captured.size(); ++n)
        captured[n] = static_cast<std::int16_t>(captured[n] + echo * heard_[heard_.size() - 80 - 480 + n]);
    phone_->on_audio_period({now, captured, playback, true, told_delay});
    std::copy(heard_.begin() + 80, heard_.end(), heard_.begin());
    std::copy(playback.begin(), playback.end(), heard_.end() - 80);
}

}  // namespace test
