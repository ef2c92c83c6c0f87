#include "sdp/model/parse.hpp"

#include "attribute_fields.hpp"
#include "line_order.hpp"
#include "sdp/model/attributes.hpp"
#include "sdp/text/line_reader.hpp"
#include "sdp/text/scan.hpp"

#include <algorithm>
#include <bitset>

namespace sdp {

namespace {

using boost::container::small_vector;
using problem = std::optional<failure>;

/// Stands in a missing o= line, so that what is printed can be read.
constexpr std::string_view no_address = "0.0.0.0";

class description_reader {
public:
    description_reader(std::string_view text, parse_limits const& limits, session& out)
        : text_{text}, limits_{limits}, out_{out} {}

    problem read() {
        if (text_.size() > limits_.bytes) return whole(errc::too_large, 413, "the description is too long");
        if (auto const nul = text_.find('\0'); nul != std::string_view::npos) {
            return failure{errc::malformed, 400, line_of(nul), static_cast<std::uint32_t>(nul), "a NUL byte"};
        }
        line_reader lines{text_};
        while (lines.next(at_)) {
            if (++line_count_ > limits_.lines) return here(errc::too_large, 488, "too many lines");
            if (auto found = read_line()) return found;
        }
        if (!version_seen_) return whole(errc::malformed, 400, "no v= line");
        return finish();
    }

private:
    // -- failures ----------------------------------------------------------------------------------------------------

    problem whole(errc code, std::uint16_t status, std::string_view reason) const {
        return failure{code, status, 0, 0, reason};
    }
    problem here(errc code, std::uint16_t status, std::string_view reason) const {
        return failure{code, status, at_.number, at_.offset, reason};
    }
    /// `part` is the piece of the text that cannot be read.
    problem malformed(std::string_view part, std::string_view reason) const {
        return failure{
            errc::malformed, 400, at_.number, static_cast<std::uint32_t>(part.data() - text_.data()), reason};
    }
    std::uint32_t line_of(std::size_t offset) const {
        return static_cast<std::uint32_t>(
            1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n')
        );
    }

    // -- lines -------------------------------------------------------------------------------------------------------

    problem read_line() {
        auto content = trimmed_left(at_.content);
        if (content.empty()) return {};
        char const type = content.front();
        content.remove_prefix(1);
        content = trimmed_left(content);
        bool const is_letter = lower(type) >= 'a' && lower(type) <= 'z';
        if (!is_letter || content.empty() || content.front() != '=') {
            return malformed(at_.content, "not a line of the form x=value");
        }
        content.remove_prefix(1);
        if (!version_seen_) return read_version(type, content);
        if (type == 'a') {
            read_attribute(content);
            return {};
        }
        if (type == 'm') return read_media(content);
        return out_.media_lines.empty() ? read_session_line(type, content) : read_media_section_line(type, content);
    }

    problem read_version(char type, std::string_view value) {
        if (type != 'v') return here(errc::malformed, 400, "the first line is not v=");
        if (trimmed(value) != "0") return malformed(value, "the version is not 0");
        version_seen_ = true;
        return {};
    }

    problem read_session_line(char type, std::string_view value) {
        switch (type) {
            case 'v':
                return here(errc::malformed, 400, "a second description: offer and answer know only one");
            case 'o':
                if (!origin_seen_) return read_origin(value);
                break;
            case 's':
                if (!name_seen_) {
                    name_seen_ = true;
                    if (!value.empty()) out_.name = value;
                    return {};
                }
                break;
            case 'c':
                if (!out_.connection) return read_connection_line(value, out_.connection);
                break;
            case 'b':
                if (read_bandwidth(value, out_.bandwidths)) return {};
                break;
            case 't':
                if (read_time(value)) return {};
                break;
            case 'r':
            case 'z':
                if (out_.times.empty()) out_.times.emplace_back();
                out_.times.back().repeats.emplace_back(std::string{type, '='}.append(value));
                return {};
            case 'k':
                return {};  // RFC 8866 5.12: discarded, as nobody may send it.
            default:
                break;
        }
        out_.lines.push_back({type, std::string{value}});
        return {};
    }

    problem read_media_section_line(char type, std::string_view value) {
        auto& line = out_.media_lines.back();
        switch (type) {
            case 'v':
                return here(errc::malformed, 400, "a second description: offer and answer know only one");
            case 'c':
                if (!line.connection) return read_connection_line(value, line.connection);
                break;
            case 'b':
                if (read_bandwidth(value, line.bandwidths)) return {};
                break;
            case 'k':
                return {};
            default:
                break;
        }
        line.lines.push_back({type, std::string{value}});
        return {};
    }

    problem read_origin(std::string_view value) {
        origin_seen_ = true;
        auto rest = value;  // From the back, since user names with spaces exist.
        auto const address = take_last_field(rest);
        auto const address_type = take_last_field(rest);
        auto const network = take_last_field(rest);
        auto const version = take_last_field(rest);
        auto const session_id = take_last_field(rest);
        if (session_id.empty()) return malformed(value, "o= has fewer than six fields");
        auto const id_number = to_number<std::uint64_t>(session_id);
        auto const version_number = to_number<std::uint64_t>(version);
        if (!id_number) return malformed(session_id, "the session id in o= is not a 64 bit number");
        if (!version_number) return malformed(version, "the session version in o= is not a 64 bit number");
        auto const from_network = static_cast<std::size_t>(network.data() - value.data());
        auto const written = read_connection(value.substr(from_network));
        if (!written || address_type.empty() || address.empty()) return malformed(value, "o= has no address");
        if (auto const name = trimmed(rest); !name.empty()) out_.origin.username = name;
        out_.origin.session_id = *id_number;
        out_.origin.version = *version_number;
        assign(out_.origin.address, *written);
        return {};
    }

