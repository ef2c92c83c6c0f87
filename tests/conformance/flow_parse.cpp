#include <algorithm>
#include <array>
#include <charconv>

#include "conformance/flow.hpp"

namespace conformance {

namespace {

struct word {
    std::string_view text;
    position at;
    bool quoted = false;
};

/// One line cut into words; a quoted piece is one word, `#` begins a comment.
std::variant<std::vector<word>, flow_error> words_of(std::string_view line, unsigned number) {
    std::vector<word> words;
    std::size_t at = 0;
    while (at < line.size()) {
        if (line[at] == ' ' || line[at] == '\t' || line[at] == '\r') {
            ++at;
        } else if (line[at] == '#') {
            break;
        } else if (line[at] == '"') {
            auto const end = line.find('"', at + 1);
            position const here{number, static_cast<unsigned>(at + 1)};
            if (end == std::string_view::npos) return flow_error{here, "this quotation does not end on its line"};
            words.push_back({line.substr(at + 1, end - at - 1), here, true});
            at = end + 1;
        } else {
            auto const end = std::min(line.find_first_of(" \t\r#\",", at), line.size());
            auto const length = std::max<std::size_t>(end - at, 1);  // a comma is a word of its own
            words.push_back({line.substr(at, length), {number, static_cast<unsigned>(at + 1)}, false});
            at += length;
        }
    }
    return words;
}

constexpr std::array verbs{"dials", "answers", "rejects", "holds", "resumes", "hangs-up", "is-busy"};
constexpr std::array directions{"sendrecv", "sendonly", "recvonly", "inactive"};

bool is_one_of(auto const& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

class reader {
public:
    std::variant<flow, flow_error> read(std::string_view text) {
        unsigned number = 0;
        while (!text.empty()) {
            auto const end = text.find('\n');
            auto const line = text.substr(0, end);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            auto words = words_of(line, ++number);
            if (auto* error = std::get_if<flow_error>(&words)) return *error;
            line_ = std::move(std::get<std::vector<word>>(words));
            next_ = 0;
            end_of_line_ = {number, static_cast<unsigned>(line.size() + 1)};
            if (!line_.empty()) read_line();
            if (error_) return *error_;
        }
        if (flow_.name.empty()) return flow_error{{1, 1}, "a flow file begins with: flow NAME \"title\""};
        if (flow_.steps.empty()) return flow_error{{number, 1}, "the flow has no step"};
        return std::move(flow_);
    }

private:
    void fail(position at, std::string text) {
        if (!error_) error_ = flow_error{at, std::move(text)};
    }
    bool done() const { return next_ >= line_.size(); }
    position here() const { return done() ? end_of_line_ : line_[next_].at; }
    std::string_view peek() const { return done() ? std::string_view{} : line_[next_].text; }
    std::string take(std::string const& what) {
        if (done()) {
            fail(end_of_line_, what + " is missing");
            return {};
        }
        return std::string(line_[next_++].text);
    }
    bool take_if(std::string_view text) {
        if (done() || line_[next_].quoted || line_[next_].text != text) return false;
        ++next_;
        return true;
    }
    std::string take_party() {
        auto const at = here();
        auto party = take("a party");
        if (!error_ && !is_one_of(flow_.parties, party))
            fail(at, "no party is called '" + party + "'; see the parties line");
        return party;
    }
    void expect_end() {
        if (!done()) fail(here(), "'" + std::string(peek()) + "' is not understood here");
    }

    void read_line() {
        auto const at = here();
        auto const first = take("a word");
        if (first == "flow") return read_header();
        if (flow_.name.empty()) return fail(at, "a flow file begins with: flow NAME \"title\"");
        if (first == "source") {
            flow_.source = take("the source");
            return expect_end();
        }
        if (first == "parties") return read_parties();
        if (flow_.parties.empty()) return fail(at, "the parties line must come before this");
        if (first == "step") return read_step();
        if (flow_.steps.empty()) return fail(at, "a step must come before this: step PARTY VERB ...");
        if (first == "media") return read_media(at);
        read_message(first, at);
    }
    void read_header() {
        flow_.name = take("the flow's name");
        flow_.title = take("the flow's title");
        expect_end();
    }
    void read_parties() {
        while (!done())
            flow_.parties.push_back(take("a party"));
        if (flow_.parties.size() < 2) fail(end_of_line_, "a flow needs two parties at least");
    }
    void read_step() {
        user_action action;
        action.at = here();
        action.party = take_party();
        auto const verb_at = here();
        action.verb = take("what the user does");
        if (!error_ && !is_one_of(verbs, action.verb)) return fail(verb_at, "a user cannot '" + action.verb + "'");
        if (action.verb == "dials") action.object = take_party();
        expect_end();
        flow_.steps.push_back({std::move(action), {}, {}});
    }
    void read_media(position at) {
        expected_media media;
        media.at = at;
        if (take_if("none")) {
            media.what = expected_media::kind::silence;
            media.from = take_party();
            media.to = take_party();
        } else if (take_if("ring-back")) {
            media.what = expected_media::kind::ring_back;
            media.to = take_party();
        } else {
            media.from = take_party();
            if (take_if("<->"))
                media.what = expected_media::kind::both_ways;
            else if (take_if("->"))
                media.what = expected_media::kind::one_way;
            else
                return fail(here(), "media runs '<->' or '->', or is: media none A B, media ring-back A");
            media.to = take_party();
        }
        expect_end();
        flow_.steps.back().media.push_back(std::move(media));
    }
    void read_message(std::string const& label, position at) {
        expected_message message;
        message.at = at;
        message.label = label;
        if (label == "rfc") {
            message.need = necessity::unprinted;
        } else if (label == "may") {
            message.need = necessity::allowed;
        } else if (label.size() < 2 || label[0] != 'F' || label.find_first_not_of("0123456789", 1) != std::string::npos) {
            return fail(
                at, "'" + label + "' begins no line: flow, source, parties, step, media, rfc, may, or F and a number"
            );
        }
        message.from = take_party();
        if (!error_ && !take_if("->")) return fail(here(), "an arrow '->' is missing");
        message.to = take_party();
        read_what(message);
        while (!done() && !error_)
            read_quality(message);
        if (message.need != necessity::printed && message.reason.empty())
            fail(end_of_line_, "a message that the guide does not print needs its reason in quotes");
        if (!error_) flow_.steps.back().messages.push_back(std::move(message));
    }
    void read_what(expected_message& message) {
        auto const at = here();
        auto const what = take("a method or a status");
        if (error_) return;
        auto const [end, problem] = std::from_chars(what.data(), what.data() + what.size(), message.status);
        if (problem == std::errc{} && end == what.data() + what.size()) {
            if (message.status < 100 || message.status > 699) return fail(at, "a status lies between 100 and 699");
            message.method = take("the method that the response answers");
        } else {
            message.status = 0;
            message.method = what;
        }
    }
    void read_quality(expected_message& message) {
        if (take_if(",")) return;
        if (line_[next_].quoted) {
            message.reason = take("the reason");
            return;
        }
        fact f;
        f.at = here();
        auto const word = take("a fact");
        if (word == "any-order") {
            message.any_order = true;
            return;
        }
        if (word == "optional") {
            message.need = necessity::allowed;
            return;
        }
        if (word == "call") {
            auto const number = take("the call's number");
            if (std::from_chars(number.data(), number.data() + number.size(), message.call).ec != std::errc{})
                fail(f.at, "a call has a number");
            return;
        }
        if (word == "sdp") {
            auto const at = here();
            f.value = take("a direction or 'none'");
            if (f.value == "none")
                f.what = fact::kind::no_sdp;
            else if (is_one_of(directions, f.value))
                f.what = fact::kind::sdp_direction;
            else
                return fail(at, "'" + f.value + "' is no direction");
        } else if (word == "from" || word == "to" || word == "contact") {
            f.what = word == "from" ? fact::kind::from_party
                     : word == "to" ? fact::kind::to_party
                                    : fact::kind::contact_party;
            f.value = take_party();
        } else if (word == "new-call") {
            f.what = fact::kind::new_call;
        } else {
            return fail(
                f.at,
                "'" + word +
                    "' is no fact: sdp, from, to, contact, new-call, call, any-order, optional, or a reason in quotes"
            );
        }
        message.facts.push_back(std::move(f));
    }

    flow flow_;
    std::vector<word> line_;
    std::size_t next_ = 0;
    position end_of_line_;
    std::optional<flow_error> error_;
};

}  // namespace

std::variant<flow, flow_error> parse_flow(std::string_view text) {
    return reader().read(text);
}

}  // namespace conformance
