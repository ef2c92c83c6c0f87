// Memory that only busy moments of the phone have needed.
#pragma once

namespace phoned::net {

/// Unmaps the pages of the program's own code and constants, which come back from the system's cache one by one when
/// they are used, and gives free heap back. What a phone does at its start (configuration, sockets, database) is most
/// of its code, and nearly none of it runs again while it waits for a call; nor does what sets a call up run while
/// people talk.
void release_memory_at_rest() noexcept;

}  // namespace phoned::net
