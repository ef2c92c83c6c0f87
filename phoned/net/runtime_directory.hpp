// The folder that holds the sockets: made with mode 0750 if it is not there, and locked, so that two phones never share
// one.
#pragma once

#include "phoned/net/descriptor.hpp"

#include <boost/system/result.hpp>
#include <string>

namespace phoned::net {

/// Why something could not start, as one line for people.
struct start_failure {
    std::string text;
};

class runtime_directory {
public:
    /// Makes and locks the folder. Fails if another phone holds it, or it is not a folder, or not ours to write.
    [[nodiscard]] static boost::system::result<runtime_directory, start_failure> open(const std::string& path);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    runtime_directory(std::string path, descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

    std::string path_;
    descriptor lock_;  // of `phoned.lock`; the kernel lets go of it when the process ends, however it ends
};

}  // namespace phoned::net
