#include "sdp/model/print.hpp"

#include "line_order.hpp"
#include "sdp/text/writer.hpp"

#include <span>

namespace sdp {

namespace {

class description_writer {
public:
    explicit description_writer(std::string& out) : out_{out} {}

    void write(session const& description) {
        out_.literal("v=0\r\no=").value(description.origin.username.empty() ? "-" : description.origin.username);
        out_.literal(" ").number(description.origin.session_id).literal(" ").number(description.origin.version);
        out_.literal(" ");
        write_address(description.origin.address);
        out_.literal("\r\ns=").value(description.name.empty() ? "-" : description.name).end_line();

        rest_of_lines lines{description.lines};
        write_lines_before('c', lines);
        write_connection(description.connection);
        write_lines_before('b', lines);
        write_bandwidths(description.bandwidths);
        write_lines_before('t', lines);
        write_times(description.times);
        write_lines_before('\0', lines);
        write_direction(description.direction);
        write_attributes(description.attributes);
        for (auto const& line : description.media_lines)
            write(line);
    }

private:
    using rest_of_lines = std::span<line const>;

    void write(media const& line) {
        out_.literal("m=").value(line.type).literal(" ").number(line.port);
        if (line.port_count != 1) out_.literal("/").number(line.port_count);
        out_.literal(" ").value(line.transport);
        for (auto const& format : line.formats)
            out_.literal(" ").number(number(format.payload));
        if (!line.other_formats.empty()) out_.literal(" ").value(line.other_formats);
        out_.end_line();

        rest_of_lines lines{line.lines};
        write_lines_before('c', lines);
        write_connection(line.connection);
        write_lines_before('b', lines);
        write_bandwidths(line.bandwidths);
        write_lines_before('\0', lines);
        for (auto const& format : line.formats)
            write_format(format);
        if (line.ptime) write_number_attribute("a=ptime:", *line.ptime);
        if (line.maxptime) write_number_attribute("a=maxptime:", *line.maxptime);
        if (line.rtcp) write_rtcp(*line.rtcp);
        if (line.rtcp_mux) out_.literal("a=rtcp-mux\r\n");
        for (auto const& crypto : line.crypto) {
            write_crypto(out_.literal("a=crypto:"), crypto);
            out_.end_line();
        }
        write_direction(line.direction);
        write_attributes(line.attributes);
    }

    void write_format(format const& format) {
        if (!format.codec.name.empty()) {
            out_.literal("a=rtpmap:").number(number(format.payload)).literal(" ").value(format.codec.name);
            out_.literal("/").number(format.codec.clock_rate);
            if (format.codec.channels != 1) out_.literal("/").number(format.codec.channels);
            out_.end_line();
        }
        if (!format.parameters.empty()) {
            out_.literal("a=fmtp:").number(number(format.payload)).literal(" ").value(format.parameters).end_line();
        }
    }

    void write_address(connection const& address) {
        switch (address.family) {
            case address_family::ip4:
                out_.literal("IN IP4 ");
                break;
            case address_family::ip6:
                out_.literal("IN IP6 ");
                break;
            case address_family::other:
                break;
        }
        out_.value(address.address.empty() ? "0.0.0.0" : address.address);
    }

    void write_connection(std::optional<connection> const& connection) {
        if (!connection) return;
        out_.literal("c=");
        write_address(*connection);
        out_.end_line();
    }

    void write_bandwidths(std::vector<bandwidth> const& bandwidths) {
        for (auto const& limit : bandwidths) {
            out_.literal("b=").value(limit.type).literal(":").number(limit.value).end_line();
        }
    }

    void write_times(std::span<time_description const> times) {
        if (times.empty()) out_.literal("t=0 0\r\n");
        for (auto const& time : times) {
            out_.literal("t=").number(time.start).literal(" ").number(time.stop).end_line();
            for (auto const& repeat : time.repeats)
                out_.value(repeat).end_line();
        }
    }

    void write_rtcp(rtcp_attribute const& rtcp) {
        out_.literal("a=rtcp:").number(rtcp.port);
        if (rtcp.address) {
            out_.literal(" ");
            write_address(*rtcp.address);
        }
        out_.end_line();
    }

    void write_number_attribute(std::string_view name, std::chrono::milliseconds time) {
        out_.literal(name).number(static_cast<std::uint64_t>(time.count())).end_line();
    }

    void write_direction(std::optional<direction> direction) {
        if (direction) out_.literal("a=").literal(name_of(*direction)).end_line();
    }

    void write_attributes(std::vector<attribute> const& attributes) {
        for (auto const& attribute : attributes) {
            out_.literal("a=").value(attribute.name);
            if (!attribute.value.empty()) out_.literal(":").value(attribute.value);
            out_.end_line();
        }
    }

    /// Lines without a field that stand at or before the place of the `next` field line, which holds the first of its
    /// letter; so a repeated c= follows the c= of the field. NUL: all that are left.
    void write_lines_before(char next, rest_of_lines& lines) {
        while (!lines.empty() && (next == '\0' || line_rank(lines.front().type) < line_rank(next))) {
            auto const& line = lines.front();
            if (line.type != 'k') out_.value({&line.type, 1}).literal("=").value(line.value).end_line();
            lines = lines.subspan(1);
        }
    }

    writer out_;
};

/// Enough for the usual offer, so that the text grows once.
constexpr std::size_t usual_length = 512;

}  // namespace

void print(session const& description, std::string& out) {
    description_writer{out}.write(description);
}

std::string to_text(session const& description) {
    std::string out;
    out.reserve(usual_length);
    print(description, out);
    return out;
}

}  // namespace sdp
