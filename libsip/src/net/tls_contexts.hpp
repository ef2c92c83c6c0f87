// The inside of tls_credentials, shared by its two sources: loading (tls_credentials.cpp) and streams (tls.cpp).
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "net/tls.hpp"

namespace sip::net {

struct tls_credentials::contexts {
    boost::asio::ssl::context client{boost::asio::ssl::context::tls_client};
    boost::asio::ssl::context server{boost::asio::ssl::context::tls_server};
    bool verifies_servers = true;
    bool verifies_clients = false;
    bool has_certificate = false;
};

}  // namespace sip::net
