// What lies below a connection: TCP itself, TLS on it, or WebSocket on either. Operations are as in Asio: one read and
// one write may be out at a time, and their handlers keep alive what they need.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "sip/error.hpp"

namespace sip::net {

class byte_stream {
public:
    using transferred = boost::asio::any_completion_handler<void(error_code, std::size_t)>;
    using finished = boost::asio::any_completion_handler<void(error_code)>;

    virtual ~byte_stream() = default;

    /// The connection at the bottom.
    [[nodiscard]] virtual boost::asio::ip::tcp::socket& socket() noexcept = 0;

    /// What both sides have to say before the first byte of ours. TCP alone has nothing to say: there the handler is
    /// called before this returns.
    virtual void handshake(finished) = 0;
    /// For people: what was wrong, where an operation of this stream failed so.
    [[nodiscard]] virtual std::string explain(error_code error) const { return error.message(); }
    /// After the handshake: the SIP domains that the peer's certificate proves (RFC 5922).
    [[nodiscard]] virtual std::vector<std::string> verified_names() const { return {}; }

    /// True where each read brings one whole message and each write carries one. read() then uses no buffer of the
    /// caller, and received() has the message until the next read. Such a stream pings silent peers by itself.
    [[nodiscard]] virtual bool keeps_messages() const noexcept { return false; }
    [[nodiscard]] virtual std::string_view received() const noexcept { return {}; }

    virtual void read(boost::asio::mutable_buffer, transferred) = 0;
    /// May write less than it was given, but for a whole message.
    virtual void write(std::span<boost::asio::const_buffer const>, transferred) = 0;
    /// Says that we write no more; the peer's last words can still be read.
    virtual void shut_down(finished) = 0;
    virtual void close() noexcept = 0;
};

[[nodiscard]] std::unique_ptr<byte_stream> make_tcp_stream(boost::asio::ip::tcp::socket);

}  // namespace sip::net
