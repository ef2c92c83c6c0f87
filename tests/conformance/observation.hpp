// What passed a hop: the messages that phones and proxy traced, put in order, with retransmissions folded and challenge
// rounds recognised.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sip/syntax/parse.hpp"

namespace conformance {

/// Seconds since the epoch, as the traces carry them.
using seconds = std::chrono::duration<double>;

struct observed_message {
    seconds at{};
    std::string from, to;  ///< parties
    sip::message message;
    unsigned copies = 1;              ///< with its retransmissions
    bool is_challenge_round = false;  ///< a request that was challenged, the 401 or 407, or its ACK: RFC 3261 22
};

/// Which address is whose: "127.0.0.1:5062" -> "A".
using party_map = std::map<std::string, std::string, std::less<>>;

/// What a trace says of one message: a JSON line {"time", "direction": "in"|"out", "local", "remote", "text"}.
struct trace_line {
    std::optional<seconds> at;
    bool sent = false;
    std::string remote, text;
};
/// Nothing for what is no such line.
[[nodiscard]] std::optional<trace_line> read_trace_line(std::string_view json_line);

/// Gathers traces. In a phone's trace, an address that is nobody's is the proxy's: over TCP it has a port of its own
/// for each connection. A trace is written by one party; a message that both of its ends traced is taken from the end
/// that was added as a phone.
class observer {
public:
    explicit observer(party_map addresses);

    /// One line of the trace of `owner`. False where the line is no message, its other end is nobody we know, or
    /// `wanted` declines that end.
    bool add(
        std::string_view owner, std::string_view json_line,
        const std::function<bool(std::string_view other)>& wanted = {}
    );
    /// One message as `owner` sent or received it.
    bool add(std::string_view owner, seconds at, bool sent, std::string_view remote_address, std::string_view text);

    /// One message as somebody between the two saw it. Times of one such observer are taken as they are; those of
    /// several traces are put in the order of cause and effect.
    bool add_between(std::string from, std::string to, seconds at, std::string_view text);

    /// Whose an unknown address in the proxy's own trace is: the one phone that cannot trace, and connects from any
    /// port.
    void set_stranger(std::string party) { stranger_ = std::move(party); }
    /// One more address of a party: over TCP a phone connects from ports of its own, which its trace tells.
    void add_address(std::string address, std::string party) {
        addresses_.insert_or_assign(std::move(address), std::move(party));
    }
    /// All so far in the order of time, retransmissions folded, challenge rounds marked.
    [[nodiscard]] std::vector<observed_message> messages() const;
    /// What happened before `at` is of no interest, also where its trace comes later.
    void begin(seconds at) {
        begin_ = at;
        all_.clear();
        of_unknown_.clear();
    }

private:
    party_map addresses_;
    std::string stranger_;
    seconds begin_{};
    bool has_several_clocks_ = false;
    mutable sip::buffer_pool pool_;
    std::vector<observed_message> all_;
    /// The proxy's messages from and to addresses that were nobody's then, by address: the stranger's, unless another
    /// party turns out to have it.
    std::vector<std::pair<std::string, observed_message>> of_unknown_;
};

/// "INVITE" or "200 INVITE".
[[nodiscard]] std::string summary(sip::message_view);

/// Messages or packets; those of one moment keep their order.
template <class Item>
void sort_by_time(std::vector<Item>& all) {
    std::stable_sort(all.begin(), all.end(), [](const Item& a, const Item& b) { return a.at < b.at; });
}

}  // namespace conformance
