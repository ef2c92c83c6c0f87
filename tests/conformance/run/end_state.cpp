#include "conformance/run/end_state.hpp"

#include <algorithm>
#include <set>
#include <thread>
#include <tuple>

#include <fmt/format.h>

namespace conformance {

namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr auto pause = milliseconds(50);
constexpr auto patience_for_display = milliseconds(5000);
// Timer F, by which a BYE that nobody answers has ended at the latest (RFC 3261 17.1.2.2), and a moment.
constexpr auto patience_for_end = milliseconds(35000);

/// Until it holds, or patience is over.
template <class Condition>
bool wait_for(milliseconds patience, Condition holds) {
    for (const auto until = steady::now() + patience; !holds(); std::this_thread::sleep_for(pause))
        if (steady::now() > until) return false;
    return true;
}

}  // namespace

call_counts count_calls(const phones_by_party& phones) {
    call_counts out;
    for (const auto& [party, phone] : phones)
        if (const auto count = phone->call_count()) out[party] = *count;
    return out;
}

call_counts calls_left_by(const std::vector<observed_message>& messages) {
    // Either end may send the BYE: its From and To are then the other way round.
    using dialog = std::tuple<std::string, std::string, std::string>;
    std::map<std::string, std::set<dialog>> begun, ended;
    for (const auto& each : messages) {
        const auto m = each.message.view();
        const bool begins = m.is_response() && m.cseq().method_text == "INVITE" && m.status() / 100 == 2;
        const bool ends = m.is_request() && m.method() == sip::method::bye;
        if (!begins && !ends) continue;
        const auto [first, second] = std::minmax(m.from_tag(), m.to_tag());
        for (const auto& party : {each.from, each.to})
            (begins ? begun : ended)[party].emplace(m.call_id(), first, second);
    }
    call_counts out;
    for (const auto& [party, dialogs] : begun)
        if (party != "P")
            out[party] =
                static_cast<std::size_t>(std::count_if(dialogs.begin(), dialogs.end(), [&](const dialog& each) {
                    return !ended[party].contains(each);
                }));
    return out;
}

std::string check_end_state(
    const phones_by_party& phones, const call_counts& before, const std::vector<observed_message>& messages
) {
    auto expected = before;
    for (const auto& [party, count] : calls_left_by(messages))
        if (const auto known = expected.find(party); known != expected.end()) known->second += count;
    call_counts now;
    if (!wait_for(patience_for_display, [&] { return (now = count_calls(phones)) == expected; }))
        for (const auto& [party, count] : now)
            if (count != expected[party])
                return fmt::format(
                    "in the end {} has {} calls; the messages left it {}", party, count, expected[party]
                );
    for (const auto& [party, phone] : phones)
        if (phone->is_registered() == false) return fmt::format("in the end {} is not registered", party);
    for (const auto& [party, count] : now)
        for (auto left = count; left > 0 && phones.at(party)->call_count() > 0U; --left)
            (void)phones.at(party)->act("hangs-up", {});
    const auto all_clear = [&] {
        now = count_calls(phones);
        return std::all_of(now.begin(), now.end(), [](const auto& each) { return each.second == 0; });
    };
    if (!wait_for(patience_for_end, all_clear))
        for (const auto& [party, count] : now)
            if (count != 0)
                return fmt::format(
                    "{} still has {} calls {} s after everybody hung up", party, count, patience_for_end.count() / 1000
                );
    return {};
}

}  // namespace conformance
