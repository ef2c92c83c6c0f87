// What the user agent can do, as its messages say it: option tags in Supported, Require and Unsupported (RFC 3261
// 8.1.1.9, 8.2.2.3, 19.2), methods in Allow.
#include "abilities.hpp"
#include "core_impl.hpp"

namespace sip {

std::string user_agent_core::impl::options_for(account_config const& settings) const {
    std::string list;
    auto const add = [&list](std::string_view tag) {
        if (has_token(list, tag)) return;
        if (!list.empty()) list += ", ";
        list += tag;
    };
    if (settings.reliable_provisional != reliability::off) add("100rel");
    add("replaces");
    if (settings.session_timer.when != session_timer_settings::use::off) add("timer");
    if (settings.outbound.use) add("outbound");   // RFC 5626 4.2.1, 4.3
    if (!settings.instance.empty()) add("gruu");  // RFC 5627 4.1
    for (auto const& tag : config.supported)
        add(tag);
    return list;
}

std::string_view user_agent_core::impl::supported_by(account_id id) const noexcept {
    auto const* account = accounts.find(id);
    return account != nullptr ? std::string_view(account->supported) : std::string_view(supported);
}

bool user_agent_core::impl::takes_join() const noexcept {
    return has_token(supported, "join");
}

std::string user_agent_core::impl::missing_options(message_view request) {
    if (!request.has(header_id::require)) return {};
    auto const have = supported_by(account_for(request));
    // RFC 4662 4.1: it stands in the NOTIFYs of a list, and we have said that we take those.
    bool follows_lists = false;
    if (request.method() == method::notify)
        subscriptions.for_each([&](subscription_id, subscription const& one) {
            follows_lists = follows_lists || one.options.follows_lists;
        });
    std::string missing;
    for (auto const& option : request.all<header_id::require>()) {
        if (!option || has_token(have, option->token)) continue;
        if (follows_lists && detail::equal_ignoring_case(option->token, list_option)) continue;
        if (!missing.empty()) missing += ", ";
        missing += option->token;
    }
    return missing;
}

bool has_token(std::string_view list, std::string_view token) noexcept {
    while (!list.empty()) {
        auto const comma = list.find(',');
        auto one = list.substr(0, comma);
        while (one.starts_with(' '))
            one.remove_prefix(1);
        if (detail::equal_ignoring_case(one, token)) return true;
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    return false;
}

template <header_id Id>
bool lists(message_view message, std::string_view token) noexcept {
    for (auto const& one : message.all<Id>())
        if (one && detail::equal_ignoring_case(one->token, token)) return true;
    return false;
}
template bool lists<header_id::require>(message_view, std::string_view) noexcept;
template bool lists<header_id::supported>(message_view, std::string_view) noexcept;
template bool lists<header_id::allow>(message_view, std::string_view) noexcept;

}  // namespace sip
