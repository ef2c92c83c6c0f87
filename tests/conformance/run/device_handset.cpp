#include "conformance/run/device_handset.hpp"

#include <filesystem>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "conformance/run/address.hpp"

namespace conformance {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

device_handset::device_handset(handset_setting setting, device_user user, locator where)
    : setting_(std::move(setting)), user_(std::move(user)), where_(std::move(where)) {}

device_handset::~device_handset() {
    if (is_started_) (void)user_(device_verb::ends, {});
}

std::string device_handset::address() const {
    return where_().value_or(host_port(setting_.host, setting_.sip_port));
}

std::optional<std::string> device_handset::start(milliseconds patience) {
    std::filesystem::create_directories(setting_.folder);
    if (auto problem = user_(device_verb::starts, {})) return problem;
    is_started_ = true;
    for (const auto until = steady::now() + patience; !where_(); std::this_thread::sleep_for(milliseconds(50)))
        if (steady::now() > until)
            return fmt::format(
                "your device did not register as user {} at {} within {} s", setting_.user,
                host_port(setting_.host, setting_.proxy_port), patience.count() / 1000
            );
    if (setting_.is_busy) return user_(device_verb::takes_no_call, {});
    if (!setting_.calls_wait) return user_(device_verb::has_one_line, {});
    return std::nullopt;
}

}  // namespace conformance
