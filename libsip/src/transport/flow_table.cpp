#include "sip/transport/flow_table.hpp"

#include <algorithm>

namespace sip {

flow_id flow_table::add(flow_description const& description) {
    flows_.push_back({flow_id{++last_}, description.local, description.remote, flow_state::up});
    return flows_.back().id;
}

flow_id flow_table::add_opening(endpoint const& remote) {
    endpoint local;
    local.kind = remote.kind;
    local.address.is_v6 = remote.address.is_v6;
    flows_.push_back({flow_id{++last_}, local, remote, flow_state::opening});
    return flows_.back().id;
}

flow_entry* flow_table::find_mutable(flow_id id) noexcept {
    auto at =
        std::lower_bound(flows_.begin(), flows_.end(), id, [](flow_entry const& f, flow_id x) { return f.id < x; });
    return at != flows_.end() && at->id == id ? &*at : nullptr;
}

flow_entry const* flow_table::find(flow_id id) const noexcept {
    return const_cast<flow_table*>(this)->find_mutable(id);
}

void flow_table::on_event(flow_event const& event) {
    auto* flow = find_mutable(event.flow);
    if (flow == nullptr) return;
    switch (event.change) {
        case flow_change::up:
            flow->state = flow_state::up;
            flow->local = event.local;
            return;
        case flow_change::failed:
        case flow_change::closed:
            flows_.erase(flows_.begin() + (flow - flows_.data()));
            return;
    }
}

std::optional<flow_id> flow_table::towards(endpoint const& to) const noexcept {
    std::optional<flow_id> found;
    if (!is_reliable(to.kind)) {
        for (auto const& flow : flows_)
            if (flow.local.kind == to.kind && !flow.remote && flow.local.address.is_v6 == to.address.is_v6)
                return flow.id;
        return found;
    }
    for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) {
        if (flow->remote != to) continue;
        if (flow->state == flow_state::up) return flow->id;
        if (!found) found = flow->id;
    }
    return found;
}

}  // namespace sip
