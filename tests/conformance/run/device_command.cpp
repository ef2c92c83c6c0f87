// Programs of testers that press the keys of their device.
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "conformance/run/address.hpp"
#include "conformance/run/child.hpp"
#include "conformance/run/device_handset.hpp"

namespace conformance {

namespace {

constexpr auto patience = std::chrono::seconds(30);

/// The first line of a file that says something.
std::string first_line(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    while (std::getline(in, line) && line.find_first_not_of(" \t\r") == std::string::npos) {
    }
    return line;
}

}  // namespace

device_user user_by_command(const handset_setting& s, std::string command) {
    const std::vector<std::string> environment{
        "env",
        "OFFHOOK_PARTY=" + s.party,
        "OFFHOOK_USER=" + s.user,
        "OFFHOOK_PASSWORD=" + s.password,
        "OFFHOOK_PROXY_HOST=" + s.host,
        fmt::format("OFFHOOK_PROXY_PORT={}", s.proxy_port),
        "OFFHOOK_TRANSPORT=" + s.transport,
        "OFFHOOK_MEDIA_ENCRYPTION=" + s.media_encryption,
        "OFFHOOK_CODEC=" + s.codec,
        "OFFHOOK_AUTHORITY_FILE=" + s.authority_file,
        "OFFHOOK_FOLDER=" + s.folder};
    return [environment, command = std::move(command), folder = s.folder, count = std::make_shared<unsigned>(0U)](
               const std::string& verb, const std::string& object
           ) -> std::optional<std::string> {
        auto words = environment;
        words.insert(words.end(), {"sh", "-c", command + " \"$@\"", "device", verb});
        if (!object.empty()) words.push_back(object);
        const auto log = fmt::format("{}/{:02}-{}.log", folder, ++*count, verb);
        auto process = child::start(words, log);
        const auto status = process.wait(patience);
        if (!status) return fmt::format("your program did not end '{}' within {} s", verb, patience.count());
        if (*status == 0) return std::nullopt;
        auto reason = first_line(log + ".err");
        if (reason.empty()) reason = first_line(log);
        return fmt::format(
            "your device cannot '{}': {}", verb, reason.empty() ? fmt::format("exit status {}", *status) : reason
        );
    };
}

}  // namespace conformance
