#include "phoned/net/runtime_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace phoned::net {
namespace {

std::string reason() {
    return std::generic_category().message(errno);
}

}  // namespace

boost::system::result<runtime_directory, start_failure> runtime_directory::open(const std::string& path) {
    if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) {
        return start_failure{fmt::format("{}: the runtime folder cannot be made: {}", path, reason())};
    }
    const auto lock_path = path + "/phoned.lock";
    descriptor lock{::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)};
    if (!lock.is_open()) return start_failure{fmt::format("{}: {}", lock_path, reason())};
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return start_failure{
            errno == EWOULDBLOCK ? fmt::format("{}: another phone runs here", path)
                                 : fmt::format("{}: {}", lock_path, reason())};
    }
    return runtime_directory{path, std::move(lock)};
}

}  // namespace phoned::net
