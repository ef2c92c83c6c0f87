#include "net/listener.hpp"

#include <chrono>
#include <new>

#include <boost/asio/ip/v6_only.hpp>

#include "net/addresses.hpp"
#include "net/socket_options.hpp"

namespace sip::net {

namespace asio = boost::asio;
using asio::ip::tcp;

listener::listener(asio::any_io_executor executor, accepted on_accepted)
    : acceptor_(executor), pause_(executor), accepted_(std::move(on_accepted)) {}

error_code listener::open(endpoint const& local, port_sharing sharing) {
    error_code error;
    acceptor_.open(family_of<tcp>(local), error);
    if (error) return error;
    if (local.address.is_v6) acceptor_.set_option(asio::ip::v6_only(true), error);
    if (error) return error;
    // For TCP this does not share the port: it allows a restart while connections of the last run still fade out.
    acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (error) return error;
    if (sharing == port_sharing::among_shards) error = share_port(acceptor_.native_handle());
    if (error) return error;
    acceptor_.bind(to_asio<tcp>(local), error);
    if (error) return error;
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) acceptor_.non_blocking(true, error);
    return error;
}

endpoint listener::bound() const noexcept {
    error_code ignored;
    return from_asio(acceptor_.local_endpoint(ignored));
}

void listener::start() {
    accept();
}

void listener::accept() {
    // async_accept() takes memory for the new socket where nobody can catch that there is none.
    acceptor_.async_wait(tcp::acceptor::wait_read, [self = shared_from_this()](error_code error) {
        if (self->closed_) return;
        if (!error) self->take(error);
        if (self->closed_) return;
        // A peer that gave up while it waited is no reason to pause; being out of descriptors or memory is.
        if (!error || error == asio::error::connection_aborted || error == asio::error::would_block)
            self->accept();
        else
            self->pause();
    });
}

void listener::take(error_code& error) {
    try {
        auto socket = acceptor_.accept(error);
        if (!error) accepted_(std::move(socket));
    } catch (std::bad_alloc const&) {
        error = asio::error::no_memory;
    }
}

void listener::pause() {
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([self = shared_from_this()](error_code error) {
        if (!error && !self->closed_) self->accept();
    });
}

void listener::close() noexcept {
    closed_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
}

}  // namespace sip::net
