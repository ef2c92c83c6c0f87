// TLS streams (RFC 3261 26.2.1, RFC 5922 7.3, 7.4). The one file that compiles asio::ssl.
#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net/certificate.hpp"
#include "net/tls_contexts.hpp"
#include "sip/transport/certificate_names.hpp"

namespace sip::net {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;

namespace {

/// What an error of OpenSSL means for somebody who wants to repair it; empty where its own text must do.
std::string_view meaning(error_code error) noexcept {
    if (error == ssl::error::stream_truncated || error == asio::error::eof)
        return "it closed the connection in the middle of the TLS handshake";
    if (error.category() != asio::error::get_ssl_category()) return {};
    switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_UNEXPECTED_MESSAGE:
            return "what it says is not TLS";
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return "no common version of the protocol: we speak TLS 1.2 and 1.3";
        case SSL_R_NO_SHARED_CIPHER:
            return "no common cipher";
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return "it refused the handshake: no common cipher, or it demands a certificate of ours";
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return "it showed no certificate, which we demand";
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return "it demands a certificate of ours";
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
            return "it refuses our certificate: unknown CA";
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
            return "it refuses our certificate: expired";
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
            return "it refuses our certificate";
        default:
            return {};
    }
}

class tls_stream final : public byte_stream {
public:
    tls_stream(
        tcp::socket socket, std::shared_ptr<tls_credentials::contexts> contexts, bool is_client, std::string name
    )
        : contexts_(std::move(contexts)),
          stream_(std::move(socket), is_client ? contexts_->client : contexts_->server),
          is_client_(is_client),
          name_(std::move(name)) {
        // SNI (RFC 6066 3): host names only.
        if (is_client && !ip_address::from(name_))
            SSL_ctrl(stream_.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name_.data());
        bool const verifies = is_client ? contexts_->verifies_servers : contexts_->verifies_clients;
        if (verifies)
            stream_.set_verify_callback([this](bool is_good, ssl::verify_context& checked) {
                return accepts(is_good, checked.native_handle());
            });
        else if (is_client)
            names_.push_back(name_);
    }

    tcp::socket& socket() noexcept override { return stream_.next_layer(); }

    void handshake(finished done) override {
        auto const role = is_client_ ? ssl::stream_base::client : ssl::stream_base::server;
        stream_.async_handshake(role, [this, done = std::move(done)](error_code error) mutable {
            if (error && error != asio::error::operation_aborted) {
                auto const known = meaning(error);
                if (failure_.empty()) failure_ = known.empty() ? error.message() : std::string(known);
                error = is_refused_ ? errc::certificate_refused : errc::handshake_failed;
            }
            std::move(done)(error);
        });
    }

    std::string explain(error_code error) const override {
        if (error == errc::certificate_refused || error == errc::handshake_failed) return failure_;
        if (error == ssl::error::stream_truncated) return "it closed the connection without the end that TLS asks for";
        auto const known = meaning(error);
        return known.empty() ? error.message() : std::string(known);
    }

    std::vector<std::string> verified_names() const override { return names_; }

    void read(asio::mutable_buffer into, transferred done) override { stream_.async_read_some(into, std::move(done)); }
    void write(std::span<asio::const_buffer const> pieces, transferred done) override {
        stream_.async_write_some(pieces, std::move(done));
    }
    void shut_down(finished done) override { stream_.async_shutdown(std::move(done)); }
    void close() noexcept override {
        error_code ignored;
        socket().close(ignored);
    }

private:
    bool accepts(bool is_good, X509_STORE_CTX* checked) {
        if (!is_good) {
            is_refused_ = true;
            failure_ = describe_failure(checked);
            return false;
        }
        if (X509_STORE_CTX_get_error_depth(checked) != 0) return true;
        names_ = sip_identities(names_of(X509_STORE_CTX_get_current_cert(checked)));
        if (!is_client_ || names_domain(names_, name_)) return true;
        is_refused_ = true;
        failure_ = describe_mismatch(names_, name_);
        X509_STORE_CTX_set_error(checked, X509_V_ERR_HOSTNAME_MISMATCH);
        return false;
    }

    std::shared_ptr<tls_credentials::contexts> contexts_;
    ssl::stream<tcp::socket> stream_;
    bool is_client_;
    std::string name_;  ///< whom we want to reach, as a client
    std::string failure_;
    bool is_refused_ = false;  ///< a certificate was looked at and not found good
    std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<byte_stream> tls_credentials::client(tcp::socket socket, std::string server_name) const {
    return std::make_unique<tls_stream>(std::move(socket), contexts_, true, std::move(server_name));
}

std::unique_ptr<byte_stream> tls_credentials::server(tcp::socket socket) const {
    return std::make_unique<tls_stream>(std::move(socket), contexts_, false, std::string{});
}

}  // namespace sip::net
