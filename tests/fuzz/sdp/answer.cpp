// A call of several exchanges driven by the input: it is cut at NUL bytes into descriptions, each of which the peer
// sends as an offer or as the answer to an offer of ours. Whatever comes, what we send can be read, keeps its m= lines
// in place, never lowers its version, every answer fits its offer, and what was agreed fits what was sent. The first
// byte of each piece chooses who offers, hold, and the policy of security.
#include "sdp/model/parse.hpp"
#include "sdp/model/print.hpp"
#include "sdp/negotiate/negotiator.hpp"
#include "support/sdp_answer_rules.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

sdp::capabilities able() {
    sdp::capabilities made;
    for (auto const* name : {"PCMU", "PCMA", "G729", "opus", "iLBC"})
        made.audio.push_back(*sdp::known_codec(name));
    made.rtcp_mux = sdp::rtcp_mux_policy::accept;
    return made;
}

/// A local side with keys for two suites and a certificate.
sdp::local_media own_media() {
    sdp::local_media made{{sdp::address_family::ip4, "192.0.2.77"}, {sdp::local_stream{.port = 4000}}};
    auto& stream = made.streams[0];
    for (auto const suite : {sdp::srtp_suite::aes_cm_128_hmac_sha1_80, sdp::srtp_suite::aead_aes_128_gcm}) {
        std::uint8_t octets[sdp::secret::capacity];
        std::fill(std::begin(octets), std::end(octets), static_cast<std::uint8_t>(suite));
        stream.keys.push_back({suite, sdp::secret{std::span{octets}.first(sdp::key_and_salt_size(suite))}});
    }
    stream.dtls.emplace();
    stream.dtls->fingerprints.emplace_back();
    stream.dtls->tls_id = "4d8c1f6ab2037e95c0aa11ff";
    return made;
}

class call {
public:
    void take(std::string_view text, unsigned choice) {
        media_.streams[0].hold = static_cast<sdp::hold_style>(choice % 4);
        able_.security.policy = static_cast<sdp::media_security>(choice / 4 % 3);
        able_.security.form = static_cast<sdp::optional_form>(choice / 12 % 2);
        able_.security.preferred = static_cast<sdp::srtp_keying>(choice / 24 % 2);
        auto received = sdp::parse(text);
        if (!received) return;
        if (choice % 3 == 0) {
            offer_to(std::move(*received));
        } else {
            answer_to(std::move(*received));
        }
    }

private:
    void answer_to(sdp::session offer) {
        auto const lines = offer.media_lines.size();
        require(peer_.on_remote_offer(std::move(offer)).has_value());
        auto const made = peer_.make_answer(able_, media_);
        if (!made) {
            require(made.error().suggested_status == 488);
            peer_.rollback();
            return;
        }
        check_sent(*made, lines);
        require(test::breach_of_answer(peer_.agreed().remote, *made).empty());
        check_agreed();
    }

    void offer_to(sdp::session answer) {
        auto const before = peer_.agreed().local.media_lines.size();
        auto const made = peer_.make_offer(able_, media_);
        require(made.has_value() && made->media_lines.size() >= before);
        check_sent(*made, made->media_lines.size());
        require(!peer_.on_remote_offer(*made).has_value());
        if (peer_.on_remote_answer(std::move(answer)).has_value()) {
            check_agreed();
        } else {
            peer_.rollback();
        }
    }

    void check_sent(sdp::session const& sent, std::size_t lines) {
        require(sent.media_lines.size() == lines);
        require(sent.origin.version >= version_);
        version_ = sent.origin.version;
        auto const read = sdp::parse(sdp::to_text(sent));
        require(read.has_value() && *read == sent);
    }

    void check_agreed() const {
        auto const& agreed = peer_.agreed();
        require(agreed.lines.size() == agreed.local.media_lines.size());
        for (std::size_t i = 0; i != agreed.lines.size(); ++i) {
            auto const& line = agreed.lines[i];
            if (!line.stream) continue;
            require(!line.send.empty() && !line.receive.empty());
            require(!line.may_send || line.remote_rtp.has_value());
            bool const plain = line.security.index() == 0;
            require(!plain || able_.security.policy != sdp::media_security::mandatory);
            require(plain || able_.security.policy != sdp::media_security::off);
            require(line.send_ptime >= able_.shortest_packet && line.send_ptime <= able_.longest_packet);
            auto const& theirs = agreed.remote.media_lines[i].formats;
            for (auto const& format : line.send) {
                auto const has_number = [&format](auto const& f) { return f.payload == format.payload; };
                require(std::any_of(theirs.begin(), theirs.end(), has_number));
            }
        }
    }

    sdp::capabilities able_ = able();
    sdp::local_media media_ = own_media();
    sdp::negotiator peer_{sdp::origin{"fuzz", 1, 1, {}}};
    std::uint64_t version_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view rest{reinterpret_cast<char const*>(data), size};
    call running;
    while (!rest.empty()) {
        auto const choice = static_cast<unsigned char>(rest.front());
        auto const end = std::min(rest.find('\0', 1), rest.size());
        running.take(rest.substr(1, end - 1), choice);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return 0;
}
