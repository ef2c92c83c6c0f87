#include "conformance/unit/rehearsal.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <numbers>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "rtp/codec/g711.hpp"
#include "sip/syntax/names.hpp"

namespace conformance {

namespace {

constexpr double tones[] = {0, 600, 850, 1100};  // Hz, by the party's number

unsigned number_of(std::string_view party) {
    return party == "P" ? 10U : static_cast<unsigned>(party[0] - 'A') + 1U;
}
std::string host_of(std::string_view party) {
    return fmt::format("192.0.2.{}", number_of(party));
}
std::string address_of(std::string_view party) {
    return host_of(party) + ":5060";
}
unsigned port_of(unsigned call) {
    return 4000 + 2 * call;
}
std::string user_of(std::string_view party) {
    return fmt::format("{}", 1000 + number_of(party));
}

/// A message in pieces, as far as rehearsals look at them.
struct paper {
    std::string start;
    std::vector<std::string> vias;
    std::string rest;  ///< the other headers, without Max-Forwards and Content-Length
    unsigned hops = 70;
    bool is_request = true;
    std::string body;

    [[nodiscard]] std::string text() const {
        auto out = start + "\r\n";
        for (const auto& via : vias)
            out += "Via: " + via + "\r\n";
        if (is_request) out += fmt::format("Max-Forwards: {}\r\n", hops);
        return out + rest + fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
    }
};

struct dialog {
    std::string id, caller, callee;
    unsigned invite_cseq = 1;
    std::map<std::string, unsigned> cseq;                                 ///< by party
    std::map<std::string, std::pair<std::string, unsigned>> description;  ///< what each said last, and its version
    bool is_established = false;

    [[nodiscard]] std::string tag(const std::string& party) const { return fmt::format("t{}{}", id, party); }
    [[nodiscard]] const std::string& other(const std::string& party) const { return party == caller ? callee : caller; }
};

class rehearsal {
public:
    explicit rehearsal(const flow& f) : flow_(f) {}

    recording run() {
        for (const auto& step : flow_.steps) {
            now_ += 1.0;
            for (std::size_t i = 0; i != step.messages.size(); ++i)
                if (step.messages[i].need != necessity::allowed) {
                    pass(step.messages, i);
                    if (step.messages[i].method == "NOTIFY" && step.messages[i].from == "P") confirm(step.messages[i]);
                }
            now_ += 0.4;
            for (const auto& media : step.media)
                speak(media);
            if (!step.media.empty()) now_ += 0.6;
        }
        sort_by_time(out_.packets);
        return std::move(out_);
    }

private:
    void pass(const std::vector<expected_message>& all, std::size_t at) {
        const auto& e = all[at];
        now_ += 0.02 + e.earliest.value_or(0);
        const auto key = fmt::format("{} {}", e.call, e.method);
        paper p;
        if (e.is_request() && e.from != "P")
            p = request(e, all, at);
        else if (e.is_request())
            p = relayed_request(e);
        else
            p = response(e);
        out_.messages.push_back({seconds(now_), address_of(e.from), address_of(e.to), p.text()});
        last_[fmt::format("{} {} {} {}", key, e.statuses.empty() ? 0 : e.statuses[0], e.from, e.to)] = p;
        if (e.is_request() && e.method != "ACK" && e.method != "CANCEL")
            hop_[fmt::format("{} {} {}", key, e.from, e.to)] = p;
    }

    /// What a NOTIFY is answered with; flows leave it open.
    void confirm(const expected_message& notify) {
        const auto sender = dialogs_.at(notify.call).other(notify.to);
        for (const auto& [from, to] : {std::pair(notify.to, notify.from), std::pair(notify.from, sender)}) {
            expected_message answer;
            answer.from = from;
            answer.to = to;
            answer.statuses = {200};
            answer.method = notify.method;
            answer.call = notify.call;
            pass({answer}, 0);
        }
    }

    static std::string callee_of(const expected_message& e, const std::vector<expected_message>& all, std::size_t at) {
        for (std::size_t i = at + 1; i < all.size(); ++i)
            if (all[i].from == "P" && all[i].method == e.method && all[i].is_request() && all[i].call == e.call)
                return all[i].to;
        return e.from;  // a registration is about oneself
    }

