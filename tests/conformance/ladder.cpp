#include "conformance/ladder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace conformance {

namespace {

constexpr std::size_t column_width = 26;
constexpr std::size_t left_margin = 4;

bool has_number(expected_message const& e) {
    return e.label[0] == 'F';
}

std::string text_of(expected_message const& e) {
    auto const number = has_number(e) ? e.label + ' ' : std::string();
    return e.status == 0 ? number + e.method : fmt::format("{}{} {}", number, e.status, e.method);
}

std::string text_of(fact const& f) {
    switch (f.what) {
        case fact::kind::sdp_direction:
            return "SDP says " + f.value;
        case fact::kind::no_sdp:
            return "no SDP";
        case fact::kind::from_party:
            return "From " + f.value;
        case fact::kind::to_party:
            return "To " + f.value;
        case fact::kind::contact_party:
            return "Contact " + f.value;
        case fact::kind::new_call:
            return "new Call-ID";
    }
    return {};
}

/// Lifelines and arrows: the picture without anything beside it.
class canvas {
public:
    explicit canvas(flow const& f) : flow_(f) {}

    std::string header() const {
        std::string line(width(), ' ');
        for (std::size_t i = 0; i < flow_.parties.size(); ++i)
            line.replace(offset(i), flow_.parties[i].size(), flow_.parties[i]);
        return line;
    }
    std::string lifelines() const {
        std::string line(width(), ' ');
        for (std::size_t i = 0; i < flow_.parties.size(); ++i)
            line[offset(i)] = '|';
        return line;
    }
    /// An arrow between two columns with text on its shaft.
    std::string arrow(std::string_view from, std::string_view to, std::string text, char shaft) const {
        auto const a = column(from), b = column(to);
        auto line = lifelines();
        auto const left = offset(std::min(a, b)) + 1, right = offset(std::max(a, b)) - 1;
        std::fill(
            line.begin() + static_cast<std::ptrdiff_t>(left), line.begin() + static_cast<std::ptrdiff_t>(right) + 1,
            shaft
        );
        if (a < b)
            line[right] = '>';
        else
            line[left] = '<';
        auto const room = right - left - 3;
        if (text.size() > room) text.resize(room);
        line.replace(left + 2, text.size() + 2, ' ' + text + ' ');
        return line;
    }
    std::string media(expected_media const& e) const {
        using kind = expected_media::kind;
        auto text = lifelines();
        switch (e.what) {
            case kind::both_ways:
                text = arrow(e.from, e.to, "2-way RTP", '=');
                text[offset(std::min(column(e.from), column(e.to))) + 1] = '<';
                break;
            case kind::one_way:
                text = arrow(e.from, e.to, "RTP", '=');
                break;
            case kind::silence:
                text = arrow(e.from, e.to, "no RTP", ' ');
                text[offset(std::max(column(e.from), column(e.to))) - 1] = ' ';
                break;
            case kind::ring_back:
                text.replace(offset(column(e.to)) + 2, 9, "ring-back");
                break;
        }
        return text;
    }
    static std::string action(user_action const& a) {
        return fmt::format("  * {} {}{}", a.party, a.verb, a.object.empty() ? "" : ' ' + a.object);
    }

private:
    std::size_t column(std::string_view party) const {
        auto const at = std::find(flow_.parties.begin(), flow_.parties.end(), party);
        return static_cast<std::size_t>(at - flow_.parties.begin());
    }
    static std::size_t offset(std::size_t column) { return left_margin + column * column_width; }
    std::size_t width() const { return offset(flow_.parties.size() - 1) + 4; }

    flow const& flow_;
};

class artist {
public:
    artist(flow const& f, report const& r, colours c) : flow_(f), canvas_(f), report_(r), colours_(c) {}

