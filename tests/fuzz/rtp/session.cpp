// A whole session driven by the input: datagrams of any content from three addresses, audio, digits and feedback to
// send, descriptions that change, and time that passes. Whatever comes: deadlines move on, what is sent is well-formed,
// and digits start and end in pairs.
//
// The input is a list of commands: one byte that chooses, one byte of argument, and for datagrams that many bytes of
// content (times two).
#include "rtp/session/session.hpp"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "rtp/wire/demux.hpp"
#include "rtp/wire/rtcp.hpp"

namespace {

using namespace rtp;
using namespace std::chrono_literals;

void require(bool holds) {
    if (!holds) std::abort();
}

endpoint address(unsigned which) {
    auto made = endpoint::from_text("192.0.2.1", static_cast<std::uint16_t>(4000 + which % 2));
    if (which % 5 == 4) made = endpoint::from_text("239.1.2.3", 4000);
    if (which % 3 == 2) made = endpoint::from_text("2001:db8::7", 5000);
    return *made;
}

class driver {
public:
    driver(std::uint8_t const* data, std::size_t size) : rest_(data, size) {
        auto const variant = next();
        session_settings settings;
        settings.cname = "fuzz@example";
        settings.rtcp = static_cast<rtcp_transport>(variant % 3);
        settings.latch = (variant & 4U) != 0 ? latching::once : latching::off;
        settings.media_timeout = (variant & 8U) != 0 ? 2s : 0s;
        settings.relearn_after = (variant & 16U) != 0 ? 1s : 0s;
        settings.session_bandwidth = (variant & 32U) != 0 ? 1000 : 160'000;
        auto made = session::create(time(), settings, environment_, pool_);
        require(made.has_value());
        media_.emplace(std::move(*made));
        rtcp_features features;
        if ((variant & 64U) != 0) {
            features.profile = rtcp_profile::avpf;
            features.form = rtcp_form::reduced_size;
            features.sends_generic_nack = true;
            features.regular_minimum = (variant & 8U) != 0 ? 3s : 0s;
        }
        features.measures_round_trip = features.sends_statistics_summary = features.sends_voip_metrics =
            (variant & 128U) != 0;
        require(!media_->set_rtcp_features(features));
        payload_map map;
        map.receive = {{payload_type{0}}, {payload_type{101}, clock_rate{8000}, payload_use::telephone_event}};
        map.send_events = event_format{payload_type{101}};
        media_->set_payloads(time(), map);
        media_->set_remote(time(), {address(0), address(1)});
        media_->set_direction(time(), direction::send_receive, peer_media::expected, out_);
    }

    void run() {
        while (!rest_.empty()) {
            auto const command = next();
            command_with(command, next());
            check_output();
        }
        media_->stop(time(), "end", out_);
        check_output();
        require(started_ == ended_);
    }

private:
    std::uint8_t next() {
        if (rest_.empty()) return 0;
        auto const value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }

    void command_with(unsigned command, unsigned argument) {
        switch (command % 8) {
            case 0:
            case 1:
            case 2: {
                auto const content = rest_.first(std::min<std::size_t>(rest_.size(), 2 * argument));
                rest_ = rest_.subspan(content.size());
                auto const via = (command & 8U) != 0 ? component::rtcp : component::rtp;
                media_->on_packet(
                    time(), via, packet_buffer(pool_, std::as_bytes(content)), address(command >> 4), out_
                );
                break;
            }
            case 3: {
                packet_buffer frame(pool_);
                (void)frame.append(argument);
                (void)media_->send(time(), {payload_type{0}, argument, false, std::move(frame)}, out_);
                break;
            }
            case 4: {
                auto const length = (command & 8U) != 0 ? std::optional<duration>(argument * 40ms) : std::nullopt;
                (void)media_->send_digit(time(), "0123456789*#ABCD"[argument % 16], length, out_);
                break;
            }
            case 5:
                if ((command & 8U) != 0)
                    report_missing(command >> 4, argument);
                else
                    media_->release_digit(time());
                break;
            case 6:
                if ((command & 8U) != 0)
                    media_->set_remote(time(), {address(argument), address(argument >> 4)});
                else
                    media_->set_direction(
                        time(), static_cast<direction>(argument % 4), static_cast<peer_media>(argument / 4 % 2), out_
                    );
                break;
            case 7:
                pass(std::chrono::milliseconds(argument * ((command & 8U) != 0 ? 10 : 1)));
                break;
        }
    }

    void report_missing(unsigned count, unsigned first) {
        std::vector<sequence_t> missing;
        for (unsigned i = 0; i < count; ++i)
            missing.push_back(static_cast<sequence_t>(first + i * i));
        (void)media_->report_missing(time(), missing);
        media_->on_discarded(ssrc_t{first}, static_cast<sequence_t>(first));
        require(media_->measurements().losses.burst_packets <= media_->measurements().losses.expected);
    }

    void pass(duration span) {
        auto const end = now_ + span;
        while (auto const deadline = media_->next_deadline()) {
            if (*deadline > end) break;
            now_ = std::max(now_, *deadline);
            media_->on_timeout(time(), out_);
            check_output();
            auto const following = media_->next_deadline();
            require(!following || *following > now_);
        }
        now_ = end;
    }

    void check_output() {
        for (auto const& datagram : out_.datagrams) {
            require(datagram.to.is_usable());
            auto const bytes = datagram.packet.bytes();
            if (classify(bytes) == datagram_kind::rtcp)
                require(compound_view::parse(bytes, rtcp_form::reduced_size).has_value());
            else
                require(packet_view::parse(bytes).has_value());
        }
        for (auto const& happened : out_.events) {
            if (std::holds_alternative<digit_started>(happened)) ++started_;
            if (std::holds_alternative<digit_ended>(happened)) ++ended_;
            require(started_ - ended_ <= 1);
        }
        out_.clear();
    }

    [[nodiscard]] now_t time() const { return {now_, wall_point(now_.time_since_epoch())}; }

    std::span<std::uint8_t const> rest_;
    std::uint64_t random_state_ = 1;
    environment environment_{
        [this] { return random_state_ = random_state_ * 6364136223846793005U + 1442695040888963407U; }};
    packet_pool pool_;
    std::optional<session> media_;
    outbox out_;
    time_point now_ = time_point{} + 1h;
    unsigned started_ = 0;
    unsigned ended_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    driver(data, size).run();
    return 0;
}
