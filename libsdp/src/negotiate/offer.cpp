#include "local_line.hpp"
#include "offer_slots.hpp"
#include "payload_numbers.hpp"
#include "sdp/negotiate/answer.hpp"

#include <algorithm>
#include <iterator>

namespace sdp {

namespace {

/// The telephone events that go with the codecs: one for each clock rate, 8000 always, since gateways expect it.
void add_telephone_events(media& line, telephone_event_capability const& able) {
    boost::container::small_vector<std::uint32_t, 4> rates{8000};
    for (auto const& format : line.formats) {
        if (std::find(rates.begin(), rates.end(), format.codec.clock_rate) == rates.end()) {
            rates.push_back(format.codec.clock_rate);
        }
    }
    for (auto const rate : rates)
        line.formats.push_back({{}, {"telephone-event", rate, 1}, able.events});
}

void number_formats(media& line, capabilities const& able, format_history const* history, media const* last) {
    format_history const nothing;
    payload_allocator numbers{history != nullptr ? *history : nothing, last};
    boost::container::small_vector<std::optional<payload_type>, 8> given;
    for (std::size_t i = 0; i != line.formats.size(); ++i) {
        auto const& wanted = line.formats[i];
        std::optional<payload_type> wish;
        if (i < able.audio.size()) {
            wish = able.audio[i].payload;
        } else if (wanted.codec.clock_rate == 8000) {
            wish = able.telephone_event->payload;
        }
        given.push_back(numbers.settled(wanted, wish));
    }
    // Free numbers come last, so that they do not take what another format wishes. A format for which none is left
    // goes.
    format_list numbered;
    for (std::size_t i = 0; i != line.formats.size(); ++i) {
        auto const payload = given[i] ? given[i] : numbers.free_number();
        if (!payload) continue;
        line.formats[i].payload = *payload;
        numbered.push_back(std::move(line.formats[i]));
    }
    line.formats.assign(std::make_move_iterator(numbered.begin()), std::make_move_iterator(numbered.end()));
}

void add_formats(media& line, capabilities const& able, format_history const* history, media const* last) {
    for (auto const& codec : able.audio)
        line.formats.push_back({{}, codec.codec, codec.parameters});
    if (able.telephone_event) add_telephone_events(line, *able.telephone_event);
    number_formats(line, able, history, last);
}

}  // namespace

session make_offer(capabilities const& able, local_media const& local, origin const& own, agreement const& previous) {
    auto description = frame(own, local);
    auto const slots = offer_slots(local, previous);
    for (std::size_t i = 0; i != slots.size(); ++i) {
        auto const* const last = i < previous.local.media_lines.size() ? &previous.local.media_lines[i] : nullptr;
        if (!slots[i]) {
            description.media_lines.push_back(refused(*last));
            continue;
        }
        auto const& stream = local.streams[*slots[i]];
        auto& line = description.media_lines.emplace_back();
        fill_in_stream(line, stream, local.address.family, able);
        bool const same_stream = last != nullptr && is_on(previous, i);
        auto const* const history = i < previous.histories.size() ? &previous.histories[i] : nullptr;
        add_formats(line, able, history, same_stream ? last : nullptr);
        // What was multiplexed stays multiplexed (RFC 5761 5.1.1).
        bool const multiplexed = same_stream && previous.lines[i].rtcp_mux && able.rtcp_mux != rtcp_mux_policy::refuse;
        line.rtcp_mux = able.rtcp_mux == rtcp_mux_policy::offer || multiplexed;
        line.direction = wished_direction(stream);
    }
    return description;
}

}  // namespace sdp
