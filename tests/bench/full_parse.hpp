// The work that the parse benchmark calls "full": one message parsed, and every value that routing, dialogs and
// authentication read taken apart to its components.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sip/syntax/parse.hpp"

namespace bench {

class full_parser {
public:
    explicit full_parser(sip::buffer_pool& pool) : pool_(pool) {}

    /// The bytes are copied into a pool buffer first, as a socket would have put them there. Returns a number that
    /// depends on everything that was found, so that no part of the work can be left out; 0 where something failed.
    std::size_t parse(std::string_view bytes) {
        auto parsed = sip::parse_message(pool_.copy(bytes), pool_);
        return parsed ? read((*parsed).view()) : 0;
    }

private:
    static std::size_t read(sip::message_view view) {
        using enum sip::header_id;
        std::size_t sum = 0;
        sum += view.request_uri_parts().host.size() + view.request_uri_parts().user.size();
        auto const& top = view.top_via();
        sum += top.branch().size() + top.host.size() + view.call_id().size() + view.cseq().number;
        for (auto const* party : {&view.from(), &view.to()})
            sum += party->uri.host.size() + party->uri.user.size() + party->params.text().size();
        sum += view.from_tag().size() + view.to_tag().size();
        if (auto value = view.get<max_forwards>()) sum += *value;
        for (auto const& value : view.all<contact>()) {
            if (!value) return 0;
            sum += value->uri.host.size() + value->uri.port.value_or(0) + value->params.text().size();
        }
        if (!add_routes<route>(view, sum) || !add_routes<record_route>(view, sum)) return 0;
        if (auto value = view.get<authorization>()) sum += value->username.size() + value->response.size();
        return sum;
    }

    template <sip::header_id Id>
    static bool add_routes(sip::message_view view, std::size_t& sum) {
        for (auto const& value : view.all<Id>()) {
            if (!value) return false;
            sum += value->uri.host.size() + value->uri.params.text().size();
        }
        return true;
    }

    sip::buffer_pool& pool_;
};

/// What a message holds, for a person who checks that the benchmark reads what it should.
inline std::string describe(sip::message_view view) {
    using enum sip::header_id;
    auto person = [](auto const& value) {
        return value ? fmt::format("{}@{} tag {}", value->uri.user, value->uri.host, value->tag()) : "-";
    };
    auto text = fmt::format(
        "via {} from {} to {} call-id {} cseq {} body {}", view.top_via().branch(), person(view.get<from>()),
        person(view.get<to>()), view.call_id(), view.cseq().number, view.body().size()
    );
    for (auto const& value : view.all<contact>())
        text += " contact " + person(value);
    for (auto const& value : view.all<route>())
        text += " route " + person(value);
    for (auto const& value : view.all<record_route>())
        text += " record-route " + person(value);
    if (auto value = view.get<max_forwards>()) text += fmt::format(" max-forwards {}", *value);
    if (auto value = view.get<authorization>()) text += fmt::format(" response {}", value->response);
    return text;
}

}  // namespace bench
