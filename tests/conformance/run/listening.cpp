#include "conformance/run/listening.hpp"

#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace conformance {

namespace {

constexpr double audible_dbov = -45;

using counts = std::map<std::pair<std::string, std::string>, std::optional<std::uint64_t>>;

class listening {
public:
    listening(std::size_t step, const phones_by_party& phones) : step_(step), phones_(phones) {}

    std::vector<media_measurement> measure(std::chrono::milliseconds window) {
        before_ = count();
        for (const auto& [party, phone] : phones_)
            phone->begin_listening();
        std::this_thread::sleep_for(window);
        after_ = count();
        for (const auto& [party, phone] : phones_)
            measure_at(party, *phone);
        return std::move(out_);
    }

private:
    /// Where they arrive; at a phone that cannot tell, where they leave.
    counts count() const {
        counts out;
        for (const auto& [to, phone] : phones_)
            for (const auto& [from, other] : phones_)
                if (from != to)
                    out[{from, to}] = phone->listens() ? phone->packets_received(other->setting().user)
                                                       : other->packets_sent(phone->setting().user);
        return out;
    }
    unsigned passed(const std::string& from, const std::string& to) const {
        const auto now = after_.at({from, to}), then = before_.at({from, to});
        return now && then && *now >= *then ? static_cast<unsigned>(*now - *then) : 0U;
    }

    void measure_at(const std::string& to, handset& phone) {
        const auto sound = phone.end_listening();
        const bool audible = sound.level_dbov > audible_dbov;
        const auto heard = audible ? fmt::format("{:.0f} Hz at {:.0f} dBov", sound.hertz, sound.level_dbov) : "silence";
        unsigned total = 0;
        for (const auto& [from, other] : phones_) {
            if (from == to) continue;
            media_measurement m;
            m.step = step_;
            m.from = from;
            m.to = to;
            m.packets = passed(from, to);
            if (!phone.listens()) {
                m.is_departure = true;
                m.is_unmeasured = !after_.at({from, to});
                m.detail = fmt::format("{} sent {} packets there", from, m.packets);
                out_.push_back(std::move(m));
                continue;
            }
            m.heard = audible && other->listens() && sound.has_tone(other->setting().tone);
            const bool has_count = phone.counts_packets() && (phones_.size() == 2 || phone.tells_senders_apart());
            // What is heard must have come.
            if (!has_count) m.packets = m.heard ? 1U : 0U;
            m.is_voice_unknown = !other->listens();
            m.is_unmeasured = m.is_voice_unknown && !has_count;
            m.is_something = audible;
            m.detail = fmt::format("{}, {} packets", heard, m.packets);
            total += m.packets;
            out_.push_back(std::move(m));
        }
        media_measurement tone;
        tone.step = step_;
        tone.to = to;
        tone.heard = audible && sound.hertz > 300 && sound.hertz < 500 && total == 0;
        tone.detail = fmt::format("{}, {} packets", heard, total);
        tone.is_ring_back = true;
        tone.is_unmeasured = !phone.hears_own_tones();
        out_.push_back(std::move(tone));
    }

    std::size_t step_;
    const phones_by_party& phones_;
    counts before_, after_;
    std::vector<media_measurement> out_;
};

}  // namespace

std::vector<media_measurement> measure_media(
    std::size_t step, const phones_by_party& phones, std::chrono::milliseconds window
) {
    return listening(step, phones).measure(window);
}

}  // namespace conformance