    paper request(const expected_message& e, const std::vector<expected_message>& all, std::size_t at) {
        auto [known, is_new] = dialogs_.try_emplace(e.call);
        auto& d = known->second;
        if (is_new) d = {fmt::format("call{}", e.call), e.from, callee_of(e, all, at), 1, {}, {}, false};
        const auto& peer = d.other(e.from);
        paper p;
        const bool refused = e.method == "ACK" && refused_.contains(fmt::format("{} {}", e.call, e.from));
        const bool repeats_branch = refused || e.method == "CANCEL";
        auto& counter = d.cseq.try_emplace(e.from, 0).first->second;
        if (e.method != "ACK" && e.method != "CANCEL") ++counter;
        if (e.method == "INVITE") invite_cseq_[{e.call, e.from}] = counter;
        const auto cseq = e.method == "ACK" || e.method == "CANCEL" ? invite_cseq_[{e.call, e.from}] : counter;
        const bool in_dialog = d.is_established;
        const auto invite = hop_.find(fmt::format("{} INVITE {} P", e.call, e.from));
        p.start = in_dialog
                      ? fmt::format("{} sip:{}@{}:5060 SIP/2.0", e.method, user_of(peer), host_of(peer))
                      : fmt::format(
                            "{} sip:{}@{} SIP/2.0", e.method, e.method == "REGISTER" ? "" : user_of(peer), host_of("P")
                        );
        if (e.method == "REGISTER") p.start = fmt::format("REGISTER sip:{} SIP/2.0", host_of("P"));
        p.vias = {
            repeats_branch ? invite->second.vias[0]
                           : fmt::format("SIP/2.0/UDP {};branch=z9hG4bK{}", address_of(e.from), ++branch_)};
        const bool has_to_tag = in_dialog || refused;
        p.rest = fmt::format(
            "From: <sip:{}@{}>;tag={}\r\nTo: <sip:{}@{}>{}\r\nCall-ID: {}\r\nCSeq: {} {}\r\nContact: "
            "<sip:{}@{}:5060>\r\n",
            user_of(e.from), host_of("P"), d.tag(e.from), user_of(peer), host_of("P"),
            has_to_tag ? ";tag=" + d.tag(peer) : "", d.id, cseq, e.method, user_of(e.from), host_of(e.from)
        );
        add_facts(p, e, d);
        return p;
    }

    void add_facts(paper& p, const expected_message& e, dialog& d) {
        using kind = fact::kind;
        for (const auto& f : e.facts) {
            if (f.what == kind::sdp_direction) describe(p, e, d, f.values[0]);
            if (f.what == kind::replaces)
                p.rest += fmt::format("Replaces: {}\r\n", dialog_reference(f.values[0], ";", "="));
            if (f.what == kind::sipfrag) {
                const auto status =
                    f.values[0].substr(0, 1) + (f.values[0].ends_with("xx") ? "00" : f.values[0].substr(1));
                p.body = fmt::format("SIP/2.0 {} Ended\r\n", status);
                p.rest +=
                    "Content-Type: message/sipfrag\r\nEvent: refer\r\nSubscription-State: "
                    "terminated;reason=noresource\r\n";
            }
            if (f.what == kind::has_header && f.values[0] == "Authorization")
                p.rest +=
                    "Authorization: Digest username=\"1001\", realm=\"x\", nonce=\"n\", uri=\"sip:x\", "
                    "response=\"r\"\r\n";
            if (f.what != kind::refer_to_party) continue;
            std::string headers;
            for (const auto& other : e.facts)
                if (other.what == kind::refer_to_replaces && other.values[0] != "none")
                    headers = "?Replaces=" + dialog_reference(other.values[0], "%3B", "%3D");
            p.rest += fmt::format("Refer-To: <sip:{}@{}{}>\r\n", user_of(f.values[0]), host_of("P"), headers);
        }
    }
    /// As the replacing party's peer sees the dialog: the caller of that call asks for it.
    std::string dialog_reference(const std::string& call, std::string_view semicolon, std::string_view equals) const {
        const auto& d = dialogs_.at(static_cast<unsigned>(std::stoul(call)));
        return fmt::format(
            "{0}{1}to-tag{2}{3}{1}from-tag{2}{4}", d.id, semicolon, equals, d.tag(d.callee), d.tag(d.caller)
        );
    }
    static void describe(paper& p, const expected_message& e, dialog& d, const std::string& direction) {
        auto& [said, version] = d.description[e.from];
        if (said != direction) ++version;
        said = direction;
        p.body = fmt::format(
            "v=0\r\no=- {0} {1} IN IP4 {2}\r\ns=-\r\nc=IN IP4 {2}\r\nt=0 0\r\nm=audio {3} RTP/AVP 0 "
            "101\r\na=rtpmap:101 "
            "telephone-event/8000\r\na={4}\r\n",
            100 + number_of(e.from), version, host_of(e.from), port_of(e.call), direction
        );
        p.rest += "Content-Type: application/sdp\r\n";
    }

