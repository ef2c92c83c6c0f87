// A publication of ours as the user agent keeps it.
#pragma once

#include <cstdint>
#include <string>

#include "outgoing.hpp"
#include "sip/ua/publish_options.hpp"

namespace sip {

struct own_publication {
    account_id account;
    publish_options options;
    sip::publication state;
    std::string call_id, local_tag;  ///< of all its requests
    std::uint32_t cseq = 0;
    outgoing_id request;  ///< the PUBLISH that is out
};

}  // namespace sip
