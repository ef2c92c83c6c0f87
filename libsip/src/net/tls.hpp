// TLS below a connection. The header shows nothing of OpenSSL or asio::ssl, which are slow to compile: they stay in the
// files that implement it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/byte_stream.hpp"
#include "sip/net/tls_config.hpp"

namespace sip::net {

/// Certificates and rules, read once and used by every connection of a driver.
class tls_credentials {
public:
    /// errc::unusable_certificate with a sentence in `why`.
    [[nodiscard]] static result<std::shared_ptr<tls_credentials const>> load(tls_config const&, std::string& why);

    /// Shows `server_name` in the handshake (SNI) and demands a certificate for it.
    [[nodiscard]] std::unique_ptr<byte_stream> client(boost::asio::ip::tcp::socket, std::string server_name) const;
    [[nodiscard]] std::unique_ptr<byte_stream> server(boost::asio::ip::tcp::socket) const;
    /// False where there is no certificate of ours to show.
    [[nodiscard]] bool can_serve() const noexcept;

    struct contexts;
    explicit tls_credentials(std::shared_ptr<contexts> made) noexcept : contexts_(std::move(made)) {}

private:
    std::shared_ptr<contexts> contexts_;
};

}  // namespace sip::net
