// Which type a header's value has: the table behind message_view::get<> and all<>. A header is added by one row here
// and one in names.cpp.
#pragma once

#include "sip/syntax/address.hpp"
#include "sip/syntax/headers/alerting.hpp"
#include "sip/syntax/headers/auth.hpp"
#include "sip/syntax/headers/privacy.hpp"
#include "sip/syntax/headers/reason.hpp"
#include "sip/syntax/headers/retargeting.hpp"
#include "sip/syntax/headers/simple.hpp"
#include "sip/syntax/headers/via.hpp"

namespace sip {

/// Any header without a row of its own is text.
template <header_id Id>
struct header_traits {
    using value_type = std::string_view;  ///< what get<> gives
    /// One element of the header.
    static parsed<value_type> parse(std::string_view text) noexcept { return parse_text(text); }
};

namespace detail {
template <class Value, parsed<Value> (*Parse)(std::string_view) noexcept>
struct typed_header {
    using value_type = Value;
    static parsed<value_type> parse(std::string_view text) noexcept { return Parse(text); }
};
using address_header = typed_header<name_addr_view, parse_name_addr>;
using number_header = typed_header<std::uint32_t, parse_number>;
using token_header = typed_header<token_params_view, parse_token_params>;
using challenge_header = typed_header<challenge_view, parse_challenge>;
using credentials_header = typed_header<credentials_view, parse_credentials>;
using delta_header = typed_header<delta_seconds_view, parse_delta_seconds>;
}  // namespace detail

template <>
struct header_traits<header_id::via> : detail::typed_header<via_view, parse_via> {};
template <>
struct header_traits<header_id::from> : detail::address_header {};
template <>
struct header_traits<header_id::to> : detail::address_header {};
template <>
struct header_traits<header_id::contact> : detail::address_header {};
template <>
struct header_traits<header_id::route> : detail::address_header {};
template <>
struct header_traits<header_id::record_route> : detail::address_header {};
template <>
struct header_traits<header_id::path> : detail::address_header {};
template <>
struct header_traits<header_id::service_route> : detail::address_header {};
template <>
struct header_traits<header_id::refer_to> : detail::address_header {};
template <>
struct header_traits<header_id::referred_by> : detail::address_header {};
template <>
struct header_traits<header_id::reply_to> : detail::address_header {};
template <>
struct header_traits<header_id::p_asserted_identity> : detail::address_header {};
template <>
struct header_traits<header_id::p_preferred_identity> : detail::address_header {};
template <>
struct header_traits<header_id::remote_party_id> : detail::address_header {};
template <>
struct header_traits<header_id::diversion> : detail::typed_header<diversion_view, parse_diversion> {};
template <>
struct header_traits<header_id::history_info> : detail::typed_header<history_info_view, parse_history_info> {};
template <>
struct header_traits<header_id::cseq> : detail::typed_header<cseq_view, parse_cseq> {};
template <>
struct header_traits<header_id::max_forwards> : detail::number_header {};
template <>
struct header_traits<header_id::content_length> : detail::number_header {};
template <>
struct header_traits<header_id::expires> : detail::number_header {};
template <>
struct header_traits<header_id::min_expires> : detail::number_header {};
template <>
struct header_traits<header_id::max_breadth> : detail::number_header {};
template <>
struct header_traits<header_id::rseq> : detail::number_header {};
template <>
struct header_traits<header_id::rack> : detail::typed_header<rack_view, parse_rack> {};
template <>
struct header_traits<header_id::replaces> : detail::typed_header<dialog_reference_view, parse_dialog_reference> {};
template <>
struct header_traits<header_id::join> : detail::typed_header<dialog_reference_view, parse_dialog_reference> {};
template <>
struct header_traits<header_id::target_dialog> : detail::typed_header<target_dialog_view, parse_target_dialog> {};
template <>
struct header_traits<header_id::refer_sub> : detail::token_header {};
template <>
struct header_traits<header_id::content_type> : detail::typed_header<media_type_view, parse_media_type> {};
template <>
struct header_traits<header_id::accept> : detail::typed_header<media_type_view, parse_media_type> {};
template <>
struct header_traits<header_id::retry_after> : detail::delta_header {};
template <>
struct header_traits<header_id::session_expires> : detail::delta_header {};
template <>
struct header_traits<header_id::min_se> : detail::delta_header {};
template <>
struct header_traits<header_id::event> : detail::token_header {};
template <>
struct header_traits<header_id::subscription_state> : detail::token_header {};
template <>
struct header_traits<header_id::content_disposition> : detail::token_header {};
template <>
struct header_traits<header_id::require> : detail::token_header {};
template <>
struct header_traits<header_id::supported> : detail::token_header {};
template <>
struct header_traits<header_id::unsupported> : detail::token_header {};
template <>
struct header_traits<header_id::proxy_require> : detail::token_header {};
template <>
struct header_traits<header_id::allow> : detail::token_header {};
template <>
struct header_traits<header_id::allow_events> : detail::token_header {};
template <>
struct header_traits<header_id::reason> : detail::typed_header<reason_view, parse_reason> {};
template <>
struct header_traits<header_id::alert_info> : detail::typed_header<information_view, parse_information> {};
template <>
struct header_traits<header_id::call_info> : detail::typed_header<information_view, parse_information> {};
template <>
struct header_traits<header_id::privacy> : detail::typed_header<privacy, parse_privacy> {};
template <>
struct header_traits<header_id::www_authenticate> : detail::challenge_header {};
template <>
struct header_traits<header_id::proxy_authenticate> : detail::challenge_header {};
template <>
struct header_traits<header_id::authentication_info>
    : detail::typed_header<authentication_info_view, parse_authentication_info> {};
template <>
struct header_traits<header_id::authorization> : detail::credentials_header {};
template <>
struct header_traits<header_id::proxy_authorization> : detail::credentials_header {};

}  // namespace sip
