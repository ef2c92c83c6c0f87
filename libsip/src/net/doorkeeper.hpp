// Who has been let in: the accepted connections of one driver, bounded as a whole, for each address, and for those that
// have not shown yet that they come to talk.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "net/connection.hpp"

namespace sip::net {

class doorkeeper final {
public:
    explicit doorkeeper(shell_config const& config) noexcept : config_(config) {}

    /// False where one more connection from there would be too many.
    [[nodiscard]] bool admits(endpoint const& remote) const noexcept;
    /// The newcomer that has to go before another may come: the one that has waited longest. Empty where there is room.
    [[nodiscard]] std::shared_ptr<connection> one_too_many() const noexcept;

    void enter(std::shared_ptr<connection> const&, endpoint const& remote);
    /// It has brought a whole message, and is a newcomer no more.
    void prove(connection const&);
    void leave(std::shared_ptr<connection> const&);

    [[nodiscard]] std::vector<std::shared_ptr<connection>> const& newcomers() const noexcept { return newcomers_; }
    [[nodiscard]] std::size_t present() const noexcept { return present_; }
    [[nodiscard]] std::size_t present_from(ip_address const&) const noexcept;
    /// Newcomers that are still in their handshake.
    [[nodiscard]] std::size_t in_handshake() const noexcept;

private:
    shell_config const& config_;
    std::size_t present_ = 0;
    std::map<ip_address, std::size_t> places_;
    std::vector<std::shared_ptr<connection>> newcomers_;  ///< in the order in which they came
};

}  // namespace sip::net
