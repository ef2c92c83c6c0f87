#include "net/dns.hpp"

#include <ares.h>
#include <netinet/in.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/dns_answer.hpp"

namespace sip::net {

namespace asio = boost::asio;

struct name_resolver::query {
    name_resolver* owner;
    std::uint32_t request;
    dns_type type;
};

struct name_resolver::watched {
    watched(asio::any_io_executor const& executor, int socket) : descriptor(executor, socket), number(socket) {}
    asio::posix::stream_descriptor descriptor;  ///< watches only: the socket belongs to c-ares
    int number;
    bool wants_read = false, wants_write = false;
    bool reading = false, writing = false;  ///< a wait is under way
};

namespace {

error_code error_of(int status) {
    switch (status) {
        case ARES_SUCCESS:
            return {};
        case ARES_ENODATA:
        case ARES_ENOTFOUND:
        case ARES_ENONAME:
        case ARES_EBADNAME:
        case ARES_EBADQUERY:
            return errc::name_not_found;
        case ARES_ETIMEOUT:
            return asio::error::timed_out;
        case ARES_ENOMEM:
            return asio::error::no_memory;
        default:
            return asio::error::host_not_found_try_again;  // a server refused or broke down
    }
}

dns_answer addresses_of(ares_addrinfo const* found) {
    dns_answer answer;
    std::optional<int> shortest;
    auto& addresses = answer.addresses;
    for (auto const* node = found == nullptr ? nullptr : found->nodes; node != nullptr; node = node->ai_next) {
        ip_address address;
        if (node->ai_family == AF_INET) {
            sockaddr_in v4{};
            std::memcpy(&v4, node->ai_addr, sizeof v4);
            std::memcpy(address.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
        } else if (node->ai_family == AF_INET6) {
            sockaddr_in6 v6{};
            std::memcpy(&v6, node->ai_addr, sizeof v6);
            std::memcpy(address.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
            address.is_v6 = true;
        } else {
            continue;
        }
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
        shortest = std::min(shortest.value_or(node->ai_ttl), node->ai_ttl);
    }
    answer.ttl = std::chrono::seconds(std::max(shortest.value_or(0), 0));  // the hosts file gives none
    return answer;
}

}  // namespace

name_resolver::name_resolver(asio::any_io_executor executor, flow_owner& owner, shell_config const& config)
    : executor_(executor), owner_(owner), config_(config), timer_(executor) {
    ares_library_init(ARES_LIB_INIT_ALL);  // counted: once for each resolver
}

name_resolver::~name_resolver() {
    close();
    ares_library_cleanup();
}

error_code name_resolver::open_channel() {
    ares_options options{};
    char lookups[] = "fb";  // the hosts file, then the name servers
    options.lookups = lookups;
    options.timeout =
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(config_.query_timeout).count());
    options.tries = 3;
    options.sock_state_cb = &name_resolver::on_socket_state;
    options.sock_state_cb_data = this;
    int const which = ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    int status = ares_init_options(&channel_, &options, which);
    if (status == ARES_SUCCESS && !config_.name_servers.empty()) {
        std::string list;
        for (auto const& server : config_.name_servers)
            list.append(list.empty() ? "" : ",").append(server);
        status = ares_set_servers_ports_csv(channel_, list.c_str());
        if (status != ARES_SUCCESS) {
            close_channel();
            return asio::error::invalid_argument;
        }
    }
    return error_of(status);
}

void name_resolver::close_channel() noexcept {
    if (channel_ == nullptr) return;
    auto* const channel = channel_;
    channel_ = nullptr;
    ares_destroy(channel);  // tells the queries that are left, and closes its sockets through on_socket_state
    for (auto& [number, socket] : sockets_)
        socket->descriptor.release();
    sockets_.clear();
    timer_.stop();
}

void name_resolver::resolve(std::uint32_t request, std::string const& name, dns_type type) {
    if (outstanding_ >= config_.outstanding_queries) return owner_.on_resolved(request, {}, errc::limit_reached);
    if (channel_ == nullptr)
        if (auto const error = open_channel()) return owner_.on_resolved(request, {}, error);
    ++outstanding_;
    auto asked = std::make_unique<query>(query{this, request, type});
    in_channel_ = true;
    if (type == dns_type::address) {
        ares_addrinfo_hints hints{};
        hints.ai_family = AF_UNSPEC;
        ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &name_resolver::on_addresses, asked.release());
    } else {
        constexpr int internet = 1;
        ares_query(channel_, name.c_str(), internet, record_number(type), &name_resolver::on_records, asked.release());
    }
    in_channel_ = false;
    deliver();
}

void name_resolver::on_addresses(void* context, int status, int, ares_addrinfo* found) {
    std::unique_ptr<query> const asked(static_cast<query*>(context));
    std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> const result(found, &ares_freeaddrinfo);
    asked->owner->keep(*asked, status, addresses_of(found));
}

void name_resolver::on_records(void* context, int status, int, unsigned char* message, int size) {
    std::unique_ptr<query> const asked(static_cast<query*>(context));
    std::optional<dns_answer> found = dns_answer{};
    if (status == ARES_SUCCESS) found = read_dns_answer({message, static_cast<std::size_t>(size)}, asked->type);
    asked->owner->keep(*asked, found ? status : ARES_EBADRESP, found.value_or(dns_answer{}));
}

void name_resolver::keep(query const& asked, int status, dns_answer records) {
    --outstanding_;
    if (closed_) return;
    answer made{asked.request, std::move(records), error_of(status)};
    bool const is_empty =
        made.records.addresses.empty() && made.records.services.empty() && made.records.pointers.empty();
    if (is_empty && !made.error) made.error = errc::name_not_found;
    answers_.push_back(std::move(made));
}

void name_resolver::deliver() {
    auto const self = shared_from_this();
    while (!answers_.empty() && !closed_) {
        auto const ready = std::move(answers_);
        answers_.clear();
        for (auto const& one : ready) {
            if (closed_) return;
            owner_.on_resolved(one.request, one.records, one.error);
        }
    }
    if (closed_ || in_channel_) return;
    if (outstanding_ == 0) return close_channel();
    timeval wait{};
    if (ares_timeout(channel_, nullptr, &wait) == nullptr) return;
    auto const from_now = std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec);
    timer_.arm(clock::now() + from_now, self, &name_resolver::on_time);
}

