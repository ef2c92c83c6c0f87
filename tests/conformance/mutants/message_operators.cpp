#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "conformance/mutants/message_text.hpp"
#include "conformance/mutants/operators.hpp"

namespace conformance {

namespace {

using edit = std::function<bool(recording&, std::size_t)>;

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
    sort_by_time(all.messages);
}

}  // namespace

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

}  // namespace conformance
