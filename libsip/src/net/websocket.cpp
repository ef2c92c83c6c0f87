// The WebSocket SIP sub-protocol (RFC 7118) on Boost.Beast. The stream below is ours, so this compiles once for TCP and
// TLS.
#include "net/websocket.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffers_iterator.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/container/static_vector.hpp>

namespace sip::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;

namespace {

constexpr std::string_view subprotocol = "sip";
constexpr std::uint32_t request_limit = 8192;   // of an HTTP request with its headers
constexpr std::size_t kept_memory = 16 * 1024;  // of a large message that has been read

/// A byte_stream as Beast wants it.
class lower_stream {
public:
    explicit lower_stream(std::unique_ptr<byte_stream> below) : below_(std::move(below)) {}

    using executor_type = asio::any_io_executor;
    [[nodiscard]] executor_type get_executor() const noexcept { return below_->socket().get_executor(); }

    template <class Buffers, class Token>
    auto async_read_some(Buffers const& buffers, Token&& token) {
        asio::mutable_buffer into;
        for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at) {
            into = *at;
            if (into.size() != 0) break;
        }
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this, into](auto handler) { below_->read(into, std::move(handler)); }, token
        );
    }

    template <class Buffers, class Token>
    auto async_write_some(Buffers const& buffers, Token&& token) {
        boost::container::static_vector<asio::const_buffer, 8> pieces;
        for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at)
            if (pieces.size() < pieces.capacity()) pieces.emplace_back(*at);
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this, pieces](auto handler) {
                below_->write({pieces.data(), pieces.size()}, std::move(handler));
            },
            token
        );
    }

    [[nodiscard]] byte_stream& below() const noexcept { return *below_; }

    // What Beast looks up to end a connection.
    friend void beast_close_socket(lower_stream& stream) { stream.below_->close(); }
    template <class Handler>
    friend void async_teardown(beast::role_type, lower_stream& stream, Handler&& handler) {
        stream.below_->shut_down(std::forward<Handler>(handler));
    }

private:
    std::unique_ptr<byte_stream> below_;
};

/// RFC 3629: no overlong form, no surrogate, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
        auto const lead = byte(i);
        std::size_t const size = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : 4;
        if ((size == 4 && (lead < 0xf0 || lead > 0xf4)) || i + size > text.size()) return false;
        for (std::size_t more = 1; more < size; ++more)
            if ((byte(i + more) & 0xc0) != 0x80) return false;
        if ((lead == 0xe0 && byte(i + 1) < 0xa0) || (lead == 0xed && byte(i + 1) > 0x9f) ||
            (lead == 0xf0 && byte(i + 1) < 0x90) || (lead == 0xf4 && byte(i + 1) > 0x8f))
            return false;
        i += size;
    }
    return true;
}

/// What both ends have in common once the handshake is done.
class websocket_stream : public byte_stream {
public:
    websocket_stream(std::unique_ptr<byte_stream> below, shell_config const& config) : stream_(std::move(below)) {
        stream_.read_message_max(config.parse.message_size);
        stream_.set_option(websocket::stream_base::timeout{
            websocket::stream_base::none(),  // the connection watches over the handshake
            std::chrono::duration_cast<std::chrono::milliseconds>(config.websocket_silence), true});
    }

    tcp::socket& socket() noexcept override { return below().socket(); }
    std::vector<std::string> verified_names() const override { return below().verified_names(); }

    std::string explain(error_code error) const override {
        if (error == websocket::error::message_too_big) return "its message is too large";
        if (error == beast::error::timeout) return "it does not answer pings";
        if (error == errc::handshake_failed && !failure_.empty()) return failure_;
        return below().explain(error);
    }

    bool keeps_messages() const noexcept override { return true; }
    std::string_view received() const noexcept override {
        return {static_cast<char const*>(buffer_.cdata().data()), buffer_.size()};
    }

    void handshake(finished done) override {
        below().handshake([this, done = std::move(done)](error_code error) mutable {
            if (error) return std::move(done)(error);
            upgrade(std::move(done));
        });
    }

    void read(asio::mutable_buffer, transferred done) override {
        buffer_.consume(buffer_.size());
        if (buffer_.capacity() > kept_memory) buffer_.shrink_to_fit();
        stream_.async_read(buffer_, [done = std::move(done)](error_code error, std::size_t size) mutable {
            // The end that was agreed on, as TCP would tell it.
            if (error == websocket::error::closed) error = asio::error::eof;
            std::move(done)(error, size);
        });
    }

    void write(std::span<asio::const_buffer const> pieces, transferred done) override {
        auto const& message = pieces.front();
        stream_.text(is_utf8({static_cast<char const*>(message.data()), message.size()}));  // RFC 7118 4.2
        stream_.async_write(message, [done = std::move(done)](error_code error, std::size_t size) mutable {
            std::move(done)(error, size);
        });
    }