    /// The proxy's own for CANCEL and the ACK of a refusal; else what a phone sent, with a Via more.
    paper relayed_request(const expected_message& e) {
        const auto key = fmt::format("{} {}", e.call, e.method);
        const bool refused = e.method == "ACK" && refused_by_.contains(fmt::format("{} {}", e.call, e.to));
        const auto invite = hop_.find(fmt::format("{} INVITE P {}", e.call, e.to));
        paper p;
        for (const auto& [name, each] : last_)
            if (name.starts_with(key + " 0 ") && name.ends_with(" P") && !name.ends_with(fmt::format(" {} P", e.to)))
                p = each;
        if (refused || e.method == "CANCEL") {
            p = invite->second;
            p.start = e.method + p.start.substr(p.start.find(' '));
            p.vias.resize(1);
            p.body.clear();
            replace(p.rest, " INVITE\r\n", fmt::format(" {}\r\n", e.method));
            replace(p.rest, "Content-Type: application/sdp\r\n", "");
            const auto& d = dialogs_.at(e.call);
            if (refused)
                replace(
                    p.rest, fmt::format("<sip:{}@{}>\r\nCall", user_of(d.callee), host_of("P")),
                    fmt::format("<sip:{}@{}>;tag={}\r\nCall", user_of(d.callee), host_of("P"), d.tag(d.callee))
                );
            return p;
        }
        p.vias.insert(p.vias.begin(), fmt::format("SIP/2.0/UDP {};branch=z9hG4bK{}", address_of("P"), ++branch_));
        --p.hops;
        const auto& d = dialogs_.at(e.call);
        if (!d.is_established)
            p.start = fmt::format("{} sip:{}@{}:5060 SIP/2.0", e.method, user_of(e.to), host_of(e.to));
        return p;
    }
    static void replace(std::string& text, const std::string& what, const std::string& by) {
        if (const auto at = text.find(what); at != std::string::npos) text.replace(at, what.size(), by);
    }

    paper response(const expected_message& e) {
        const auto status = e.statuses[0];
        auto& d = dialogs_.at(e.call);
        paper p;
        const auto key = fmt::format("{} {} {}", e.call, e.method, status);
        const auto relayed = std::find_if(last_.begin(), last_.end(), [&](const auto& each) {
            return e.from == "P" && e.method != "CANCEL" && each.first.starts_with(key + ' ') &&
                   each.first.ends_with(" P") && !each.first.ends_with(fmt::format(" {} P", e.to));
        });
        if (e.method == "INVITE" && status >= 300) {
            (e.from == "P" ? refused_ : refused_by_)
                .insert(fmt::format("{} {}", e.call, e.from == "P" ? e.to : e.from));
        }
        if (e.method == "INVITE" && status >= 200 && status < 300) d.is_established = true;
        if (relayed != last_.end()) {
            p = relayed->second;
            p.vias.erase(p.vias.begin());
            return p;
        }
        const auto asked = last_.at(fmt::format("{} {} 0 {} {}", e.call, e.method, e.to, e.from));
        p = asked;
        p.is_request = false;
        p.start = fmt::format("SIP/2.0 {} {}", status, sip::reason_phrase(status));
        p.body.clear();
        std::string kept;
        for (std::size_t begin = 0; begin < p.rest.size();) {
            const auto end = p.rest.find("\r\n", begin) + 2;
            auto line = p.rest.substr(begin, end - begin);
            begin = end;
            if (line.starts_with("To:") && line.find("tag=") == std::string::npos && status > 100)
                replace(line, "\r\n", fmt::format(";tag={}\r\n", d.tag(e.from == "P" ? d.callee : e.from)));
            if (line.starts_with("From:") || line.starts_with("To:") || line.starts_with("Call-ID:") ||
                line.starts_with("CSeq:"))
                kept += line;
        }
        p.rest = kept;
        auto contact = e.from == "P" ? e.to : e.from;
        for (const auto& f : e.facts)
            if (f.what == fact::kind::contact_party) contact = f.values[0];
        if (e.method == "INVITE" || e.method == "REGISTER")
            p.rest += fmt::format("Contact: <sip:{}@{}:5060>\r\n", user_of(contact), host_of(contact));
        add_facts(p, e, d);
        return p;
    }

