#include "local_line.hpp"
#include "offer_slots.hpp"
#include "payload_numbers.hpp"
#include "sdp/negotiate/answer.hpp"
#include "security.hpp"

#include <algorithm>

namespace sdp {

namespace {

/// A format to offer, and the number that its owner would like.
struct wanted {
    format what;
    std::optional<payload_type> wish;
};
using wanted_list = boost::container::small_vector<wanted, 8>;

void want(wanted_list& list, codec const& codec, std::string_view parameters, std::optional<payload_type> wish) {
    auto& added = list.emplace_back();
    added.what.codec = codec;
    added.what.parameters = parameters;
    added.wish = wish;
}

/// The telephone events that go with the codecs: one for each clock rate, 8000 always, since gateways expect it.
void want_telephone_events(wanted_list& list, telephone_event_capability const& able) {
    boost::container::small_vector<std::uint32_t, 4> rates{8000};
    for (auto const& codec : list) {
        auto const rate = codec.what.codec.clock_rate;
        if (std::find(rates.begin(), rates.end(), rate) == rates.end()) rates.push_back(rate);
    }
    for (auto const rate : rates) {
        auto const wish = rate == 8000 ? std::optional{able.payload} : std::nullopt;
        want(list, {"telephone-event", rate, 1}, able.events, wish);
    }
}

void add_formats(media& line, capabilities const& able, payload_allocator numbers) {
    wanted_list list;
    for (auto const& codec : able.audio)
        want(list, codec.codec, codec.parameters, codec.payload);
    if (able.telephone_event) want_telephone_events(list, *able.telephone_event);

    // Free numbers are given last, so that they do not take what another format wishes.
    boost::container::small_vector<std::optional<payload_type>, 8> given;
    for (auto const& entry : list)
        given.push_back(numbers.settled(entry.what, entry.wish));
    for (std::size_t i = 0; i != list.size(); ++i) {
        if (!given[i]) given[i] = numbers.free_number();
        if (!given[i]) continue;  // All 32 dynamic numbers have a meaning in this session.
        list[i].what.payload = *given[i];
        line.formats.push_back(std::move(list[i].what));
    }
}

}  // namespace

session make_offer(capabilities const& able, local_media const& local, origin const& own, agreement const& previous) {
    session description;
    write_frame(description, own, local);
    auto const slots = offer_slots(local, able.security, previous);
    for (std::size_t i = 0; i != slots.size(); ++i) {
        auto const* const last = i < previous.local.media_lines.size() ? &previous.local.media_lines[i] : nullptr;
        if (!slots[i].stream) {
            add_refused(description, *last);
            continue;
        }
        auto const& stream = local.streams[*slots[i].stream];
        auto& line = description.media_lines.emplace_back();
        line.transport = slots[i].transport;
        fill_in_stream(line, stream, local.address.family, able);
        bool const same_stream = last != nullptr && is_on(previous, i);
        auto const* const history = i < previous.histories.size() ? &previous.histories[i] : nullptr;
        add_formats(line, able, payload_allocator{history, same_stream ? last : nullptr});
        // What was multiplexed stays multiplexed (RFC 5761 5.1.1).
        bool const multiplexed = same_stream && previous.lines[i].rtcp_mux && able.rtcp_mux != rtcp_mux_policy::refuse;
        line.rtcp_mux = able.rtcp_mux == rtcp_mux_policy::offer || multiplexed;
        line.direction = wished_direction(stream);
        if (same_stream) keep_mid(line, *last);
        offer_security(line, able.security, stream, same_stream ? &previous.lines[i] : nullptr);
    }
    return description;
}

}  // namespace sdp
