// Reads certificates and keys, and lays down what TLS may do.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "net/tls_contexts.hpp"

namespace sip::net {

namespace ssl = boost::asio::ssl;
using boost::asio::buffer;

namespace {

/// What OpenSSL complained of first.
std::string reason() {
    auto const code = ERR_get_error();
    ERR_clear_error();
    auto const* const text = ERR_reason_error_string(code);
    return text != nullptr ? text : "not what it should be";
}

class loader {
public:
    loader(tls_config const& config, std::string& why) : config_(config), why_(why) {}

    bool run(tls_credentials::contexts& to) {
        for (auto* context : {&to.client, &to.server})
            if (!set_rules(*context) || !trust(*context) || !show(*context)) return false;
        to.has_certificate = !config_.certificate.empty();
        to.verifies_servers = config_.verify_servers;
        to.verifies_clients = config_.clients != client_certificate::unasked;
        to.client.set_verify_mode(config_.verify_servers ? ssl::verify_peer : ssl::verify_none);
        switch (config_.clients) {
            case client_certificate::unasked:
                to.server.set_verify_mode(ssl::verify_none);
                break;
            case client_certificate::wished:
                to.server.set_verify_mode(ssl::verify_peer);
                break;
            case client_certificate::demanded:
                to.server.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
                break;
        }
        return true;
    }

private:
    bool fail(std::string text) {
        why_ = std::move(text);
        return false;
    }

    bool read(pem const& source, std::string_view what, std::string& text) {
        text = source.text;
        if (source.file.empty()) return true;
        std::ifstream file(source.file, std::ios::binary);
        text.assign(std::istreambuf_iterator<char>(file), {});
        return text.empty() ? fail(fmt::format("{}: {} cannot be read", what, source.file)) : true;
    }

    static std::string name_of(pem const& source, std::string_view what) {
        return source.file.empty() ? std::string(what) : fmt::format("{} {}", what, source.file);
    }

    bool set_rules(ssl::context& context) {
        auto* const raw = context.native_handle();
        SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
        // Each connection proves itself anew, once: nothing is renegotiated in it, resumed from another, or compressed.
        SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
        SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
        // Idle connections keep no buffers.
        SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
        // Without a callback of ours OpenSSL would ask for the password on the terminal.
        context.set_password_callback([password = config_.key_password](std::size_t, ssl::context::password_purpose) {
            return password;
        });
        return true;
    }

    bool trust(ssl::context& context) {
        error_code error;
        if (config_.trust_system) context.set_default_verify_paths(error);
        if (error) return fail("the system's trusted certificates: " + error.message());
        for (auto const& source : config_.trusted) {
            std::string text;
            if (!read(source, "trusted certificates", text)) return false;
            if (text.empty()) return fail("trusted certificates: the text is empty");
            context.add_certificate_authority(buffer(text), error);
            if (error) return fail(fmt::format("{}: {}", name_of(source, "trusted certificates"), error.message()));
        }
        // A certificate that is trusted as it is need not be an authority that signed itself.
        X509_STORE_set_flags(SSL_CTX_get_cert_store(context.native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
        return true;
    }

    bool show(ssl::context& context) {
        if (config_.certificate.empty()) {
            return config_.private_key.empty() ? true : fail("there is a private key, but no certificate for it");
        }
        std::string certificate, key;
        if (!read(config_.certificate, "certificate", certificate)) return false;
        if (!read(config_.private_key, "private key", key)) return false;
        if (key.empty()) return fail("private key: there is none for the certificate");
        error_code error;
        context.use_certificate_chain(buffer(certificate), error);
        if (error) return fail(fmt::format("{}: {}", name_of(config_.certificate, "certificate"), error.message()));
        context.use_private_key(buffer(key), ssl::context::pem, error);
        if (error) return fail(fmt::format("{}: {}", name_of(config_.private_key, "private key"), error.message()));
        if (SSL_CTX_check_private_key(context.native_handle()) != 1)
            return fail(fmt::format("{}: {}", name_of(config_.private_key, "private key"), reason()));
        return true;
    }

    tls_config const& config_;
    std::string& why_;
};

}  // namespace

result<std::shared_ptr<tls_credentials const>> tls_credentials::load(tls_config const& config, std::string& why) {
    auto made = std::make_shared<contexts>();
    if (!loader(config, why).run(*made)) return errc::unusable_certificate;
    return std::make_shared<tls_credentials const>(std::move(made));
}

bool tls_credentials::can_serve() const noexcept {
    return contexts_->has_certificate;
}

error_code check(tls_config const& config, std::string* why) {
    std::string text;
    auto const loaded = tls_credentials::load(config, text);
    if (why != nullptr) *why = std::move(text);
    return loaded ? error_code{} : loaded.error();
}

}  // namespace sip::net
