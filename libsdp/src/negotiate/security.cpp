#include "security.hpp"

#include "sdp/model/attributes.hpp"

#include <algorithm>

namespace sdp {

namespace {

security_choice objection(std::string_view reason) {
    security_choice choice;
    choice.objection = reason;
    return choice;
}

local_key const* key_for(srtp_suite suite, local_stream const& stream) noexcept {
    auto const key = std::find_if(stream.keys.begin(), stream.keys.end(), [suite](local_key const& candidate) {
        return candidate.suite == suite;
    });
    return key != stream.keys.end() ? &*key : nullptr;
}

/// RFC 4568 7.1.2: an answerer's key is never one of the offer. A description that only comes back would make it so.
bool is_used_by(secret const& ours, crypto const& line) noexcept {
    return std::any_of(line.keys.begin(), line.keys.end(), [&ours](master_key const& theirs) {
        return theirs.key_and_salt == ours;
    });
}

security_choice sdes(crypto const& theirs, local_key const& ours) {
    security_choice choice;
    choice.agreed = sdes_agreement{theirs.suite, ours.key_and_salt, theirs.keys};
    choice.crypto_tag = theirs.tag;
    return choice;
}

/// The first line of the offer that we can do (RFC 4568 5.1.2). Lines that are not valid were never read as `crypto`.
security_choice choose_sdes(media const& offered, local_stream const& stream) {
    for (auto const& line : offered.crypto) {
        auto const* const ours = key_for(line.suite, stream);
        if (ours == nullptr || !asks_only_defaults(line.session_parameters)) continue;
        if (is_used_by(ours->key_and_salt, line)) continue;
        return sdes(line, *ours);
    }
    bool const is_f8_alone =
        !offered.crypto.empty() && std::all_of(offered.crypto.begin(), offered.crypto.end(), [](crypto const& line) {
            return line.suite == srtp_suite::f8_128_hmac_sha1_80;
        });
    return objection(
        is_f8_alone ? "F8_128_HMAC_SHA1_80 is not supported" : "no a=crypto line that is valid and supported"
    );
}

/// RFC 8842 5.3: an association that goes on keeps its roles. It does where the peer names the same one.
dtls_agreement const* association_before(
    negotiated const* before, dtls_description const& theirs, dtls_identity const& ours
) noexcept {
    if (before == nullptr) return nullptr;
    auto const* const last = std::get_if<dtls_agreement>(&before->security);
    bool const goes_on = last != nullptr && last->local_tls_id == ours.tls_id && last->remote_tls_id == theirs.tls_id &&
                         last->remote_fingerprints == theirs.fingerprints;
    return goes_on ? last : nullptr;
}

security_choice dtls(dtls_role role, dtls_description const& theirs, dtls_identity const& ours) {
    security_choice choice;
    choice.agreed = dtls_agreement{role, theirs.fingerprints, ours.tls_id, std::string{theirs.tls_id}};
    return choice;
}

security_choice choose_dtls(dtls_description const& theirs, local_stream const& stream, negotiated const* before) {
    if (!stream.dtls) return objection("DTLS-SRTP is not supported");
    auto const& ours = *stream.dtls;
    // RFC 4145 4: "active" where an offer says nothing.
    switch (theirs.setup.value_or(setup_role::active)) {
        case setup_role::actpass: {
            auto const* const last = association_before(before, theirs, ours);
            // RFC 5763 5: the answerer had best be the client, for it may begin at once.
            return dtls(last != nullptr ? last->role : dtls_role::client, theirs, ours);
        }
        case setup_role::active:
            return dtls(dtls_role::server, theirs, ours);
        case setup_role::passive:
            return dtls(dtls_role::client, theirs, ours);
        case setup_role::holdconn:
            break;
    }
    return objection("a=setup:holdconn is not for DTLS");
}

/// Which kind of keys we take from a line that has both (RFC 8643 3.2: never two).
security_choice choose_keys(
    line_view offered, srtp_keying preferred, local_stream const& stream, negotiated const* before
) {
    auto const theirs = describe_dtls(offered.description, offered.line);
    bool const has_dtls = !theirs.fingerprints.empty();
    bool const dtls_first = preferred == srtp_keying::dtls || offered.line.crypto.empty();
    auto first = has_dtls && dtls_first ? choose_dtls(theirs, stream, before) : choose_sdes(offered.line, stream);
    if (first.objection.empty() || !has_dtls) return first;
    auto second = dtls_first ? choose_sdes(offered.line, stream) : choose_dtls(theirs, stream, before);
    return second.objection.empty() ? second : first;
}

void write_dtls(media& line, setup_role role, dtls_identity const& ours, bool with_tls_id) {
    for (auto const& print : ours.fingerprints)
        line.attributes.push_back({"fingerprint", to_text(print)});
    line.attributes.push_back({"setup", std::string{name_of(role)}});
    if (with_tls_id) line.attributes.push_back({"tls-id", ours.tls_id});
}

}  // namespace

security_choice choose_security(
    line_view offered, security_capability const& able, local_stream const& stream, negotiated const* before
) {
    auto const profile = profile_of(offered.line.transport);
    if (!profile) return objection("the transport is not supported");
    if (able.policy == media_security::off) {
        if (*profile == transport_profile::plain) return {};
        return objection("secure media is switched off");
    }
    switch (*profile) {
        case transport_profile::dtls: {
            auto const theirs = describe_dtls(offered.description, offered.line);
            if (theirs.fingerprints.empty()) return objection("no a=fingerprint that is valid and supported");
            return choose_dtls(theirs, stream, before);
        }
        case transport_profile::secure:
            return choose_keys(offered, able.preferred, stream, before);
        case transport_profile::plain:
            break;
    }
    auto choice = choose_keys(offered, able.preferred, stream, before);
    if (choice.objection.empty()) return choice;
    return able.policy == media_security::mandatory ? objection("secure media is required") : security_choice{};
}

void answer_security(media& line, line_view offered, security_choice const& chosen, local_stream const& stream) {
    if (auto const* const by_keys = std::get_if<sdes_agreement>(&chosen.agreed)) {
        auto& answered = line.crypto.emplace_back();
        answered.tag = chosen.crypto_tag;
        answered.suite = by_keys->suite;
        answered.keys.push_back({by_keys->local_key, {}, {}});
    } else if (auto const* const by_handshake = std::get_if<dtls_agreement>(&chosen.agreed)) {
        auto const role = by_handshake->role == dtls_role::client ? setup_role::active : setup_role::passive;
        // RFC 8842 5.3: no tls-id for a peer that has none.
        bool const with_tls_id = !describe_dtls(offered.description, offered.line).tls_id.empty();
        write_dtls(line, role, *stream.dtls, with_tls_id);
    }
}

transport_profile secure_profile(security_capability const& able, local_stream const& stream) noexcept {
    bool const by_dtls = able.preferred == srtp_keying::dtls || stream.keys.empty();
    return by_dtls && stream.dtls ? transport_profile::dtls : transport_profile::secure;
}

void offer_security(
    media& line, security_capability const& able, local_stream const& stream, negotiated const* before
) {
    auto const profile = profile_of(line.transport).value_or(transport_profile::plain);
    bool const is_open = profile == transport_profile::plain;
    if (is_open && (able.policy == media_security::off || able.form == optional_form::two_lines)) return;
    // Older peers run DTLS-SRTP on RTP/SAVP; such a line goes on as it was.
    bool const was_dtls = before != nullptr && std::holds_alternative<dtls_agreement>(before->security);
    bool const by_dtls = profile == transport_profile::dtls || (was_dtls && stream.dtls);
    if (is_open || !by_dtls) {
        std::uint32_t tag = 0;
        for (auto const& key : stream.keys) {
            if (!key.is_offered) continue;
            auto& offered = line.crypto.emplace_back();
            offered.tag = ++tag;
            offered.suite = key.suite;
            offered.keys.push_back({key.key_and_salt, {}, {}});
        }
    }
    bool const is_wanted = by_dtls || (is_open && stream.dtls && stream.dtls->is_offered);
    if (is_wanted && stream.dtls) write_dtls(line, setup_role::actpass, *stream.dtls, true);
}

security_choice read_answered_security(
    line_view offered, line_view answered, media_security policy, local_stream const& stream
) {
    auto const profile = profile_of(offered.line.transport).value_or(transport_profile::plain);
    auto const theirs = describe_dtls(answered.description, answered.line);
    auto const asked = describe_dtls(offered.description, offered.line);
    bool const is_dtls = stream.dtls && !asked.fingerprints.empty() && !theirs.fingerprints.empty();
    bool const has_crypto_lines =
        !answered.line.crypto.empty() || find_attribute(answered.line.attributes, "crypto") != nullptr;

    if (!offered.line.crypto.empty() && has_crypto_lines) {
        if (answered.line.crypto.size() != 1) return objection("the answer has not exactly one valid a=crypto line");
        auto const& chosen = answered.line.crypto.front();
        auto const tagged =
            std::find_if(offered.line.crypto.begin(), offered.line.crypto.end(), [&chosen](crypto const& line) {
                return line.tag == chosen.tag;
            });
        if (tagged == offered.line.crypto.end() || tagged->suite != chosen.suite)
            return objection("the answer takes an a=crypto line that was not offered");
        auto const* const ours = key_for(chosen.suite, stream);
        if (ours == nullptr || is_used_by(ours->key_and_salt, chosen))
            return objection("the answer gives our own key back");
        if (!asks_only_defaults(chosen.session_parameters))
            return objection("the answer has a session parameter of SRTP that is not supported");
        return sdes(chosen, *ours);
    }
    if (is_dtls) {
        // RFC 4145 4: "passive" where an answer says nothing.
        switch (theirs.setup.value_or(setup_role::passive)) {
            case setup_role::active:
                return dtls(dtls_role::server, theirs, *stream.dtls);
            case setup_role::passive:
                return dtls(dtls_role::client, theirs, *stream.dtls);
            case setup_role::actpass:
            case setup_role::holdconn:
                return objection("the a=setup of the answer is neither active nor passive");
        }
    }
    // RFC 4568 7.4: an answer may not know what it was asked for.
    if (profile != transport_profile::plain) return objection("the answer to a secure line has no keys");
    return policy == media_security::mandatory ? objection("secure media is required") : security_choice{};
}

}  // namespace sdp
