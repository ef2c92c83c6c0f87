#include "files/sndfile.hpp"

#include <dlfcn.h>

#include <optional>

namespace rtp {

namespace {

/// Its interface has been this one since 2002: the number in its name would change with it.
constexpr char const* library = "libsndfile.so.1";

template <class Function>
bool find(void* in, char const* name, Function& found) {
    found = reinterpret_cast<Function>(dlsym(in, name));
    return found != nullptr;
}

std::optional<sndfile_functions> load() {
    auto* const in = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    if (in == nullptr) return std::nullopt;
    sndfile_functions made{};
    bool const is_whole = find(in, "sf_open", made.open) && find(in, "sf_close", made.close) &&
                          find(in, "sf_readf_short", made.readf_short) &&
                          find(in, "sf_write_short", made.write_short) && find(in, "sf_strerror", made.strerror) &&
                          find(in, "sf_error_number", made.error_number);
    return is_whole ? std::optional(made) : std::nullopt;
}

}  // namespace

sndfile_functions const* sndfile() {
    static auto const loaded = load();
    return loaded ? &*loaded : nullptr;
}

}  // namespace rtp
