#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "conformance/mutants/message_text.hpp"
#include "conformance/mutants/operators.hpp"
#include "rtp/wire/demux.hpp"

namespace conformance {

namespace {

constexpr seconds shortest_rest(0.5);
constexpr seconds detour(0.02);  ///< by which a phone sends on later what it got

struct span_of_time {
    seconds begin, end;
    [[nodiscard]] bool holds(seconds at) const { return at >= begin && at < end; }
};

/// Between messages, where a flow rests.
std::vector<span_of_time> rests(const recording& all) {
    std::vector<span_of_time> out;
    const seconds end = all.packets.empty() ? seconds(0) : all.packets.back().at + seconds(0.01);
    for (std::size_t i = 0; i < all.messages.size(); ++i) {
        const auto next = i + 1 < all.messages.size() ? all.messages[i + 1].at : end;
        if (next - all.messages[i].at > shortest_rest) out.push_back({all.messages[i].at, next});
    }
    return out;
}

struct stream {
    std::string from, to;
    [[nodiscard]] bool has(const captured_packet& p) const { return p.from == from && p.to == to; }
    friend bool operator==(const stream&, const stream&) = default;
};

std::vector<stream> streams_of(const recording& all) {
    std::vector<stream> out;
    for (const auto& packet : all.packets) {
        if (rtp::classify(packet.bytes) != rtp::datagram_kind::rtp) continue;
        if (const stream key{packet.from, packet.to}; std::find(out.begin(), out.end(), key) == out.end())
            out.push_back(key);
    }
    return out;
}

/// Between `begins` and the next of `ends`; empty where it does not begin.
std::string between(const std::string& text, std::string_view begins, std::string_view ends) {
    const auto at = text.find(begins);
    if (at == std::string::npos) return {};
    const auto begin = at + begins.size();
    return text.substr(begin, std::min(text.find_first_of(ends, begin), text.size()) - begin);
}

/// Whose each address of media is, by what the descriptions announce.
class owners {
public:
    explicit owners(const recording& all) {
        for (const auto& m : all.messages) {
            const auto port = between(m.text, "\r\nm=audio ", " ");
            auto host = between(m.text, "\r\nc=IN IP4 ", "/\r");
            if (host.empty()) host = fmt::format("[{}]", between(m.text, "\r\nc=IN IP6 ", "/\r"));
            const auto author = header_text(m.text, is_response(m.text) ? "To" : "From");
            if (!port.empty()) by_address_[fmt::format("{}:{}", host, port)] = between(author, "sip:", "@");
        }
    }
    [[nodiscard]] bool share(const std::string& a, const std::string& b) const {
        const auto one = by_address_.find(a), other = by_address_.find(b);
        return one != by_address_.end() && other != by_address_.end() && one->second == other->second;
    }

private:
    std::map<std::string, std::string> by_address_;
};

class media_mutants {
public:
    media_mutants(const recording& original, const std::function<void(const mutant&)>& use)
        : original_(original), use_(use), streams_(streams_of(original)), owners_(original) {}

    void run() {
        for (const auto& rest : rests(original_))
            for (const auto& s : streams_)
                if (runs(s, rest)) {
                    stop(s, rest);
                    for (const auto& other : streams_)
                        if (other != s && owners_.share(other.to, s.from) && runs(other, rest)) pass_on(s, other, rest);
                } else {
                    add(s, rest);
                }
    }

private:
    [[nodiscard]] bool runs(const stream& s, const span_of_time& rest) const {
        return std::any_of(original_.packets.begin(), original_.packets.end(), [&](const captured_packet& p) {
            return s.has(p) && rest.holds(p.at);
        });
    }
    [[nodiscard]] std::string name_of(const stream& s, const span_of_time& rest) const {
        const auto since = rest.begin - original_.messages.front().at;
        return fmt::format("{} -> {} from {:.1f} s on", s.from, s.to, since.count());
    }

    void stop(const stream& s, const span_of_time& rest) {
        mutant m{"no RTP " + name_of(s, rest), original_};
        std::erase_if(m.all.packets, [&](const captured_packet& p) { return s.has(p) && rest.holds(p.at); });
        use_(m);
    }

    /// A phone sends what it gets from `other` in the place of its own sound.
    void pass_on(const stream& s, const stream& other, const span_of_time& rest) {
        mutant m{fmt::format("{} has the sound of {} -> {}", name_of(s, rest), other.from, other.to), original_};
        auto source = original_.packets.begin();
        for (auto& p : m.all.packets) {
            if (!s.has(p) || !rest.holds(p.at)) continue;
            p.bytes.clear();
            const auto next = std::find_if(source, original_.packets.end(), [&](const captured_packet& each) {
                return other.has(each) && rest.holds(each.at);
            });
            if (next == original_.packets.end() || next->at + detour > p.at) continue;
            p.bytes = next->bytes;
            source = next + 1;
        }
        std::erase_if(m.all.packets, [](const captured_packet& p) { return p.bytes.empty(); });
        use_(m);
    }

    void add(const stream& s, const span_of_time& rest) {
        const auto first =
            std::find_if(original_.packets.begin(), original_.packets.end(), [&](const auto& p) { return s.has(p); });
        mutant m{(first->at < rest.begin ? "RTP " : "early RTP ") + name_of(s, rest), original_};
        for (double at = 0.05; at < (rest.end - rest.begin).count(); at += 0.02) {
            auto packet = *first;
            packet.at = rest.begin + seconds(at);
            m.all.packets.push_back(std::move(packet));
        }
        sort_by_time(m.all.packets);
        use_(m);
    }

    const recording& original_;
    const std::function<void(const mutant&)>& use_;
    std::vector<stream> streams_;
    owners owners_;
};

}  // namespace

void each_media_mutant(const recording& original, const std::function<void(const mutant&)>& use) {
    media_mutants(original, use).run();
}

}  // namespace conformance
