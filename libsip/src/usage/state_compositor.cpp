#include "sip/usage/state_compositor.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sip {

namespace {
using std::chrono::seconds;
}

std::string state_compositor::new_tag() {
    return fmt::format("{:016x}", environment_->random());
}

state_compositor::outcome state_compositor::on_publish(
    time_point now, std::string_view resource, message_view request
) {
    auto const answer = [](std::uint16_t status, std::string name = {}, std::string value = {}) {
        outcome made;
        made.status = status;
        if (!name.empty()) made.headers.emplace_back(std::move(name), std::move(value));
        return made;
    };
    // 6, step 2: the package.
    auto const named = request.get<header_id::event>();
    auto const& events = settings_.events;
    if (!named || std::find(events.begin(), events.end(), named->token) == events.end()) {
        std::string all;
        for (auto const& event : events)
            all += (all.empty() ? "" : ", ") + event;
        return answer(489, "Allow-Events", all);
    }
    // Step 4: which publication is meant.
    auto const tag = request.raw("SIP-If-Match");
    auto const found = tag.empty() ? publications_.end() : publications_.find(tag);
    bool const is_known = found != publications_.end() && found->second.resource == resource &&
                          found->second.event == named->token && found->second.expires > now;
    if (!tag.empty() && !is_known) return answer(412);
    // Step 5: for how long.
    auto const wanted = request.get<header_id::expires>();
    notifier_settings const limits{
        .shortest = settings_.shortest, .longest = settings_.longest, .preferred = settings_.preferred};
    auto const granted = notifier::grant(limits, wanted ? std::optional(*wanted) : std::nullopt);
    if (!granted) return answer(423, "Min-Expires", std::to_string(settings_.shortest));
    auto const body = request.body();
    if (body.size() > settings_.largest_body) return answer(413);
    if (tag.empty() && body.empty()) return answer(400);  // 4.2: an initial publication has a body

    if (*granted == 0) {
        bool const had_state = is_known;
        if (is_known) publications_.erase(found);
        auto made = answer(200, "Expires", "0");
        made.headers.emplace_back("SIP-ETag", new_tag());  // step 7: every 2xx has one, this one names nothing
        made.has_changed = had_state;
        return made;
    }
    one next;
    if (is_known) {
        next = std::move(found->second);
        publications_.erase(found);
    } else {
        auto const of_this = std::count_if(publications_.begin(), publications_.end(), [&](auto const& known) {
            return known.second.resource == resource && known.second.event == named->token;
        });
        if (publications_.size() >= settings_.most_publications ||
            static_cast<std::size_t>(of_this) >= settings_.most_of_one)
            return answer(503, "Retry-After", "60");
        next.resource = resource;
        next.event = named->token;
        next.serial = ++serial_;
    }
    bool const has_body = !body.empty();
    if (has_body) next.body = {std::string(request.raw(header_id::content_type)), std::string(body)};
    next.expires = now + seconds(*granted);
    auto const fresh = new_tag();
    publications_.insert_or_assign(fresh, std::move(next));
    auto made = answer(200, "SIP-ETag", fresh);
    made.headers.emplace_back("Expires", std::to_string(*granted));
    made.has_changed = has_body;
    return made;
}

std::vector<state_compositor::published_state> state_compositor::states(
    time_point now, std::string_view resource, std::string_view event
) const {
    std::vector<one const*> live;
    for (auto const& [tag, known] : publications_)
        if (known.resource == resource && known.event == event && known.expires > now) live.push_back(&known);
    std::sort(live.begin(), live.end(), [](one const* a, one const* b) { return a->serial < b->serial; });
    std::vector<published_state> out;
    out.reserve(live.size());
    for (auto const* known : live)
        out.push_back({known->body, known->expires});
    return out;
}

std::vector<std::string> state_compositor::on_timeout(time_point now) {
    std::vector<std::string> changed;
    std::erase_if(publications_, [&](auto const& known) {
        if (known.second.expires > now) return false;
        changed.push_back(known.second.resource);
        return true;
    });
    return changed;
}

std::optional<time_point> state_compositor::next_deadline() const noexcept {
    std::optional<time_point> earliest;
    for (auto const& [tag, known] : publications_)
        if (!earliest || known.expires < *earliest) earliest = known.expires;
    return earliest;
}

}  // namespace sip
