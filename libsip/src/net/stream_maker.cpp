#include "net/stream_maker.hpp"

#include <utility>

#include "net/websocket.hpp"

namespace sip::net {

using boost::asio::ip::tcp;

error_code stream_maker::load(std::string& why) {
    if (credentials_) return {};
    auto loaded = tls_credentials::load(config_.tls, why);
    if (!loaded) return loaded.error();
    credentials_ = std::move(*loaded);
    return {};
}

error_code stream_maker::prepare_to_serve(std::string& why) {
    if (auto const error = load(why)) return error;
    if (credentials_->can_serve()) return {};
    why = "a server needs a certificate";
    return errc::unusable_certificate;
}

result<std::unique_ptr<byte_stream>> stream_maker::towards(
    endpoint const& to, std::string const& server_name, std::string& why
) {
    if (!is_reliable(to.kind)) {
        why = "datagrams need none";
        return errc::transport_failed;
    }
    auto const name = server_name.empty() ? to_string(to.address) : server_name;
    std::unique_ptr<byte_stream> stream;
    if (is_secure(to.kind)) {
        if (auto const error = load(why)) return error;
        stream = credentials_->client(tcp::socket(executor_), name);
    } else {
        stream = make_tcp_stream(tcp::socket(executor_));
    }
    if (is_websocket(to.kind)) stream = make_websocket_client(std::move(stream), name, to, config_);
    return stream;
}

std::unique_ptr<byte_stream> stream_maker::from(tcp::socket socket, transport_kind kind) const {
    auto stream = is_secure(kind) ? credentials_->server(std::move(socket)) : make_tcp_stream(std::move(socket));
    return is_websocket(kind) ? make_websocket_server(std::move(stream), config_) : std::move(stream);
}

}  // namespace sip::net
