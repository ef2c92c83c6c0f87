#include "phoned/phone/referrals.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sip/syntax/uri.hpp"

namespace phoned {

namespace {

constexpr std::size_t most_diversions = 8;

std::string without_headers(std::string_view uri) {
    return std::string(uri.substr(0, uri.find('?')));
}

/// The entry that the newest one came of: its target was asked first, and sent the call on.
std::string from_history(sip::message_view invite) {
    std::vector<sip::history_info_view> entries;
    for (const auto& entry : invite.all<sip::header_id::history_info>())
        if (entry && entries.size() < most_diversions) entries.push_back(*entry);
    if (entries.size() < 2) return {};
    const auto& newest = entries.back();
    for (const auto& entry : entries)
        if (!newest.parent.empty() && entry.index == newest.parent) return without_headers(entry.address.uri.text);
    return without_headers(entries[entries.size() - 2].address.uri.text);
}

}  // namespace

std::string diverted_by(sip::message_view invite) {
    if (const auto newest = invite.get<sip::header_id::diversion>())
        return fmt::format("{} ({})", newest->address.uri.text, newest->reason);
    return from_history(invite);
}

std::string referred_by(sip::message_view request) {
    const auto who = request.get<sip::header_id::referred_by>();
    return who ? std::string(who->uri.text) : std::string();
}

void pass_on_diversion(sip::message_view redirection, std::vector<sip::extra_header>& headers) {
    std::erase_if(headers, [](const sip::extra_header& one) { return one.first == "Diversion"; });
    std::size_t count = 0;
    for (const auto& entry : redirection.all<sip::header_id::diversion>()) {
        if (!entry || count++ == most_diversions) continue;
        std::string value(entry->address.text);
        std::replace_if(
            value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n'; }, ' '
        );  // folding
        headers.emplace_back("Diversion", std::move(value));
    }
}

std::vector<sip::extra_header> redirection_headers(
    std::string_view contact, std::string_view diverter, std::string_view reason
) {
    return {
        {"Contact", fmt::format("<{}>", contact)},
        {"Diversion", fmt::format("<{}>;reason={};counter=1", diverter, reason)}};
}

}  // namespace phoned
