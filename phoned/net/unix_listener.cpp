#include "phoned/net/unix_listener.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <utility>

namespace phoned::net {
namespace {

namespace asio = boost::asio;
using protocol = asio::local::stream_protocol;
using outcome = boost::system::result<void, start_failure>;

// Removes what a dead phone left at the path; fails if the path is in use or is something else.
outcome clear_path(const asio::any_io_executor& executor, const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return outcome{};
    if (!S_ISSOCK(found.st_mode)) return start_failure{fmt::format("{}: exists and is not a socket", path)};
    boost::system::error_code problem;
    protocol::socket probe{executor};
    probe.connect(protocol::endpoint{path}, problem);
    if (!problem) return start_failure{fmt::format("{}: somebody listens there already", path)};
    if (problem != asio::error::connection_refused)
        return start_failure{fmt::format("{}: {}", path, problem.message())};
    ::unlink(path.c_str());
    return outcome{};
}

}  // namespace

unix_listener::unix_listener(asio::any_io_executor executor) : acceptor_(executor), pause_(executor) {}
unix_listener::~unix_listener() {
    close();
}

outcome unix_listener::open(const std::string& path, accepted on_accepted) {
    if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
        return start_failure{fmt::format(
            "{}: longer than the {} bytes a socket's path may have", path, sizeof(sockaddr_un{}.sun_path) - 1
        )};
    }
    if (auto cleared = clear_path(acceptor_.get_executor(), path); !cleared) return cleared;
    boost::system::error_code problem;
    acceptor_.open(protocol{}, problem);
    if (!problem) acceptor_.bind(protocol::endpoint{path}, problem);
    if (!problem) {
        path_ = path;
        // Between bind and listen nobody can connect, so the mode is right before it matters.
        if (::chmod(path.c_str(), 0660) != 0) problem.assign(errno, boost::system::system_category());
    }
    if (!problem) acceptor_.listen(asio::socket_base::max_listen_connections, problem);
    if (problem) {
        close();
        return start_failure{fmt::format("{}: {}", path, problem.message())};
    }
    on_accepted_ = std::move(on_accepted);
    accept_next();
    return outcome{};
}

void unix_listener::close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    if (!path_.empty()) ::unlink(std::exchange(path_, {}).c_str());
}

void unix_listener::accept_next() {
    acceptor_.async_accept([this, alive = std::weak_ptr{
                                      alive_}](boost::system::error_code problem, protocol::socket connected) {
        if (alive.expired() || problem == asio::error::operation_aborted || !acceptor_.is_open()) return;
        if (!problem) {
            on_accepted_(std::move(connected));
            accept_next();
            return;
        }
        // Out of descriptors or memory: try again in a while instead of spinning.
        pause_.expires_after(std::chrono::milliseconds{100});
        pause_.async_wait([this, alive](boost::system::error_code cancelled) {
            if (!alive.expired() && !cancelled && acceptor_.is_open()) accept_next();
        });
    });
}

}  // namespace phoned::net
