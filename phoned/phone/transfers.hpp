// Transfers that are under way, as plain values: the phone's part in each (RFC 5589 2), and how far it is.
//
//   transferor   waiting -----------> asked ------> accepted ---> progress ... ---> done      the call is let go
//                the consultation     REFER is      202           NOTIFY 100, 180    NOTIFY 2xx
//                still rings          out                                \--------> failed    the call is taken back
//   transferee   a REFER is accepted, its target is called as a new call; what becomes of that is reported, and the old
//                call is the transferor's to end; where the new one fails, the old one goes on
#pragma once

#include <optional>
#include <string>

#include "phoned/protocol/messages.hpp"
#include "phoned/time.hpp"
#include "sip/handle.hpp"

namespace phoned {

/// One that we have asked for.
struct outgoing_transfer {
    transfer_summary shown;
    sip::subscription_id reports;  ///< Empty until the REFER is out
    bool is_waiting = false;       ///< For the consultation's answer (semi-attended)
    std::optional<time_point> refer_at = {};  ///< The call is on hold until then (features.hold_trans_delay)
};

/// One that the peer has asked of us.
struct incoming_transfer {
    transfer_summary shown;  ///< new_call: the call to the target
    sip::notifier_id reports;
    unsigned reported = 0;  ///< The status that the peer was told last
};

/// Two calls that are to meet in a conference of the network (RFC 4579 5.5).
struct network_conference {
    call_number focus, first, second;
};

}  // namespace phoned
