#include "net/byte_stream.hpp"

#include <boost/asio/post.hpp>
#include <boost/container/static_vector.hpp>

namespace sip::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

class tcp_stream final : public byte_stream {
public:
    explicit tcp_stream(tcp::socket socket) : socket_(std::move(socket)) {}

    tcp::socket& socket() noexcept override { return socket_; }
    void handshake(finished done) override { std::move(done)(error_code{}); }
    void read(asio::mutable_buffer into, transferred done) override { socket_.async_read_some(into, std::move(done)); }
    void write(std::span<asio::const_buffer const> pieces, transferred done) override {
        socket_.async_write_some(pieces, std::move(done));
    }
    void shut_down(finished done) override {
        error_code error;
        socket_.shutdown(tcp::socket::shutdown_send, error);
        asio::post(socket_.get_executor(), [done = std::move(done), error]() mutable { std::move(done)(error); });
    }
    void close() noexcept override {
        error_code ignored;
        socket_.close(ignored);
    }

private:
    tcp::socket socket_;
};

}  // namespace

std::unique_ptr<byte_stream> make_tcp_stream(tcp::socket socket) {
    return std::make_unique<tcp_stream>(std::move(socket));
}

}  // namespace sip::net
