// Any bytes as a configuration file, split in two at the first zero byte: the loader always comes back with settings
// within their ranges and a bounded list of diagnostics that name a line of the file.
#include "phoned/config/load.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace phoned;
    const std::string_view all{reinterpret_cast<const char*>(data), size};
    const auto split = std::min(all.find('\0'), all.size());
    const config_source files[] = {{"common.cfg", all.substr(0, split)}, {"phone.cfg", all.substr(split)}};
    const auto loaded = load_config(files);
    const auto lines = static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n')) + 1;
    require(loaded.diagnostics.size() <= max_diagnostics);
    for (const auto& what : loaded.diagnostics) {
        require(what.line <= lines);
        require(!to_string(what).empty());
    }
    const auto& values = loaded.values;
    require(values.min_rtp_port <= values.max_rtp_port);
    require(values.rtp_dscp <= 63);
    for (const auto& account : values.accounts) {
        require(account.timer_t1 <= account.timer_t2);
        require(account.dtmf_payload >= 96 && account.dtmf_payload <= 127);
        require(!account.enabled || (!account.user_name.empty() && !account.servers[0].host.empty()));
        for (const auto& codec : codec_preference(account))
            require(codec.rtpmap <= 127);
    }
    return 0;
}
