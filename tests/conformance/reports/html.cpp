#include <algorithm>

#include <fmt/format.h>

#include "conformance/reports/entry.hpp"
#include "conformance/reports/page.hpp"
#include "conformance/wording.hpp"

namespace conformance {

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else if (c != '\r')
            out += c;
    }
    return out;
}

/// A message's text with the names of its headers and SDP lines brought out.
std::string marked_up(std::string_view message) {
    std::string out;
    bool is_body = false, is_first = true;
    while (!message.empty()) {
        const auto end = std::min(message.find('\n'), message.size() - 1) + 1;
        const auto line = message.substr(0, end);
        message.remove_prefix(end);
        if (line.find_first_not_of("\r\n") == std::string_view::npos) is_body = true;
        const auto name = is_first ? std::string_view::npos : line.find_first_of(is_body ? "=" : ":");
        is_first = false;
        if (name == std::string_view::npos || line.front() == ' ')
            out += escaped(line);
        else
            out += fmt::format("<b>{}</b>{}", escaped(line.substr(0, name)), escaped(line.substr(name)));
    }
    return out;
}

constexpr unsigned column_width = 230, left = 100, right = 60, row = 26;

/// One flow: the picture, and the texts that its messages show when they are clicked.
class section {
public:
    section(const report_entry& entry, std::size_t number) : entry_(entry), f_(entry.f), number_(number) {}

    std::string draw() {
        top_ = 30;
        for (std::size_t step = 0; step != f_.steps.size(); ++step)
            draw_step(step);
        std::string lines;
        for (std::size_t i = 0; i != f_.parties.size(); ++i)
            lines += fmt::format(
                R"(<line class="line" x1="{0}" x2="{0}" y1="26" y2="{2}"/><rect class="party" x="{3}" y="2" width="60" height="24" rx="5"/><text x="{0}" y="19" text-anchor="middle" font-weight="600">{1}</text>)",
                x(i), escaped(f_.parties[i]), top_ + 12, x(i) - 30
            );
        const auto good = entry_.matches();
        return fmt::format(
            R"(<h2 id="f{0}">{1} {2}</h2><p class="quiet">{3}; {4}</p><p class="{5}">{6}</p>{7}{8}{9}
<div class="flow"><svg viewBox="0 0 {10} {11}" role="img" aria-label="ladder of {1}">{12}{13}{14}</svg>
<div class="side"><p class="quiet">Click a message to read it; the arrow keys go to the next.</p></div></div>
{15})",
            number_, escaped(f_.name), escaped(f_.title), escaped(f_.source), escaped(entry_.setting),
            good ? "good" : "bad", escaped(summary_of(entry_.result)),
            entry_.trouble.empty()
                ? ""
                : fmt::format(R"(<p class="bad">It could not be played to its end: {}</p>)", escaped(entry_.trouble)),
            reasons_.empty() ? "" : fmt::format(R"(<ul class="why">{}</ul>)", reasons_), network(), width(), top_ + 20,
            lines, bands_, picture_, texts_
        );
    }

