#include "conformance/capture/media.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "conformance/capture/voices.hpp"
#include "conformance/facts.hpp"
#include "rtp/wire/packet.hpp"

namespace conformance {

namespace {

constexpr seconds guard(0.3);                 ///< for packets on their way, buffers and the last answers
constexpr seconds shortest(0.1);              ///< a window below this tells nothing
constexpr seconds most_between_packets(0.4);  ///< on average, of a voice: twice the longest packet time in use
constexpr double same_sound = 0.95;           ///< likeness of an echo that nothing is mixed with
constexpr double same_voice = 0.4;            ///< likeness from which a voice counts as heard

using packet_list = std::vector<const captured_packet*>;

class measurer {
public:
    measurer(
        const recording& all, const cast& who, const flow& f, const std::vector<observed_message>& seen, const report& r
    )
        : who_(who), flow_(f), report_(r) {
        for (const auto& each : seen)
            learn(each.message.view(), each);
        for (const auto& packet : all.packets)
            sort(packet);
        has_rtp_ = !streams_.empty();
        if (!all.messages.empty()) end_ = all.messages.back().at;
        if (!all.packets.empty()) end_ = std::max(end_, all.packets.back().at);
    }

    media_of_capture run() {
        for (std::size_t step = 0; step != flow_.steps.size(); ++step)
            if (!flow_.steps[step].media.empty()) measure_step(step);
        for (const auto& [key, count] : unannounced_) {
            expected_media none;
            none.what = expected_media::kind::silence;
            none.from = key.from;
            none.to = key.to;
            broken_.push_back(
                {0, none, verdict::wrong,
                 fmt::format(
                     "{} RTP packets passed from {} to {} before {} had said where it receives (RFC 3264 5.1)", count,
                     key.from, key.to, key.to
                 )}
            );
        }
        return {std::move(out_), std::move(broken_)};
    }

private:
    struct stream_key {
        std::string from, to;
        friend auto operator<=>(const stream_key&, const stream_key&) = default;
    };

    std::string party_of_user(std::string_view user) const {
        for (const auto& [party, known] : who_.users)
            if (known == user) return party;
        return {};
    }

    /// Who wrote a description receives at its address (RFC 3264 5.1).
    void learn(sip::message_view m, const observed_message& seen) {
        const auto description = description_in(m);
        if (!description) return;
        auto author =
            seen.from != "P" ? seen.from : party_of_user(m.is_request() ? m.from().uri.user : m.to().uri.user);
        if (author.empty()) return;
        const auto peer = party_of_user(m.is_request() ? m.to().uri.user : m.from().uri.user);
        for (const auto& line : description->media_lines) {
            const auto* address = sdp::effective_connection(*description, line);
            if (address == nullptr || line.port == 0 || sdp::is_unspecified(*address)) continue;
            const auto host =
                address->family == sdp::address_family::ip6 ? fmt::format("[{}]", address->address) : address->address;
            receivers_.try_emplace(fmt::format("{}:{}", host, line.port), end_of_media{author, peer, seen.at});
        }
    }

    /// Both ends must be those of descriptions: symmetric RTP (RFC 4961); a sender from elsewhere is the receiver's
    /// peer of that call.
    void sort(const captured_packet& packet) {
        const auto to = receivers_.find(packet.to);
        if (to == receivers_.end() || !rtp::packet_view::parse(packet.bytes)) return;
        const auto from = receivers_.find(packet.from);
        const auto& sender = from != receivers_.end() ? from->second.party : to->second.peer;
        if (sender.empty() || sender == to->second.party) return;
        if (packet.at < to->second.since) ++unannounced_[{sender, to->second.party}];
        streams_[{sender, to->second.party}].push_back(&packet);
    }

    /// What only may come says nothing of when a step begins or ends: its like may belong to another one.
    static bool is_of_step(const message_result& r) {
        return r.observed && r.expected && r.expected->need != necessity::allowed;
    }
    std::optional<seconds> first_message_after(std::size_t step) const {
        std::optional<seconds> first;
        for (const auto& r : report_.messages)
            if (is_of_step(r) && r.step > step && (!first || r.observed->at < *first)) first = r.observed->at;
        return first;
    }
    std::optional<seconds> last_message_of(std::size_t step) const {
        std::optional<seconds> last;
        for (const auto& r : report_.messages)
            if (is_of_step(r) && r.step <= step && (!last || r.observed->at > *last)) last = r.observed->at;
        return last;
    }

