// What lies below a connection, by transport: TCP, TLS, or WebSocket on one of them.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "net/byte_stream.hpp"
#include "net/tls.hpp"
#include "sip/net/config.hpp"
#include "sip/transport/flow.hpp"

namespace sip::net {

class stream_maker final {
public:
    stream_maker(boost::asio::any_io_executor executor, shell_config const& config)
        : executor_(std::move(executor)), config_(config) {}

    /// For a connection of ours that is to prove itself as `server_name` (empty: as its address). An error with a
    /// sentence in `why`.
    [[nodiscard]] result<std::unique_ptr<byte_stream>> towards(
        endpoint const& to, std::string const& server_name, std::string& why
    );
    /// Whether we have a certificate to show; before the first from() of a secure kind.
    [[nodiscard]] error_code prepare_to_serve(std::string& why);
    [[nodiscard]] std::unique_ptr<byte_stream> from(boost::asio::ip::tcp::socket, transport_kind) const;

private:
    /// Certificates are read when the first secure connection is made.
    [[nodiscard]] error_code load(std::string& why);

    boost::asio::any_io_executor executor_;
    shell_config const& config_;
    std::shared_ptr<tls_credentials const> credentials_;
};

}  // namespace sip::net
