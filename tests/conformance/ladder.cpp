#include "conformance/ladder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace conformance {

namespace {

constexpr std::size_t column_width = 26;
constexpr std::size_t left_margin = 4;

class artist {
public:
    artist(flow const& f, report const& r, colours c) : flow_(f), report_(r), colours_(c) {}

    std::string draw() {
        out_ = paint(fmt::format("{} {}", flow_.name, flow_.title), "1") + "  (" + flow_.source + ")\n";
        header();
        for (std::size_t index = 0; index < flow_.steps.size(); ++index)
            draw_step(index);
        summary();
        return std::move(out_);
    }

private:
    std::string paint(std::string text, char const* code) const {
        return colours_ == colours::on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
    }
    std::size_t column(std::string_view party) const {
        auto const at = std::find(flow_.parties.begin(), flow_.parties.end(), party);
        return static_cast<std::size_t>(at - flow_.parties.begin());
    }
    static std::size_t offset(std::size_t column) { return left_margin + column * column_width; }
    std::size_t width() const { return offset(flow_.parties.size() - 1) + 4; }

    void header() {
        std::string line(width(), ' ');
        for (std::size_t i = 0; i < flow_.parties.size(); ++i)
            line.replace(offset(i), flow_.parties[i].size(), flow_.parties[i]);
        out_ += line + '\n';
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

    void draw_step(std::size_t index) {
        auto const& step = flow_.steps[index];
        if (step.action) {
            auto const& a = *step.action;
            out_ +=
                paint(fmt::format("  * {} {}{}", a.party, a.verb, a.object.empty() ? "" : ' ' + a.object), "36") + '\n';
        }
        for (auto const& result : report_.messages)
            if (result.step == index) draw_message(result);
        for (auto const& result : report_.media)
            if (result.step == index) draw_media(result);
    }
    void draw_message(message_result const& result) {
        if (result.explanation == "outside the flow") return;
        bool const is_printed = result.expected && result.expected->label[0] == 'F';
        std::string text = is_printed ? result.expected->label + ' ' : std::string();
        std::string from, to, copies;
        if (result.observed) {
            from = result.observed->from;
            to = result.observed->to;
            text += conformance::summary(result.observed->message.view());
            if (result.observed->copies > 1) copies = fmt::format(" (sent {} times)", result.observed->copies);
        } else {
            from = result.expected->from;
            to = result.expected->to;
            text += result.expected->status == 0
                        ? result.expected->method
                        : fmt::format("{} {}", result.expected->status, result.expected->method);
        }
        switch (result.what) {
            case verdict::matches: {
                std::string note = "ok" + copies;
                if (result.expected && !is_printed) note += ", not printed in the guide: " + result.expected->reason;
                if (!result.expected) note = result.explanation;
                return line(arrow(from, to, text, '-'), note, is_printed ? "32" : "34");
            }
            case verdict::missing:
                return line(arrow(from, to, text, '.'), "MISSING: " + result.explanation, "31");
            case verdict::wrong:
                return line(arrow(from, to, text, '-'), "WRONG: " + result.explanation, "31");
            case verdict::unexpected:
                return line(arrow(from, to, text, '-'), "UNEXPECTED: " + result.explanation, "31");
            case verdict::not_seen_but_allowed:
                if (is_printed)
                    line(arrow(from, to, text, '.'), "not sent, which is allowed: " + result.explanation, "34");
                return;
        }
    }
    void draw_media(media_result const& result) {
        auto text = lifelines();
        auto const& e = result.expected;
        using kind = expected_media::kind;
        if (e.what == kind::both_ways || e.what == kind::one_way) {
            text = arrow(e.from, e.to, e.what == kind::both_ways ? "2-way RTP" : "RTP", '=');
            if (e.what == kind::both_ways) text[offset(std::min(column(e.from), column(e.to))) + 1] = '<';
        } else if (e.what == kind::silence) {
            text = arrow(e.from, e.to, "no RTP", ' ');
            text[offset(std::max(column(e.from), column(e.to))) - 1] = ' ';
        } else {
            text.replace(offset(column(e.to)) + 2, 9, "ring-back");
        }
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
            if (r.expected && r.expected->label[0] == 'F') {
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
    report const& report_;
    colours colours_;
    std::string out_;
};

}  // namespace

std::string draw_ladder(flow const& f, report const& r, colours c) {
    return artist(f, r, c).draw();
}

}  // namespace conformance
