#include "sip/usage/subscription_state.hpp"

#include <array>

#include <fmt/format.h>

#include "sip/syntax/message.hpp"

namespace sip {

namespace {

constexpr std::array<std::string_view, 8> reason_names{
    "", "deactivated", "probation", "rejected", "timeout", "giveup", "noresource", "invariant",
};

std::optional<std::uint32_t> number_in(params_view const& params, std::string_view name) noexcept {
    auto const number = parse_number(params.value(name));
    return number ? std::optional(*number) : std::nullopt;
}

}  // namespace

termination_reason termination_reason_from(std::string_view name) noexcept {
    for (std::size_t i = 1; i < reason_names.size(); ++i)
        if (detail::equal_ignoring_case(reason_names[i], name)) return static_cast<termination_reason>(i);
    return termination_reason::unspecified;
}

std::string_view to_string(termination_reason why) noexcept {
    return reason_names[static_cast<std::size_t>(why)];
}

subscription_status subscription_status_from(token_params_view const& value) noexcept {
    subscription_status status;
    if (detail::equal_ignoring_case(value.token, "pending")) status.phase = subscription_phase::pending;
    if (detail::equal_ignoring_case(value.token, "terminated")) status.phase = subscription_phase::terminated;
    status.reason = termination_reason_from(value.params.value("reason"));
    status.expires = number_in(value.params, "expires");
    status.retry_after = number_in(value.params, "retry-after");
    return status;
}

std::string to_string(subscription_status const& status) {
    std::string text;
    switch (status.phase) {
        case subscription_phase::pending:
            text = "pending";
            break;
        case subscription_phase::active:
            text = "active";
            break;
        case subscription_phase::terminated:
            text = "terminated";
            break;
    }
    if (status.reason != termination_reason::unspecified) text += fmt::format(";reason={}", to_string(status.reason));
    if (status.expires) text += fmt::format(";expires={}", *status.expires);
    if (status.retry_after) text += fmt::format(";retry-after={}", *status.retry_after);
    return text;
}

bool is_same_event(token_params_view const& a, token_params_view const& b) noexcept {
    return a.token == b.token && a.params.value("id") == b.params.value("id");
}

}  // namespace sip
