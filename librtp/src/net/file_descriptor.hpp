// A descriptor of the system, closed with its owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace rtp::net {

class file_descriptor final {
public:
    file_descriptor() noexcept = default;
    explicit file_descriptor(int raw) noexcept : raw_(raw) {}
    file_descriptor(file_descriptor&& other) noexcept : raw_(std::exchange(other.raw_, -1)) {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~file_descriptor() { reset(); }

    [[nodiscard]] bool is_open() const noexcept { return raw_ >= 0; }
    [[nodiscard]] int get() const noexcept { return raw_; }
    [[nodiscard]] int release() noexcept { return std::exchange(raw_, -1); }
    void reset() noexcept {
        if (raw_ >= 0) ::close(std::exchange(raw_, -1));
    }

private:
    int raw_ = -1;
};

}  // namespace rtp::net
