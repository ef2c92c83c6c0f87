// Two sides that hold, resume, change codecs, ports, keys and policies, lose exchanges to glare and refusals, at
// random: what must hold after every exchange, whatever came before. The seed of a failing run is printed.
#include "secure_media.hpp"
#include "support/sdp_answer_rules.hpp"

#include <map>
#include <random>

using namespace negotiation;
using namespace sdp;

namespace {

constexpr std::string_view all_codecs[] = {"PCMU", "PCMA", "G722", "G729", "iLBC", "opus"};

class pair_of_sides {
public:
    explicit pair_of_sides(unsigned seed) : random_{seed} {
        change(a_);
        change(b_);
    }

    void step() {
        auto& offerer = chance(2) ? a_ : b_;
        auto& answerer = &offerer == &a_ ? b_ : a_;
        if (chance(2)) change(offerer);
        if (chance(4)) change(answerer);
        switch (below(8)) {
            case 0:
                glare();
                return;
            case 1:
                lost_offer(offerer, answerer);
                return;
            default:
                exchange_or_refuse(offerer, answerer);
                return;
        }
    }

    [[nodiscard]] unsigned agreements() const { return agreements_; }
    [[nodiscard]] unsigned secured() const { return secured_; }
    [[nodiscard]] bool has_ended() const { return has_ended_; }

private:
    unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
    bool chance(unsigned of) { return below(of) == 0; }

    void change(side& s) {
        s.able.audio.clear();
        for (auto const name : all_codecs) {
            if (chance(2)) s.able.audio.push_back(*known_codec(name));
        }
        std::shuffle(s.able.audio.begin(), s.able.audio.end(), random_);
        if (chance(3)) {
            for (auto& codec : s.able.audio) {
                if (codec.codec.name == "opus") codec.payload = static_cast<payload_type>(96 + below(32));
            }
        }
        s.able.rtcp_mux = static_cast<rtcp_mux_policy>(below(3));
        if (chance(3))
            s.able.telephone_event = telephone_event_capability{static_cast<payload_type>(96 + below(32)), "0-15"};
        s.able.security.policy = static_cast<media_security>(below(3));
        s.able.security.form = static_cast<optional_form>(below(2));
        s.able.security.preferred = static_cast<srtp_keying>(below(2));
        s.media.streams.resize(1 + below(2));
        for (auto& stream : s.media.streams) {
            change_material(s, stream);
            stream.port = static_cast<std::uint16_t>(2 * (1000 + below(1000)));
            stream.hold = static_cast<hold_style>(below(4));
            stream.wanted = static_cast<direction>(below(4));
        }
    }

    void change_material(side const& s, local_stream& stream) {
        auto const first = static_cast<std::uint8_t>(&s == &a_ ? below(100) : 128 + below(100));
        stream.keys.clear();
        stream.dtls.reset();
        for (auto const suite : {suite_32, suite_80, srtp_suite::aead_aes_128_gcm})
            if (chance(2)) stream.keys.push_back({suite, key_of(suite, first)});
        if (chance(2) || (stream.keys.empty() && s.able.security.policy == media_security::mandatory)) {
            stream.dtls.emplace();
            stream.dtls->fingerprints.push_back(*read_fingerprint(fingerprint_text(first)));
            stream.dtls->tls_id = std::string(20, static_cast<char>('a' + below(26)));
        }
    }

    session offer_of(side& s) {
        auto const lines_before = s.negotiator.agreed().local.media_lines.size();
        auto const offer = s.negotiator.make_offer(s.able, s.media);
        REQUIRE(offer.has_value());
        check_version(s, *offer);
        CHECK(offer->media_lines.size() >= lines_before);
        return *offer;
    }

    void glare() {
        (void)offer_of(a_);
        auto const refused = a_.negotiator.on_remote_offer(through_text(offer_of(b_)));
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().suggested_status == 491);
        roll_back(a_);
        roll_back(b_);
    }

    void lost_offer(side& offerer, side& answerer) {
        REQUIRE(answerer.negotiator.on_remote_offer(through_text(offer_of(offerer))).has_value());
        roll_back(answerer);
        roll_back(offerer);
    }

    void roll_back(side& s) {
        auto const before = s.negotiator.agreed();
        s.negotiator.rollback();
        CHECK(s.negotiator.agreed() == before);
        CHECK((
            s.negotiator.current() == (before.local == session{} ? negotiator::phase::idle : negotiator::phase::stable)
        ));
    }

    void exchange_or_refuse(side& offerer, side& answerer) {
        auto const offer = offer_of(offerer);
        REQUIRE(answerer.negotiator.on_remote_offer(through_text(offer)).has_value());
        auto const answer = answerer.negotiator.make_answer(answerer.able, answerer.media);
        if (!answer) {
            CHECK(answer.error().suggested_status == 488);
            roll_back(offerer);
            roll_back(answerer);
            return;
        }
        check_version(answerer, *answer);
        CHECK(test::breach_of_answer(offer, *answer) == "");
        if (auto const taken = offerer.negotiator.on_remote_answer(through_text(*answer)); !taken) {
            // Keys on a plain line may be passed over. Where security is a must the call ends.
            CHECK((offerer.able.security.policy == media_security::mandatory));
            CHECK(taken.error().reason == "secure media is required");
            has_ended_ = true;
            return;
        }
        ++agreements_;
        check_numbers(offer);
        check_numbers(*answer);
        check_agreed(offerer, answerer);
    }

