#include "net/connection.hpp"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/container/static_vector.hpp>

#include "net/addresses.hpp"
#include "net/socket_options.hpp"

namespace sip::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr std::size_t chunk_size = 8192;
constexpr std::size_t messages_per_write = 16;
constexpr auto linger_time = std::chrono::seconds(2);
constexpr std::string_view ping = "\r\n\r\n", pong = "\r\n";  // RFC 5626 4.4.1
}  // namespace

connection::connection(
    std::unique_ptr<byte_stream> stream, net::origin origin, flow_owner& owner, buffer_pool& pool,
    shell_config const& config
)
    : stream_(std::move(stream)),
      origin_(origin),
      owner_(owner),
      pool_(pool),
      config_(config),
      framer_(pool, config.parse, origin == net::origin::accepted ? stream_opener::peer : stream_opener::us),
      timer_(stream_->socket().get_executor()),
      chunk_(stream_->keeps_messages() ? 0 : chunk_size),
      proven_(origin == net::origin::opened) {}

// ---- beginning

void connection::prepare_socket() {
    auto& socket = stream_->socket();
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    mark_packets(socket.native_handle(), remote_.address.is_v6, config_.dscp);
}

void connection::accept(endpoint const& local, endpoint const& remote, time_point now) {
    local_ = local;
    remote_ = remote;
    last_traffic_ = now;
    connected_ = true;
    prepare_socket();
    shake_hands();
}

void connection::start(flow_id flow) {
    flow_ = flow;
    up_ = true;
    read();
    arm();
}

void connection::open(flow_id flow, endpoint const& remote, time_point now) {
    flow_ = flow;
    remote_ = remote;
    last_traffic_ = now;
    ready_by_ = now + config_.connect_timeout;
    auto& socket = stream_->socket();
    error_code ignored;
    socket.open(family_of<tcp>(remote), ignored);  // a failure here comes back from async_connect
    if (socket.is_open()) prepare_socket();
    socket.async_connect(to_asio<tcp>(remote), [self = shared_from_this()](error_code error) {
        if (self->closed_ || self->finishing_) return;
        self->step([&] { self->on_connected(error); });
    });
    arm();
}

void connection::on_connected(error_code error) {
    ready_by_.reset();
    if (!error) local_ = from_asio(stream_->socket().local_endpoint(error), remote_.kind);
    if (error) return fail(error, "connecting to ");
    connected_ = true;
    shake_hands();
}

void connection::shake_hands() {
    ready_by_ = owner_.now() + config_.handshake_timeout;
    stream_->handshake([self = shared_from_this()](error_code error) {
        if (self->closed_ || self->finishing_) return;
        self->step([&] { self->on_ready(error); });
    });
    arm();
}

void connection::on_ready(error_code error) {
    ready_by_.reset();
    if (error) return fail(error, "the handshake with ");
    last_traffic_ = owner_.now();
    if (origin_ == net::origin::accepted) {
        // One who connects and says nothing is not worth a descriptor.
        message_by_ = last_traffic_ + config_.half_message_timeout;
        return owner_.on_accepted(shared_from_this());
    }
    read();
    owner_.on_change({flow_, flow_change::up, local_, {}, {}, stream_->verified_names()});
    if (!closed_) arm();
}

// ---- reading

void connection::read() {
    reading_ = true;
    stream_->read(asio::buffer(chunk_), [self = shared_from_this()](error_code error, std::size_t size) {
        self->reading_ = false;
        if (!self->closed_) self->step([&] { self->on_read(error, size); });
    });
}

void connection::on_read(error_code error, std::size_t size) {
    peer_done_ = error == asio::error::eof;
    if (finishing_) {
        if (!error) return read();
        if (linger_by_) release();
        return;
    }
    // A peer may close its side as soon as it has asked: what we have answered by now still goes out.
    if (peer_done_)
        return end(flow_change::closed, {}, to_string(remote_) + " closed the connection", last_words::write);
    if (error) return fail(error, "reading from ");
    if (stream_->keeps_messages()) {
        take_message();
    } else {
        framer_.on_bytes({chunk_.data(), size});
        take_frames();
    }
    if (closed_ || finishing_) return;
    read();
    arm();
}

void connection::take_message() {
    last_traffic_ = owner_.now();
    prove();
    auto const text = stream_->received();
    if (text == ping) return take_ping();
    if (text == pong) return take_pong();
    owner_.on_message(flow_, local_, remote_, pool_.copy(text));
}

void connection::take_ping() {
    owner_.on_keep_alive(flow_, remote_, keep_alive::ping, ping);
    send(pool_.copy(pong), {}, owner_.now());
}

void connection::take_pong() {
    owner_.on_keep_alive(flow_, remote_, keep_alive::pong, pong);
}

void connection::prove() {
    message_by_.reset();
    if (!std::exchange(proven_, true)) owner_.on_proven(*this);
}

void connection::take_frames() {
    bool whole_message = false;
    for (;;) {
        auto frame = framer_.next();
        if (closed_ || finishing_) return;
        switch (frame.what) {
            case framer::kind::need_more: {
                last_traffic_ = owner_.now();
                if (whole_message) prove();
                // The time for one message runs from its first byte, so that a byte now and then does not extend it.
                if (framer_.pending() == 0 && proven_)
                    message_by_.reset();
                else if (!message_by_)
                    message_by_ = last_traffic_ + config_.half_message_timeout;
                return;
            }
            case framer::kind::message:
                whole_message = true;
                owner_.on_message(flow_, local_, remote_, std::move(frame.bytes));
                break;
            case framer::kind::ping:
                whole_message = true;
                take_ping();
                break;
            case framer::kind::pong:
                whole_message = true;
                take_pong();
                break;
            case framer::kind::error:
                // The core answers what it can of the beginning (400, 513); there is no way to find the next message.
                if (frame.bytes) owner_.on_message(flow_, local_, remote_, std::move(frame.bytes));
                if (closed_ || finishing_) return;
                return end(
                    flow_change::failed, frame.failure.code,
                    "the stream from " + to_string(remote_) + " cannot be followed: " + to_string(frame.failure),
                    last_words::write
                );
        }
        if (closed_ || finishing_) return;
    }
}

