#include <algorithm>

#include "conformance/flow.hpp"

namespace conformance {

namespace {

void keep_only(flow& f, const std::string& name) {
    const auto is_of_another = [&](const auto& each) { return !each.variant.empty() && each.variant != name; };
    for (auto& step : f.steps) {
        std::erase_if(step.messages, is_of_another);
        std::erase_if(step.media, is_of_another);
    }
    std::erase_if(f.variants, [&](const variant& each) { return each.name != name; });
}

}  // namespace

std::vector<flow> variants_of(const flow& f) {
    if (f.variants.empty()) return {f};
    std::vector<flow> all(f.variants.size(), f);
    for (std::size_t i = 0; i != all.size(); ++i)
        keep_only(all[i], f.variants[i].name);
    return all;
}

}  // namespace conformance
