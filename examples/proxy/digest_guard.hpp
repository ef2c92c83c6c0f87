// The server's side of digest authentication (RFC 3261 22, RFC 7616, RFC 8760): makes challenges and judges answers.
// A nonce carries its own birth time and a keyed checksum, so that a challenge costs no memory; only nonces that a
// password has been proved with are remembered, with the highest count seen (replay).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "settings.hpp"
#include "sip/environment.hpp"
#include "sip/syntax/message.hpp"
#include "sip/transaction/keyed_hash.hpp"

namespace proxy {

enum class verdict : std::uint8_t {
    accepted,
    missing,    ///< no credentials for our realm: challenge
    rejected,   ///< wrong user or password: challenge again, which ends a phone's attempts
    stale,      ///< right password, but the nonce is too old or was used already: challenge with stale=true
    malformed,  ///< 400
};

struct judgement {
    proxy::verdict verdict = proxy::verdict::missing;
    std::string user;  ///< with accepted
};

class digest_guard {
public:
    /// Both outlive the guard.
    digest_guard(settings const&, std::string realm, sip::environment&);

    /// The values of WWW-Authenticate or Proxy-Authenticate, one for each algorithm.
    [[nodiscard]] std::vector<std::string> challenges(sip::time_point now, verdict why);

    /// Judges Authorization (registrar) or Proxy-Authorization (proxy).
    enum class role : std::uint8_t { registrar, proxy };
    [[nodiscard]] judgement judge(sip::time_point now, sip::message_view request, role as);

    [[nodiscard]] std::size_t remembered() const noexcept { return used_.size(); }
    static constexpr std::size_t most_remembered = 4096;

private:
    [[nodiscard]] judgement judge(sip::time_point now, sip::message_view request, sip::credentials_view const&);
    [[nodiscard]] std::string nonce(sip::time_point now);
    [[nodiscard]] std::uint64_t checksum(std::string_view birth_and_salt) const;
    [[nodiscard]] bool is_fresh(sip::time_point now, std::string_view nonce) const;
    [[nodiscard]] bool count_use(sip::time_point now, std::string_view nonce, std::uint32_t count);

    settings const* settings_;
    std::string realm_;
    sip::environment* environment_;
    sip::hash_key key_;
    /// Nonce -> highest count seen. Nonces begin with their birth time, so the map is in order of age.
    std::map<std::string, std::uint32_t, std::less<>> used_;
    /// Nonces up to this one were forgotten to keep the table small: none of them is accepted any more.
    std::string forgotten_;
};

}  // namespace proxy
