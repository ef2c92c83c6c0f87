// What the flow player is asked for on its command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/run/run_setting.hpp"
#include "conformance/run/side_by_side.hpp"

namespace CLI {
class App;
}

namespace conformance {

struct wishes {
    run_setting setting;
    std::vector<std::string> proxies{"embedded"}, transports{"udp"};
    std::vector<int> versions{4};
    std::string build, flows_folder, html, junit, pcap_folder, table, others;
    std::vector<std::string> names;
    std::vector<std::string> devices;  ///< "B=prompt", "each=command:./phone"
    std::string impair;
    std::vector<std::optional<impairment>> networks{std::nullopt};  ///< as `impair` says, for each seed
    unsigned jobs = 4;
    bool keep = false;
};

/// Declares the options, which fill in the wishes as the command line is parsed.
void add_options(CLI::App&, wishes&);

/// Completes wishes that depend on one another, as those for a device. What is wrong with them.
[[nodiscard]] std::optional<std::string> complete(wishes&);

/// Every proxy with every transport over every version of IP and every network; where one phone is to be each party in
/// turn, that too.
[[nodiscard]] std::vector<run_setting> settings_of(const wishes&);

/// Every flow in every setting; where one phone is each party in turn, only if the flow has that party.
[[nodiscard]] std::vector<task> tasks_of(const std::vector<run_setting>&, const std::vector<flow>&);

}  // namespace conformance
