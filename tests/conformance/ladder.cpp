#include "conformance/ladder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "conformance/wording.hpp"

namespace conformance {

namespace {

constexpr std::size_t column_width = 26;
constexpr std::size_t left_margin = 4;

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
                text = arrow(e.from, e.to, text_of(e), '=');
                text[offset(std::min(column(e.from), column(e.to))) + 1] = '<';
                break;
            case kind::one_way:
            case kind::music:
                text = arrow(e.from, e.to, text_of(e), '=');
                break;
            case kind::silence:
                text = arrow(e.from, e.to, text_of(e), ' ');
                text[offset(std::max(column(e.from), column(e.to))) - 1] = ' ';
                text[offset(std::min(column(e.from), column(e.to))) + 1] = ' ';
                break;
            case kind::ring_back:
                text.replace(offset(column(e.to)) + 2, 9, text_of(e));
                break;
            case kind::mixed: {
                auto const [first, last] = std::minmax({column(e.from), column(e.to), column(e.third)});
                text = arrow(flow_.parties[first], flow_.parties[last], text_of(e), '=');
                text[offset(first) + 1] = '<';
                break;
            }
        }
        return text;
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
        out_ += paint("  " + summary_of(report_), report_.matches() ? "1;32" : "1;31") + '\n';
        return std::move(out_);
    }

private:
    std::string paint(std::string text, char const* code) const {
        return colours_ == colours::on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
    }
    void draw_step(std::size_t index) {
        auto const& step = flow_.steps[index];
        if (step.action) out_ += paint("  * " + text_of(*step.action), "36") + '\n';
        for (auto const& result : report_.messages)
            if (result.step == index) draw_message(result);
        for (auto const& result : report_.media)
            if (result.step == index) draw_media(result);
    }
    void draw_message(message_result const& result) {
        bool const is_printed = result.expected && result.expected->is_printed();
        if (result.what == verdict::outside) return;
        if (result.what == verdict::not_seen_but_allowed && !is_printed) return;
        auto const& from = result.observed ? result.observed->from : result.expected->from;
        auto const& to = result.observed ? result.observed->to : result.expected->to;
        auto const* colour = is_mismatch(result.what) ? "31" : is_printed && result.observed ? "32" : "34";
        line(canvas_.arrow(from, to, text_of(result), result.observed ? '-' : '.'), note_of(result), colour);
    }
    void draw_media(media_result const& result) {
        auto const* colour = is_mismatch(result.what) ? "31" : result.what == verdict::matches ? "32" : "34";
        line(canvas_.media(result.expected), note_of(result), colour);
    }
    void line(std::string const& picture, std::string const& note, char const* colour) {
        out_ += picture + "  " + paint(note, colour) + '\n';
    }

    flow const& flow_;
    canvas canvas_;
    report const& report_;
    colours colours_;
    std::string out_;
};

std::string note_of(expected_message const& e) {
    std::string note = e.is_printed() ? "" : "not in the guide";
    auto const add = [&](std::string_view text) { note.append(note.empty() ? "" : ", ").append(text); };
    if (e.need == necessity::allowed) add("may be missing");
    if (!e.variant.empty()) add("in " + e.variant);
    if (e.earliest) add(fmt::format("after {} s", *e.earliest));
    if (e.latest) add(fmt::format("within {} s", *e.latest));
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
    for (auto const& each : f.variants)
        line("  variant " + each.name + ": " + each.title, {});
    for (auto const& step : f.steps) {
        if (step.action) line("  * " + text_of(*step.action), {});
        for (auto const& e : step.messages)
            line(picture.arrow(e.from, e.to, text_of(e), e.need == necessity::allowed ? '.' : '-'), note_of(e));
        for (auto const& e : step.media)
            line(picture.media(e), e.variant.empty() ? "" : "in " + e.variant);
    }
    return out + '\n';
}

std::string draw_ladder(flow const& f, report const& r, colours c) {
    return artist(f, r, c).draw();
}

}  // namespace conformance
