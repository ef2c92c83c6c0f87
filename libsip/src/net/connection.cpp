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
constexpr std::string_view ping_answer = "\r\n";  // RFC 5626 4.4.1
}  // namespace

connection::connection(
    tcp::socket socket, net::origin origin, flow_owner& owner, buffer_pool& pool, shell_config const& config
)
    : socket_(std::move(socket)),
      origin_(origin),
      owner_(owner),
      pool_(pool),
      config_(config),
      framer_(pool, config.parse, origin == net::origin::accepted ? stream_opener::peer : stream_opener::us),
      timer_(socket_.get_executor()),
      chunk_(chunk_size) {}

// ---- beginning

void connection::start(flow_id flow, endpoint const& local, endpoint const& remote, time_point now) {
    flow_ = flow;
    local_ = local;
    remote_ = remote;
    up_ = true;
    last_traffic_ = now;
    message_by_ = now + config_.half_message_timeout;  // one who connects and says nothing is not worth a descriptor
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    mark_packets(socket_.native_handle(), remote.address.is_v6, config_.dscp);
    read();
    arm();
}

void connection::open(flow_id flow, endpoint const& remote, time_point now) {
    flow_ = flow;
    remote_ = remote;
    last_traffic_ = now;
    connect_by_ = now + config_.connect_timeout;
    error_code ignored;
    socket_.open(family_of<tcp>(remote), ignored);  // a failure here comes back from async_connect
    socket_.set_option(tcp::no_delay(true), ignored);
    if (socket_.is_open()) mark_packets(socket_.native_handle(), remote.address.is_v6, config_.dscp);
    socket_.async_connect(to_asio<tcp>(remote), [self = shared_from_this()](error_code error) {
        self->on_connected(error);
    });
    arm();
}

void connection::on_connected(error_code error) {
    if (closed_ || finishing_) return;
    waking const wake_up(owner_);
    connect_by_.reset();
    if (!error) local_ = from_asio(socket_.local_endpoint(error));
    if (error) return end(flow_change::failed, error, "connecting to " + to_string(remote_) + ": " + error.message());
    read();
    owner_.on_change({flow_, flow_change::up, local_, {}, {}});
    if (!closed_) arm();
}

// ---- reading

void connection::read() {
    reading_ = true;
    socket_.async_read_some(asio::buffer(chunk_), [self = shared_from_this()](error_code error, std::size_t size) {
        self->on_read(error, size);
    });
}

void connection::on_read(error_code error, std::size_t size) {
    reading_ = false;
    if (closed_) return;
    waking const wake_up(owner_);
    peer_done_ = error == asio::error::eof;
    if (finishing_) {
        if (!error) return read();
        if (linger_by_) release();
        return;
    }
    // A peer may close its side as soon as it has asked: what we have answered by now still goes out.
    if (peer_done_)
        return end(flow_change::closed, {}, to_string(remote_) + " closed the connection", last_words::write);
    if (error) return end(flow_change::failed, error, "reading from " + to_string(remote_) + ": " + error.message());
    framer_.on_bytes({chunk_.data(), size});
    take_frames();
    if (closed_ || finishing_) return;
    read();
    arm();
}

void connection::take_frames() {
    bool whole_message = false;
    for (;;) {
        auto frame = framer_.next();
        if (closed_ || finishing_) return;
        switch (frame.what) {
            case framer::kind::need_more: {
                last_traffic_ = owner_.now();
                // The time for one message runs from its first byte, so that a byte now and then does not extend it.
                if (framer_.pending() == 0)
                    message_by_.reset();
                else if (whole_message || !message_by_)
                    message_by_ = last_traffic_ + config_.half_message_timeout;
                return;
            }
            case framer::kind::message:
                whole_message = true;
                owner_.on_message(flow_, local_, remote_, std::move(frame.bytes));
                break;
            case framer::kind::ping:
                whole_message = true;
                owner_.on_keep_alive(keep_alive::ping);
                send(pool_.copy(ping_answer), {}, owner_.now());
                break;
            case framer::kind::pong:
                whole_message = true;
                owner_.on_keep_alive(keep_alive::pong);
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
        if (pieces.size() == pieces.capacity()) break;
    }
    pieces.front() += front_written_;
    writing_ = pieces.size();
    if (!write_by_) write_by_ = owner_.now() + config_.write_timeout;
    socket_.async_write_some(pieces, [self = shared_from_this()](error_code error, std::size_t size) {
        self->on_written(error, size);
    });
    arm();
}

void connection::on_written(error_code error, std::size_t size) {
    if (closed_) return;
    waking const wake_up(owner_);
    writing_ = 0;
    write_by_.reset();
    if (error) return end(flow_change::failed, error, "writing to " + to_string(remote_) + ": " + error.message());
    last_traffic_ = owner_.now();
    front_written_ += size;
    while (!queue_.empty() && front_written_ >= queue_.front().bytes.size()) {
        front_written_ -= queue_.front().bytes.size();
        forget(queue_.front());
        queue_.pop_front();
    }
    write();
}

void connection::forget(queued& entry) noexcept {
    queued_bytes_ -= entry.bytes.size();
    entry.bytes = {};
}

// ---- time

time_point connection::deadline() const noexcept {
    auto earliest = last_traffic_ + config_.idle_timeout;
    for (auto const& limit : {connect_by_, message_by_, write_by_, linger_by_})
        if (limit) earliest = std::min(earliest, *limit);
    return earliest;
}

void connection::arm() {
    if (!closed_) timer_.arm(deadline(), shared_from_this(), &connection::on_time);
}

void connection::on_time() {
    if (closed_) return;
    waking const wake_up(owner_);
    auto const now = owner_.now();
    auto const who = to_string(remote_);
    if (linger_by_ && *linger_by_ <= now) {
        release();
    } else if (connect_by_ && *connect_by_ <= now) {
        end(flow_change::failed, asio::error::timed_out, "connecting to " + who + " takes too long");
    } else if (write_by_ && *write_by_ <= now) {
        end(flow_change::failed, asio::error::timed_out, who + " takes no bytes");
    } else if (message_by_ && *message_by_ <= now) {
        end(flow_change::failed, asio::error::timed_out, who + " does not finish its message");
    } else if (last_traffic_ + config_.idle_timeout <= now) {
        end(flow_change::closed, {}, who + " has been silent too long");
    } else {
        arm();
    }
}

// ---- end

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
    connect_by_.reset();
    message_by_.reset();
    if (!up_) return release();
    if (queue_.empty()) linger();
}

void connection::linger() {
    if (peer_done_) return release();
    error_code gone;
    socket_.shutdown(tcp::socket::shutdown_send, gone);
    if (gone) return release();
    linger_by_ = owner_.now() + linger_time;
    if (!reading_) read();
    arm();
}

void connection::release() {
    auto const self = shared_from_this();
    close();
    owner_.on_released(flow_);
}

void connection::close() noexcept {
    closed_ = true;
    queue_.clear();
    queued_bytes_ = 0;
    timer_.stop();
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace sip::net
