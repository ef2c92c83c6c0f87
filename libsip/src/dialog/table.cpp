#include "sip/dialog/table.hpp"

#include <algorithm>
#include <utility>

namespace sip {

std::uint64_t dialog_table::hash_of(dialog_id_view const& id) const noexcept {
    return keyed_hash(key_).text(id.call_id).mark().text(id.local_tag).mark().text(id.remote_tag).finish();
}

dialog_handle dialog_table::add(dialog made, usage_ref usage) {
    entry fresh{std::move(made), {}};
    fresh.usages.push_back(usage);
    auto const hash = hash_of(fresh.dialog.id());
    auto const handle = entries_.emplace(std::move(fresh));
    try {
        by_id_.insert(hash, handle.index);
    } catch (...) {
        entries_.erase(handle);
        throw;
    }
    return handle;
}

void dialog_table::add_usage(dialog_handle handle, usage_ref usage) {
    if (auto* found = entries_.find(handle)) found->usages.push_back(usage);
}

void dialog_table::remove_usage(dialog_handle handle, usage_ref usage) {
    auto* found = entries_.find(handle);
    if (found == nullptr) return;
    auto const at = std::find(found->usages.begin(), found->usages.end(), usage);
    if (at != found->usages.end()) found->usages.erase(at);
    if (!found->usages.empty()) return;
    by_id_.erase(handle.index);
    entries_.erase(handle);
}

std::optional<dialog> dialog_table::take(dialog_handle handle) {
    auto* found = entries_.find(handle);
    if (found == nullptr) return std::nullopt;
    by_id_.erase(handle.index);
    std::optional<dialog> taken(std::move(found->dialog));
    entries_.erase(handle);
    return taken;
}

dialog* dialog_table::find(dialog_handle handle) noexcept {
    auto* found = entries_.find(handle);
    return found != nullptr ? &found->dialog : nullptr;
}

dialog const* dialog_table::find(dialog_handle handle) const noexcept {
    auto const* found = entries_.find(handle);
    return found != nullptr ? &found->dialog : nullptr;
}

dialog_handle dialog_table::find(dialog_id_view const& id) const noexcept {
    auto const at = by_id_.find(hash_of(id), [&](std::uint32_t index) {
        return entries_.find(entries_.handle_at(index))->dialog.id() == id;
    });
    return at ? entries_.handle_at(*at) : dialog_handle{};
}

std::optional<usage_ref> dialog_table::usage(dialog_handle handle, usage_kind kind) const noexcept {
    for (auto const& usage : usages(handle))
        if (usage.kind == kind) return usage;
    return std::nullopt;
}

std::span<usage_ref const> dialog_table::usages(dialog_handle handle) const noexcept {
    auto const* found = entries_.find(handle);
    return found != nullptr ? std::span<usage_ref const>(found->usages) : std::span<usage_ref const>();
}

}  // namespace sip
