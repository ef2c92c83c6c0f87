#include "sip/dialog/table.hpp"

#include <algorithm>
#include <utility>

#include "sip/dialog/hash.hpp"

namespace sip {

std::size_t dialog_table::id_hash::operator()(dialog_id_view const& id) const noexcept {
    return static_cast<std::size_t>(detail::hash_dialog_id(id, seed));
}

std::size_t dialog_table::id_hash::operator()(dialog_handle handle) const noexcept {
    auto const* found = entries->find(handle);
    return found != nullptr ? (*this)(found->dialog.id()) : 0;
}

bool dialog_table::id_equal::operator()(dialog_id_view const& id, dialog_handle handle) const noexcept {
    auto const* found = entries->find(handle);
    return found != nullptr && found->dialog.id() == id;
}

dialog_table::dialog_table(std::uint64_t seed) : index_(0, id_hash{&entries_, seed}, id_equal{&entries_}) {}

dialog_handle dialog_table::add(dialog made, usage_ref usage) {
    entry fresh{std::move(made), {}};
    fresh.usages.push_back(usage);
    auto const handle = entries_.emplace(std::move(fresh));
    try {
        index_.insert(handle);
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
    index_.erase(handle);
    entries_.erase(handle);
}

std::optional<dialog> dialog_table::take(dialog_handle handle) {
    auto* found = entries_.find(handle);
    if (found == nullptr) return std::nullopt;
    index_.erase(handle);
    std::optional<dialog> taken(std::move(found->dialog));
    entries_.erase(handle);
    return taken;
}

dialog* dialog_table::find(dialog_handle handle) noexcept {
    auto* found = entries_.find(handle);
    return found != nullptr ? &found->dialog : nullptr;
}

dialog_handle dialog_table::find(dialog_id_view const& id) const noexcept {
    auto const at = index_.find(id);
    return at != index_.end() ? *at : dialog_handle{};
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
