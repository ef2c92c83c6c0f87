#include "sdp/model/connectivity.hpp"

#include "sdp/model/attributes.hpp"
#include "sdp/text/scan.hpp"

#include <algorithm>

namespace sdp {

namespace {

/// RFC 8839 5.1: letters, digits, "+" and "/".
bool is_ice_text(std::string_view text, std::size_t shortest, std::size_t longest) noexcept {
    auto const is_ice_char = [](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    };
    return text.size() >= shortest && text.size() <= longest && std::all_of(text.begin(), text.end(), is_ice_char);
}

std::string_view own_or_inherited(session const& description, media const& line, std::string_view name) noexcept {
    auto const* found = find_attribute(line.attributes, name);
    if (found == nullptr) found = find_attribute(description.attributes, name);
    return found != nullptr ? trimmed(found->value) : std::string_view{};
}

}  // namespace

std::optional<candidate> read_candidate(std::string_view value) noexcept {
    candidate read;
    read.foundation = take_field(value);
    auto const component = to_number<std::uint16_t>(take_field(value));
    read.transport = take_field(value);
    auto const priority = to_number<std::uint32_t>(take_field(value));
    read.address = take_field(value);
    auto const port = to_number<std::uint16_t>(take_field(value));
    bool const has_type = same_text(take_field(value), "typ");
    read.type = take_field(value);
    bool const numbers_fit = component && *component >= 1 && *component <= 256 && priority && *priority >= 1 &&
                             *priority <= 0x7FFF'FFFFU && port;
    if (!is_ice_text(read.foundation, 1, 32) || !numbers_fit || !has_type || read.type.empty()) return std::nullopt;
    read.component = *component;
    read.priority = *priority;
    read.port = *port;
    auto rest = value;
    if (same_text(take_field(rest), "raddr")) {
        read.related_address = take_field(rest);
        bool const has_port = same_text(take_field(rest), "rport");
        auto const related_port = to_number<std::uint16_t>(take_field(rest));
        if (!has_port || !related_port) return std::nullopt;
        read.related_port = *related_port;
        value = rest;
    }
    read.extensions = trimmed(value);
    return read;
}

std::optional<ice_credentials> ice_credentials_of(session const& description, media const& line) noexcept {
    ice_credentials const read{
        own_or_inherited(description, line, "ice-ufrag"), own_or_inherited(description, line, "ice-pwd")};
    if (!is_ice_text(read.user_fragment, 4, 256) || !is_ice_text(read.password, 22, 256)) return std::nullopt;
    return read;
}

std::optional<group> read_group(std::string_view value) {
    group read;
    read.semantics = take_field(value);
    if (read.semantics.empty()) return std::nullopt;
    while (read.members.size() != most_group_members) {
        auto const member = take_field(value);
        if (member.empty()) break;
        read.members.push_back(member);
    }
    return read;
}

std::string_view mid_of(media const& line) noexcept {
    auto const* const found = find_attribute(line.attributes, "mid");
    return found != nullptr ? trimmed(found->value) : std::string_view{};
}

std::optional<rtcp_feedback> read_rtcp_feedback(std::string_view value) noexcept {
    rtcp_feedback read;
    auto const payload = take_field(value);
    if (payload != "*") {
        auto const number = to_number<std::uint8_t>(payload);
        if (!number || *number > 127) return std::nullopt;
        read.payload = payload_type{*number};
    }
    read.type = take_field(value);
    if (read.type.empty()) return std::nullopt;
    read.parameters = trimmed(value);
    return read;
}

}  // namespace sdp