    void stream(const std::string& from, const std::string& to, const std::vector<double>& hertz) {
        for (unsigned packet = 0; packet != 25; ++packet) {
            const auto port = port_of(call_between(from, to));
            captured_packet p{
                seconds(now_ + 0.02 * packet),
                fmt::format("{}:{}", host_of(from), port),
                fmt::format("{}:{}", host_of(to), port),
                {}};
            const auto ssrc = number_of(from) * 16 + number_of(to);
            for (const unsigned octet :
                 {0x80U, 0U, packet >> 8U, packet & 255U, 0U, 0U, packet * 160 >> 8U & 255U, packet * 160 & 255U, 0U,
                  0U, 0U, ssrc})
                p.bytes.push_back(static_cast<std::byte>(octet));
            for (unsigned i = 0; i != 160; ++i) {
                double sum = 0;
                for (const auto each : hertz)
                    sum += 5000 * std::sin(2 * std::numbers::pi * each * (packet * 160 + i) / 8000);
                p.bytes.push_back(static_cast<std::byte>(rtp::g711::encode_mu_law(static_cast<std::int16_t>(sum))));
            }
            out_.packets.push_back(std::move(p));
        }
    }
    /// The newest call of the two.
    unsigned call_between(const std::string& a, const std::string& b) const {
        unsigned newest = 0;
        for (const auto& [number, d] : dialogs_)
            if ((d.caller == a && d.callee == b) || (d.caller == b && d.callee == a)) newest = number;
        return newest;
    }
    static double tone(const std::string& party) { return tones[number_of(party)]; }
    void speak(const expected_media& e) {
        using kind = expected_media::kind;
        if (e.what == kind::both_ways || e.what == kind::one_way || e.what == kind::music)
            stream(e.from, e.to, {tone(e.from)});
        if (e.what == kind::both_ways) stream(e.to, e.from, {tone(e.to)});
        if (e.what != kind::mixed) return;
        stream(e.to, e.from, {tone(e.to)});
        stream(e.third, e.from, {tone(e.third)});
        stream(e.from, e.to, {tone(e.from), tone(e.third)});
        stream(e.from, e.third, {tone(e.from), tone(e.to)});
    }

    const flow& flow_;
    recording out_;
    double now_ = 1000;
    unsigned branch_ = 0;
    std::map<unsigned, dialog> dialogs_;
    std::map<std::pair<unsigned, std::string>, unsigned> invite_cseq_;
    std::map<std::string, paper> last_;  ///< by call, method, status, hop
    std::map<std::string, paper> hop_;   ///< requests that ACK and CANCEL copy from
    std::set<std::string> refused_, refused_by_;
};

}  // namespace

recording rehearse(const flow& way) {
    return rehearsal(way).run();
}

std::vector<flow> all_flows() {
    std::vector<flow> out;
    for (const auto& entry : std::filesystem::directory_iterator(FLOW_FOLDER)) {
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        out.push_back(std::get<flow>(parse_flow(text.str())));
    }
    return out;
}

flow flow_named(const std::string& name) {
    for (auto& each : all_flows())
        if (each.name == name) return std::move(each);
    throw std::invalid_argument("no flow is called " + name);
}

}  // namespace conformance
