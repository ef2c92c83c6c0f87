// Runs every row of table/*.txt: offers of the RFCs' examples and in the shape of real phones, gateways and browsers,
// against local sides of every policy. Each answer is also held against RFC 3264's rules as tests/support reads them.
// Covered here too: that the runner and the checker can fail.
#include "table.hpp"
#include "secure_media.hpp"
#include "support/sdp_answer_rules.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

using namespace negotiation;
using namespace sdp;

namespace {

struct local_side {
    capabilities able;
    local_media media;
};

/// "PCMU,opus optional keys mux hold"
local_side read_local(std::string_view text) {
    local_side side;
    side.able.ptime.reset();
    side.media = secure_media(material::all);
    auto& stream = side.media.streams[0];
    auto const identity = stream.dtls;
    auto const keys = std::exchange(stream.keys, {});
    stream.dtls.reset();
    std::size_t streams = 1;
    auto names = take_field(text);
    while (!names.empty()) {
        auto const name = take_until(names, ',');
        if (name == "AMR") {
            side.able.audio.push_back({{"AMR", 8000, 1}, {}, "octet-align=1"});
        } else if (name == "CN") {
            side.able.audio.push_back({{"CN", 8000, 1}, payload_type{13}, ""});
        } else {
            auto known = known_codec(name);
            REQUIRE_MESSAGE(known.has_value(), "no such codec: ", std::string{name});
            side.able.audio.push_back(std::move(*known));
        }
    }
    while (true) {
        auto word = take_field(text);
        if (word.empty()) break;
        if (word == "optional")
            side.able.security.policy = media_security::optional;
        else if (word == "mandatory")
            side.able.security.policy = media_security::mandatory;
        else if (word == "keys")
            stream.keys = keys;
        else if (word == "cert")
            stream.dtls = identity;
        else if (word == "dtls")
            side.able.security.preferred = srtp_keying::dtls;
        else if (word == "two-lines")
            side.able.security.form = optional_form::two_lines;
        else if (word == "mux")
            side.able.rtcp_mux = rtcp_mux_policy::accept;
        else if (word == "mux-offer")
            side.able.rtcp_mux = rtcp_mux_policy::offer;
        else if (word == "no-events")
            side.able.telephone_event.reset();
        else if (word == "hold")
            stream.hold = hold_style::sendonly;
        else if (word == "hold-inactive")
            stream.hold = hold_style::inactive;
        else if (word == "hold-zero")
            stream.hold = hold_style::zero_address;
        else if (word == "recvonly")
            stream.wanted = direction::recvonly;
        else if (word == "sendonly")
            stream.wanted = direction::sendonly;
        else if (word == "ip6")
            side.media.address = {address_family::ip6, "2001:db8::77"};
        else if (word == "streams=2")
            streams = 2;
        else if (word.starts_with("ptime="))
            side.able.ptime = read_packet_time(word.substr(6));
        else
            FAIL("unknown word of a local side: ", std::string{word});
    }
    if (streams == 2) {
        side.media.streams.push_back(side.media.streams[0]);
        side.media.streams[1].port = 4002;
    }
    return side;
}

std::string shown(media const& line) {
    std::ostringstream out;
    out << line.type << ' ' << line.port << ' ' << line.transport;
    for (auto const& format : line.formats)
        out << ' ' << number(format.payload);
    if (!line.other_formats.empty()) out << ' ' << line.other_formats;
    auto const mid = mid_of(line);
    if (line.port != 0) {
        out << ' ' << name_of(line.direction.value_or(direction::sendrecv));
        if (line.connection) out << " c=" << line.connection->address;
        for (auto const& format : line.formats)
            if (!format.parameters.empty() && format.codec.name != "telephone-event")
                out << " fmtp=" << number(format.payload) << '/' << format.parameters;
        if (line.ptime) out << " ptime=" << line.ptime->count();
        if (line.maxptime) out << " maxptime=" << line.maxptime->count();
        if (line.rtcp) out << " rtcp=" << line.rtcp->port;
        if (line.rtcp_mux) out << " mux";
        for (auto const& crypto : line.crypto)
            out << " crypto=" << crypto.tag << '/' << name_of(crypto.suite);
        if (auto const* setup = find_attribute(line.attributes, "setup")) out << " setup=" << setup->value;
        if (find_attribute(line.attributes, "tls-id") != nullptr) out << " tls-id";
    }
    if (!mid.empty()) out << " mid=" << mid;
    return out.str();
}

std::string shown(negotiated const& line) {
    if (!line.stream) return "off";
    std::ostringstream out;
    out << numbers(line.send) << " / " << numbers(line.receive) << " > ";
    if (line.remote_rtp) {
        out << line.remote_rtp->address << ':' << line.remote_rtp->port;
        auto const& rtcp = line.remote_rtcp;
        if (rtcp && !line.rtcp_mux &&
            (rtcp->port != line.remote_rtp->port + 1 || rtcp->address != line.remote_rtp->address))
            out << " rtcp=" << rtcp->address << ':' << rtcp->port;
    } else {
        out << "nowhere";
    }
    out << (line.may_send ? (line.may_receive ? " both" : " send") : (line.may_receive ? " receive" : " none"));
    if (auto const* dtls = std::get_if<dtls_agreement>(&line.security))
        out << (dtls->role == dtls_role::client ? " dtls-client" : " dtls-server");
    else
        out << (line.security.index() == 0 ? " plain" : " sdes");
    if (line.rtcp_mux) out << " mux";
    if (line.remote_hold) out << " held";
    if (line.send_events) out << " events=" << number(line.send_events->payload);
    if (line.send_ptime != std::chrono::milliseconds{20}) out << " ptime=" << line.send_ptime.count();
    return out.str();
}

/// What came of an exchange, in the words of the table.
struct outcome {
    std::vector<std::string> lines, agreements;
    std::string refusal;
};

/// The session that rows go on in.
class running_session {
public:
    outcome run(row const& row) {
        if (!row.goes_on) negotiator_ = negotiator{own_origin};
        if (!row.local.empty() || !row.goes_on) local_ = read_local(row.local);
        outcome made;
        auto peer = parse(row.description);
        REQUIRE_MESSAGE(peer.has_value(), row.place, ": ", std::string{peer ? "" : peer.error().reason});
        (void)through_text(*peer);
        if (row.kind == row_kind::peer_offers) {
            answer(row, *peer, made);
        } else {
            offer(row, *peer, made);
        }
        if (made.refusal.empty()) {
            for (auto const& line : negotiator_.agreed().lines)
                made.agreements.push_back(shown(line));
        } else {
            negotiator_.rollback();
        }
        return made;
    }

private:
    void answer(row const& row, session const& offered, outcome& made) {
        REQUIRE(negotiator_.on_remote_offer(offered).has_value());
        auto const answered = negotiator_.make_answer(local_.able, local_.media);
        if (!answered) {
            CHECK(answered.error().suggested_status == 488);
            made.refusal = answered.error().reason;
            return;
        }
        auto const breach = test::breach_of_answer(offered, *answered);
        CHECK_MESSAGE(breach.empty(), row.place, ": ", breach);
        (void)through_text(*answered);
        for (auto const& line : answered->media_lines)
            made.lines.push_back(shown(line));
    }

