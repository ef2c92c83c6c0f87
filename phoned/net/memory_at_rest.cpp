#include "phoned/net/memory_at_rest.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace phoned::net {

namespace {

/// Segments of the program itself that are never written to.
int release_constants(dl_phdr_info* object, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int n = 0; n < object->dlpi_phnum; ++n) {
        const auto& segment = object->dlpi_phdr[n];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
        const auto first = object->dlpi_addr + segment.p_vaddr;
        const auto from = first & ~(page - 1);
        // Without effect where the system refuses.
        (void)::madvise(reinterpret_cast<void*>(from), first + segment.p_memsz - from, MADV_DONTNEED);
    }
    return 1;  // the program comes first; libraries are shared with others
}

}  // namespace

void release_memory_at_rest() noexcept {
    ::dl_iterate_phdr(&release_constants, nullptr);
    ::malloc_trim(0);
}

}  // namespace phoned::net
