#include "conformance/media_check.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace conformance {

namespace {

class media_checker {
public:
    media_checker(std::size_t step, const expected_media& e, const std::vector<media_measurement>& all)
        : step_(step), expected_(e), all_(all) {}

    media_finding run() {
        using kind = expected_media::kind;
        const auto& e = expected_;
        switch (e.what) {
            case kind::ring_back:
                return ring_back();
            case kind::one_way:
                return all_of({hears(e.from, e.to)});
            case kind::both_ways:
                return all_of({hears(e.from, e.to), hears(e.to, e.from)});
            case kind::silence:
                return silence();
            case kind::music:
                return music();
            case kind::mixed:
                return mixed();
        }
        return {};
    }

private:
    using finding = media_finding;

    const media_measurement* measured(std::string_view from, std::string_view to, bool ring_back = false) const {
        const auto at = std::find_if(all_.begin(), all_.end(), [&](const media_measurement& m) {
            return m.step == step_ && m.to == to && m.is_ring_back == ring_back && (ring_back || m.from == from);
        });
        return at == all_.end() ? nullptr : &*at;
    }
    static finding nothing_measured(const std::string& from, const std::string& to) {
        return {false, true, fmt::format("nothing was measured from {} to {}", from, to)};
    }
    static finding not_measured(const media_measurement& m) {
        return {true, false, fmt::format("not measured from {} to {}: {}", m.from, m.to, m.detail)};
    }
    static finding all_of(std::initializer_list<finding> parts) {
        finding out{true, true, {}};
        for (const auto& part : parts) {
            if (!part.matches) return part;
            out.was_measured = out.was_measured && part.was_measured;
            out.text.append(out.text.empty() ? "" : ", ").append(part.text);
        }
        return out;
    }

    finding ring_back() const {
        const auto* m = measured({}, expected_.to, true);
        if (m != nullptr && m->is_unmeasured)
            return {true, false, fmt::format("not measured: the own tones of {} cannot be heard from outside", m->to)};
        if (m == nullptr || !m->heard)
            return {
                false, true,
                fmt::format(
                    "{} hears no ring-back tone{} (RFC 3261 13.2.2.1, and 180 says so)", expected_.to,
                    m != nullptr ? ": " + m->detail : ""
                )};
        return {true, true, fmt::format("{} hears ring-back ({})", m->to, m->detail)};
    }

    finding hears(const std::string& from, const std::string& to) const {
        const auto* m = measured(from, to);
        if (m == nullptr) return nothing_measured(from, to);
        if (m->packets == 0 && m->is_unmeasured) return not_measured(*m);
        if (m->packets == 0) return {false, true, fmt::format("{} received no RTP from {} (RFC 3264 5.1)", to, from)};
        if (m->is_departure) return not_measured(*m);
        if (m->is_voice_unknown) return {true, true, fmt::format("{} receives RTP from {} ({})", to, from, m->detail)};
        if (!m->heard && !m->is_unmeasured)
            return {
                false, true,
                fmt::format(
                    "{} received {} packets from {}, but did not hear it ({})", to, m->packets, from, m->detail
                )};
        return {true, true, fmt::format("{} hears {} ({})", to, from, m->detail)};
    }

    /// No packet, and no voice by another way either: a mixer must not let it through.
    finding silence() const {
        auto out = all_of({is_silent(expected_.from, expected_.to), is_silent(expected_.to, expected_.from)});
        if (out.was_measured && out.matches) out.text = "no RTP packets";
        return out;
    }
    finding is_silent(const std::string& from, const std::string& to) const {
        const auto* m = measured(from, to);
        if (m == nullptr) return nothing_measured(from, to);
        if (m->packets == 0 && m->is_unmeasured) return not_measured(*m);
        if (m->packets > 0)
            return {
                false, true,
                fmt::format(
                    "{} RTP packets {} from {} to {}; expected none (RFC 3264 6.1, 8.4)", m->packets,
                    m->is_departure ? "were sent" : "passed", from, to
                )};
        if (m->heard) return {false, true, fmt::format("{} hears {} ({}); expected silence", to, from, m->detail)};
        return {true, true, fmt::format("no RTP packets from {} to {}", from, to)};
    }

    finding music() const {
        const auto* m = measured(expected_.from, expected_.to);
        if (m == nullptr) return nothing_measured(expected_.from, expected_.to);
        if (m->packets == 0 && m->is_unmeasured) return not_measured(*m);
        if (m->packets > 0 && m->is_departure) return not_measured(*m);
        if (m->packets == 0 || !m->is_something)
            return {false, true, fmt::format("{} hears no music from {} ({})", m->to, m->from, m->detail)};
        if (m->heard)
            return {
                false, true, fmt::format("{} is on hold and hears the voice of {} ({})", m->to, m->from, m->detail)};
        return {true, true, fmt::format("{} hears music ({})", m->to, m->detail)};
    }

    /// Each hears the sum of the others; RTP runs only between the mixer and each.
    finding mixed() const {
        const auto& [mixer, one, other] = std::tie(expected_.from, expected_.to, expected_.third);
        auto out = all_of(
            {hears(mixer, one), hears(mixer, other), hears(one, mixer), hears(other, mixer),
             hears_through(mixer, one, other), hears_through(mixer, other, one)}
        );
        if (!out.matches || !out.was_measured) return out;
        out.text.clear();
        for (const auto& to : {mixer, one, other})
            for (const auto& from : {mixer, one, other})
                if (from != to) out.text += fmt::format("{}{} hears {}", out.text.empty() ? "" : ", ", to, from);
        return out;
    }
    finding hears_through(const std::string& mixer, const std::string& from, const std::string& to) const {
        const auto* m = measured(from, to);
        if (m == nullptr) return nothing_measured(from, to);
        if (m->is_unmeasured || m->is_departure || m->is_voice_unknown)
            return {true, false, fmt::format("not measured: what {} hears of {}", to, from)};
        if (!m->heard)
            return {false, true, fmt::format("{} does not hear {} through {} ({})", to, from, mixer, m->detail)};
        return {true, true, fmt::format("{} hears {}", to, from)};
    }

    std::size_t step_;
    const expected_media& expected_;
    const std::vector<media_measurement>& all_;
};

}  // namespace

media_finding check_media(std::size_t step, const expected_media& e, const std::vector<media_measurement>& all) {
    return media_checker(step, e, all).run();
}

}  // namespace conformance
