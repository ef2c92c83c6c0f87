// Covers: whether another program reads on the wire what we meant. Two phones and the proxy play a call with digits and
// hold on virtual time, every packet goes to a capture file, and tshark takes it apart: nothing malformed, the same
// messages, the same audio, digits and reports.
#include <doctest/doctest.h>

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/phoned/world.hpp"
#include "support/temporary_folder.hpp"
#include "support/tshark.hpp"
#include "support/wire.hpp"

namespace {

using namespace std::chrono_literals;

/// A capture file of IPv4 UDP packets.
class capture {
public:
    explicit capture(const std::string& path)
        : kind_(pcap_open_dead(DLT_RAW, 65535)), file_(pcap_dump_open(kind_, path.c_str())) {
        if (file_ == nullptr) throw std::runtime_error(pcap_geterr(kind_));
    }
    ~capture() {
        pcap_dump_close(file_);
        pcap_close(kind_);
    }
    capture(const capture&) = delete;
    capture& operator=(const capture&) = delete;

    struct end {
        std::array<std::uint8_t, 4> address;
        std::uint16_t port;
    };
    void add(sip::time_point at, const end& from, const end& to, std::span<const std::byte> payload) {
        std::vector<std::uint8_t> packet;
        const auto put = [&](std::initializer_list<unsigned> octets) {
            for (const auto octet : octets)
                packet.push_back(static_cast<std::uint8_t>(octet));
        };
        const auto length = static_cast<unsigned>(payload.size());
        const auto whole = length + 28, datagram = length + 8;
        put({0x45, 0, whole >> 8, whole & 255, 0, 0, 0, 0, 64, 17, 0, 0});  // RFC 791; no checksum is looked at
        packet.insert(packet.end(), from.address.begin(), from.address.end());
        packet.insert(packet.end(), to.address.begin(), to.address.end());
        put({unsigned{from.port} >> 8, from.port & 255U, unsigned{to.port} >> 8, to.port & 255U});
        put({datagram >> 8, datagram & 255, 0, 0});  // RFC 768
        for (const auto octet : payload)
            packet.push_back(std::to_integer<std::uint8_t>(octet));
        const auto since = std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
        pcap_pkthdr header{};
        header.ts.tv_sec = since / 1000000;
        header.ts.tv_usec = since % 1000000;
        header.caplen = header.len = static_cast<bpf_u_int32>(packet.size());
        pcap_dump(reinterpret_cast<std::uint8_t*>(file_), &header, packet.data());
    }

private:
    pcap_t* kind_;
    pcap_dumper_t* file_;
};

/// A call between two phones, and the file that shows it.
struct captured_call : test::phone_world {
    captured_call() { play(); }

    void play() {
        capture file(path);
        network.on_packet = [&](const test::sim_network::packet& p) {
            file.add(p.sent_at, end_of(p.source), end_of(p.destination), std::as_bytes(std::span(p.text)));
            signalling.push_back(test::summary(p.text));
        };
        on_media_packet = [&](const rtp::endpoint& from, const rtp::endpoint& to, std::span<const std::byte> bytes) {
            file.add(now().mono, end_of(from), end_of(to), bytes);
            ++(from.port % 2 == 0 ? audio : reports);
        };
        auto &a = add(1001), &b = add(1002);
        register_all();
        a.dial("1002");
        REQUIRE(run_until(2s, [&] { return b.live_calls() == 1; }));
        REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
        run(1s);
        REQUIRE(a.phone().call_dtmf(a.context(), a.last_call().call, digits).has_value());
        run(12s);  // long enough for RTCP of both
        REQUIRE(b.phone().call_hold(b.context(), b.last_call().call).has_value());
        run(1s);
        REQUIRE(b.phone().call_resume(b.context(), b.last_call().call).has_value());
        run(1s);
        REQUIRE(b.phone().call_hangup(b.context(), b.last_call().call).has_value());
        run(1s);
        REQUIRE(a.live_calls() == 0);
        network.on_packet = {};
        on_media_packet = {};
    }

    [[nodiscard]] std::vector<std::string> ask(const std::string& filter, const std::string& fields) const {
        return test::ask_tshark(path, filter, fields);
    }

    static capture::end end_of(const sip::endpoint& where) {
        capture::end out{{}, where.port};
        std::istringstream text(sip::host_port(where));
        unsigned octet = 0;
        char dot = 0;
        for (auto& each : out.address) {
            text >> octet >> dot;
            each = static_cast<std::uint8_t>(octet);
        }
        return out;
    }
    static capture::end end_of(const rtp::endpoint& where) {
        capture::end out{{}, where.port};
        std::copy_n(where.address.begin(), 4, out.address.begin());
        return out;
    }

    static constexpr auto digits = "12#";
    test::temporary_folder folder;
    std::string path = folder.path + "/call.pcap";
    std::vector<std::string> signalling;  ///< "INVITE", "200 INVITE"
    std::size_t audio = 0, reports = 0;   ///< packets
};

}  // namespace

TEST_CASE_FIXTURE(captured_call, "tshark reads every message, packet and report of a call as it was meant") {
    CHECK(ask("_ws.malformed || _ws.expert.severity >= 0x600000", "frame.number _ws.expert.message").empty());

    REQUIRE(signalling.size() > 20);
    REQUIRE(audio > 1000);

    // SIP: the same messages in the same order, and what the descriptions say.
    std::vector<std::string> seen;
    for (const auto& line : ask("sip", "sip.Status-Code sip.CSeq.method"))
        seen.push_back(line.front() == ' ' ? line.substr(1) : line);
    CHECK(seen == signalling);
    const auto descriptions = ask("sip.Method == INVITE && sdp && ip.src == 10.0.1.1", "sdp.media_attr");
    REQUIRE_FALSE(descriptions.empty());
    CHECK(descriptions.front().find("sendrecv") != std::string::npos);
    CHECK(ask("sip.Method == INVITE && sdp.media_attr == \"sendonly\"", "frame.number").size() == 2);  // B, proxy

    // RTP: known from the descriptions alone, none lost between first and last.
    CHECK(ask("rtp", "frame.number").size() == audio);
    std::set<std::string> types;
    for (const auto& type : ask("rtp", "rtp.p_type"))
        types.insert(type);
    CHECK(types == std::set<std::string>{"0", "101"});
    const auto events = ask("rtpevent.end_of_event == 1", "rtpevent.event_id");
    CHECK(events == std::vector<std::string>{"1", "1", "1", "2", "2", "2", "11", "11", "11"});  // RFC 4733 2.5.1.4

    // RTCP: both send reports with their names, and say BYE when the call ends (RFC 3550 6).
    CHECK(ask("rtcp", "frame.number").size() == reports);
    std::set<std::string> senders;
    for (const auto& source : ask("rtcp.pt == 200", "ip.src"))
        senders.insert(source);
    CHECK(senders == std::set<std::string>{"10.0.1.1", "10.0.1.2"});
    CHECK(ask("rtcp.pt == 202 && rtcp.sdes.text contains \"cname1001\"", "frame.number").size() > 0);
    CHECK(ask("rtcp.pt == 203", "frame.number").size() == 2);
}