    problem read_connection_line(std::string_view value, std::optional<connection>& field) {
        auto const written = read_connection(value);
        if (!written) return malformed(value, "c= has no address");
        assign(field.emplace(), *written);
        return {};
    }

    static bool read_bandwidth(std::string_view value, std::vector<bandwidth>& bandwidths) {
        auto rest = value;
        auto const type = trimmed(take_until(rest, ':'));
        auto const number = to_number<std::uint64_t>(trimmed(rest));
        if (type.empty() || !number) return false;
        bandwidths.push_back({std::string{type}, *number});
        return true;
    }

    bool read_time(std::string_view value) {
        auto const start = to_number<std::uint64_t>(take_field(value));
        auto const stop = to_number<std::uint64_t>(take_field(value));
        if (!start || !stop) return false;
        auto& time = out_.times.emplace_back();
        time.start = *start;
        time.stop = *stop;
        return true;
    }

    // -- m= ----------------------------------------------------------------------------------------------------------

    problem read_media(std::string_view value) {
        if (out_.media_lines.size() == limits_.media_lines) return here(errc::too_large, 488, "too many m= lines");
        finish_section();
        auto& line = out_.media_lines.emplace_back();
        media_places_.push_back({at_.number, at_.offset});
        line.type = take_field(value);
        auto const port_field = take_field(value);
        auto const transport = take_field(value);
        if (transport.empty()) return malformed(at_.content, "m= needs media, port, transport and a format");
        line.transport = transport;

        auto count = port_field;
        auto const port = to_number<std::uint16_t>(take_until(count, '/'));
        if (!port) return malformed(port_field, "the port in m= is not a number from 0 to 65535");
        line.port = *port;
        if (count.data() != port_field.data() + port_field.size() || port_field.back() == '/') {
            auto const ports = to_number<std::uint16_t>(count);
            if (!ports || *ports == 0)
                return malformed(port_field, "the number of ports in m= is not a number from 1 to 65535");
            line.port_count = *ports;
        }

        value = trimmed(value);
        if (value.empty()) {
            if (line.port != 0) return malformed(at_.content, "m= lists no format");
            value = "0";  // Some peers refuse without a format; nothing is read into it (RFC 3264 6).
        }
        if (!is_rtp(line.transport)) {
            line.other_formats = value;
            return {};
        }
        return read_payload_numbers(value, line);
    }

    problem read_payload_numbers(std::string_view list, media& line) {
        std::bitset<128> listed;
        while (true) {
            auto const field = take_field(list);
            if (field.empty()) return {};
            auto const payload = to_number<std::uint8_t>(field);
            if (!payload || *payload > 127) return malformed(field, "a payload type is a number from 0 to 127");
            if (listed.test(*payload)) continue;
            listed.set(*payload);
            line.formats.emplace_back().payload = payload_type{*payload};
        }
    }

    // -- a= ----------------------------------------------------------------------------------------------------------

    void read_attribute(std::string_view content) {
        auto value = content;
        auto const name = trimmed(take_until(value, ':'));
        bool const in_session = out_.media_lines.empty();
        auto& lines = in_session ? out_.lines : out_.media_lines.back().lines;
        if (name.empty()) {
            lines.push_back({'a', std::string{content}});
            return;
        }
        bool const typed = in_session ? take_direction(out_.direction, name, value)
                                      : take_media_attribute(out_.media_lines.back(), name, value);
        if (typed) return;
        auto& attributes = in_session ? out_.attributes : out_.media_lines.back().attributes;
        auto& kept = attributes.emplace_back();
        kept.name = name;
        kept.value = value;
    }

    // -- the end of a section and of the description -----------------------------------------------------------------

    /// A section is over: what needs all of its lines.
    void finish_section() {
        if (out_.media_lines.empty()) {
            if (out_.times.empty()) out_.times.emplace_back();
            sort_lines(out_.lines);
            return;
        }
        auto& line = out_.media_lines.back();
        for (auto& format : line.formats) {
            if (!format.codec.name.empty()) continue;
            if (auto assigned = static_codec(format.payload)) format.codec = std::move(*assigned);
        }
        sort_lines(line.lines);
    }

    static void sort_lines(std::vector<line>& lines) {
        auto const earlier = [](line const& a, line const& b) { return line_rank(a.type) < line_rank(b.type); };
        if (!std::is_sorted(lines.begin(), lines.end(), earlier)) std::stable_sort(lines.begin(), lines.end(), earlier);
    }

    problem finish() {
        finish_section();
        if (!origin_seen_) out_.origin.address.address = no_address;
        if (out_.connection) return {};
        for (std::size_t i = 0; i != out_.media_lines.size(); ++i) {
            auto const& line = out_.media_lines[i];
            if (line.port != 0 && !line.connection) {
                auto const [number, offset] = media_places_[i];
                return failure{errc::malformed, 400, number, offset, "no c= line for this m= line"};
            }
        }
        return {};
    }

    struct place {
        std::uint32_t line;
        std::uint32_t offset;
    };

    std::string_view text_;
    parse_limits const& limits_;
    session& out_;
    text_line at_;
    std::size_t line_count_ = 0;
    bool version_seen_ = false;
    bool origin_seen_ = false;
    bool name_seen_ = false;
    small_vector<place, 4> media_places_;
};

}  // namespace

result<session> parse(std::string_view text, parse_limits const& limits) {
    result<session> outcome;  // Filled where it will be returned: a session is large to move.
    if (auto const problem = description_reader{text, limits, *outcome}.read()) outcome = *problem;
    return outcome;
}

}  // namespace sdp
