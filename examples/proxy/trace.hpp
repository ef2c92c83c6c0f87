// Every message on the wire as one JSON line: what the flow checker and message ladders are made from.
//   {"time":1700000000.123456,"direction":"in","transport":"UDP","local":"127.0.0.1:5060","remote":"...","text":"..."}
#pragma once

#include <ostream>
#include <string>

#include "sip/net/trace.hpp"

namespace proxy {

/// One line, without its end. Credentials and keys are masked (sip/syntax/secrets.hpp). Bytes that are not UTF-8 become
/// U+FFFD, so that the line is JSON whatever a peer sends.
[[nodiscard]] std::string trace_line(sip::net::traced_message const&);

}  // namespace proxy
