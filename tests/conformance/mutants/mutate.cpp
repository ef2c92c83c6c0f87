#include "conformance/mutants/mutate.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <random>

#include <fmt/format.h>

namespace conformance {

namespace {

using places = std::vector<std::size_t>;
/// Changes the message at this place; false where the operator has nothing to change there.
using edit = std::function<bool(recording&, std::size_t)>;

struct message_operator {
    std::string name;
    edit apply;
};

/// The value of a header's first line; nothing where it has none.
std::optional<std::pair<std::size_t, std::size_t>> value_of(const std::string& text, std::string_view header) {
    const auto line = text.find(fmt::format("\r\n{}: ", header));
    if (line == std::string::npos || line > text.find("\r\n\r\n")) return std::nullopt;
    const auto begin = line + 4 + header.size();
    return std::pair(begin, text.find("\r\n", begin));
}

edit in_header(std::string header, std::function<std::optional<std::string>(std::string)> change) {
    return [header = std::move(header), change = std::move(change)](recording& all, std::size_t at) {
        auto& text = all.messages[at].text;
        const auto place = value_of(text, header);
        if (!place) return false;
        const auto value = text.substr(place->first, place->second - place->first);
        const auto changed = change(value);
        if (!changed || *changed == value) return false;
        text.replace(place->first, value.size(), *changed);
        return true;
    };
}

/// `marker` and what follows it up to a character of `ends` becomes something else.
std::function<std::optional<std::string>(std::string)> after(std::string marker, std::string ends, std::string by) {
    return [=](std::string value) -> std::optional<std::string> {
        const auto at = value.find(marker);
        if (at == std::string::npos) return std::nullopt;
        const auto begin = at + marker.size(), end = std::min(value.find_first_of(ends, begin), value.size());
        return value.replace(begin, end - begin, by);
    };
}

/// Changes the body and keeps Content-Length true.
edit in_body(std::function<bool(std::string&)> change) {
    return [change = std::move(change)](recording& all, std::size_t at) {
        auto& text = all.messages[at].text;
        const auto body_at = text.find("\r\n\r\n") + 4;
        auto body = text.substr(body_at);
        if (body.find("m=audio ") == std::string::npos || !change(body)) return false;
        text.replace(body_at, std::string::npos, body);
        if (const auto length = value_of(text, "Content-Length"))
            text.replace(length->first, length->second - length->first, std::to_string(body.size()));
        return true;
    };
}

bool replace_once(std::string& text, std::string_view what, std::string_view by) {
    const auto at = text.find(what);
    if (at == std::string::npos || what == by) return false;
    text.replace(at, what.size(), by);
    return true;
}

edit direction(std::string to) {
    return in_body([to = std::move(to)](std::string& body) {
        for (const auto* each : {"a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"})
            if (body.find(each) != std::string::npos) return replace_once(body, each, "a=" + to);
        body += "a=" + to + "\r\n";
        return to != "sendrecv";
    });
}

/// The number behind "m=audio ", or the list of formats behind "RTP/AVP ".
bool replace_field(std::string& body, std::string_view marker, std::string_view ends, std::string_view by) {
    const auto at = body.find(marker);
    if (at == std::string::npos) return false;
    const auto begin = at + marker.size(), end = body.find_first_of(ends, begin);
    if (body.substr(begin, end - begin) == by) return false;
    body.replace(begin, end - begin, by);
    return true;
}

bool is_response(const std::string& text) {
    return text.starts_with("SIP/2.0 ");
}

bool change_status(recording& all, std::size_t at, std::string_view by) {
    auto& text = all.messages[at].text;
    if (!is_response(text) || text.substr(8, 3) == by) return false;
    text.replace(8, 3, by);
    return true;
}

bool change_method(recording& all, std::size_t at) {
    auto& text = all.messages[at].text;
    if (is_response(text)) return false;
    const auto method = text.substr(0, text.find(' '));
    const std::string by = method == "INFO" ? "MESSAGE" : "INFO";
    text.replace(0, method.size(), by);
    const auto cseq = value_of(text, "CSeq");
    return cseq && replace_once(text, ' ' + method + "\r\n", ' ' + by + "\r\n");
}

void move_in_time(recording& all, std::size_t at, seconds by) {
    all.messages[at].at += by;
    std::stable_sort(all.messages.begin(), all.messages.end(), [](const auto& a, const auto& b) {
        return a.at < b.at;
    });
}

std::vector<message_operator> message_operators() {
    const auto erase = [](recording& all, std::size_t at) {
        all.messages.erase(all.messages.begin() + static_cast<std::ptrdiff_t>(at));
        return true;
    };
    const auto swap = [](recording& all, std::size_t at) {
        if (at + 1 >= all.messages.size()) return false;
        std::swap(all.messages[at].at, all.messages[at + 1].at);
        std::swap(all.messages[at], all.messages[at + 1]);
        return true;
    };
    const auto copy = [](recording& all, std::size_t at) {
        auto again = all.messages[at];
        again.at += seconds(0.002);
        all.messages.insert(all.messages.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(again));
        return true;
    };
    const auto copy_as_new = [](recording& all, std::size_t at) {
        auto again = all.messages[at];
        const auto branch = again.text.find("branch=z9hG4bK");
        if (is_response(again.text) || branch == std::string::npos) return false;
        again.text.insert(branch + 14, "again");
        again.at += seconds(0.002);
        all.messages.insert(all.messages.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(again));
        return true;
    };
    const auto delay = [](recording& all, std::size_t at) {
        move_in_time(all, at, seconds(60));
        return true;
    };
    const auto early = [](recording& all, std::size_t at) {
        if (at < 3) return false;
        move_in_time(all, at, all.messages[at - 3].at - all.messages[at].at - seconds(0.001));
        return true;
    };
    const auto gone = [](std::string header) {
        return [header = std::move(header)](recording& all, std::size_t at) {
            auto& text = all.messages[at].text;
            const auto place = value_of(text, header);
            if (!place) return false;
            text.erase(place->first - header.size() - 2, place->second - place->first + header.size() + 4);
            return true;
        };
    };
    const auto count = [](std::string value) -> std::optional<std::string> {
        return std::to_string(std::stoul(value) + 7) + value.substr(value.find(' '));
    };
    return {
        {"drop", erase},
        {"swap with the next", swap},
        {"repeat", copy},
        {"repeat as a new transaction", copy_as_new},
        {"delay by a minute", delay},
        {"send before the three before it", early},
        {"other Call-ID", in_header("Call-ID", [](std::string v) { return std::optional("x" + v); })},
        {"other From tag", in_header("From", after("tag=", ";", "other"))},
        {"other To tag", in_header("To", after("tag=", ";", "other"))},
        {"no To tag", in_header("To", after(";tag", "", ""))},
        {"other From user", in_header("From", after("sip:", "@", "mallory"))},
        {"other To user", in_header("To", after("sip:", "@", "mallory"))},
        {"other CSeq number", in_header("CSeq", count)},
        {"other branch", in_header("Via", after("branch=z9hG4bK", ";", "other"))},
        {"branch without cookie", in_header("Via", after("branch=", ";", "1"))},
        {"other Contact user", in_header("Contact", after("sip:", "@", "mallory"))},
        {"other Contact host", in_header("Contact", after("@", ":;>", "198.51.100.1"))},
        {"no Contact", gone("Contact")},
        {"no Max-Forwards", gone("Max-Forwards")},
        {"no Content-Type", gone("Content-Type")},
        {"no Via", gone("Via")},
        {"other Refer-To", in_header("Refer-To", after("sip:", "@", "mallory"))},
        {"other Replaces", in_header("Replaces", [](std::string v) { return std::optional("x" + v); })},
        {"no Replaces", gone("Replaces")},
        {"no Event", gone("Event")},
        {"status 200", [](recording& all, std::size_t at) { return change_status(all, at, "200"); }},
        {"status 500", [](recording& all, std::size_t at) { return change_status(all, at, "500"); }},
        {"status 183", [](recording& all, std::size_t at) { return change_status(all, at, "183"); }},
        {"other method", change_method},
        {"SDP sendrecv", direction("sendrecv")},
        {"SDP sendonly", direction("sendonly")},
        {"SDP recvonly", direction("recvonly")},
        {"SDP inactive", direction("inactive")},
        {"SDP other port", in_body([](std::string& b) { return replace_field(b, "m=audio ", " ", "9"); })},
        {"SDP port 0", in_body([](std::string& b) { return replace_field(b, "m=audio ", " ", "0"); })},
        {"SDP other codec", in_body([](std::string& b) { return replace_field(b, "RTP/AVP ", "\r", "18"); })},
        {"SDP other address",
         in_body([](std::string& b) { return replace_field(b, "c=IN IP4 ", "\r", "198.51.100.1"); })},
        {"SDP version 0", in_body([](std::string& b) {
             const auto o = b.find("o=");
             const auto id = b.find(' ', b.find(' ', o) + 1);
             const auto end = b.find(' ', id + 1);
             if (o == std::string::npos || end == std::string::npos) return false;
             b.replace(id + 1, end - id - 1, "0");
             return true;
         })},
        {"SDP without m=", in_body([](std::string& b) {
             const auto m = b.find("m=audio");
             b.erase(m);
             return true;
         })},
        {"no body",
         [](recording& all, std::size_t at) {
             auto& text = all.messages[at].text;
             const auto end = text.find("\r\n\r\n") + 4;
             if (end >= text.size()) return false;
             text.erase(end);
             if (const auto length = value_of(text, "Content-Length"))
                 text.replace(length->first, length->second - length->first, "0");
             return true;
         }},
    };
}

/// Every n-th place, so that `most` are left; each operator begins at another.
places spread(std::size_t count, unsigned most, std::size_t which) {
    places out;
    const auto step = most == 0 ? 1 : std::max<std::size_t>(1, (count + most - 1) / most);
    for (std::size_t i = which % step; i < count; i += step)
        out.push_back(i);
    return out;
}

struct span_of_time {
    seconds begin, end;
    [[nodiscard]] bool holds(seconds at) const { return at >= begin && at < end; }
};

/// Between messages, where a flow rests: longer than half a second without any.
std::vector<span_of_time> rests(const recording& all) {
    std::vector<span_of_time> out;
    const seconds end = all.packets.empty() ? seconds(0) : all.packets.back().at + seconds(0.01);
    for (std::size_t i = 0; i < all.messages.size(); ++i) {
        const auto next = i + 1 < all.messages.size() ? all.messages[i + 1].at : end;
        if (next - all.messages[i].at > seconds(0.5)) out.push_back({all.messages[i].at, next});
    }
    return out;
}

using stream = std::pair<std::string, std::string>;

std::vector<stream> streams_of(const recording& all) {
    std::vector<stream> out;
    for (const auto& packet : all.packets)
        if (const stream key{packet.from, packet.to}; std::find(out.begin(), out.end(), key) == out.end())
            out.push_back(key);
    return out;
}

bool is_of(const captured_packet& p, const stream& s) {
    return p.from == s.first && p.to == s.second;
}

/// Media that stops, media where there was none, and one stream's sound in another's place.
void each_media_mutant(const recording& original, const std::function<void(const mutant&)>& use) {
    const auto streams = streams_of(original);
    for (const auto& rest : rests(original))
        for (const auto& s : streams) {
            const auto name = fmt::format(
                "{} -> {} from {:.1f} s on", s.first, s.second, (rest.begin - original.messages.front().at).count()
            );
            mutant m{"no RTP " + name, original};
            std::erase_if(m.all.packets, [&](const captured_packet& p) { return is_of(p, s) && rest.holds(p.at); });
            if (m.all.packets.size() != original.packets.size()) {
                use(m);
                for (const auto& other : streams) {
                    const bool is_heard =
                        std::any_of(original.packets.begin(), original.packets.end(), [&](const auto& each) {
                            return is_of(each, other) && rest.holds(each.at);
                        });
                    if (other == s ||
                        other.second.substr(0, other.second.rfind(':')) != s.first.substr(0, s.first.rfind(':')) ||
                        !is_heard)
                        continue;
                    mutant mixed{
                        fmt::format("{} has the sound of {} -> {}", name, other.first, other.second), original};
                    auto source = original.packets.begin();
                    for (auto& p : mixed.all.packets) {
                        if (!is_of(p, s) || !rest.holds(p.at)) continue;
                        source = std::find_if(source, original.packets.end(), [&](const auto& each) {
                            return is_of(each, other) && rest.holds(each.at);
                        });
                        if (source == original.packets.end()) break;
                        p.bytes = (source++)->bytes;
                    }
                    use(mixed);
                }
                continue;
            }
            const bool has_begun = std::any_of(original.packets.begin(), original.packets.end(), [&](const auto& p) {
                return is_of(p, s) && p.at < rest.begin;
            });
            m.what = (has_begun ? "RTP " : "early RTP ") + name;
            const auto first = std::find_if(original.packets.begin(), original.packets.end(), [&](const auto& p) {
                return is_of(p, s);
            });
            for (double at = 0.05; at < (rest.end - rest.begin).count(); at += 0.02) {
                auto packet = *first;
                packet.at = rest.begin + seconds(at);
                m.all.packets.push_back(std::move(packet));
            }
            std::stable_sort(m.all.packets.begin(), m.all.packets.end(), [](const auto& a, const auto& b) {
                return a.at < b.at;
            });
            use(m);
        }
}

std::string branch_of(const std::string& text) {
    const auto via = value_of(text, "Via");
    const auto at = via ? text.find("branch=", via->first) : std::string::npos;
    return at == std::string::npos ? std::string() : text.substr(at, text.find_first_of(";\r", at) - at);
}

/// "INVITE", "challenged INVITE", "SIP/2.0 200 OK (INVITE)".
std::string label_of(const recording& all, std::size_t at) {
    const auto& text = all.messages[at].text;
    if (is_response(text)) {
        const auto cseq = value_of(text, "CSeq");
        const auto value = cseq ? text.substr(cseq->first, cseq->second - cseq->first) : std::string();
        return fmt::format("{} ({})", text.substr(0, text.find('\r')), value.substr(value.find(' ') + 1));
    }
    const bool is_challenged = std::any_of(all.messages.begin(), all.messages.end(), [&](const captured_message& m) {
        return (m.text.starts_with("SIP/2.0 401") || m.text.starts_with("SIP/2.0 407")) &&
               branch_of(m.text) == branch_of(text);
    });
    return (is_challenged ? "challenged " : "") + text.substr(0, text.find(' '));
}

bool same_hop(const captured_message& a, const captured_message& b) {
    return (a.from == b.from && a.to == b.to) || (a.from == b.to && a.to == b.from);
}

/// Whether an operator that changes the order lets a message pass those of other hops only.
bool passes_other_hops(const recording& all, const message_operator& each, std::size_t at) {
    const auto is_other = [&](std::size_t i) { return !same_hop(all.messages[i], all.messages[at]); };
    if (each.name == "swap with the next") return is_other(at + 1);
    return each.name == "send before the three before it" && is_other(at - 1) && is_other(at - 2) && is_other(at - 3);
}

}  // namespace

void each_mutant(const recording& original, unsigned per_operator, const std::function<void(const mutant&)>& use) {
    std::size_t which = 0;
    for (const auto& each : message_operators())
        for (const auto at : spread(original.messages.size(), per_operator, which++)) {
            mutant m{{}, original};
            if (!each.apply(m.all, at)) continue;
            m.what = fmt::format(
                "{}{}: message {}, {}, {} -> {}", each.name,
                passes_other_hops(original, each, at) ? ", of another hop" : "", at + 1, label_of(original, at),
                original.messages[at].from, original.messages[at].to
            );
            use(m);
        }
    each_media_mutant(original, use);
}

recording impaired(const recording& original, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    auto all = original;
    // Retransmissions, some of them late.
    std::vector<captured_message> again;
    for (const auto& each : all.messages)
        if (!each.is_stream && random() % 4 == 0) {
            again.push_back(each);
            again.back().at += seconds(0.0005 + static_cast<double>(random() % 100) / 1000);
        }
    all.messages.insert(all.messages.end(), again.begin(), again.end());
    std::stable_sort(all.messages.begin(), all.messages.end(), [](const auto& a, const auto& b) {
        return a.at < b.at;
    });
    // Lost and doubled sound, short of silence.
    std::erase_if(all.packets, [&](const captured_packet&) { return random() % 10 == 0; });
    std::vector<captured_packet> doubled;
    for (const auto& each : all.packets)
        if (random() % 20 == 0) doubled.push_back(each);
    all.packets.insert(all.packets.end(), doubled.begin(), doubled.end());
    std::stable_sort(all.packets.begin(), all.packets.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    return all;
}

}  // namespace conformance