    void measure_step(std::size_t step) {
        const auto last = last_message_of(step);
        if (!last) return;
        const auto begin = *last + guard, end = first_message_after(step).value_or(end_ + shortest);
        for (const auto& from : flow_.parties)
            for (const auto& to : flow_.parties) {
                if (from == to || from == "P" || to == "P") continue;
                out_.push_back(measure_pair(step, from, to, begin, std::max(end, begin)));
            }
        for (const auto& to : flow_.parties) {
            media_measurement tone;
            tone.step = step;
            tone.to = to;
            tone.is_ring_back = tone.is_unmeasured = true;
            if (to != "P") out_.push_back(std::move(tone));
        }
    }

    packet_list within(const stream_key& key, seconds begin, seconds end) const {
        packet_list out;
        if (const auto known = streams_.find(key); known != streams_.end())
            for (const auto* packet : known->second)
                if (packet->at >= begin && packet->at < end) out.push_back(packet);
        return out;
    }

    media_measurement measure_pair(
        std::size_t step, const std::string& from, const std::string& to, seconds begin, seconds end
    ) {
        media_measurement out;
        out.step = step;
        out.from = from;
        out.to = to;
        const auto direct = within({from, to}, begin, end);
        out.packets = static_cast<unsigned>(direct.size());
        out.is_something = out.packets > 0;
        out.heard = out.packets * most_between_packets > end - begin;
        out.detail = fmt::format("{} packets in {:.1f} s", out.packets, (end - begin).count());
        if (end - begin < shortest) out.is_unmeasured = true;
        if (!has_rtp_) {
            out.is_unmeasured = true;
            out.detail = "no RTP was captured";
        }
        const auto& media = flow_.steps[step].media;
        const auto mixed = std::find_if(media.begin(), media.end(), [](const expected_media& each) {
            return each.what == expected_media::kind::mixed;
        });
        if (mixed != media.end()) listen(out, *mixed, begin, end);
        if (out.packets > 0) listen_for_echo(out, begin, end);
        return out;
    }

    /// What a party gets must not be what it sent a moment ago: then nobody but itself is heard.
    void listen_for_echo(media_measurement& out, seconds begin, seconds end) {
        const auto there = sound_of(within({out.to, out.from}, begin, end), begin, end);
        const auto back = sound_of(within({out.from, out.to}, begin, end), begin, end);
        const auto alike = there && back ? likeness(*there, *back) : std::nullopt;
        if (!alike || *alike < same_sound) return;
        out.heard = false;
        out.detail += fmt::format(", the sound that {} itself sent", out.to);
    }

    /// In a conference: is the voice of `from` in what the mixer sends to `to`? A party's voice is what it sends to the
    /// mixer; the mixer's own is what its two streams have in common.
    void listen(media_measurement& out, const expected_media& e, seconds begin, seconds end) {
        if (out.to == e.from) return;  // who mixes hears what it gets
        const auto& other = out.to == e.to ? e.third : e.to;
        const auto mixture = sound_of(within({e.from, out.to}, begin, end), begin, end);
        const auto voice = out.from == e.from ? sound_of(within({e.from, other}, begin, end), begin, end)
                                              : sound_of(within({out.from, e.from}, begin, end), begin, end);
        auto alike = voice && mixture ? likeness(*voice, *mixture, 2) : std::nullopt;
        // What is common to both of the mixer's streams may come in the other order.
        if (alike && out.from == e.from) alike = std::max(*alike, likeness(*mixture, *voice).value_or(0));
        out.is_unmeasured = !alike && (out.packets > 0 || out.from != e.from);
        out.heard = alike && *alike >= same_voice;
        out.detail += alike ? fmt::format(", likeness {:.2f}", *alike) : ", silent or of a codec that is not decoded";
    }

    struct end_of_media {
        std::string party, peer;
        seconds since{};  ///< when its address was first announced
    };

    const cast& who_;
    const flow& flow_;
    const report& report_;
    std::map<std::string, end_of_media> receivers_;
    std::map<stream_key, packet_list> streams_;
    std::map<stream_key, unsigned> unannounced_;
    seconds end_{};
    bool has_rtp_ = false;
    std::vector<media_measurement> out_;
    std::vector<media_result> broken_;
};

}  // namespace

media_of_capture measure_media(
    const recording& all, const cast& who, const flow& f, const std::vector<observed_message>& seen, const report& r
) {
    return measurer(all, who, f, seen, r).run();
}

}  // namespace conformance
