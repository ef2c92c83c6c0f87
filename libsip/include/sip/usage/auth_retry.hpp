// Answering digest challenges (RFC 3261 22, RFC 7616, RFC 8760): which challenge to answer, with what, how often, and
// whom never to answer. One authenticator for each account; it remembers nonces, so that later requests carry
// credentials at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "sip/environment.hpp"
#include "sip/syntax/build.hpp"
#include "sip/syntax/digest.hpp"
#include "sip/syntax/message.hpp"

namespace sip {

/// Who can have written a challenge, judged by where the request was sent.
enum class challenge_origin : std::uint8_t {
    registrar,   ///< the account's own registrar: the realm it names is the account's own
    own_server,  ///< the account's outbound proxy or domain; the challenge may still be a stranger's that it relays
    stranger,    ///< any other destination: never gets credentials
};

/// Who we are for digest authentication.
struct account_credentials {
    std::string auth_name;  ///< the digest user
    std::string password;  ///< never logged
    std::optional<std::string> realm;      ///< the only realm to answer, where the user named one
    std::vector<std::string> own_domains;  ///< otherwise: realms that equal one of these, and what the registrar names
    hash_algorithm minimum_strength = hash_algorithm::md5;  ///< weaker challenges are not answered
};

/// How often one request has been challenged. Lives with the request, through all its attempts.
struct auth_attempts {
    static constexpr std::uint8_t most_rounds = 4;  ///< two realms, each with one stale nonce
    std::uint8_t rounds = 0;  ///< challenges answered so far
    boost::container::small_vector<std::string, 2> answered_realms;  ///< each is answered once
};

/// Answers the challenges to one account's requests.
class authenticator {
public:
    explicit authenticator(account_credentials);  ///< for one account

    /// Takes in a 401 or 407. No error: send the request again, with the next CSeq, and write_credentials().
    /// errc::credentials_rejected  our answer was refused, or the rounds are used up;
    /// errc::no_credentials        no challenge is for us: foreign realm or server, no account password, or nothing
    /// that we understand; errc::weak_algorithm        only algorithms below the account's minimum are offered.
    [[nodiscard]] error_code on_challenge(message_view response, challenge_origin, auth_attempts&);

    /// Takes in the Authentication-Info of a success: the next request uses the nonce that it names (RFC 7616 3.5).
    void on_success(message_view response, challenge_origin);

    /// Adds Authorization and Proxy-Authorization for every challenge that such a destination has made before: what the
    /// registrar asked for goes to the registrar alone, what proxies asked for goes through them to anybody, and
    /// strangers get nothing. `body` counts where auth-int was asked for.
    void
    write_credentials(message_builder&, std::string_view method, std::string_view request_uri, std::string_view body, challenge_origin, environment&);

private:
    struct known_challenge {
        std::string realm, nonce, opaque;
        digest_algorithm algorithm;
        quality_of_protection qop = quality_of_protection::none;
        bool from_proxy = false;
        bool from_registrar = false;  ///< a 401 to REGISTER
        std::uint32_t uses = 0;
        std::string cnonce;  ///< -sess: the one that the session key was made with, as long as the nonce lives
    };
    [[nodiscard]] bool is_own_realm(std::string_view realm, challenge_origin) const;
    void remember(challenge_view const&, digest_algorithm, quality_of_protection, bool from_proxy, bool from_registrar);

    account_credentials credentials_;
    std::vector<std::string> learned_realms_;
    std::vector<known_challenge> known_;
};

}  // namespace sip
