#include "rtp/crypto/dtls_association.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <utility>

#include "crypto/dtls_context.hpp"
#include "crypto/evp.hpp"
#include "rtp/wire/bytes.hpp"

namespace rtp {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t record_header = 13;     // RFC 6347 4.1: type, version, epoch, sequence number, length
constexpr std::size_t largest_output = 1200;  // below what any path to a peer carries

dtls_notes& notes_of(SSL const* ssl) noexcept {
    return *static_cast<dtls_notes*>(SSL_get_app_data(ssl));
}

void note_alert(SSL const* ssl, int where, int value) {
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT) notes_of(ssl).alert = SSL_alert_desc_string_long(value);
}

// OpenSSL asks how long to wait, in microseconds: 0 before the first time, then the time before.
unsigned next_wait(SSL* ssl, unsigned before) {
    auto const first =
        std::chrono::duration_cast<std::chrono::microseconds>(notes_of(ssl).settings.first_retransmission);
    return before == 0 ? static_cast<unsigned>(first.count()) : std::min(2 * before, 60'000'000U);
}

std::optional<crypto_suite> suite_of(SRTP_PROTECTION_PROFILE const* profile) noexcept {
    if (profile == nullptr) return std::nullopt;
    switch (profile->id) {
        case SRTP_AES128_CM_SHA1_80:
            return crypto_suite::aes_cm_128_hmac_sha1_80;
        case SRTP_AES128_CM_SHA1_32:
            return crypto_suite::aes_cm_128_hmac_sha1_32;
        case SRTP_AEAD_AES_128_GCM:
            return crypto_suite::aead_aes_128_gcm;
        case SRTP_AEAD_AES_256_GCM:
            return crypto_suite::aead_aes_256_gcm;
        default:
            return std::nullopt;
    }
}

// RFC 5764 4.2: client key, server key, client salt, server salt.
std::optional<dtls_srtp_keys> export_keys(SSL* ssl, crypto_suite suite, dtls_role role) {
    constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
    auto const& traits = traits_of(suite);
    std::array<std::byte, 2 * max_key_and_salt_size> material;
    auto const all = std::span(material).first(2 * (traits.key_size + traits.salt_size));
    std::optional<dtls_srtp_keys> keys;
    if (SSL_export_keying_material(ssl, as_uchar(all.data()), all.size(), label.data(), label.size(), nullptr, 0, 0) ==
        1) {
        auto const master = [&](std::size_t side) {
            secret both(traits.key_size + traits.salt_size);
            auto const out = both.writable();
            std::ranges::copy(all.subspan(side * traits.key_size, traits.key_size), out.begin());
            std::ranges::copy(
                all.subspan(2 * traits.key_size + side * traits.salt_size, traits.salt_size),
                out.subspan(traits.key_size).begin()
            );
            return srtp_master_key{both, {}};
        };
        bool const is_client = role == dtls_role::active;
        keys.emplace(dtls_srtp_keys{suite, master(is_client ? 0 : 1), master(is_client ? 1 : 0)});
    }
    OPENSSL_cleanse(material.data(), material.size());
    return keys;
}

bool is_valid(dtls_settings const& settings) noexcept {
    return !settings.peer.empty() && settings.peer.size() <= 16 && settings.first_retransmission >= 1ms &&
           settings.first_retransmission <= 60s && settings.handshake_limit > duration::zero();
}

}  // namespace

int judge_certificate(X509_STORE_CTX* store, void*) noexcept {
    auto const* const ssl =
        static_cast<SSL const*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& notes = notes_of(ssl);
    auto const& promised = notes.settings.peer;
    auto const strongest = std::ranges::max_element(promised, {}, &fingerprint::hash)->hash;
    auto const shown = fingerprint_of(X509_STORE_CTX_get0_cert(store), strongest);
    notes.is_mismatch = !shown || std::ranges::find(promised, *shown) == promised.end();
    X509_STORE_CTX_set_error(store, notes.is_mismatch ? X509_V_ERR_CERT_REJECTED : X509_V_OK);
    return notes.is_mismatch ? 0 : 1;
}

struct dtls_association::implementation {
    dtls_notes notes;
    std::unique_ptr<SSL, free_ssl> ssl;
    BIO* in = nullptr;  // both owned by `ssl`
    BIO* out = nullptr;
    state current = state::handshaking;
    std::string reason;
    std::optional<dtls_srtp_keys> keys;
    time_point limit;
    std::optional<time_point> resend_at;

    bool open(SSL_CTX* context) {
        ssl.reset(SSL_new(context));
        BIO* const received = BIO_new(BIO_s_mem());
        BIO* const to_send = BIO_new(BIO_s_mem());
        if (!ssl || received == nullptr || to_send == nullptr) {
            BIO_free(received);
            BIO_free(to_send);
            return false;
        }
        SSL_set_bio(ssl.get(), received, to_send);
        in = received;
        out = to_send;
        BIO_set_mem_eof_return(in, -1);  // nothing there means not yet, rather than never
        SSL_set_mtu(ssl.get(), static_cast<long>(largest_output));
        SSL_set_app_data(ssl.get(), &notes);
        SSL_set_info_callback(ssl.get(), &note_alert);
        DTLS_set_timer_cb(ssl.get(), &next_wait);
        if (notes.settings.role == dtls_role::active)
            SSL_set_connect_state(ssl.get());
        else
            SSL_set_accept_state(ssl.get());
        return true;
    }

    void end(state how, std::string why) {
        current = how;
        reason = std::move(why);
        resend_at.reset();
    }