    /// RFC 3264 8: the same description under the same version, a different one under a higher.
    void check_version(side& s, session const& sent) {
        auto& last = &s == &a_ ? last_of_a_ : last_of_b_;
        if (last) {
            auto same = sent;
            same.origin.version = last->origin.version;
            auto const rise = sent.origin.version - last->origin.version;
            CHECK(rise == (same == *last ? 0U : 1U));
        }
        last = sent;
    }

    /// RFC 3264 8.3.2: a number of a line means one codec to the end of the session.
    void check_numbers(session const& description) {
        for (std::size_t i = 0; i != description.media_lines.size(); ++i) {
            for (auto const& format : description.media_lines[i].formats) {
                auto const [at, is_new] = meanings_.try_emplace({i, number(format.payload)}, format.codec);
                if (!is_new) CHECK(same_codec(at->second, format.codec));
            }
        }
    }

    void check_agreed(side const& offerer, side const& answerer) {
        auto const& here = offerer.negotiator.agreed();
        auto const& there = answerer.negotiator.agreed();
        CHECK(here.local == there.remote);
        CHECK(here.remote == there.local);
        REQUIRE(here.lines.size() == there.lines.size());
        for (std::size_t i = 0; i != here.lines.size(); ++i) {
            auto const& ours = here.lines[i];
            auto const& theirs = there.lines[i];
            // An answerer of two streams may take both lines that offer one of ours.
            bool const doubled =
                offerer.able.security.form == optional_form::two_lines && !ours.stream && theirs.stream;
            if (!doubled) CHECK(ours.stream.has_value() == theirs.stream.has_value());
            if (!ours.stream || !theirs.stream) continue;
            check_security(ours.security, theirs.security);
            CHECK((ours.send == theirs.receive || numbers(ours.send) == numbers(theirs.receive)));
            CHECK(numbers(theirs.send) == numbers(ours.receive));
            CHECK(ours.rtcp_mux == theirs.rtcp_mux);
            // Who may send is heard, but for an address that was withheld.
            if (ours.may_send) CHECK(theirs.may_receive);
            if (theirs.may_send) CHECK(ours.may_receive);
            if (theirs.may_receive && theirs.remote_rtp && ours.remote_rtp) CHECK(ours.may_send);
            if (ours.remote_rtp) CHECK(ours.remote_rtp->port == there.local.media_lines[i].port);
            if (ours.local_hold) CHECK_FALSE(theirs.may_send);
            if (ours.local_hold) CHECK_FALSE(ours.may_receive);
        }
    }

    /// Each side sends with the key that the other expects; one is the client and one the server.
    void check_security(security_agreement const& ours, security_agreement const& theirs) {
        REQUIRE(ours.index() == theirs.index());
        if (auto const* const keys = std::get_if<sdes_agreement>(&ours)) {
            auto const& other = std::get<sdes_agreement>(theirs);
            CHECK(keys->suite == other.suite);
            CHECK(keys->local_key == other.remote_keys.front().key_and_salt);
            CHECK(other.local_key == keys->remote_keys.front().key_and_salt);
            CHECK_FALSE(keys->local_key == other.local_key);
            ++secured_;
        } else if (auto const* const handshake = std::get_if<dtls_agreement>(&ours)) {
            auto const& other = std::get<dtls_agreement>(theirs);
            CHECK((handshake->role != other.role));
            CHECK(handshake->remote_tls_id == other.local_tls_id);
            CHECK(other.remote_tls_id == handshake->local_tls_id);
            ++secured_;
        }
    }

    std::mt19937 random_;
    side a_ = make_side("a", "192.0.2.1", {});
    side b_ = make_side("b", "192.0.2.2", {});
    std::optional<session> last_of_a_, last_of_b_;
    std::map<std::pair<std::size_t, unsigned>, codec> meanings_;
    unsigned agreements_ = 0, secured_ = 0;
    bool has_ended_ = false;
};

}  // namespace

TEST_CASE(
    "Two sides agree on everything after every exchange, through holds, changes, keys, glare and refusals (RFC 3264 4 "
    "and 8)"
) {
    unsigned agreements = 0, secured = 0;
    for (unsigned seed = 1; seed <= 600; ++seed) {
        CAPTURE(seed);
        pair_of_sides pair{seed};
        for (int i = 0; i != 12 && !pair.has_ended(); ++i)
            pair.step();
        agreements += pair.agreements();
        secured += pair.secured();
    }
    MESSAGE(agreements << " exchanges, " << secured << " lines secured");
    CHECK(agreements > 1'500);
    CHECK(secured > 500);
}
