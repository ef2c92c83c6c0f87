#include <algorithm>
#include <random>

#include "conformance/mutants/message_text.hpp"
#include "conformance/mutants/mutate.hpp"
#include "conformance/mutants/restyle.hpp"

namespace conformance {

namespace {

bool is_trying(const captured_message& m) {
    return m.text.starts_with("SIP/2.0 100 ");
}

class impairment {
public:
    impairment(const recording& original, std::uint64_t seed) : random_(seed), all_(original) {}

    recording run() {
        overtake();
        change_trying();
        for (auto& each : all_.messages)
            if (one_in(2)) each.text = restyled(each.text, random_);
        retransmit();
        disturb_media();
        return std::move(all_);
    }

private:
    bool one_in(unsigned many) { return random_() % many == 0; }
    seconds up_to(double most) { return seconds(most * static_cast<double>(random_() % 1000) / 1000); }

    /// 100 may be missing or come where none came, before the next answer (RFC 3261 17.2.1).
    void change_trying() {
        std::erase_if(all_.messages, [this](const captured_message& m) { return is_trying(m) && one_in(2); });
        std::vector<captured_message> more;
        for (const auto& m : all_.messages) {
            if (!m.text.starts_with("SIP/2.0 18") || !one_in(2)) continue;
            const bool has_one = std::any_of(all_.messages.begin(), all_.messages.end(), [&](const auto& other) {
                return is_trying(other) && other.from == m.from && other.to == m.to &&
                       header_text(other.text, "Via") == header_text(m.text, "Via");
            });
            if (has_one) continue;
            auto trying = m;
            trying.at -= seconds(0.0001);
            trying.text = "SIP/2.0 100 Trying";
            for (const auto* name : {"Via", "From", "To", "Call-ID", "CSeq"})
                append_all(trying.text, m.text, name);
            trying.text += "\r\nContent-Length: 0\r\n\r\n";
            more.push_back(std::move(trying));
        }
        all_.messages.insert(all_.messages.end(), more.begin(), more.end());
        sort_by_time(all_.messages);
    }
    /// All lines of a header; a 100 has no tag of its own in To (RFC 3261 8.2.6.2).
    static void append_all(std::string& to, const std::string& from, const std::string& name) {
        const auto line = "\r\n" + name + ": ";
        for (auto at = from.find(line); at != std::string::npos; at = from.find(line, at + 2)) {
            auto value = from.substr(at, from.find("\r\n", at + 2) - at);
            if (name == "To") value = value.substr(0, value.find(";tag="));
            to += value;
        }
    }

    /// What somebody sends over UDP in one breath, with nothing received between, may arrive the other way round, and
    /// what answers the first of it, or passes it on, comes the later.
    void overtake() {
        constexpr seconds breath(0.01), moment(0.0001);
        auto& all = all_.messages;
        for (std::size_t first = 0; first != all.size(); ++first) {
            const auto next = std::find_if(
                all.begin() + static_cast<std::ptrdiff_t>(first) + 1, all.end(),
                [&](const captured_message& m) { return m.from == all[first].from || m.to == all[first].from; }
            );
            if (next == all.end() || next->is_stream || next->from != all[first].from || next->to != all[first].to ||
                next->at - all[first].at > breath || transaction_of(*next) == transaction_of(all[first]) || !one_in(2))
                continue;
            const auto late = next->at - all[first].at + moment;
            const auto of = transaction_of(all[first]);
            for (auto i = first; i != all.size(); ++i)
                if (transaction_of(all[i]) == of) all[i].at += late;
            sort_by_time(all);
        }
    }
    /// Of an INVITE with its ACK.
    static std::string transaction_of(const captured_message& m) {
        const auto cseq = header_text(m.text, "CSeq");
        return std::string(header_text(m.text, "Call-ID")) + ' ' + std::string(cseq.substr(0, cseq.find(' ')));
    }

    /// What is on UDP comes again: by its sender's timers or as a copy that the network made, some of it late.
    void retransmit() {
        std::vector<captured_message> again;
        for (const auto& each : all_.messages)
            for (auto copies = each.is_stream ? 0U : random_() % 8; copies > 5; --copies) {
                again.push_back(each);
                again.back().at += seconds(0.0005) + up_to(0.1);
            }
        all_.messages.insert(all_.messages.end(), again.begin(), again.end());
        sort_by_time(all_.messages);
    }

    /// Lost, doubled, late and overtaken sound, short of silence.
    void disturb_media() {
        std::erase_if(all_.packets, [this](const captured_packet&) { return one_in(10); });
        std::vector<captured_packet> doubled;
        for (const auto& each : all_.packets)
            if (one_in(20)) doubled.push_back(each);
        all_.packets.insert(all_.packets.end(), doubled.begin(), doubled.end());
        const auto late = up_to(0.1);
        for (auto& each : all_.packets)
            each.at += late + up_to(0.03);
        sort_by_time(all_.packets);
    }

    std::mt19937_64 random_;
    recording all_;
};

}  // namespace

recording impaired(const recording& original, std::uint64_t seed) {
    return impairment(original, seed).run();
}

}  // namespace conformance
