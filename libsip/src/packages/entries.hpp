// The parts of a document as its two sides remember them, each known by its id.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace sip::packages {

/// Takes the place of the part with this id, or comes behind all others.
template <class Entry>
void put(std::vector<Entry>& list, Entry entry) {
    auto const at = std::find_if(list.begin(), list.end(), [&](Entry const& known) { return known.id == entry.id; });
    if (at == list.end())
        list.push_back(std::move(entry));
    else
        *at = std::move(entry);
}

/// What has ended is told once, and forgotten.
template <class Entry>
void drop_terminated(std::vector<Entry>& list) {
    std::erase_if(list, [](Entry const& known) { return known.state == decltype(known.state)::terminated; });
}

}  // namespace sip::packages
