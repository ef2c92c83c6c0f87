#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "comparison.hpp"

namespace playout_test {
namespace {

constexpr double panel_width = 300;
constexpr double panel_height = 210;
constexpr double left = 42;
constexpr double top = 22;
constexpr double right = 10;
constexpr double bottom = 32;
constexpr std::size_t columns = 4;
constexpr double most_bad = 0.2;

// One panel: mean delay to the right, bad time upwards on a logarithmic scale, as small shares matter.
class panel {
public:
    panel(comparison const& of, double x, double y) : of_(of), x_(x + left), y_(y + top) {
        least_bad_ = std::max(of.lost * 0.8, 0.0005);
        longest_ms_ = std::ceil(std::max(of.to_ms, 20.0) / 20) * 20;
    }

    std::string draw() {
        frame();
        for (auto const& point : of_.speex.all())
            if (is_inside(point))
                add("<circle cx='{:.1f}' cy='{:.1f}' r='1.2' fill='#c8c8c8'/>\n", across(point), up(point.bad));
        line(of_.oracle.frontier(), "#999", "4 3");
        line(of_.speex.frontier(), "#c04030", "none");
        line(of_.ours.frontier(), "#2060b0", "none");
        return text_;
    }

private:
    template <class... Values>
    void add(fmt::format_string<Values...> pattern, Values&&... values) {
        fmt::format_to(std::back_inserter(text_), pattern, std::forward<Values>(values)...);
    }

    [[nodiscard]] double width() const { return panel_width - left - right; }
    [[nodiscard]] double height() const { return panel_height - top - bottom; }
    [[nodiscard]] double across(outcome const& point) const { return x_ + point.delay_ms / longest_ms_ * width(); }
    [[nodiscard]] double up(double bad) const {
        auto const share = std::log(std::max(bad, least_bad_) / least_bad_) / std::log(most_bad / least_bad_);
        return y_ + height() * (1 - share);
    }
    [[nodiscard]] bool is_inside(outcome const& point) const {
        return point.bad <= most_bad && point.delay_ms <= longest_ms_;
    }

    void frame() {
        add("<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' fill='none' stroke='#888'/>\n", x_, y_, width(),
            height());
        add("<text x='{:.1f}' y='{:.1f}'>{}: {:.2f} % lost, {:.2f} of speexdsp's area</text>\n", x_, y_ - 7, of_.name,
            100 * of_.lost, of_.ratio());
        for (auto const bad : {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2}) {
            if (bad < least_bad_) continue;
            add("<line x1='{:.1f}' x2='{:.1f}' y1='{:.1f}' y2='{:.1f}' stroke='#eee'/>\n", x_, x_ + width(), up(bad),
                up(bad));
            add("<text x='{:.1f}' y='{:.1f}' text-anchor='end'>{:g}</text>\n", x_ - 4, up(bad) + 3, 100 * bad);
        }
        auto const step = longest_ms_ > 120 ? 40.0 : 20.0;
        for (double ms = 0; ms <= longest_ms_; ms += step)
            add("<text x='{:.1f}' y='{:.1f}' text-anchor='middle'>{:.0f}</text>\n", x_ + ms / longest_ms_ * width(),
                y_ + height() + 12, ms);
    }

    void line(std::vector<outcome> const& points, char const* colour, char const* dashes) {
        add("<polyline fill='none' stroke='{}' stroke-width='1.5' stroke-dasharray='{}' points='", colour, dashes);
        for (auto const& point : points)
            if (is_inside(point)) add("{:.1f},{:.1f} ", across(point), up(point.bad));
        add("'/>\n");
    }

    comparison const& of_;
    double x_, y_;
    double least_bad_ = 0, longest_ms_ = 0;
    std::string text_;
};

}  // namespace

std::string drawing(std::string const& title, std::vector<comparison> const& all) {
    auto const rows = (all.size() + columns - 1) / columns;
    auto const width = panel_width * static_cast<double>(std::min(all.size(), columns));
    auto const height = panel_height * static_cast<double>(rows) + 40;
    auto text = fmt::format(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0:.0f} {1:.0f}' font-family='sans-serif' "
        "font-size='10'>\n<rect width='{0:.0f}' height='{1:.0f}' fill='white'/>\n<text x='10' y='16' "
        "font-size='13'>{2}: "
        "late or concealed (percent of the time) against mean delay (ms)</text>\n<text x='10' y='32'><tspan "
        "fill='#2060b0'>ours</tspan>, <tspan fill='#c04030'>speexdsp, the best of all its settings</tspan> (<tspan "
        "fill='#999'>each one a dot</tspan>), <tspan fill='#999'>dashed: an oracle that knows the "
        "future</tspan></text>\n",
        width, height, title
    );
    for (std::size_t n = 0; n < all.size(); ++n)
        text += panel(
                    all[n], panel_width * static_cast<double>(n % columns),
                    40 + panel_height * static_cast<double>(n / columns)
        )
                    .draw();
    return text + "</svg>\n";
}

}  // namespace playout_test
