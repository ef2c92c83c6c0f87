#include "conformance/run/play.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include <fmt/format.h>

namespace conformance {

namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr auto settling = milliseconds(250);  // for what nobody expects
constexpr auto media_window = milliseconds(1500);
constexpr auto media_start = milliseconds(600);  // for buffers to fill and drain, and for the tone of before to fade
constexpr double tolerance_hz = 15;
constexpr double audible_dbov = -45;

class player {
public:
    player(const flow& f, stage& s) : flow_(f), stage_(s), observer_(addresses()) {
        for (const auto& [party, phone] : s.phones) {
            users_[party] = phone->setting().user;
            if (!phone->traces()) observer_.set_stranger(party);
        }
    }

    played run() {
        played out;
        (void)gather();
        observer_.clear();  // registrations are not part of a flow
        for (std::size_t index = 0; index < flow_.steps.size() && out.trouble.empty(); ++index)
            out.trouble = play_step(index);
        gather();
        out.messages = observer_.messages();
        out.result = check(flow_, out.messages, media_, users_);
        return out;
    }

private:
    party_map addresses() const {
        party_map out{{stage_.proxy_address, "P"}};
        for (const auto& [party, phone] : stage_.phones)
            out[fmt::format("127.0.0.1:{}", phone->setting().sip_port)] = party;
        return out;
    }

    bool gather() {
        bool any = false;
        for (auto& [party, phone] : stage_.phones)
            for (const auto& message : phone->take_trace()) {
                observer_.add_address(message.local, party);
                any = observer_.add(party, message.at, message.sent, message.remote, message.text) || any;
            }
        if (stage_.proxy)
            for (const auto& line : stage_.proxy())
                any = observer_.add("P", line, [this](std::string_view other) {
                    return !stage_.phones.at(std::string(other))->traces();
                }) || any;
        return any;
    }

    std::string play_step(std::size_t index) {
        const auto& step = flow_.steps[index];
        if (step.action)
            if (auto problem = act(*step.action)) return *problem;
        wait_for_messages(index);
        if (!step.media.empty()) measure(index);
        return {};
    }

    std::optional<std::string> act(const user_action& action) {
        if (action.verb == "is-busy") return std::nullopt;  // arranged when the phone was started
        auto& phone = *stage_.phones.at(action.party);
        if (action.verb != "dials") return phone.act(action.verb);
        return phone.dial(users_.at(action.object));
    }

    /// Until everything that this step and those before it require has passed, or patience is over; then a moment more.
    void wait_for_messages(std::size_t index) {
        flow until_here = flow_;
        until_here.steps.resize(index + 1);
        for (auto& step : until_here.steps)
            step.media.clear();
        const auto end = steady::now() + stage_.patience;
        for (bool has_news = true; steady::now() < end; has_news = gather()) {
            if (!has_news) {
                std::this_thread::sleep_for(milliseconds(10));
                continue;
            }
            const auto so_far = check(until_here, observer_.messages(), {}, users_);
            const bool all_there =
                std::none_of(so_far.messages.begin(), so_far.messages.end(), [](const message_result& r) {
                    return r.what == verdict::missing;
                });
            if (all_there) break;
        }
        std::this_thread::sleep_for(settling);
        gather();
    }

    void measure(std::size_t index) {
        std::this_thread::sleep_for(media_start);
        std::map<std::string, std::optional<std::uint64_t>> before;
        for (auto& [party, phone] : stage_.phones) {
            before[party] = phone->packets_received();
            phone->begin_listening();
        }
        std::this_thread::sleep_for(media_window);
        std::map<std::string, std::optional<std::uint64_t>> counted;
        for (auto& [party, phone] : stage_.phones)
            counted[party] = phone->packets_received();
        for (auto& [to, phone] : stage_.phones) {
            const auto sound = phone->end_listening();
            const auto after = counted[to];
            const bool in_call = after && before[to] && *after >= *before[to];
            const auto packets = in_call ? static_cast<unsigned>(*after - *before[to]) : 0U;
            const bool audible = sound.level_dbov > audible_dbov;
            const auto detail =
                audible ? fmt::format("{:.0f} Hz at {:.0f} dBov, {} packets", sound.hertz, sound.level_dbov, packets)
                        : fmt::format("silence, {} packets", packets);
            for (auto& [from, other] : stage_.phones) {
                if (from == to) continue;
                const bool is_tone =
                    audible && sound.steady && std::abs(sound.hertz - other->setting().tone) < tolerance_hz;
                media_.push_back({index, from, to, packets, is_tone, detail, false, false});
            }
            media_.push_back(
                {index,
                 {},
                 to,
                 packets,
                 audible && sound.hertz > 300 && sound.hertz < 500 && packets == 0,
                 detail,
                 true,
                 !phone->hears_own_tones()}
            );
        }
    }

    const flow& flow_;
    stage& stage_;
    observer observer_;
    party_users users_;
    std::vector<media_measurement> media_;
};

}  // namespace

played play(const flow& f, stage& s) {
    return player(f, s).run();
}

}  // namespace conformance
