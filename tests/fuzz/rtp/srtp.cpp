// Our own SRTP and libsrtp2 under the same keys and the same traffic: every packet is protected to the same bytes, and
// opened or refused for the same reason, whatever order, loss, replay and damage the input makes of it. What was
// protected and arrives whole is opened to what it was.
//
// Input: the first octet chooses suite and replay window, the second the length of the MKI; then instructions of four
// octets: what, which source or slot, two of argument; some take bytes that follow.
#include "rtp/crypto/srtp.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "rtp/wire/bytes.hpp"
#include "support/srtp_twins.hpp"

namespace {

using namespace rtp;
using byte_vector = std::vector<std::byte>;

void require(bool holds) {
    if (!holds) std::abort();
}

srtp_settings settings_of(unsigned choice, unsigned mki) {
    srtp_settings settings;
    settings.suite = all_crypto_suites[choice % all_crypto_suites.size()];
    settings.replay_window = 64U << (choice >> 4 & 3);
    auto const& traits = traits_of(settings.suite);
    // libsrtp2 cannot receive RTCP with an MKI if its tags differ from those of RTP.
    byte_vector const name(traits.rtp_tag_size == traits.rtcp_tag_size ? mki % 20 : 0, std::byte{7});
    byte_vector key(traits.key_size + traits.salt_size);
    for (std::size_t i = 0; i < key.size(); ++i)
        key[i] = static_cast<std::byte>(i * 7 + choice);
    settings.keys.push_back(*srtp_master_key::create(settings.suite, key, name));
    return settings;
}

class driver {
public:
    driver(std::uint8_t const* data, std::size_t size)
        : rest_(data, size), choice_(next()), mki_(next()), twins_(settings_of(choice_, mki_)) {}

    void run() {
        while (rest_.size() >= 4) {
            auto const what = next();
            auto const which = next();
            auto const high = next();
            auto const argument = static_cast<std::uint16_t>(high << 8 | next());
            step(what, which, argument);
        }
    }

private:
    struct packet {
        bool is_rtp = true;
        byte_vector plain;
        byte_vector bytes;
    };
    struct source {
        std::uint32_t sequence = 0;
        bool is_heard = false;
    };

    std::uint8_t next() {
        if (rest_.empty()) return 0;
        auto const value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }
    byte_vector take(std::size_t size) {
        auto const part = rest_.first(std::min(size, rest_.size()));
        rest_ = rest_.subspan(part.size());
        auto const bytes = std::as_bytes(part);
        return {bytes.begin(), bytes.end()};
    }

    void step(unsigned what, unsigned which, std::uint16_t argument) {
        auto const& slot = slots_[which % slots_.size()];
        switch (what % 8) {
            case 0:
            case 1:
                return send_rtp(what, which % sources_.size(), argument);
            case 2:
                return send_rtcp(which % sources_.size(), argument);
            case 3:
                return deliver(slot, slot.bytes);
            case 4: {
                auto damaged = slot.bytes;
                if (!damaged.empty()) damaged[argument % damaged.size()] ^= static_cast<std::byte>(1U + (what >> 3));
                return deliver(slot, damaged);
            }
            case 5: {
                auto cut = slot.bytes;
                cut.resize(argument % (cut.size() + 1));
                return deliver(slot, cut);
            }
            case 6: {
                auto const bytes = take(argument % 64);
                require((which & 1U) != 0 ? twins_.unprotect_rtp(bytes) : twins_.unprotect_rtcp(bytes));
                return;
            }
            case 7: {
                // Of any form, but from no source whose roll-over is being followed.
                auto bytes = take(argument % 64);
                auto const at = (which & 1U) != 0 ? 8U : 4U;
                if (bytes.size() > at) bytes[at] = std::byte{0x80};
                require((which & 1U) != 0 ? twins_.protect_rtp(bytes) : twins_.protect_rtcp(bytes));
                return;
            }
        }
    }

    void send_rtp(unsigned what, std::size_t which, std::uint16_t argument) {
        auto& from = sources_[which];
        from.sequence += (what & 8U) != 0 ? argument & 0x3FFFU : 1;
        auto const csrcs = what >> 4;
        packet made{true, byte_vector(12 + 4 * csrcs + argument % 256), {}};
        made.plain[0] = static_cast<std::byte>(0x80U | csrcs);
        store_u16(std::span(made.plain).subspan(2), static_cast<std::uint16_t>(from.sequence));
        store_u32(std::span(made.plain).subspan(8), static_cast<std::uint32_t>(which));
        require(twins_.protect_rtp(made.plain));
        if (twins_.error()) return;
        made.bytes = twins_.result();
        // Who misses the beginning of a stream cannot know of its roll-over; only our own finds out.
        if (!std::exchange(from.is_heard, true)) deliver(made, made.bytes);
        keep(std::move(made));
    }
    void send_rtcp(std::size_t which, std::uint16_t argument) {
        packet made{false, byte_vector(8 + argument % 128, std::byte{5}), {}};
        store_u32(made.plain, 0x80c9'0001);
        store_u32(std::span(made.plain).subspan(4), static_cast<std::uint32_t>(which));
        require(twins_.protect_rtcp(made.plain));
        require(!twins_.error());
        made.bytes = twins_.result();
        keep(std::move(made));
    }
    void keep(packet made) {
        slots_[next_slot_] = std::move(made);
        next_slot_ = (next_slot_ + 1) % slots_.size();
    }
    void deliver(packet const& sent, byte_vector const& arriving) {
        if (sent.bytes.empty()) return;
        require(sent.is_rtp ? twins_.unprotect_rtp(arriving) : twins_.unprotect_rtcp(arriving));
        if (!twins_.error()) require(arriving == sent.bytes && twins_.result() == sent.plain);
    }

    std::span<std::uint8_t const> rest_;
    std::uint8_t choice_;
    std::uint8_t mki_;
    test::srtp_twins twins_;
    std::array<packet, 16> slots_;
    std::size_t next_slot_ = 0;
    std::array<source, 3> sources_{source{65530, false}, source{1, false}, source{32760, false}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    driver(data, size).run();
    return 0;
}
