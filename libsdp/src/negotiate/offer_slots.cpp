#include "offer_slots.hpp"

#include "sdp/text/scan.hpp"
#include "security.hpp"

#include <algorithm>

namespace sdp {

namespace {

/// The transport of a line that goes on: as it was, unless the policy has changed.
std::string_view kept_transport(
    std::string_view last, bool is_secured, security_capability const& able, local_stream const& stream
) noexcept {
    bool const is_plain = profile_of(last) == transport_profile::plain;
    if (able.policy == media_security::off && !is_plain) return transport_of(transport_profile::plain);
    if (able.policy == media_security::mandatory && is_plain && !is_secured)
        return transport_of(secure_profile(able, stream));
    return last;
}

/// The transports of the lines that offer a stream anew.
boost::container::small_vector<std::string_view, 2> new_transports(
    security_capability const& able, local_stream const& stream
) {
    bool const has_keys = !stream.keys.empty() || stream.dtls;
    bool const two_lines = able.form == optional_form::two_lines && has_keys;
    boost::container::small_vector<std::string_view, 2> transports;
    if (able.policy == media_security::mandatory || (able.policy == media_security::optional && two_lines))
        transports.push_back(transport_of(secure_profile(able, stream)));
    if (able.policy != media_security::mandatory) transports.push_back(transport_of(transport_profile::plain));
    return transports;
}

}  // namespace

bool is_on(agreement const& agreed, std::size_t line) noexcept {
    return line < agreed.lines.size() && agreed.lines[line].stream.has_value();
}

slot_list offer_slots(local_media const& local, security_capability const& able, agreement const& previous) {
    auto const& lines = previous.local.media_lines;
    slot_list slots(lines.size());
    for (std::size_t i = 0; i != slots.size(); ++i) {
        if (!is_on(previous, i) || *previous.lines[i].stream >= local.streams.size()) continue;
        auto const stream = *previous.lines[i].stream;
        bool const is_secured = !std::holds_alternative<std::monostate>(previous.lines[i].security);
        slots[i] = {stream, kept_transport(lines[i].transport, is_secured, able, local.streams[stream])};
    }
    for (std::size_t stream = 0; stream != local.streams.size(); ++stream) {
        auto const has_stream = [stream](offer_slot const& slot) { return slot.stream == stream; };
        if (std::any_of(slots.begin(), slots.end(), has_stream)) continue;
        std::size_t at = 0;
        for (auto const transport : new_transports(able, local.streams[stream])) {
            while (at < lines.size() && (slots[at].stream || !same_text(lines[at].type, "audio")))
                ++at;
            if (at >= lines.size()) at = slots.size();
            if (at == slots.size()) slots.emplace_back();
            slots[at] = {stream, transport};
        }
    }
    return slots;
}

}  // namespace sdp