    // Why OpenSSL gave up, the cause that says most first.
    void fail() {
        auto const* const words = ERR_reason_error_string(ERR_peek_last_error());
        if (notes.is_mismatch)
            end(state::failed, "the peer's certificate does not have the fingerprint that was signalled");
        else if (notes.alert != nullptr)
            end(state::failed, std::string("the peer ended the handshake: ") + notes.alert);
        else
            end(state::failed, std::string("the handshake failed: ") + (words != nullptr ? words : "unknown reason"));
    }

    void run(time_point now) {
        ERR_clear_error();
        if (current == state::handshaking) shake_hands();
        if (current == state::established) read();
        plan(now);
    }

    void shake_hands() {
        int const done = SSL_do_handshake(ssl.get());
        if (done != 1) {
            if (SSL_get_error(ssl.get(), done) != SSL_ERROR_WANT_READ) fail();
            return;
        }
        // RFC 5764 4.1.2: without a profile in common there is no SRTP.
        auto const suite = suite_of(SSL_get_selected_srtp_profile(ssl.get()));
        if (!suite) return end(state::failed, "the peer agreed to no SRTP profile");
        keys = export_keys(ssl.get(), *suite, notes.settings.role);
        if (!keys) return end(state::failed, "no keys could be exported");
        current = state::established;
    }

    // No data is expected (RFC 5764 4.1), but alerts, and the peer's last flight if ours was lost.
    void read() {
        std::array<std::byte, 256> ignored;
        int size = 0;
        while ((size = SSL_read(ssl.get(), ignored.data(), static_cast<int>(ignored.size()))) > 0) {
        }
        auto const error = SSL_get_error(ssl.get(), size);
        if (error == SSL_ERROR_WANT_READ) return;
        if (error == SSL_ERROR_ZERO_RETURN) {
            (void)SSL_shutdown(ssl.get());
            return end(state::closed, "the peer closed the association");
        }
        end(state::closed, std::string("the association broke: ") + (notes.alert != nullptr ? notes.alert : "unknown"));
    }

    void plan(time_point now) {
        timeval left{};
        resend_at.reset();
        if (current != state::handshaking || DTLSv1_get_timeout(ssl.get(), &left) != 1) return;
        auto const wait = std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
        resend_at = now + std::max<duration>(wait, 1ms);
    }
};

result<dtls_association> dtls_association::create(
    time_point now, dtls_identity const& identity, dtls_settings const& settings
) {
    if (!is_valid(settings)) return make_error_code(errc::invalid_argument);
    auto made = std::make_unique<implementation>();
    made->notes.settings = settings;
    made->limit = now + settings.handshake_limit;
    if (!made->open(identity.context_->ssl.get())) return make_error_code(errc::crypto_failed);
    if (settings.role == dtls_role::active) made->run(now);
    return dtls_association(std::move(made));
}

dtls_association::dtls_association(std::unique_ptr<implementation> self) noexcept : self_(std::move(self)) {}
dtls_association::dtls_association(dtls_association&&) noexcept = default;
dtls_association& dtls_association::operator=(dtls_association&&) noexcept = default;
dtls_association::~dtls_association() = default;

void dtls_association::on_datagram(time_point now, std::span<const std::byte> datagram) {
    bool const is_over = self_->current == state::closed || self_->current == state::failed;
    if (is_over || datagram.size() < record_header) return;
    if (BIO_write(self_->in, datagram.data(), static_cast<int>(datagram.size())) <= 0) return;
    self_->run(now);
    (void)BIO_reset(self_->in);  // a datagram is used up as a whole
}

void dtls_association::on_timeout(time_point now) {
    if (self_->current != state::handshaking) return;
    if (now >= self_->limit) return self_->end(state::failed, "the handshake took too long");
    ERR_clear_error();
    if (DTLSv1_handle_timeout(self_->ssl.get()) < 0) return self_->fail();
    self_->plan(now);
}

std::optional<time_point> dtls_association::next_deadline() const noexcept {
    if (self_->current != state::handshaking) return std::nullopt;
    return self_->resend_at ? std::min(*self_->resend_at, self_->limit) : self_->limit;
}

void dtls_association::close() {
    if (self_->current == state::established) (void)SSL_shutdown(self_->ssl.get());
    if (self_->current != state::failed) self_->end(state::closed, "closed by us");
}

dtls_association::state dtls_association::current() const noexcept {
    return self_->current;
}

std::string const& dtls_association::reason() const noexcept {
    return self_->reason;
}

std::optional<dtls_srtp_keys> dtls_association::take_keys() {
    return std::exchange(self_->keys, std::nullopt);
}

void dtls_association::take_output(std::function<void(std::span<const std::byte>)> const& send) {
    // The buffer forgets where datagrams end, but the records in it say it.
    char* data = nullptr;
    auto const size = BIO_get_mem_data(self_->out, &data);
    auto rest = std::as_bytes(std::span(data, static_cast<std::size_t>(std::max(size, 0L))));
    while (rest.size() >= record_header) {
        std::size_t together = 0;
        while (rest.size() - together >= record_header) {
            auto const next = record_header + load_u16(rest.subspan(together + record_header - 2));
            if (next > rest.size() - together || (together > 0 && together + next > largest_output)) break;
            together += next;
        }
        if (together == 0) break;
        send(rest.first(together));
        rest = rest.subspan(together);
    }
    (void)BIO_reset(self_->out);
}

}  // namespace rtp
