// Name look-ups with c-ares on the driver's loop: addresses from /etc/hosts first, then from the name servers, A and AAAA
// together, sorted as RFC 6724 asks; SRV and NAPTR from the name servers. No thread is started.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "net/flow_owner.hpp"
#include "net/lazy_timer.hpp"
#include "sip/net/config.hpp"

struct ares_channeldata;
struct ares_addrinfo;

namespace sip::net {

class name_resolver final : public std::enable_shared_from_this<name_resolver> {
public:
    name_resolver(boost::asio::any_io_executor, flow_owner&, shell_config const&);
    name_resolver(name_resolver const&) = delete;
    name_resolver& operator=(name_resolver const&) = delete;
    ~name_resolver();

    /// The owner hears on_resolved(request, ...) once, perhaps before this returns.
    void resolve(std::uint32_t request, std::string const& name, dns_type);
    void close() noexcept;
    [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_; }

private:
    struct query;
    struct watched;  ///< one of c-ares' sockets
    struct answer {
        std::uint32_t request = 0;
        dns_answer records;
        error_code error;
    };

    [[nodiscard]] error_code open_channel();
    void close_channel() noexcept;
    static void on_addresses(void* query, int status, int timeouts, ares_addrinfo*);
    static void on_records(void* query, int status, int timeouts, unsigned char* message, int size);
    void keep(query const&, int status, dns_answer);
    static void on_socket_state(void* self, int socket, int readable, int writable);
    void watch(std::shared_ptr<watched> const&);
    void process(int readable, int writable);
    void on_time();
    /// What c-ares has answered goes to the owner once c-ares has returned: it must not be destroyed inside its
    /// callback.
    void deliver();

    boost::asio::any_io_executor executor_;
    flow_owner& owner_;
    shell_config const& config_;
    /// Made for the first query and given up after the last, so that each burst of queries reads the system's settings
    /// anew: a phone that changes its network gets new name servers.
    ares_channeldata* channel_ = nullptr;
    std::map<int, std::shared_ptr<watched>> sockets_;
    std::vector<answer> answers_;
    lazy_timer timer_;
    std::size_t outstanding_ = 0;
    bool in_channel_ = false;  ///< a c-ares function is running
    bool closed_ = false;
};

}  // namespace sip::net