private:
    std::string network() const {
        std::string out;
        for (const auto& line : entry_.network)
            out += fmt::format("<li>{}</li>", escaped(line));
        return out.empty() ? out
                           : fmt::format(R"(<details><summary>A bad network</summary><ul>{}</ul></details>)", out);
    }

    unsigned x(std::size_t column) const { return left + static_cast<unsigned>(column) * column_width; }
    unsigned width() const { return x(f_.parties.size() - 1) + right; }
    unsigned x_of(std::string_view party) const {
        const auto at = std::find(f_.parties.begin(), f_.parties.end(), party);
        return x(static_cast<std::size_t>(at - f_.parties.begin()));
    }
    void draw_step(std::size_t step) {
        if (f_.steps[step].action) {
            top_ += row + 4;
            bands_ += fmt::format(
                R"(<rect class="band" x="0" y="{}" width="{}" height="20" rx="4"/><text class="step" x="8" y="{}">{}</text>)",
                top_ - 12, width(), top_ + 3, escaped(text_of(*f_.steps[step].action))
            );
            top_ += 6;
        }
        for (const auto& each : entry_.result.messages)
            if (each.step == step) draw_message(each);
        for (const auto& each : entry_.result.media)
            if (each.step == step) draw_media(each);
    }

    void begin_group(std::string_view kind, const std::string& note) {
        picture_ += fmt::format(
            R"(<g class="m {}" id="m{}-{}" tabindex="0" role="button"><title>{}</title><rect class="row" x="0" y="{}" width="{}" height="{}"/>)",
            kind, number_, ++count_, escaped(note), top_ - 18, width(), row
        );
    }
    void end_group(const std::string& title, const std::string& note, verdict what, std::string_view body) {
        picture_ += "</g>\n";
        const bool is_bad = is_mismatch(what);
        if (is_bad) reasons_ += fmt::format(R"(<li><a href="#m{}-{}">{}</a></li>)", number_, count_, escaped(note));
        texts_ += fmt::format(
            R"(<template id="t-m{}-{}"><strong>{}</strong><p class="{}">{}</p><pre>{}</pre></template>)", number_,
            count_, escaped(title),
            is_bad                     ? "bad"
            : what == verdict::matches ? "good"
                                       : "extra",
            escaped(note), marked_up(body)
        );
        texts_ += '\n';
    }

    /// Seconds since the flow's first message.
    std::string time_of(const observed_message& m) {
        if (!begin_) begin_ = m.at;
        return fmt::format("{:.3f}", (m.at - *begin_).count());
    }

    void draw_message(const message_result& m) {
        const bool is_printed = m.expected && m.expected->is_printed();
        if (m.what == verdict::outside || (m.what == verdict::not_seen_but_allowed && !is_printed)) return;
        top_ += row;
        const auto& from = m.observed ? m.observed->from : m.expected->from;
        const auto& to = m.observed ? m.observed->to : m.expected->to;
        const auto a = x_of(from), b = x_of(to);
        const auto kind = fmt::format(
            "{}{}",
            is_mismatch(m.what)        ? "wrong"
            : is_printed && m.observed ? "ok"
                                       : "more",
            m.observed ? "" : " absent"
        );
        begin_group(kind, note_of(m));
        const auto time = m.observed ? time_of(*m.observed) : std::string();
        const int tip = b > a ? -8 : 8;
        picture_ += fmt::format(
            R"(<path class="shaft" d="M{0} {1}H{2}"/><path class="tip" d="M{3} {4}L{2} {1}L{3} {5}"/><text class="time" x="8" y="{5}">{6}</text>)",
            a, top_, b, static_cast<int>(b) + tip, top_ - 4, top_ + 4, time
        );
        const auto title = text_of(m);
        picture_ += fmt::format(
            R"(<text x="{}" y="{}" text-anchor="middle">{}{}</text>)", (a + b) / 2, top_ - 5, escaped(title),
            is_mismatch(m.what) ? " ✗" : ""
        );
        end_group(
            fmt::format("{}, {} to {}{}", title, from, to, time.empty() ? "" : ", at " + time + " s"), note_of(m),
            m.what, m.observed ? m.observed->message.view().text() : std::string_view()
        );
    }

    void draw_media(const media_result& m) {
        using kind = expected_media::kind;
        const auto& e = m.expected;
        top_ += row;
        begin_group(
            fmt::format(
                "{}{}",
                is_mismatch(m.what)          ? "wrong"
                : m.what == verdict::matches ? "ok"
                                             : "more",
                e.what == kind::silence ? " silent" : ""
            ),
            note_of(m)
        );
        auto a = e.from.empty() ? x_of(e.to) : x_of(e.from), b = x_of(e.to);
        if (e.what == kind::mixed) {
            const auto [first, last] = std::minmax({a, b, x_of(e.third)});
            a = first;
            b = last;
        }
        const auto start = std::min(a, b), length = std::max(a, b) - start;
        picture_ += fmt::format(
            R"(<rect class="bar" x="{}" y="{}" width="{}" height="17" rx="8"/><text x="{}" y="{}" text-anchor="middle">{}{}</text>)",
            length == 0 ? start - 45 : start, top_ - 13, length == 0 ? 90 : length, start + length / 2, top_,
            text_of(e), is_mismatch(m.what) ? " ✗" : ""
        );
        end_group(
            fmt::format("{} {} {} {}", text_of(e), e.from, e.to, e.third), note_of(m), m.what, std::string_view()
        );
    }

    const report_entry& entry_;
    const flow& f_;
    std::size_t number_;
    unsigned top_ = 0, count_ = 0;
    std::optional<seconds> begin_;
    std::string bands_, picture_, texts_, reasons_;
};

}  // namespace

std::string html_of(const std::vector<report_entry>& entries) {
    std::string out(page_head());
    const auto good = std::count_if(entries.begin(), entries.end(), [](const report_entry& e) { return e.matches(); });
    out += fmt::format(
        R"(<h1>{} of {} call flows match</h1><p class="legend quiet hint"><span class="good"><i></i>as the flow says</span><span class="extra"><i></i>left out by the guide, or not measured</span><span class="bad"><i></i>departs</span><span><i style="border-top-style:dashed"></i>did not come</span></p><table>)",
        good, entries.size()
    );
    for (std::size_t i = 0; i != entries.size(); ++i)
        out += fmt::format(
            R"(<tr><td><a href="#f{}">{} {}</a></td><td class="{}">{}</td><td class="quiet">{}</td><td class="quiet">{:.1f} s</td></tr>)",
            i, escaped(entries[i].f.name), escaped(entries[i].f.title), entries[i].matches() ? "good" : "bad",
            escaped(verdict_on(entries[i])), escaped(entries[i].setting), entries[i].took
        );
    out += "</table>\n";
    for (std::size_t i = 0; i != entries.size(); ++i)
        out += section(entries[i], i).draw();
    return out.append(page_tail());
}

}  // namespace conformance
