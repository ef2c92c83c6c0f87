// One connection: a flow to one peer over TCP, TLS or WebSocket. It cuts messages out of the stream, answers pings, and
// bounds everything: the queue towards the peer, the time a connect, a handshake, a half message or a stalled write may
// take, and silence.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "net/byte_stream.hpp"
#include "net/flow_owner.hpp"
#include "net/lazy_timer.hpp"
#include "sip/handle.hpp"
#include "sip/net/config.hpp"
#include "sip/syntax/framer.hpp"

namespace sip::net {

enum class origin : std::uint8_t { accepted, opened };

class connection final : public std::enable_shared_from_this<connection> {
public:
    connection(std::unique_ptr<byte_stream>, origin, flow_owner&, buffer_pool&, shell_config const&);

    /// Takes over an accepted socket. After the handshake, which may be at once, the owner hears on_accepted(), or else
    /// on_released().
    void accept(endpoint const& local, endpoint const& remote, time_point now);
    /// Begins to receive, for an accepted connection that has got its number.
    void start(flow_id);
    /// Connects; the owner hears on_change(up) or on_change(failed), never before this returns.
    void open(flow_id, endpoint const& remote, time_point now);

    /// Queues, and writes as soon as the connection is up. Reaching the bound fails the flow.
    void send(buffer_ref bytes, transaction_id origin, time_point now);
    /// After on_change(up): drops the queued messages for which `wanted(transaction_id)` is false, then writes the
    /// rest.
    template <class Wanted>
    std::size_t flush(Wanted&& wanted) {
        auto const before = queue_.size();
        for (auto& entry : queue_)
            if (!wanted(entry.origin)) forget(entry);
        std::erase_if(queue_, [](queued const& entry) { return !entry.bytes; });
        up_ = true;
        write();
        return before - queue_.size();
    }

    /// Writes what is queued, then closes; the owner hears on_released() and nothing else. What still comes in is
    /// thrown away for a moment: closing over unread bytes would reset the connection, and lose our last words.
    void finish();
    /// Closes now, and tells the owner as for any failure.
    void abandon(flow_change how, std::string_view why) { end(how, {}, to_string(remote_) + " " + std::string(why)); }
    /// Closes now; the owner hears nothing.
    void close() noexcept;

    [[nodiscard]] net::origin how() const noexcept { return origin_; }
    [[nodiscard]] flow_id flow() const noexcept { return flow_; }
    /// TCP is connected, and the end has not begun.
    [[nodiscard]] bool is_up() const noexcept { return connected_ && !finishing_ && !closed_; }
    [[nodiscard]] endpoint const& local() const noexcept { return local_; }
    [[nodiscard]] endpoint const& remote() const noexcept { return remote_; }
    /// The SIP domains that the peer's certificate proves.
    [[nodiscard]] std::vector<std::string> verified_names() const { return stream_->verified_names(); }

private:
    struct queued {
        buffer_ref bytes;
        transaction_id origin;
    };
    /// What the loop calls: one wake-up. The connection ends where there is no memory for it, and nothing else does.
    template <class Step>
    void step(Step&& step) {
        waking const wake_up(owner_);
        try {
            std::forward<Step>(step)();
        } catch (std::bad_alloc const&) {
            owner_.on_no_memory();
            end(flow_change::failed, errc::limit_reached, "no memory left");
        }
    }
    void prepare_socket();
    void on_connected(error_code);
    void shake_hands();
    void on_ready(error_code);
    void read();
    void on_read(error_code, std::size_t);
    void take_frames();
    void take_message();
    void take_ping();
    void take_pong();
    void prove();
    void write();
    void on_written(error_code, std::size_t);
    void on_time();
    void on_due();
    void arm();
    void forget(queued&) noexcept;
    enum class last_words : std::uint8_t { write, drop };
    void end(flow_change, error_code, std::string text, last_words = last_words::drop);
    void fail(error_code, std::string_view doing);
    void linger();
    void release();
    [[nodiscard]] time_point deadline() const noexcept;
    [[nodiscard]] std::optional<time_point> keep_alive_at() const noexcept;

    std::unique_ptr<byte_stream> stream_;
    net::origin origin_;
    flow_owner& owner_;
    buffer_pool& pool_;
    shell_config const& config_;
    framer framer_;
    lazy_timer timer_;
    flow_id flow_ = flow_id::none;
    endpoint local_, remote_;
    std::vector<char> chunk_;  ///< what one read brings
    std::deque<queued> queue_;
    std::size_t queued_bytes_ = 0;
    std::size_t front_written_ = 0;  ///< bytes of the first queued message that the kernel has already
    std::size_t writing_ = 0;        ///< messages handed to the write in flight

    bool connected_ = false;  ///< TCP is; a handshake may still be under way
    bool up_ = false;
    bool proven_;             ///< opened by us, or a whole message has come
    bool reading_ = false;    ///< a read is in flight
    bool peer_done_ = false;  ///< it has closed its side
    bool finishing_ = false;  ///< the owner knows of the end: only the queue is left to write
    bool closed_ = false;
    time_point last_traffic_{};
    std::optional<time_point> ready_by_, message_by_, write_by_, linger_by_;
};

}  // namespace sip::net
