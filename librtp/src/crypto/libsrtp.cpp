// libsrtp2 keeps indices, replay lists and session keys itself. What it does not know is kept here: lifetimes, and a
// bound on the sources, which it would add without end.
#include "crypto/libsrtp.hpp"

#ifdef OFFHOOK_HAS_LIBSRTP

#include <srtp2/srtp.h>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "crypto/evp.hpp"
#include "crypto/key_ring.hpp"
#include "crypto/srtp_layout.hpp"
#include "rtp/crypto/packet_index.hpp"

namespace rtp {

namespace {

bool is_library_ready() noexcept {
    static bool const ready = srtp_init() == srtp_err_status_ok;
    return ready;
}

error_code to_error(srtp_err_status_t status) noexcept {
    // libsrtp has more causes than matter here. It "cannot check" RTCP whose E bit is clear, where that is not agreed.
    if (status == srtp_err_status_ok) return {};
    if (status == srtp_err_status_auth_fail || status == srtp_err_status_cipher_fail ||
        status == srtp_err_status_cant_check)
        return errc::authentication_failed;
    if (status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old ||
        status == srtp_err_status_pkt_idx_old)
        return errc::replayed;
    if (status == srtp_err_status_bad_mki) return errc::unknown_mki;
    if (status == srtp_err_status_key_expired) return errc::key_expired;
    if (status == srtp_err_status_bad_param || status == srtp_err_status_parse_err) return errc::truncated;
    return errc::crypto_failed;
}

void set_suite(srtp_policy_t& policy, crypto_suite suite) noexcept {
    switch (suite) {
        case crypto_suite::aes_cm_128_hmac_sha1_80:
            srtp_crypto_policy_set_rtp_default(&policy.rtp);
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
            break;
        case crypto_suite::aes_cm_128_hmac_sha1_32:
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
            break;
        case crypto_suite::aes_256_cm_hmac_sha1_80:
            srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
            srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
            break;
        case crypto_suite::aes_256_cm_hmac_sha1_32:
            srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy.rtp);
            srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
            break;
        case crypto_suite::aead_aes_128_gcm:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
            break;
        case crypto_suite::aead_aes_256_gcm:
            srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
            srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
            break;
    }
}

// srtp_policy_t, and the copies of keys that it points to, for one call.
class policy final {
public:
    policy(srtp_settings const& settings, srtp_ssrc_t who) : keys_(settings.keys.begin(), settings.keys.end()) {
        set_suite(policy_, settings.suite);
        policy_.ssrc = who;
        policy_.window_size = settings.replay_window;
        masters_.reserve(keys_.size());
        for (auto& key : keys_) {
            masters_.push_back(
                {as_uchar(key.key_and_salt.writable().data()), as_uchar(key.mki.data()),
                 static_cast<unsigned>(key.mki.size())}
            );
            pointers_.push_back(&masters_.back());
        }
        policy_.keys = pointers_.data();
        policy_.num_master_keys = pointers_.size();
    }
    policy(policy const&) = delete;
    policy& operator=(policy const&) = delete;

    [[nodiscard]] srtp_policy_t const* get() const noexcept { return &policy_; }

private:
    std::vector<srtp_master_key> keys_;
    std::vector<::srtp_master_key_t> masters_;
    std::vector<::srtp_master_key_t*> pointers_;
    srtp_policy_t policy_{};
};

struct free_session {
    void operator()(srtp_ctx_t* session) const noexcept { (void)srtp_dealloc(session); }
};
using session_ptr = std::unique_ptr<srtp_ctx_t, free_session>;

session_ptr make_session(srtp_settings const& settings, srtp_ssrc_type_t direction) {
    policy const wanted(settings, {direction, 0});
    srtp_t session = nullptr;
    return is_library_ready() && srtp_create(&session, wanted.get()) == srtp_err_status_ok ? session_ptr(session)
                                                                                           : nullptr;
}

// One direction.
class context {
public:
    context(session_ptr session, srtp_settings const& settings)
        : session_(std::move(session)), limit_(settings.max_sources) {
        take(settings);
    }

