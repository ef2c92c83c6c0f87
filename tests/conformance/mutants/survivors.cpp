#include "conformance/mutants/survivors.hpp"

#include <array>

namespace conformance {

namespace {

struct survivor {
    std::string_view begins, contains;
    std::string_view reason;
};

constexpr std::array known{
    survivor{"repeat:", "", "a copy of a message is a retransmission, or one that the network made (RFC 3261 17)"},
    survivor{
        "swap with the next, of another transaction:", "",
        "hops, calls and transactions have no order where neither message causes the other"},
    survivor{
        "send before the three before it, of another transaction:", "",
        "hops, calls and transactions have no order where neither message causes the other"},
    survivor{
        "send before the three before it:", ", authorized ",
        "credentials for a nonce that is known need not wait for the next challenge (RFC 3261 22.3, RFC 7616 3.4)"},
    survivor{"swap with the next:", " 100 Trying", "100 may come at any time before the answer (RFC 3261 17.2.1)"},
    survivor{"drop:", " 100 Trying", "100 may be missing (RFC 3261 17.2.1)"},
    survivor{
        "swap with the next:", "(CANCEL)",
        "the answers to CANCEL and INVITE belong to two transactions (RFC 3261 9.2)"},
    survivor{
        "swap with the next:", ", challenged ACK",
        "the ACK of a challenge and the request that follows belong to two transactions (RFC 3261 17.1.1.3, 22.2)"},
    survivor{"drop:", " 180 Ringing", "a phone need not ring before it redirects (RFC 3261 13.3.1.2)"},
    survivor{"no Via:", " 180 Ringing", "what cannot be read counts as lost, and 180 may be (RFC 3261 13.3.1.2)"},
    survivor{"no Via:", " 100 Trying", "what cannot be read counts as lost, and 100 may be (RFC 3261 17.2.1)"},
    survivor{"early RTP ", "", "who offered must be ready for early media (RFC 3264 5.1, RFC 3960)"},
    survivor{"no Contact:", " ACK,", "an ACK need not have a Contact (RFC 3261 20, table 2)"},
    survivor{"no Contact:", " CANCEL,", "a CANCEL has no Contact (RFC 3261 20, table 2)"},
    survivor{"no Contact:", "SIP/2.0 4", "a refusal has no Contact (RFC 3261 20, table 2)"},
    survivor{"no Contact:", "(REGISTER)", "a registration that has ended leaves no Contact (RFC 3261 10.3)"},
    survivor{"other Contact", " CANCEL,", "a CANCEL has no Contact (RFC 3261 20, table 2)"},
    survivor{"other Contact", " ACK,", "nobody reads the Contact of an ACK (RFC 3261 17.1.1.3)"},
    survivor{"other Contact", " REGISTER,", "a phone may register any address (RFC 3261 10.2.1)"},
    survivor{"other Contact", "(REGISTER)", "a user may have other phones registered (RFC 3261 10.3)"},
    survivor{"other Contact", ", challenged ", "a challenged request came to nothing (RFC 3261 22.2)"},
    survivor{"other Replaces:", ", challenged ", "a challenged request came to nothing (RFC 3261 22.2)"},
    survivor{"SDP ", ", challenged ", "a challenged request came to nothing (RFC 3261 22.2)"},
    survivor{"no body:", ", challenged ", "a challenged request came to nothing (RFC 3261 22.2)"},
    survivor{"other To tag:", "(CANCEL)", "the tag of the INVITE's answer is only recommended (RFC 3261 9.2)"},
    survivor{"other To tag:", "(REGISTER)", "a registration makes no dialog, so its tags bind nobody (RFC 3261 10.2)"},
    survivor{"other branch:", " ACK,", "any new branch will do for the ACK of a 2xx (RFC 3261 8.1.1.7, 13.2.2.4)"},
    survivor{"status 200:", "202 Accepted", "202 is historic, 200 does as well (RFC 6665 8.3.1)"},
};

}  // namespace

std::string why_it_conforms(std::string_view what) {
    for (const auto& each : known)
        if (what.starts_with(each.begins) && what.find(each.contains) != std::string_view::npos)
            return std::string(each.reason);
    return {};
}

}  // namespace conformance
