#include "sip/transport/service_order.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "syntax/chars.hpp"

namespace sip {
namespace {

/// RFC 2782: records of weight 0 stand first, then one is drawn in proportion to its weight, until all are.
void draw_by_weight(std::span<srv_record> group, random_source const& random) {
    std::stable_partition(group.begin(), group.end(), [](srv_record const& one) { return one.weight == 0; });
    for (auto first = group.begin(); first != group.end(); ++first) {
        std::uint64_t total = 0;
        for (auto at = first; at != group.end(); ++at)
            total += at->weight;
        auto const drawn = random.below(total + 1);
        std::uint64_t sum = 0;
        auto chosen = first;
        for (auto at = first; at != group.end(); ++at) {
            sum += at->weight;
            if (sum < drawn) continue;
            chosen = at;
            break;
        }
        std::rotate(first, chosen, chosen + 1);
    }
}

struct service_row {
    std::string_view field;
    transport_kind kind;
};
/// RFC 3263 4.1.
constexpr std::array services{
    service_row{"SIP+D2U", transport_kind::udp},
    service_row{"SIP+D2T", transport_kind::tcp},
    service_row{"SIPS+D2T", transport_kind::tls},
};

}  // namespace

std::vector<srv_record> in_service_order(
    std::vector<srv_record> records, weight_rule rule, random_source const& random
) {
    std::erase_if(records, [](srv_record const& one) { return one.target.empty(); });
    std::stable_sort(records.begin(), records.end(), [&](srv_record const& a, srv_record const& b) {
        if (a.priority != b.priority) return a.priority < b.priority;
        return rule == weight_rule::heaviest_first && a.weight > b.weight;
    });
    if (rule == weight_rule::heaviest_first) return records;
    for (auto first = records.begin(); first != records.end();) {
        auto const last =
            std::find_if(first, records.end(), [&](srv_record const& one) { return one.priority != first->priority; });
        draw_by_weight({first, last}, random);
        first = last;
    }
    return records;
}

std::optional<transport_kind> transport_of_service(std::string_view service) noexcept {
    for (auto const& row : services)
        if (chars::equal_ignoring_case(row.field, service)) return row.kind;
    return std::nullopt;
}

std::vector<naptr_record> usable_pointers(
    std::vector<naptr_record> records, std::span<transport_kind const> transports
) {
    std::erase_if(records, [&](naptr_record const& one) {
        auto const kind = transport_of_service(one.service);
        // A record without flags leads to further records, of whatever service (RFC 3403 4.1).
        bool const is_wanted = kind && std::find(transports.begin(), transports.end(), *kind) != transports.end();
        return one.replacement.empty() || (!is_wanted && !one.flags.empty());
    });
    std::stable_sort(records.begin(), records.end(), [](naptr_record const& a, naptr_record const& b) {
        return std::pair(a.order, a.preference) < std::pair(b.order, b.preference);
    });
    return records;
}

std::optional<std::string> service_name(transport_kind kind, std::string_view domain) {
    switch (kind) {
        case transport_kind::udp:
            return "_sip._udp." + std::string(domain);
        case transport_kind::tcp:
            return "_sip._tcp." + std::string(domain);
        case transport_kind::tls:
            return "_sips._tcp." + std::string(domain);
        case transport_kind::ws:
        case transport_kind::wss:
            break;
    }
    return std::nullopt;
}

}  // namespace sip