// ---- writing

void connection::send(buffer_ref bytes, transaction_id origin, time_point now) {
    if (closed_ || finishing_) return;
    if (queued_bytes_ + bytes.size() > config_.write_queue_bytes) {
        return end(flow_change::failed, errc::queue_full, to_string(remote_) + " takes no more: its queue is full");
    }
    queued_bytes_ += bytes.size();
    queue_.push_back({std::move(bytes), origin});
    last_traffic_ = now;
    if (up_) write();
}

void connection::write() {
    if (writing_ != 0 || queue_.empty()) {
        if (finishing_ && queue_.empty()) linger();
        return;
    }
    boost::container::static_vector<asio::const_buffer, messages_per_write> pieces;
    for (auto const& entry : queue_) {
        auto const text = entry.bytes.text();
        pieces.emplace_back(text.data(), text.size());
        if (stream_->keeps_messages() || pieces.size() == pieces.capacity()) break;
    }
    pieces.front() += front_written_;
    writing_ = pieces.size();
    if (!write_by_) write_by_ = owner_.now() + config_.write_timeout;
    stream_->write({pieces.data(), pieces.size()}, [self = shared_from_this()](error_code error, std::size_t size) {
        if (!self->closed_) self->step([&] { self->on_written(error, size); });
    });
    arm();
}

void connection::on_written(error_code error, std::size_t size) {
    writing_ = 0;
    if (error) return fail(error, "writing to ");
    last_traffic_ = owner_.now();
    front_written_ += size;
    while (!queue_.empty() && front_written_ >= queue_.front().bytes.size()) {
        front_written_ -= queue_.front().bytes.size();
        forget(queue_.front());
        queue_.pop_front();
        write_by_.reset();  // a whole message: a peer that takes byte after byte does not extend the time for one
    }
    write();
}

void connection::forget(queued& entry) noexcept {
    queued_bytes_ -= entry.bytes.size();
    entry.bytes = {};
}

// ---- time

std::optional<time_point> connection::keep_alive_at() const noexcept {
    // WebSocket has pings of its own, which its stream sends (RFC 7118 6).
    bool const is_ours = origin_ == net::origin::opened && up_ && !finishing_ && !stream_->keeps_messages();
    if (!is_ours || config_.keep_alive_interval == duration::zero()) return std::nullopt;
    return last_traffic_ + config_.keep_alive_interval;
}

time_point connection::deadline() const noexcept {
    auto earliest = stream_->keeps_messages() ? time_point::max() : last_traffic_ + config_.idle_timeout;
    for (auto const& limit : {ready_by_, message_by_, write_by_, linger_by_, keep_alive_at()})
        if (limit) earliest = std::min(earliest, *limit);
    return earliest;
}

void connection::arm() {
    auto const next = deadline();
    if (!closed_ && next != time_point::max()) timer_.arm(next, shared_from_this(), &connection::on_time);
}

void connection::on_time() {
    if (!closed_) step([this] { on_due(); });
}

void connection::on_due() {
    auto const now = owner_.now();
    auto const who = to_string(remote_);
    auto const is_due = [now](std::optional<time_point> limit) { return limit && *limit <= now; };
    if (is_due(linger_by_)) {
        release();
    } else if (is_due(ready_by_)) {
        auto const what = connected_ ? "the handshake with " : "connecting to ";
        end(flow_change::failed, asio::error::timed_out, what + who + " takes too long");
    } else if (is_due(write_by_)) {
        end(flow_change::failed, asio::error::timed_out, who + " takes no bytes");
    } else if (is_due(message_by_)) {
        end(flow_change::failed, asio::error::timed_out, who + " does not finish its message");
    } else if (!stream_->keeps_messages() && last_traffic_ + config_.idle_timeout <= now) {
        end(flow_change::closed, {}, who + " has been silent too long");
    } else if (is_due(keep_alive_at())) {
        send(pool_.copy(ping), {}, now);
    } else {
        arm();
    }
}

// ---- end

void connection::fail(error_code why, std::string_view doing) {
    auto text = std::string(doing) + to_string(remote_) + ": ";
    end(flow_change::failed, why, text + stream_->explain(why));
}

void connection::end(flow_change change, error_code why, std::string text, last_words words) {
    if (closed_) return;
    if (finishing_) return release();
    auto const self = shared_from_this();
    owner_.on_change({flow_, change, local_, why, std::move(text)});
    if (closed_) return;
    if (words == last_words::write)
        finish();
    else
        release();
}

void connection::finish() {
    finishing_ = true;
    ready_by_.reset();
    message_by_.reset();
    if (!up_) return release();
    if (queue_.empty()) linger();
}

void connection::linger() {
    if (linger_by_) return;
    linger_by_ = owner_.now() + linger_time;
    stream_->shut_down([self = shared_from_this()](error_code gone) {
        // Of TLS this also tells that the peer has said its end.
        if (self->closed_ || (!gone && !self->peer_done_)) return;
        waking const wake_up(self->owner_);
        self->release();
    });
    if (!reading_ && !peer_done_) read();
    arm();
}

void connection::release() {
    auto const self = shared_from_this();
    close();
    owner_.on_released(self);
}

void connection::close() noexcept {
    closed_ = true;
    queue_.clear();
    queued_bytes_ = 0;
    timer_.stop();
    stream_->close();
}

}  // namespace sip::net