    void take(srtp_settings const& settings) {
        traits_ = &traits_of(settings.suite);
        lives_.clear();
        for (auto const& key : settings.keys)
            lives_.push_back({key.mki, key.lifetime, std::min(key.lifetime, std::uint64_t{1} << 31)});
    }

    struct life {
        boost::container::small_vector<std::byte, 4> mki;
        std::uint64_t rtp_left;
        std::uint64_t rtcp_left;
        [[nodiscard]] std::uint64_t& left(packet_kind kind) noexcept {
            return kind == packet_kind::rtp ? rtp_left : rtcp_left;
        }
    };
    [[nodiscard]] life* find_life(std::span<const std::byte> mki) noexcept {
        auto const at = std::ranges::find_if(lives_, [&](life const& l) { return std::ranges::equal(l.mki, mki); });
        return at == lives_.end() ? nullptr : &*at;
    }
    [[nodiscard]] bool may_add(ssrc_t who) const noexcept {
        return sources_.size() < limit_ || std::ranges::find(sources_, who) != sources_.end();
    }
    void remember(ssrc_t who) {
        if (std::ranges::find(sources_, who) == sources_.end()) sources_.push_back(who);
    }

    session_ptr session_;
    suite_traits const* traits_ = nullptr;
    std::size_t limit_;
    std::vector<life> lives_;
    std::vector<ssrc_t> sources_;
};

class libsrtp_sender final : public srtp_sender {
public:
    libsrtp_sender(session_ptr session, srtp_settings const& settings) : context_(std::move(session), settings) {}

    error_code protect_rtp(packet_buffer& packet) override { return protect(packet, packet_kind::rtp); }
    error_code protect_rtcp(packet_buffer& packet) override { return protect(packet, packet_kind::rtcp); }

    error_code set_keys(srtp_settings const& settings) override {
        if (auto const error = check(settings)) return error;
        policy const wanted(settings, {ssrc_any_outbound, 0});
        if (srtp_update(context_.session_.get(), wanted.get()) != srtp_err_status_ok) return errc::crypto_failed;
        context_.take(settings);
        return {};
    }
    std::uint64_t packets_left() const noexcept override {
        return std::min(context_.lives_.front().rtp_left, context_.lives_.front().rtcp_left);
    }

private:
    error_code protect(packet_buffer& packet, packet_kind kind) {
        auto& key = context_.lives_.front();
        if (key.left(kind) == 0) return errc::key_expired;
        auto const before = packet.size();
        auto const behind = trailer_size(*context_.traits_, kind, key.mki.size());
        if (packet.append(behind).size() != behind) return errc::too_large;
        auto const parts = lay_out(packet.bytes(), kind, *context_.traits_, key.mki.size());
        if (!parts) return parts.error().code;
        if (!context_.may_add(parts->ssrc)) return errc::too_many_sources;
        auto size = static_cast<int>(before);
        auto const call = kind == packet_kind::rtp ? &srtp_protect_mki : &srtp_protect_rtcp_mki;
        auto const status = call(context_.session_.get(), packet.bytes().data(), &size, key.mki.empty() ? 0U : 1U, 0);
        if (auto const error = to_error(status)) return error;
        context_.remember(parts->ssrc);
        packet.set_size(static_cast<std::size_t>(size));
        --key.left(kind);
        return {};
    }

    context context_;
};

class libsrtp_receiver final : public srtp_receiver {
public:
    libsrtp_receiver(session_ptr session, srtp_settings const& settings) : context_(std::move(session), settings) {}