// ---- c-ares' sockets on our loop

void name_resolver::on_socket_state(void* context, int number, int readable, int writable) {
    auto& self = *static_cast<name_resolver*>(context);
    auto found = self.sockets_.find(number);
    if (readable == 0 && writable == 0) {  // about to be closed
        if (found == self.sockets_.end()) return;
        found->second->wants_read = found->second->wants_write = false;
        found->second->descriptor.release();
        self.sockets_.erase(found);
        return;
    }
    if (found == self.sockets_.end())
        found = self.sockets_.emplace(number, std::make_shared<watched>(self.executor_, number)).first;
    found->second->wants_read = readable != 0;
    found->second->wants_write = writable != 0;
    self.watch(found->second);
}

void name_resolver::watch(std::shared_ptr<watched> const& socket) {
    using wait = asio::posix::stream_descriptor::wait_type;
    auto const self = shared_from_this();
    if (socket->wants_read && !socket->reading) {
        socket->reading = true;
        socket->descriptor.async_wait(wait::wait_read, [self, socket](error_code error) {
            socket->reading = false;
            if (!error && socket->wants_read) self->process(socket->number, ARES_SOCKET_BAD);
            if (!error && !self->closed_) self->watch(socket);
        });
    }
    if (socket->wants_write && !socket->writing) {
        socket->writing = true;
        socket->descriptor.async_wait(wait::wait_write, [self, socket](error_code error) {
            socket->writing = false;
            if (!error && socket->wants_write) self->process(ARES_SOCKET_BAD, socket->number);
            if (!error && !self->closed_) self->watch(socket);
        });
    }
}

void name_resolver::process(int readable, int writable) {
    if (closed_ || channel_ == nullptr) return;
    waking const wake_up(owner_);
    in_channel_ = true;
    ares_process_fd(channel_, readable, writable);
    in_channel_ = false;
    deliver();
}

void name_resolver::on_time() {
    process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs and next tries
}

void name_resolver::close() noexcept {
    closed_ = true;
    answers_.clear();
    close_channel();
}

}  // namespace sip::net
