#include "sip/proxy/location_store.hpp"

#include <iterator>

namespace sip::proxy {

result<std::vector<binding>> memory_store::find(std::string_view user, wall_time now) {
    std::vector<binding> live;
    auto at = users_.find(user);
    if (at == users_.end()) return live;
    for (auto const& one : at->second)
        if (one.expires > now) live.push_back(one);
    return live;
}

error_code memory_store::replace(std::string_view user, std::span<binding const> bindings) {
    if (bindings.empty()) {
        if (auto at = users_.find(user); at != users_.end()) users_.erase(at);
    } else {
        users_.insert_or_assign(std::string(user), std::vector<binding>(bindings.begin(), bindings.end()));
    }
    return {};
}

}  // namespace sip::proxy