    error_code go_on_with(srtp_settings const& settings, source_position const& known) {
        auto const ssrc = static_cast<unsigned>(known.ssrc);
        policy const wanted(settings, {ssrc_specific, ssrc});
        auto* const session = context_.session_.get();
        if (srtp_add_stream(session, wanted.get()) != srtp_err_status_ok ||
            srtp_set_stream_roc(session, ssrc, rollover_of(known.highest_index)) != srtp_err_status_ok)
            return errc::crypto_failed;
        context_.remember(known.ssrc);
        return {};
    }

    error_code unprotect_rtp(packet_buffer& packet) override { return unprotect(packet, packet_kind::rtp); }
    error_code unprotect_rtcp(packet_buffer& packet) override { return unprotect(packet, packet_kind::rtcp); }

    source_positions positions() const override {
        source_positions known;
        for (auto const source : context_.sources_) {
            std::uint32_t rollover = 0;
            if (srtp_get_stream_roc(context_.session_.get(), static_cast<unsigned>(source), &rollover) ==
                srtp_err_status_ok)
                known.push_back({source, std::uint64_t{rollover} << 16});
        }
        return known;
    }

private:
    error_code unprotect(packet_buffer& packet, packet_kind kind) {
        auto const mki_size = context_.lives_.front().mki.size();
        auto const parts = lay_out(packet.bytes(), kind, *context_.traits_, mki_size);
        if (!parts) return parts.error().code;
        auto* const key = context_.find_life(parts->mki);
        if (key == nullptr) return errc::unknown_mki;
        if (key->left(kind) == 0) return errc::key_expired;
        if (!context_.may_add(parts->ssrc)) return errc::too_many_sources;
        // GCM's tag is checked last, when the text is decrypted already.
        if (context_.traits_->is_aead) copy_.assign(packet.bytes().begin(), packet.bytes().end());
        auto size = static_cast<int>(packet.size());
        auto const call = kind == packet_kind::rtp ? &srtp_unprotect_mki : &srtp_unprotect_rtcp_mki;
        auto const status = call(context_.session_.get(), packet.bytes().data(), &size, mki_size == 0 ? 0U : 1U);
        if (auto const error = to_error(status)) {
            std::ranges::copy(copy_, packet.bytes().begin());
            return error;
        }
        context_.remember(parts->ssrc);
        packet.set_size(static_cast<std::size_t>(size));
        --key->left(kind);
        return {};
    }

    context context_;
    std::vector<std::byte> copy_;  // of the packet, to give it back as it came
};

}  // namespace

result<std::unique_ptr<srtp_sender>> make_libsrtp_sender(srtp_settings const& settings) {
    if (auto const error = check(settings)) return error;
    auto session = make_session(settings, ssrc_any_outbound);
    if (!session) return make_error_code(errc::crypto_failed);
    return std::make_unique<libsrtp_sender>(std::move(session), settings);
}

result<std::unique_ptr<srtp_receiver>> make_libsrtp_receiver(
    srtp_settings const& settings, source_positions const& known
) {
    if (auto const error = check(settings)) return error;
    // libsrtp2 2.5 looks for the MKI of RTCP as far from the end as RTP has it.
    auto const& traits = traits_of(settings.suite);
    if (!settings.keys.front().mki.empty() && traits.rtp_tag_size != traits.rtcp_tag_size)
        return make_error_code(errc::invalid_argument);
    auto session = make_session(settings, ssrc_any_inbound);
    if (!session) return make_error_code(errc::crypto_failed);
    auto made = std::make_unique<libsrtp_receiver>(std::move(session), settings);
    for (auto const& position : known)
        if (auto const error = made->go_on_with(settings, position)) return error;
    return made;
}

}  // namespace rtp

#else

namespace rtp {

result<std::unique_ptr<srtp_sender>> make_libsrtp_sender(srtp_settings const&) {
    return make_error_code(errc::no_such_provider);
}

result<std::unique_ptr<srtp_receiver>> make_libsrtp_receiver(srtp_settings const&, source_positions const&) {
    return make_error_code(errc::no_such_provider);
}

}  // namespace rtp

#endif
