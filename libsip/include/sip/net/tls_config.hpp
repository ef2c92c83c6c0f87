// What a user sets for TLS: whom to trust, and who we are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sip/error.hpp"

namespace sip::net {

/// PEM text, in a file or in memory.
struct pem {
    std::string file = {};  ///< a path; where it is empty, `text` holds the PEM
    std::string text = {};  ///< the PEM itself; counts where `file` is empty

    /// What stands in a file, read when it is needed.
    [[nodiscard]] static pem from_file(std::string path) { return {.file = std::move(path)}; }
    /// What the program has.
    [[nodiscard]] static pem in_memory(std::string text) { return {.text = std::move(text)}; }
    /// True where nothing is set.
    [[nodiscard]] bool empty() const noexcept { return file.empty() && text.empty(); }
};

/// What a server wants to know of its clients (RFC 5922 7.4). A certificate that is shown must be good in any case.
enum class client_certificate : std::uint8_t { unasked, wished, demanded };

/// TLS 1.2 and 1.3, for TLS and for secure WebSocket. The defaults verify every server against the system's trust
/// store.
struct tls_config {
    bool verify_servers = true;  ///< false: anybody may answer in the name of anybody
    bool trust_system = true;    ///< the system's certification authorities
    std::vector<pem> trusted;    ///< further authorities, or single certificates that are trusted as they are
    pem certificate;           ///< ours, with the chain behind it; servers need one, clients only where they are asked
    pem private_key;           ///< of `certificate`
    std::string key_password;  ///< where the key is encrypted
    client_certificate clients = client_certificate::unasked;  ///< whether we ask clients for theirs
};

/// Whether files can be read, certificates parsed, and the key fits: errc::unusable_certificate with a sentence in
/// `why`. What a driver does at its first secure connection, for those who want to know before.
[[nodiscard]] error_code check(tls_config const&, std::string* why = nullptr);

}  // namespace sip::net
