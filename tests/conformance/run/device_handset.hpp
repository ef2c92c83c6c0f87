// A device of the tester's as a handset: the kit cannot see into it. Somebody works its keys (a program of the
// tester's, or the tester), the proxy's trace tells where it is, and its media count at the other end.
// docs/conformance-devices.md describes both ways for testers.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "conformance/flow.hpp"
#include "conformance/run/handset.hpp"

namespace conformance {

/// Does what a user does: a verb of flows, or one of those below, with the user whom it names behind it. The reason
/// where that cannot be done.
using device_user = std::function<std::optional<std::string>(const std::string& verb, const std::string& object)>;

/// What the kit asks of the device beside the verbs of flows.
namespace device_verb {
constexpr auto starts = "starts";                ///< be registered, without calls, forwards and do-not-disturb
constexpr auto takes_no_call = "is-busy";        ///< answer calls with 486
constexpr auto has_one_line = "takes-one-call";  ///< answer 486 to a second call
constexpr auto ends = "ends";                    ///< the flow is over: undo what was set, leave calls
}  // namespace device_verb

/// Starts the program for each action, in the shell, with the action as arguments and the account in its environment.
[[nodiscard]] device_user user_by_command(const handset_setting&, std::string command);

/// Asks in the terminal, and waits for Enter.
[[nodiscard]] device_user user_at_the_terminal(const handset_setting&, const flow&);

class device_handset final : public handset {
public:
    /// Where the device is registered at this moment, if it is.
    using locator = std::function<std::optional<std::string>()>;

    device_handset(handset_setting, device_user, locator);
    ~device_handset() override;

    [[nodiscard]] const handset_setting& setting() const override { return setting_; }
    [[nodiscard]] std::string address() const override;
    [[nodiscard]] std::optional<std::string> start(std::chrono::milliseconds patience) override;
    [[nodiscard]] std::optional<std::string> dial(const std::string& target) override { return user_("dials", target); }
    [[nodiscard]] std::optional<std::string> act(const std::string& verb, const std::string& object) override {
        return user_(verb, object);
    }
    [[nodiscard]] std::vector<traced_message> take_trace() override { return {}; }
    [[nodiscard]] bool traces() const override { return false; }
    [[nodiscard]] bool listens() const override { return false; }
    [[nodiscard]] bool hears_own_tones() const override { return false; }
    [[nodiscard]] bool counts_packets() const override { return false; }
    [[nodiscard]] std::optional<std::uint64_t> packets_received(const std::string&) override { return std::nullopt; }
    void begin_listening() override {}
    [[nodiscard]] sound end_listening() override { return {}; }

private:
    handset_setting setting_;
    device_user user_;
    locator where_;
    bool is_started_ = false;
};

}  // namespace conformance
