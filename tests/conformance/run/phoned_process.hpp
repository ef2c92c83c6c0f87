// A phoned of the build as a process: its configuration, its folder, and a control connection to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "conformance/run/child.hpp"
#include "conformance/run/handset.hpp"
#include "phoned/tools/client.hpp"

namespace conformance {

class phoned_process final {
public:
    /// `more` are further lines for the phone's own configuration file.
    phoned_process(std::string program, handset_setting, std::vector<std::string> more = {});

    [[nodiscard]] const handset_setting& setting() const noexcept { return setting_; }
    /// Starts it, on the state folder of an earlier start if there was one, and opens the control connection. The
    /// reason where that does not work.
    [[nodiscard]] std::optional<std::string> start(std::chrono::milliseconds patience);
    [[nodiscard]] std::optional<std::string> wait_for_registration(std::chrono::milliseconds patience);
    /// "registered", "failed" and so on, and the reason of a failure.
    struct registration {
        std::string state = "nothing", reason;
    };
    [[nodiscard]] registration ask_registration();
    /// Another control connection, under the given name.
    [[nodiscard]] std::optional<std::string> join(
        std::optional<phoned::tools::connection>& to, const char* name, std::chrono::milliseconds patience
    );

    /// Calls a method. The reason where the phone refuses.
    [[nodiscard]] std::optional<std::string> command(const char* method, boost::json::object params);
    /// The result of a method; nothing where the phone refuses.
    [[nodiscard]] std::optional<boost::json::object> ask(const char* method, boost::json::object params);
    /// The call that lives, newest first; 0 where there is none.
    [[nodiscard]] std::int64_t current_call();
    /// The calls that live, oldest first.
    [[nodiscard]] std::vector<std::int64_t> live_calls();
    /// RTP packets that its live calls with this user (all, where empty) have received; nothing where there is no call.
    [[nodiscard]] std::optional<std::uint64_t> packets_received(const std::string& user = {}) {
        return packets("packets_received", user);
    }
    /// The same for another count of its calls' statistics.
    [[nodiscard]] std::optional<std::uint64_t> packets(const char* count, const std::string& user);

    [[nodiscard]] std::string control_socket() const { return setting_.folder + "/control.sock"; }
    [[nodiscard]] std::string driver_socket() const { return setting_.folder + "/driver.sock"; }
    [[nodiscard]] child& process() noexcept { return process_; }

private:
    struct live_call {
        std::int64_t number = 0;
        std::string remote;
    };
    [[nodiscard]] std::vector<live_call> list_calls();
    [[nodiscard]] bool write_configuration() const;

    std::string program_;
    handset_setting setting_;
    std::vector<std::string> more_;
    child process_;
    std::optional<phoned::tools::connection> control_;
};

/// A member that is text; empty where it is not there or something else.
[[nodiscard]] std::string_view text_of(const boost::json::object& from, const char* key);

}  // namespace conformance
