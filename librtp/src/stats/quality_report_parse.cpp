// Reading of voice quality reports.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "rtp/stats/quality_report.hpp"
#include "stats/quality_fields.hpp"

namespace rtp {

namespace {

constexpr std::string_view blanks = " \t";

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_same(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
    auto const from = text.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

/// One line with the lines that are folded onto it.
struct line {
    std::string_view name;
    std::string_view value;  // line ends inside, where it was folded
    std::size_t offset = 0;
};

class line_reader {
public:
    explicit line_reader(std::string_view text) : text_(text) {}

    std::optional<line> next() {
        while (at_ < text_.size()) {
            auto const begin = at_;
            auto end = line_end(begin);
            while (end < text_.size() && blanks.find(text_[end]) != std::string_view::npos)
                end = line_end(end);
            at_ = end;
            auto const whole = trimmed(text_.substr(begin, end - begin));
            if (whole.empty()) continue;
            auto const colon = std::min(whole.find(':'), whole.size());
            return line{
                trimmed(whole.substr(0, colon)), trimmed(whole.substr(std::min(colon + 1, whole.size()))), begin};
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] std::size_t line_end(std::size_t from) const {
        auto const feed = text_.find('\n', from);
        return feed == std::string_view::npos ? text_.size() : feed + 1;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// The value of `key` among KEY=VALUE words, without its quotation marks.
std::optional<std::string_view> value_of(std::string_view words, std::string_view key) {
    constexpr std::string_view space = " \t\r\n";
    while (true) {
        auto const from = words.find_first_not_of(space);
        if (from == std::string_view::npos) return std::nullopt;
        words.remove_prefix(from);
        auto const equals = words.find_first_of("= \t\r\n");
        if (equals == std::string_view::npos) return std::nullopt;
        auto const name = words.substr(0, equals);
        if (words[equals] != '=') {
            words.remove_prefix(equals);
            continue;
        }
        words.remove_prefix(equals + 1);
        bool const is_quoted = words.starts_with('"');
        if (is_quoted) words.remove_prefix(1);
        auto const end = std::min(is_quoted ? words.find('"') : words.find_first_of(space), words.size());
        if (is_same(name, key)) return words.substr(0, end);
        words.remove_prefix(std::min(end + (is_quoted ? 1U : 0U), words.size()));
    }
}

template <class Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size();
}

/// 1*3DIGIT [ "." 1*DIGIT ], the form of every fraction of the report. Not from_chars: it takes exponents and nan.
bool read_decimal(std::string_view text, double& number) {
    auto const dot = std::min(text.find('.'), text.size());
    auto const places = dot < text.size() ? text.substr(dot + 1) : "0";
    std::uint32_t whole = 0, fraction = 0;
    if (dot > 3 || places.size() > 6 || !read_number(text.substr(0, dot), whole) || !read_number(places, fraction))
        return false;
    double scale = 1;
    for (std::size_t i = 0; i < places.size(); ++i)
        scale *= 10;
    number = whole + fraction / scale;
    return true;
}

/// RFC 3339 in UTC, as the report wants it; fractions of a second are passed over.
bool read_date_time(std::string_view text, wall_point& at) {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || lower(text[10]) != 't' || text[13] != ':' ||
        text[16] != ':' || lower(text.back()) != 'z')
        return false;
    std::array<unsigned, 6> parts{};
    constexpr std::array<std::pair<std::size_t, std::size_t>, 6> places{
        {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (!read_number(text.substr(places[i].first, places[i].second), parts[i])) return false;
    std::chrono::year_month_day const date{
        std::chrono::year(static_cast<int>(parts[0])), std::chrono::month(parts[1]), std::chrono::day(parts[2])};
    // From 1900 to 2199: a clock of 64-bit nanoseconds holds no more than three centuries.
    if (!date.ok() || parts[0] < 1900 || parts[0] > 2199 || parts[3] > 23 || parts[4] > 59 || parts[5] > 60)
        return false;
    at = std::chrono::sys_days(date) + std::chrono::hours(parts[3]) + std::chrono::minutes(parts[4]) +
         std::chrono::seconds(parts[5]);
    return true;
}

/// Takes from one line the fields that belong on it.
class field_reader {
public:
    explicit field_reader(line const& from) : from_(from) {}

    [[nodiscard]] bool has_failed() const { return has_failed_; }

    void begin_line(std::string_view name) { is_here_ = is_same(name, from_.name); }
    void field(std::string_view key, wall_point& at) {
        read(key, [&](std::string_view text) { return read_date_time(text, at); });
    }
    void field(std::string_view key, quality_metrics::number& number) {
        read(key, [&](std::string_view text) { return read_number(text, number.emplace()); });
    }
    void field(std::string_view key, std::optional<std::int32_t>& number) {
        read(key, [&](std::string_view text) { return read_number(text, number.emplace()); });
    }
    void field(std::string_view key, decimal<std::optional<double>> value) {
        read(key, [&](std::string_view text) { return read_decimal(text, value.number.emplace()); });
    }
    void field(std::string_view key, std::optional<bool>& flag) {
        read(key, [&](std::string_view text) {
            flag = is_same(text, "on");
            return *flag || is_same(text, "off");
        });
    }
    void field(std::string_view key, std::string& word) {
        read(key, [&](std::string_view text) {
            word = text;
            return true;
        });
    }
    void field(std::string_view key, quoted<std::string> value) { field(key, value.text); }

private:
    template <class Read>
    void read(std::string_view key, Read&& read_value) {
        if (!is_here_ || has_failed_) return;
        if (auto const text = value_of(from_.value, key)) has_failed_ = !read_value(*text);
    }

    line const& from_;
    bool is_here_ = false;
    bool has_failed_ = false;
};

bool read_address(std::string_view words, endpoint& address, ssrc_t& source) {
    auto const ip = value_of(words, "IP");
    auto const port = value_of(words, "PORT");
    auto text = value_of(words, "SSRC");
    if (!ip || !port || !text) return false;
    std::uint16_t number = 0;
    std::uint32_t raw = 0;
    // The RFC's grammar wants the 0x that its examples leave out.
    if (text->starts_with("0x") || text->starts_with("0X")) text->remove_prefix(2);
    if (!read_number(*port, number) || !read_number(*text, raw, 16)) return false;
    auto const made = endpoint::from_text(*ip, number);
    if (!made) return false;
    address = *made;
    source = static_cast<ssrc_t>(raw);
    return true;
}

bool read_alert(std::string_view words, quality_alert& alert) {
    auto const metric = value_of(words, "Type");
    auto const severity = value_of(words, "Severity");
    auto const direction = value_of(words, "Dir");
    if (!metric || !severity || !direction) return false;
    alert.metric = *metric;
    if (is_same(*severity, "Warning"))
        alert.severity = quality_alert::severity::warning;
    else if (is_same(*severity, "Critical"))
        alert.severity = quality_alert::severity::critical;
    else if (is_same(*severity, "Clear"))
        alert.severity = quality_alert::severity::clear;
    else
        return false;
    alert.direction =
        is_same(*direction, "remote") ? quality_alert::direction::remote : quality_alert::direction::local;
    return is_same(*direction, "remote") || is_same(*direction, "local");
}

bool read_first_line(line const& first, quality_report& report) {
    report.is_final = is_same(first.value, "CallTerm");
    if (is_same(first.name, "VQSessionReport")) {
        report.what = quality_report::kind::session;
        return true;
    }
    if (is_same(first.name, "VQIntervalReport")) {
        report.what = quality_report::kind::interval;
        return true;
    }
    report.what = quality_report::kind::alert;
    return is_same(first.name, "VQAlertReport") && read_alert(first.value, report.alert.emplace());
}

/// A folded text in one line.
std::string unfolded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r' && text[i] != '\n') {
            out += text[i];
            continue;
        }
        i = std::min(text.find_first_not_of(" \t\r\n", i), text.size()) - 1;
    }
    return out;
}

std::string* text_member(quality_report& report, std::string_view name) {
    struct member {
        std::string_view name;
        std::string quality_report::*where;
    };
    static constexpr std::array members{
        member{"CallID", &quality_report::call_id},         member{"LocalID", &quality_report::local_id},
        member{"RemoteID", &quality_report::remote_id},     member{"OrigID", &quality_report::originator_id},
        member{"LocalGroup", &quality_report::local_group}, member{"RemoteGroup", &quality_report::remote_group},
        member{"LocalMAC", &quality_report::local_mac},     member{"RemoteMAC", &quality_report::remote_mac},
        member{"DialogID", &quality_report::dialog_id},
    };
    auto const at = std::ranges::find_if(members, [&](member const& m) { return is_same(m.name, name); });
    return at == members.end() ? nullptr : &(report.*(at->where));
}

}  // namespace

parsed<quality_report> parse_quality_report(std::string_view body) {
    line_reader lines(body);
    quality_report report;
    auto const failure = [](line const& at) {
        return parse_failure{errc::bad_quality_report, static_cast<std::uint32_t>(at.offset)};
    };
    auto const first = lines.next();
    if (!first || !read_first_line(*first, report)) return failure(first.value_or(line{}));

    bool has_local = false, has_remote = false;
    quality_metrics* section = nullptr;
    line last = *first;
    while (auto const next = lines.next()) {
        last = *next;
        if (auto* const text = text_member(report, next->name)) {
            *text = unfolded(next->value);
        } else if (is_same(next->name, "LocalAddr")) {
            has_local = read_address(next->value, report.local, report.local_source);
            if (!has_local) return failure(*next);
        } else if (is_same(next->name, "RemoteAddr")) {
            has_remote = read_address(next->value, report.remote, report.remote_source);
            if (!has_remote) return failure(*next);
        } else if (is_same(next->name, "LocalMetrics") || is_same(next->name, "Metrics")) {
            // "Metrics" is what the RFC's own alert example has.
            section = &report.local_metrics;
        } else if (is_same(next->name, "RemoteMetrics")) {
            section = &report.remote_metrics.emplace();
        } else if (section != nullptr) {
            field_reader reader(*next);
            visit_fields(*section, reader);
            if (reader.has_failed()) return failure(*next);
        }
    }
    if (!has_local || !has_remote || section == nullptr) return failure(last);
    return report;
}

}  // namespace rtp
