// What an INVITE tells of others who had a part in it: who forwarded it (RFC 5806, RFC 7044), who transferred it (RFC
// 3892). Text for people; nothing of it is proven.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sip/syntax/message.hpp"
#include "sip/ua/subscribe_options.hpp"

namespace phoned {

/// Who diverted last, and why: `sip:1002@example.org (user-busy)`. Diversion, else History-Info; empty where neither
/// tells.
[[nodiscard]] std::string diverted_by(sip::message_view invite);

/// The URI in Referred-By; empty where there is none.
[[nodiscard]] std::string referred_by(sip::message_view request);

/// RFC 5806 6: whoever goes on after a 3xx tells the next one what it says of diversions, in place of what was told
/// before.
void pass_on_diversion(sip::message_view redirection, std::vector<sip::extra_header>& headers);

/// What a 302 of ours says: whom to call, and who sends the call on and why (`user-busy`, RFC 5806 6).
[[nodiscard]] std::vector<sip::extra_header> redirection_headers(
    std::string_view contact, std::string_view diverter, std::string_view reason
);

}  // namespace phoned