    void offer(row const&, session const& answered, outcome& made) {
        auto const offered = negotiator_.make_offer(local_.able, local_.media);
        REQUIRE(offered.has_value());
        (void)through_text(*offered);
        for (auto const& line : offered->media_lines)
            made.lines.push_back(shown(line));
        auto const taken = negotiator_.on_remote_answer(answered);
        if (!taken) made.refusal = taken.error().reason;
    }

    negotiator negotiator_{own_origin};
    local_side local_;
};

std::string joined(outcome const& made, bool with_agreements) {
    std::string text;
    for (auto const& line : made.lines)
        text += "=> " + line + "\n";
    if (with_agreements)
        for (auto const& line : made.agreements)
            text += "-> " + line + "\n";
    if (!made.refusal.empty()) text += "refuse " + made.refusal + "\n";
    return text;
}

std::vector<row> all_rows() {
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(OFFHOOK_SDP_TABLES))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<row> rows;
    for (auto const& file : files) {
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        for (auto& row : read_table(file.filename().string(), text.str()))
            rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

TEST_CASE("Every row of the tables comes out as it says, and every answer fits its offer (RFC 3264 6)") {
    running_session session;
    std::set<std::string> sources;
    auto const rows = all_rows();
    for (auto const& row : rows) {
        auto const made = session.run(row);
        bool const asks_agreements = !row.agreements.empty() || row.kind == row_kind::we_offer;
        auto const got = joined(made, asks_agreements);
        auto const wanted = joined({row.lines, row.agreements, row.refusal}, asks_agreements);
        CHECK_MESSAGE(got == wanted, row.place, " ", row.title, "\n", got);
        CHECK_MESSAGE(!(row.source.empty() || row.rule.empty()), row.place, " has no source or no rule: ", row.title);
        sources.insert(row.source);
    }
    MESSAGE(rows.size() << " rows from " << sources.size() << " sources");
    CHECK(rows.size() >= 200);
}

TEST_CASE("A table with a line of no language, and a row that expects something else, are found") {
    auto const bad = read_table("x", "offer a\nnonsense\n");
    REQUIRE(bad.size() == 1);
    CHECK(bad[0].place == "x:2");
    auto const rows =
        read_table("x", "offer a\nm=audio 49170 RTP/AVP 0\nwith PCMU\n=> audio 4000 RTP/AVP 8 sendrecv\n");
    running_session session;
    CHECK(session.run(rows.at(0)).lines != rows[0].lines);
}

TEST_CASE("The checker of answers finds each breach it knows (RFC 3264 6, RFC 4568 5.1.2, RFC 5763 5)") {
    auto const offer = with_media(
        audio_line("RTP/SAVP", crypto_line(1, suite_80, their_key) + "a=sendonly\r\na=mid:a\r\n") +
        audio_line("UDP/TLS/RTP/SAVP", dtls_lines("active")) + audio_line("RTP/AVP", "", 0)
    );
    auto const good = with_media(
        audio_line("RTP/SAVP", crypto_line(1, suite_80, our_key_80) + "a=recvonly\r\na=mid:a\r\n") +
        audio_line("UDP/TLS/RTP/SAVP", dtls_lines("passive")) + audio_line("RTP/AVP", "", 0)
    );
    CHECK(test::breach_of_answer(offer, good).empty());
    auto const breach = [&](auto&& change) {
        auto changed = good;
        change(changed);
        return test::breach_of_answer(offer, changed);
    };
    CHECK(breach([](session& s) { s.media_lines.pop_back(); }) != "");
    CHECK(breach([](session& s) { s.times[0].start = 1; }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].type = "video"; }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].transport = "RTP/AVP"; }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].attributes.clear(); }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].formats[0].payload = payload_type{8}; }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].formats[0].codec.name = "PCMA"; }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].formats.clear(); }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].direction = direction::sendrecv; }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].rtcp_mux = true; }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].crypto.clear(); }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].crypto[0].tag = 2; }) != "");
    CHECK(breach([](session& s) { s.media_lines[0].crypto[0].keys[0].key_and_salt = their_key; }) != "");
    CHECK(breach([](session& s) { s.media_lines[1].attributes.clear(); }) != "");
    CHECK(breach([](session& s) { s.media_lines[1].attributes[1].value = "active"; }) != "");
    CHECK(breach([](session& s) { s.media_lines[2].port = 4000; }) != "");
    CHECK(breach([](session& s) { s.attributes.push_back({"group", "BUNDLE a"}); }) != "");
}
