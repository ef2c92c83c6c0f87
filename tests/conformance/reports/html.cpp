#include <algorithm>

#include <fmt/format.h>

#include "conformance/reports/entry.hpp"
#include "conformance/wording.hpp"

namespace conformance {

namespace {

constexpr auto head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Call flows</title><style>
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;padding:1rem 2rem 4rem;max-width:90rem;color:#1c2430;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin:2.5rem 0 .3rem;border-top:1px solid #d5dbe3;padding-top:1.2rem}
p{margin:.2rem 0}.quiet{color:#5d6877}.good{color:#176b3a}.bad{color:#b3261e}table{border-collapse:collapse}
td,th{padding:.25rem .9rem .25rem 0;text-align:left;border-bottom:1px solid #e6eaef}
.flow{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:1.5rem;align-items:start}
.side{position:sticky;top:1rem;max-height:90vh;overflow:auto;background:#f6f8fa;border:1px solid #d5dbe3;border-radius:6px;padding:.7rem .9rem}
pre{font:12.5px/1.4 ui-monospace,monospace;white-space:pre-wrap;word-break:break-all;margin:.5rem 0 0}
svg{width:100%;height:auto}svg text{font:13px system-ui,sans-serif;fill:#1c2430}
.m{cursor:pointer}.m:hover .shaft,.m:focus .shaft{stroke-width:3}.m:focus{outline:none}.chosen .shaft{stroke-width:3.5}
.line{stroke:#c3cad4}.shaft{stroke-width:1.6;fill:none}.ok .shaft{stroke:#176b3a}.extra .shaft{stroke:#2e5fa8}.wrong .shaft{stroke:#b3261e}
.absent .shaft{stroke-dasharray:3 4}.wrong text{fill:#b3261e}.head{fill:context-stroke}.step{fill:#5d6877!important;font-style:italic}
@media(max-width:60rem){.flow{grid-template-columns:1fr}.side{position:static}}
</style></head><body>
)";

constexpr auto tail = R"(<script>
function show(g){var f=g.closest('.flow');f.querySelectorAll('.chosen').forEach(function(e){e.classList.remove('chosen')});
g.classList.add('chosen');f.querySelector('.side').innerHTML=document.getElementById('t-'+g.id).innerHTML}
document.querySelectorAll('.m').forEach(function(g){g.addEventListener('click',function(){show(g)});
g.addEventListener('keydown',function(e){if(e.key==='Enter'||e.key===' '){e.preventDefault();show(g)}})});
</script></body></html>
)";

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

constexpr unsigned column_width = 230, margin = 70, row = 26;

/// One flow: the picture, and the texts that its messages show when they are clicked.
class section {
public:
    section(const report_entry& entry, std::size_t number) : entry_(entry), f_(entry.f), number_(number) {}

    std::string draw() {
        top_ = 34;
        for (std::size_t step = 0; step != f_.steps.size(); ++step)
            draw_step(step);
        const auto width = 2 * margin + (static_cast<unsigned>(f_.parties.size()) - 1) * column_width;
        std::string lines;
        for (std::size_t i = 0; i != f_.parties.size(); ++i)
            lines += fmt::format(
                R"(<text x="{0}" y="18" text-anchor="middle" font-weight="600">{1}</text><line class="line" x1="{0}" x2="{0}" y1="26" y2="{2}"/>)",
                x(i), escaped(f_.parties[i]), top_
            );
        const auto good = entry_.matches();
        return fmt::format(
            R"(<h2 id="f{0}">{1} {2}</h2><p class="quiet">{3}; {4}</p><p class="{5}">{6}</p>{7}{13}
<div class="flow"><svg viewBox="0 0 {8} {9}" role="img" aria-label="ladder of {1}">{10}{11}</svg>
<div class="side"><p class="quiet">Click a message to read it.</p></div></div>
{12})",
            number_, escaped(f_.name), escaped(f_.title), escaped(f_.source), escaped(entry_.setting),
            good ? "good" : "bad", escaped(summary_of(entry_.result)),
            entry_.trouble.empty()
                ? ""
                : fmt::format(R"(<p class="bad">It could not be played to its end: {}</p>)", escaped(entry_.trouble)),
            width, top_ + 10, lines, picture_, texts_, network()
        );
    }

private:
    std::string network() const {
        std::string out;
        for (const auto& line : entry_.network)
            out += fmt::format("<li>{}</li>", escaped(line));
        return out.empty() ? out : fmt::format(R"(<details><summary>A bad network</summary><ul>{}</ul></details>)", out);
    }

    unsigned x(std::size_t column) const { return margin + static_cast<unsigned>(column) * column_width; }
    unsigned x_of(std::string_view party) const {
        const auto at = std::find(f_.parties.begin(), f_.parties.end(), party);
        return x(static_cast<std::size_t>(at - f_.parties.begin()));
    }
    void text(unsigned at, std::string_view what, std::string_view attributes) {
        picture_ += fmt::format(R"(<text x="{}" y="{}" {}>{}</text>)", at, top_, attributes, escaped(what));
    }

    void draw_step(std::size_t step) {
        if (f_.steps[step].action) {
            top_ += row;
            text(8, text_of(*f_.steps[step].action), R"(class="step")");
        }
        for (const auto& each : entry_.result.messages)
            if (each.step == step) draw_message(each);
        for (const auto& each : entry_.result.media)
            if (each.step == step) draw_media(each);
    }

    void begin_group(std::string_view kind, const std::string& title) {
        picture_ += fmt::format(
            R"(<g class="m {}" id="m{}-{}" tabindex="0" role="button"><title>{}</title>)", kind, number_, ++count_,
            escaped(title)
        );
    }
    void end_group(const std::string& title, const std::string& note, bool is_bad, std::string_view body) {
        picture_ += "</g>\n";
        texts_ += fmt::format(
            R"(<template id="t-m{}-{}"><strong>{}</strong><p class="{}">{}</p><pre>{}</pre></template>)", number_,
            count_, escaped(title), is_bad ? "bad" : "good", escaped(note), escaped(body)
        );
        texts_ += '\n';
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
                                       : "extra",
            m.observed ? "" : " absent"
        );
        begin_group(kind, note_of(m));
        const int tip = b > a ? -8 : 8;
        picture_ += fmt::format(
            R"(<path class="shaft" d="M{0} {1}H{2}M{3} {4}L{2} {1}L{3} {5}"/><path d="M{0} {6}H{2}V{7}H{0}Z" fill="transparent"/>)",
            a, top_, b, static_cast<int>(b) + tip, top_ - 4, top_ + 4, top_ - 16, top_ + 6
        );
        const auto title = text_of(m);
        picture_ += fmt::format(
            R"(<text x="{}" y="{}" text-anchor="middle">{}{}</text>)", (a + b) / 2, top_ - 5, escaped(title),
            is_mismatch(m.what) ? " ✗" : ""
        );
        end_group(
            fmt::format("{}, {} to {}", title, from, to), note_of(m), is_mismatch(m.what),
            m.observed ? m.observed->message.view().text() : std::string_view()
        );
    }

    void draw_media(const media_result& m) {
        using kind = expected_media::kind;
        const auto& e = m.expected;
        top_ += row;
        begin_group(is_mismatch(m.what) ? "wrong" : m.what == verdict::matches ? "ok" : "extra", note_of(m));
        auto a = e.from.empty() ? x_of(e.to) : x_of(e.from), b = x_of(e.to);
        if (e.what == kind::mixed) {
            const auto [first, last] = std::minmax({a, b, x_of(e.third)});
            a = first;
            b = last;
        }
        const auto left = std::min(a, b), width = std::max(a, b) - left;
        const bool is_silent = e.what == kind::silence;
        picture_ += fmt::format(
            R"(<rect class="shaft" x="{}" y="{}" width="{}" height="14" rx="7" fill-opacity="{}" style="fill:{}"/><text x="{}" y="{}" text-anchor="middle">{}{}</text>)",
            width == 0 ? left - 45 : left, top_ - 11, width == 0 ? 90 : width, is_silent ? 0 : 1,
            is_mismatch(m.what) ? "#f6d4d1" : "#d5ecdd", width == 0 ? left : left + width / 2, top_, text_of(e),
            is_mismatch(m.what) ? " ✗" : ""
        );
        end_group(
            fmt::format("{} {} {} {}", text_of(e), e.from, e.to, e.third), note_of(m), is_mismatch(m.what),
            std::string_view()
        );
    }

    const report_entry& entry_;
    const flow& f_;
    std::size_t number_;
    unsigned top_ = 0, count_ = 0;
    std::string picture_, texts_;
};

}  // namespace

std::string html_of(const std::vector<report_entry>& entries) {
    std::string out = head;
    const auto good = std::count_if(entries.begin(), entries.end(), [](const report_entry& e) { return e.matches(); });
    out += fmt::format("<h1>{} of {} call flows match</h1><table>", good, entries.size());
    for (std::size_t i = 0; i != entries.size(); ++i)
        out += fmt::format(
            R"(<tr><td><a href="#f{}">{} {}</a></td><td class="{}">{}</td><td class="quiet">{}</td><td class="quiet">{:.1f} s</td></tr>)",
            i, escaped(entries[i].f.name), escaped(entries[i].f.title), entries[i].matches() ? "good" : "bad",
            entries[i].matches() ? "matches" : fmt::format("{} mismatches", entries[i].result.mismatches()),
            escaped(entries[i].setting), entries[i].took
        );
    out += "</table>\n";
    for (std::size_t i = 0; i != entries.size(); ++i)
        out += section(entries[i], i).draw();
    return out + tail;
}

}  // namespace conformance
