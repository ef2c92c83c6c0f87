// One input of the core: the work for it, then everything that follows from it.
#pragma once

#include <type_traits>
#include <utility>

#include "core_impl.hpp"

namespace sip {

/// Runs `work`, then everything that follows from it, also from the part of it that was done when memory ran out.
template <class Impl, class Work>
auto in_turn(Impl& core, now_t now, outbox& out, Work&& work) {
    turn t{now, out, {}};
    t.make_room();
    auto const run = [&] {
        try {
            return work(t);
        } catch (...) {
            core.finish(t);
            throw;
        }
    };
    if constexpr (std::is_void_v<decltype(work(t))>) {
        run();
        core.finish(t);
    } else {
        auto outcome = run();
        core.finish(t);
        return outcome;
    }
}

}  // namespace sip
