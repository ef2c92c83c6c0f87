// Draws the transaction machines from the very tables that the layer runs, as Graphviz text for docs/fsm.
//   fsm_diagrams --write DIR   writes one file for each machine
//   fsm_diagrams --check DIR   fails where a file differs from what would be written
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "sip/transaction/fsm.hpp"

namespace {

using namespace sip::fsm;

std::string effects_text(effect effects) {
    constexpr std::pair<effect, char const*> names[] = {
        {effect::send_request, "send request"},
        {effect::send_ack, "send ACK"},
        {effect::send_response, "send response"},
        {effect::send_trying, "send 100"},
        {effect::stop_trying, "no 100 needed"},
        {effect::await_final, "start Timer B"},
        {effect::deliver, "to user"},
        {effect::report_timeout, "tell user: timeout"},
        {effect::report_transport, "tell user: transport error"},
    };
    std::string text;
    for (auto const& [bit, name] : names)
        if (has(effects, bit)) text += (text.empty() ? "" : ", ") + std::string(name);
    return text.empty() ? "-" : text;
}

std::string graphviz(machine m) {
    std::string text = fmt::format(
        "// Generated from libsip/include/sip/transaction/fsm.hpp by fsm_diagrams; a test compares.\ndigraph {} {{\n"
        "    node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
        "    edge [fontname=\"sans-serif\", fontsize=10];\n    start [shape=point];\n    start -> {};\n",
        to_string(m), to_string(first_state(m))
    );
    for (auto const& row : rows_of(m))
        text += fmt::format(
            "    {} -> {} [label=\"{}\\n{}\"];\n", to_string(row.from), to_string(row.to), to_string(row.input),
            effects_text(row.effects)
        );
    return text + "}\n";
}

}  // namespace

int main(int count, char** arguments) {
    std::string mode = count == 3 ? arguments[1] : "";
    if (mode != "--write" && mode != "--check") {
        std::fputs("usage: fsm_diagrams --write DIR | --check DIR\n", stderr);
        return 2;
    }
    bool same = true;
    for (std::size_t i = 0; i < machine_count; ++i) {
        auto m = static_cast<machine>(i);
        auto path = std::filesystem::path(arguments[2]) / fmt::format("{}.dot", to_string(m));
        if (mode == "--write") {
            std::ofstream(path) << graphviz(m);
            continue;
        }
        std::ifstream file(path);
        std::string text{std::istreambuf_iterator<char>(file), {}};
        if (text == graphviz(m)) continue;
        fmt::print(stderr, "{} does not match the tables: run fsm_diagrams --write\n", path.string());
        same = false;
    }
    return same ? 0 : 1;
}
