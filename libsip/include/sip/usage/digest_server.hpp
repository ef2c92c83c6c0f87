// The server's side of digest authentication (RFC 3261 22, RFC 7616, RFC 8760), for proxies, registrars and user
// agents: makes challenges and judges answers. A nonce carries its own birth time and a keyed checksum over it and its
// realm, so that a challenge costs no memory; only nonces that a password has been proved with are remembered, with the
// counts seen (replay). It sends nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/environment.hpp"
#include "sip/syntax/digest.hpp"
#include "sip/syntax/message.hpp"
#include "sip/time.hpp"
#include "sip/transaction/keyed_hash.hpp"

namespace sip {

/// What the server knows of a user: the password, or H(A1) of user, realm and password as digest_ha1() makes it for the
/// algorithm that was asked for.
struct digest_secret {
    std::string text;  ///< the password, or H(A1)
    bool is_ha1 = false;  ///< `text` is H(A1)
};

/// Where secrets come from. Called while judge() runs; nothing for an unknown user, or for an algorithm that the stored
/// H(A1) was not made with.
struct secret_source {
    std::optional<digest_secret> (*find
    )(void const* context, std::string_view user, std::string_view realm, hash_algorithm) = nullptr;  ///< must be set
    void const* context = nullptr;  ///< handed to the function
};

/// What we ask clients for.
struct digest_server_settings {
    /// In the order of preference, which is the order of the challenges (RFC 8760 2.3).
    std::vector<digest_algorithm> algorithms{{hash_algorithm::sha256, false}, {hash_algorithm::md5, false}};
    bool offers_auth_int = false;  ///< the body may be covered as well; proxies that change bodies break it
    bool allows_no_qop = true;     ///< RFC 2069 clients, whose nonces serve once (RFC 3261 22.4)
    duration nonce_life = std::chrono::minutes(5);  ///< older ones are answered with stale=true
    std::size_t most_nonces = 4096;  ///< remembered; the oldest are refused as stale beyond
};

enum class digest_verdict : std::uint8_t {
    accepted,
    missing,    ///< no credentials for this realm: challenge
    rejected,   ///< wrong user or password, nobody can tell which: challenge again, which ends a phone's attempts
    stale,      ///< right password, but the nonce is too old or was used already: challenge with stale=true
    malformed,  ///< 400
};

/// What a request's credentials are worth.
struct digest_judgement {
    digest_verdict verdict = digest_verdict::missing;  ///< what to do
    std::string user;                 ///< with accepted
    std::string authentication_info;  ///< with accepted: the value of Authentication-Info (RFC 7616 3.5)
};

/// Who asks: 401 with WWW-Authenticate and Authorization, or 407 with the headers of a proxy (RFC 3261 22.2, 22.3).
enum class digest_role : std::uint8_t { user_agent, proxy };

/// Challenges and verifies (RFC 7616, RFC 8760).
class digest_server {
public:
    /// `environment` outlives the server.
    digest_server(digest_server_settings, environment&);

    /// The values of WWW-Authenticate or Proxy-Authenticate, one for each algorithm. `realm` is written as it is, and
    /// may not hold quotes or backslashes.
    [[nodiscard]] std::vector<std::string> challenges(time_point now, std::string_view realm, digest_verdict why);
    /// Judges the credentials that a request carries for this realm.
    [[nodiscard]] digest_judgement judge(
        time_point now, message_view request, std::string_view realm, digest_role, secret_source
    );

    /// Nonces of which counts are kept.
    [[nodiscard]] std::size_t remembered() const noexcept { return used_.size(); }

private:
    /// Counts of one nonce: the highest, and which of the 32 below it were seen, since datagrams overtake each other.
    struct use {
        std::uint32_t highest = 0, seen = 0;
    };
    [[nodiscard]] digest_judgement judge(
        time_point now, message_view request, std::string_view realm, credentials_view const&, secret_source
    );
    [[nodiscard]] std::string nonce(time_point now, std::string_view realm);
    [[nodiscard]] std::string opaque(std::string_view realm) const;
    [[nodiscard]] std::uint64_t checksum(std::string_view birth_and_salt, std::string_view realm) const;
    [[nodiscard]] std::optional<duration> age_of(time_point now, std::string_view nonce, std::string_view realm) const;
    [[nodiscard]] bool count_use(time_point now, std::string_view nonce, std::uint32_t count);
    [[nodiscard]] std::string info(
        time_point now, std::string_view realm, credentials_view const&, digest_algorithm, std::uint32_t count,
        std::string_view ha1
    );

    digest_server_settings settings_;
    environment* environment_;
    hash_key key_;
    std::string nobody_;  ///< secret of users that do not exist
    /// Nonces begin with their birth time, so the map is in order of age.
    std::map<std::string, use, std::less<>> used_;
    /// Nonces up to this one were forgotten to keep the table small: none of them is accepted any more.
    std::string forgotten_;
};

}  // namespace sip
