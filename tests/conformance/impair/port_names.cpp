#include "conformance/impair/port_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace conformance {

namespace {

constexpr std::size_t digits_of_a_port = 5;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_route(std::string_view line) {
    static constexpr std::array headers{"via", "v", "route", "record-route"};
    auto name = line.substr(0, line.find(':'));
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t'))
        name.remove_suffix(1);
    return std::any_of(headers.begin(), headers.end(), [&](std::string_view each) {
        return std::equal(each.begin(), each.end(), name.begin(), name.end(), [](char a, char b) {
            return a == std::tolower(static_cast<unsigned char>(b));
        });
    });
}

class line_renamer {
public:
    line_renamer(std::string& line, bool is_route, const port_renaming& renaming)
        : line_(line), is_route_(is_route), renaming_(renaming) {}

    void behind(std::string_view mark) {
        for (auto at = line_.find(mark); at != std::string::npos; at = line_.find(mark, at + mark.size()))
            rename(at + mark.size());
    }

private:
    /// Where five digits and no more begin at `at`.
    void rename(std::size_t at) {
        const auto digits = std::string_view(line_).substr(at, digits_of_a_port + 1);
        const auto count = std::find_if_not(digits.begin(), digits.end(), is_digit) - digits.begin();
        if (count != digits_of_a_port) return;
        std::uint16_t port = 0;
        if (std::from_chars(digits.data(), digits.data() + count, port).ec != std::errc{}) return;
        if (const auto text = std::to_string(renaming_(port, is_route_)); text.size() == digits_of_a_port)
            line_.replace(at, digits_of_a_port, text);
    }

    std::string& line_;
    bool is_route_;
    const port_renaming& renaming_;
};

}  // namespace

std::string with_ports_renamed(std::string_view message, std::string_view host, const port_renaming& renaming) {
    const auto mark = std::string(host) + ':';
    std::string out;
    out.reserve(message.size());
    bool is_body = false, is_of_route = false;
    while (!message.empty()) {
        const auto end = message.find('\n');
        std::string line(message.substr(0, end == std::string_view::npos ? end : end + 1));
        message.remove_prefix(line.size());
        const bool goes_on = line.front() == ' ' || line.front() == '\t';  // folded (RFC 3261 7.3.1)
        if (!goes_on) is_of_route = !is_body && is_route(line);
        line_renamer rename(line, is_of_route, renaming);
        if (!is_body) {
            rename.behind(mark);
            rename.behind("rport=");
        } else if (line.starts_with("m=")) {
            rename.behind(line.substr(0, line.find(' ') + 1));
        } else {
            rename.behind("a=rtcp:");
        }
        is_body = is_body || line == "\r\n";
        out += line;
    }
    return out;
}

}  // namespace conformance
