// A flow that was played on paper, to be changed and judged.
#pragma once

#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include "conformance/capture/judge.hpp"
#include "conformance/unit/rehearsal.hpp"

namespace conformance {

struct played_flow {
    flow f;
    recording all;

    explicit played_flow(const std::string& name) : f(flow_named(name)), all(rehearse(variants_of(f).front())) {}

    /// The message that begins so on this hop ("A -> P"); the n-th of them.
    captured_message& message(std::string_view start, std::string_view hop, unsigned nth = 1) {
        const auto address = [](char party) {
            return fmt::format("192.0.2.{}:5060", party == 'P' ? 10 : party - 'A' + 1);
        };
        for (auto& each : all.messages)
            if (each.text.starts_with(start) && each.from == address(hop[0]) && each.to == address(hop[5]) &&
                --nth == 0)
                return each;
        FAIL("no such message: ", std::string(start));
        throw;
    }
    void edit(captured_message& m, const std::string& what, const std::string& by) {
        const auto at = m.text.find(what);
        REQUIRE(at != std::string::npos);
        m.text.replace(at, what.size(), by);
        const auto length = m.text.find("Content-Length: ") + 16;
        const auto body = m.text.find("\r\n\r\n") + 4;
        m.text.replace(length, m.text.find('\r', length) - length, std::to_string(m.text.size() - body));
    }
    [[nodiscard]] report result() const {
        const auto judged = judge(all, f);
        REQUIRE(std::holds_alternative<judgement>(judged));
        return std::get<judgement>(judged).result;
    }
    [[nodiscard]] std::string differences() const { return fmt::format("{}", fmt::join(result().differences(), "\n")); }
    [[nodiscard]] bool says(std::string_view piece) const { return differences().find(piece) != std::string::npos; }
};

}  // namespace conformance

#define CHECK_SAYS(played, piece) CHECK_MESSAGE((played).says(piece), (played).differences())
