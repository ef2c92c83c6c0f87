// How the rows of the parameter table reach the members of settings: one function template for each place a member can
// be in. Private to config.
#pragma once

#include "phoned/config/parameter.hpp"

#include <cmath>
#include <concepts>
#include <type_traits>

namespace phoned::config {

inline void assign(bool& member, const parsed_value& value) {
    member = value.number != 0;
}
inline void assign(std::string& member, const parsed_value& value) {
    member = value.text;
}
inline void assign(tone_setting& member, const parsed_value& value) {
    member = value.tone;
}
inline void assign(access_rule& member, const parsed_value& value) {
    member = value.access;
}
inline void assign(std::chrono::seconds& member, const parsed_value& value) {
    member = std::chrono::seconds{std::llround(value.number)};
}
// The guide writes timers in seconds with a fraction, everything short in milliseconds: the row's type says which.
inline void assign(std::chrono::milliseconds& member, const parsed_value& value) {
    member =
        std::chrono::milliseconds{std::llround(value.kind == value_kind::seconds ? value.number * 1000 : value.number)};
}
template <class Number>
requires(std::unsigned_integral<Number> || std::is_enum_v<Number>) void assign(
    Number& member, const parsed_value& value
) {
    member = static_cast<Number>(std::llround(value.number));
}

/// A member of settings itself.
template <auto Member>
bool phone_field(settings& to, const place&, const parsed_value& value) {
    assign(to.*Member, value);
    return true;
}

/// A member of accounts[X].
template <auto Member>
bool account_field(settings& to, const place& at, const parsed_value& value) {
    assign(to.accounts[at.x() - 1].*Member, value);
    return true;
}

/// A member of every account: what later editions of the guide set once for the whole phone.
template <auto Member>
bool every_account_field(settings& to, const place&, const parsed_value& value) {
    for (auto& account : to.accounts)
        assign(account.*Member, value);
    return true;
}

/// A member of a struct inside accounts[X].
template <auto Outer, auto Member>
bool account_part_field(settings& to, const place& at, const parsed_value& value) {
    assign(to.accounts[at.x() - 1].*Outer.*Member, value);
    return true;
}

/// A member of servers[Y] of accounts[X], where the row is written for one Y.
template <unsigned Y, auto Member>
bool server_field(settings& to, const place& at, const parsed_value& value) {
    assign(to.accounts[at.x() - 1].servers[Y - 1].*Member, value);
    return true;
}

/// The same for a row of every Y.
template <auto Member>
bool each_server_field(settings& to, const place& at, const parsed_value& value) {
    assign(to.accounts[at.x() - 1].servers[at.y() - 1].*Member, value);
    return true;
}

template <auto Member>
bool codec_field(settings& to, const place& at, const parsed_value& value) {
    assign(to.accounts[at.x() - 1].codecs[at.y()].*Member, value);
    return true;
}

/// A member of a struct inside settings.
template <auto Outer, auto Member>
bool phone_part_field(settings& to, const place&, const parsed_value& value) {
    assign(to.*Outer.*Member, value);
    return true;
}

/// A member of one kind of forwarding, of the phone and of an account.
template <auto Kind, auto Member>
bool forward_field(settings& to, const place&, const parsed_value& value) {
    assign(to.forward.*Kind.*Member, value);
    return true;
}
template <auto Kind, auto Member>
bool account_forward_field(settings& to, const place& at, const parsed_value& value) {
    assign(to.accounts[at.x() - 1].forward.*Kind.*Member, value);
    return true;
}

/// Its codes.
template <auto Kind, auto Member>
bool forward_code_field(settings& to, const place&, const parsed_value& value) {
    assign((to.forward.*Kind).codes.*Member, value);
    return true;
}
template <auto Kind, auto Member>
bool account_forward_code_field(settings& to, const place& at, const parsed_value& value) {
    assign((to.accounts[at.x() - 1].forward.*Kind).codes.*Member, value);
    return true;
}

// What a row says of its indices.
inline constexpr std::array<index_range, 3> no_index{};
inline constexpr std::array<index_range, 3> per_account{{{1, max_accounts}}};
inline constexpr std::array<index_range, 3> per_server{{{1, max_accounts}, {1, 2}}};
inline constexpr std::array<index_range, 3> per_codec{{{1, max_accounts}, {0, max_codecs - 1}}};
constexpr std::array<index_range, 3> numbered(unsigned last) {
    return {{{1, last}}};
}
constexpr std::array<index_range, 3> per_account_and(unsigned last) {
    return {{{1, max_accounts}, {1, last}}};
}

/// A row that only gives another name to a parameter.
constexpr parameter renamed(
    std::string_view name, std::array<index_range, 3> indices, file_scope scope, std::string_view alias_of
) {
    return {
        .name = name,
        .indices = indices,
        .scope = scope,
        .type = text(),
        .default_value = {},
        .meaning = {},
        .alias_of = alias_of};
}

}  // namespace phoned::config
