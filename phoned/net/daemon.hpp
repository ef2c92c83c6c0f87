// One running phone: the SIP user agent on its sockets, the media sockets, the driver and control sockets, and the
// phone between them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/system/result.hpp>
#include <memory>
#include <string>

#include "phoned/config/settings.hpp"
#include "phoned/net/runtime_directory.hpp"

namespace phoned::net {

struct daemon_options {
    settings config;
    std::string state_folder;
    std::string runtime_folder;
    std::string version;
    std::string provisioned = {};  ///< As phone_identity has it
};

class daemon final {
public:
    /// Opens everything that can fail. The phone begins to register with run().
    [[nodiscard]] static boost::system::result<std::unique_ptr<daemon>, start_failure> create(daemon_options);
    ~daemon();

    /// Runs until SIGINT, SIGTERM or the control command `shutdown`, then ends calls and registrations and returns.
    void run();

private:
    struct parts;
    explicit daemon(std::unique_ptr<parts>);
    std::unique_ptr<parts> parts_;
};

}  // namespace phoned::net