    std::string draw() {
        out_ = paint(fmt::format("{} {}", flow_.name, flow_.title), "1") + "  (" + flow_.source + ")\n";
        out_ += canvas_.header() + '\n';
        for (std::size_t index = 0; index < flow_.steps.size(); ++index)
            draw_step(index);
        summary();
        return std::move(out_);
    }

private:
    std::string paint(std::string text, char const* code) const {
        return colours_ == colours::on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
    }
    void draw_step(std::size_t index) {
        auto const& step = flow_.steps[index];
        if (step.action) out_ += paint(canvas::action(*step.action), "36") + '\n';
        for (auto const& result : report_.messages)
            if (result.step == index) draw_message(result);
        for (auto const& result : report_.media)
            if (result.step == index) draw_media(result);
    }
    void draw_message(message_result const& result) {
        if (result.explanation == "outside the flow") return;
        bool const is_printed = result.expected && has_number(*result.expected);
        std::string from, to, text, copies;
        if (result.observed) {
            from = result.observed->from;
            to = result.observed->to;
            text = (is_printed ? result.expected->label + ' ' : std::string()) +
                   conformance::summary(result.observed->message.view());
            if (result.observed->copies > 1) copies = fmt::format(" (sent {} times)", result.observed->copies);
        } else {
            from = result.expected->from;
            to = result.expected->to;
            text = text_of(*result.expected);
        }
        switch (result.what) {
            case verdict::matches: {
                std::string note = "ok" + copies;
                if (result.expected && !is_printed) note += ", not printed in the guide: " + result.expected->reason;
                if (!result.expected) note = result.explanation;
                return line(canvas_.arrow(from, to, text, '-'), note, is_printed ? "32" : "34");
            }
            case verdict::missing:
                return line(canvas_.arrow(from, to, text, '.'), "MISSING: " + result.explanation, "31");
            case verdict::wrong:
                return line(canvas_.arrow(from, to, text, '-'), "WRONG: " + result.explanation, "31");
            case verdict::unexpected:
                return line(canvas_.arrow(from, to, text, '-'), "UNEXPECTED: " + result.explanation, "31");
            case verdict::not_seen_but_allowed:
                if (is_printed)
                    line(canvas_.arrow(from, to, text, '.'), "not sent, which is allowed: " + result.explanation, "34");
                return;
        }
    }
    void draw_media(media_result const& result) {
        auto const text = canvas_.media(result.expected);
        if (result.what == verdict::not_seen_but_allowed) return line(text, result.explanation, "34");
        bool const good = result.what == verdict::matches;
        line(text, (good ? "ok: " : "WRONG: ") + result.explanation, good ? "32" : "31");
    }
    void line(std::string const& picture, std::string const& note, char const* colour) {
        out_ += picture + "  " + paint(note, colour) + '\n';
    }

    void summary() {
        std::size_t printed = 0, matched = 0;
        for (auto const& r : report_.messages)
            if (r.expected && has_number(*r.expected)) {
                ++printed;
                matched += r.what == verdict::matches || r.what == verdict::not_seen_but_allowed ? 1 : 0;
            }
        auto const count = [&](verdict wanted) {
            return std::count_if(report_.media.begin(), report_.media.end(), [&](auto const& m) {
                return m.what == wanted;
            });
        };
        auto const unheard = count(verdict::not_seen_but_allowed);
        out_ += paint(
            fmt::format(
                "  {}: {} of {} messages of the guide and {} of {} media states match{}; {} messages that the guide "
                "leaves out\n",
                report_.matches() ? "MATCHES" : "DOES NOT MATCH", matched, printed, count(verdict::matches),
                report_.media.size(), unheard > 0 ? fmt::format(" ({} not measured)", unheard) : "", report_.unprinted()
            ),
            report_.matches() ? "1;32" : "1;31"
        );
    }

    flow const& flow_;
    canvas canvas_;
    report const& report_;
    colours colours_;
    std::string out_;
};

std::string note_of(expected_message const& e) {
    std::string note = has_number(e) ? "" : "not in the guide";
    auto const add = [&](std::string_view text) { note.append(note.empty() ? "" : ", ").append(text); };
    if (e.need == necessity::allowed) add("may be missing");
    for (auto const& f : e.facts)
        add(text_of(f));
    if (!e.reason.empty()) note.append(note.empty() ? "" : ": ").append(e.reason);
    return note;
}

}  // namespace

std::string draw_plan(flow const& f) {
    canvas const picture(f);
    auto out = picture.header();
    auto const line = [&out](std::string text, std::string const& note) {
        if (!note.empty()) text += "  " + note;
        text.erase(text.find_last_not_of(' ') + 1);
        out += '\n' + text;
    };
    for (auto const& step : f.steps) {
        if (step.action) line(canvas::action(*step.action), {});
        for (auto const& e : step.messages)
            line(picture.arrow(e.from, e.to, text_of(e), e.need == necessity::allowed ? '.' : '-'), note_of(e));
        for (auto const& e : step.media)
            line(picture.media(e), {});
    }
    return out + '\n';
}

std::string draw_ladder(flow const& f, report const& r, colours c) {
    return artist(f, r, c).draw();
}

}  // namespace conformance
