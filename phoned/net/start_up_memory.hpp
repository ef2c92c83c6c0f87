// Memory that only the start of the phone has needed.
#pragma once

namespace phoned::net {

/// Unmaps the pages of the program's own code and constants, which come back from the system's cache one by one when
/// they are used, and gives free heap back. What a phone does at its start (configuration, sockets, database) is most
/// of its code, and nearly none of it runs again while it waits for a call.
void release_start_up_memory() noexcept;

}  // namespace phoned::net