    void shut_down(finished done) override {
        stream_.async_close(websocket::close_code::normal, [done = std::move(done)](error_code error) mutable {
            std::move(done)(error);
        });
    }
    void close() noexcept override { below().close(); }

protected:
    virtual void upgrade(finished) = 0;
    [[nodiscard]] byte_stream& below() const noexcept { return stream_.next_layer().below(); }

    websocket::stream<lower_stream, false> stream_;
    std::string failure_;  ///< why there is no WebSocket

private:
    beast::flat_buffer buffer_;  ///< the message that was read last
};

class websocket_client final : public websocket_stream {
public:
    websocket_client(
        std::unique_ptr<byte_stream> below, std::string const& server_name, endpoint const& to,
        shell_config const& config
    )
        : websocket_stream(std::move(below), config), host_(server_name), path_(config.websocket_path) {
        if (server_name.find(':') != std::string::npos && !server_name.starts_with('['))
            host_ = "[" + server_name + "]";
        if (to.port != default_port(to.kind)) host_ += fmt::format(":{}", to.port);
    }

private:
    void upgrade(finished done) override {
        stream_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
            request.set(http::field::sec_websocket_protocol, subprotocol);
        }));
        stream_.async_handshake(response_, host_, path_, [this, done = std::move(done)](error_code error) mutable {
            std::move(done)(judge(error));
        });
    }

    error_code judge(error_code error) {
        if (error == asio::error::operation_aborted) return error;
        if (!error && response_[http::field::sec_websocket_protocol] == subprotocol) return {};
        if (error == websocket::error::upgrade_declined)
            failure_ = fmt::format("it answered {} instead of opening a WebSocket", response_.result_int());
        else if (error)
            failure_ = "no WebSocket: " + error.message();
        else
            failure_ = "it does not speak the sub-protocol \"sip\"";
        return errc::handshake_failed;
    }

    std::string host_, path_;
    websocket::response_type response_;
};

class websocket_server final : public websocket_stream {
public:
    websocket_server(std::unique_ptr<byte_stream> below, shell_config const& config)
        : websocket_stream(std::move(below), config), origins_(config.websocket_origins) {
        request_.header_limit(request_limit);
        request_.body_limit(0);
    }

private:
    void upgrade(finished done) override {
        http::async_read(
            stream_.next_layer(), head_, request_,
            [this, done = std::move(done)](error_code error, std::size_t) mutable {
                if (error == asio::error::operation_aborted) return std::move(done)(error);
                if (error) {
                    failure_ = "no request for a WebSocket: " + error.message();
                    return std::move(done)(errc::handshake_failed);
                }
                answer(std::move(done));
            }
        );
    }

    void answer(finished done) {
        auto const& request = request_.get();
        if (!websocket::is_upgrade(request))
            return refuse(http::status::upgrade_required, "this is a WebSocket for SIP", std::move(done));
        if (head_.size() != 0)
            return refuse(http::status::bad_request, "nothing may follow the request yet", std::move(done));
        if (!http::token_list(request[http::field::sec_websocket_protocol]).exists(subprotocol))
            return refuse(http::status::bad_request, "the sub-protocol \"sip\" is needed", std::move(done));
        if (!is_welcome(request[http::field::origin]))
            return refuse(http::status::forbidden, "this origin may not connect", std::move(done));
        stream_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
            response.set(http::field::sec_websocket_protocol, subprotocol);
        }));
        stream_.async_accept(request, [this, done = std::move(done)](error_code error) mutable {
            if (error && error != asio::error::operation_aborted) {
                failure_ = "no WebSocket: " + error.message();
                error = errc::handshake_failed;
            }
            std::move(done)(error);
        });
    }

    [[nodiscard]] bool is_welcome(std::string_view origin) const {
        return origins_.empty() || std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
    }

    void refuse(http::status status, std::string_view why, finished done) {
        failure_ = fmt::format("refused with {}: {}", static_cast<unsigned>(status), why);
        refusal_.emplace(status, 11);
        refusal_->set(http::field::content_type, "text/plain");
        refusal_->set(http::field::connection, "close");
        if (status == http::status::upgrade_required) refusal_->set(http::field::upgrade, "websocket");
        refusal_->body() = std::string(why) + "\n";
        refusal_->prepare_payload();
        http::async_write(stream_.next_layer(), *refusal_, [done = std::move(done)](error_code, std::size_t) mutable {
            std::move(done)(errc::handshake_failed);
        });
    }

    std::vector<std::string> origins_;
    beast::flat_buffer head_{request_limit};
    http::request_parser<http::empty_body> request_;
    std::optional<http::response<http::string_body>> refusal_;
};

}  // namespace

std::unique_ptr<byte_stream> make_websocket_client(
    std::unique_ptr<byte_stream> below, std::string const& server_name, endpoint const& to, shell_config const& config
) {
    return std::make_unique<websocket_client>(std::move(below), server_name, to, config);
}

std::unique_ptr<byte_stream> make_websocket_server(std::unique_ptr<byte_stream> below, shell_config const& config) {
    return std::make_unique<websocket_server>(std::move(below), config);
}

}  // namespace sip::net
