#include <algorithm>

#include <fmt/format.h>

#include "conformance/flow_line.hpp"

namespace conformance {

namespace {

constexpr auto beginning = "a flow file begins with: flow NAME \"title\"";

bool is_number_of_the_guide(std::string_view label) {
    return label.starts_with('F') && whole_number(label.substr(1));
}

class reader {
public:
    std::variant<flow, flow_error> read(std::string_view text) {
        unsigned number = 0;
        while (!text.empty()) {
            const auto end = text.find('\n');
            flow_line line(text.substr(0, end), ++number, flow_.parties);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            if (!line.is_done()) read_line(line);
            if (line.error()) return *line.error();
        }
        if (flow_.name.empty()) return flow_error{{1, 1}, beginning};
        if (flow_.steps.empty()) return flow_error{{number, 1}, "the flow has no step"};
        return std::move(flow_);
    }

private:
    void read_line(flow_line& line) {
        const auto at = line.here();
        const auto first = line.take("a word");
        if (first == "flow") {
            flow_.name = line.take("the flow's name");
            flow_.title = line.take("the flow's title");
            return line.expect_end();
        }
        if (flow_.name.empty()) return line.fail(at, beginning);
        if (first == "source") {
            flow_.source = line.take("the source");
            return line.expect_end();
        }
        if (first == "variant") return read_variant(line);
        if (first == "parties") return read_parties(line);
        if (flow_.parties.empty()) return line.fail(at, "the parties line must come before this");
        if (first == "step") return read_step(line);
        if (flow_.steps.empty()) return line.fail(at, "a step must come before this: step PARTY VERB ...");
        if (first == "media") return read_media(line, at);
        if (first == "rfc" || first == "may" || is_number_of_the_guide(first))
            return read_message_line(line, first, at);
        line.fail(
            at,
            fmt::format(
                "'{}' begins no line: flow, source, variant, parties, step, media, rfc, may, or F and a number", first
            )
        );
    }

    void read_variant(flow_line& line) {
        variant next;
        next.name = line.take("the variant's name");
        next.title = line.take("the variant's title");
        line.expect_end();
        flow_.variants.push_back(std::move(next));
    }

    void read_parties(flow_line& line) {
        std::vector<std::string> names;
        while (!line.is_done())
            names.push_back(line.take("a party"));
        if (names.size() < 2) line.fail(line.end(), "a flow needs two parties at least");
        flow_.parties = std::move(names);
    }

    void read_step(flow_line& line) {
        user_action action;
        action.at = line.here();
        action.party = line.take_party();
        const auto verb_at = line.here();
        action.verb = line.take("what the user does");
        if (line.error()) return;
        const auto known =
            std::find_if(verbs().begin(), verbs().end(), [&](const verb& each) { return each.word == action.verb; });
        if (known == verbs().end()) return line.fail(verb_at, fmt::format("a user cannot '{}'", action.verb));
        if (known->has_object) action.object = line.take_party();
        line.expect_end();
        flow_.steps.push_back({std::move(action), {}, {}});
    }

    void read_media(flow_line& line, position at) {
        using kind = expected_media::kind;
        expected_media media;
        media.at = at;
        if (line.take_if("ring-back")) {
            media.what = kind::ring_back;
            media.to = line.take_party();
        } else if (line.take_if("mixed")) {
            media.what = kind::mixed;
            media.from = line.take_party();
            media.to = line.take_party();
            media.third = line.take_party();
        } else if (line.take_if("none")) {
            media.what = kind::silence;
            media.from = line.take_party();
            media.to = line.take_party();
        } else {
            const bool is_music = line.take_if("music");
            media.from = line.take_party();
            media.what = is_music ? kind::music : kind::one_way;
            if (!is_music && line.take_if("<->"))
                media.what = kind::both_ways;
            else if (!line.take_if("->"))
                return line.fail(
                    line.here(),
                    "media runs '<->' or '->', or is: media none A B, media music A -> B, media mixed A B C, media "
                    "ring-back A"
                );
            media.to = line.take_party();
        }
        if (line.take_if("in")) media.variant = take_variant(line, flow_.variants);
        line.expect_end();
        flow_.steps.back().media.push_back(std::move(media));
    }

    void read_message_line(flow_line& line, const std::string& label, position at) {
        expected_message message;
        message.at = at;
        message.label = label;
        if (label == "rfc") message.need = necessity::unprinted;
        if (label == "may") message.need = necessity::allowed;
        read_message(line, message, flow_.variants);
        if (!line.error()) flow_.steps.back().messages.push_back(std::move(message));
    }

    flow flow_;
};

}  // namespace

const std::vector<verb>& verbs() noexcept {
    static const std::vector<verb> all{
        {"dials", true},
        {"answers"},
        {"rejects"},
        {"holds"},
        {"resumes"},
        {"hangs-up"},
        {"is-busy"},
        {"lets-ring"},
        {"transfers-to", true},
        {"completes-transfer"},
        {"forwards-always-to", true},
        {"forwards-when-busy-to", true},
        {"forwards-when-unanswered-to", true},
        {"conferences"},
        {"splits"},
        {"registers"},
        {"unregisters"},
    };
    return all;
}

std::variant<flow, flow_error> parse_flow(std::string_view text) {
    return reader().read(text);
}

}  // namespace conformance
