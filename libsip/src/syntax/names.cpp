#include "sip/syntax/names.hpp"

#include <algorithm>
#include <array>

#include "sip/syntax/message.hpp"
#include "syntax/chars.hpp"
#include "syntax/header_names.hpp"

namespace sip {
namespace {

using detail::header_row;
using detail::header_rows;
using detail::repetition;

constexpr std::array<std::string_view, static_cast<std::size_t>(method::publish) + 1> method_names{
    "",       "INVITE", "ACK",       "BYE",    "CANCEL", "REGISTER", "OPTIONS", "PRACK",
    "UPDATE", "INFO",   "SUBSCRIBE", "NOTIFY", "REFER",  "MESSAGE",  "PUBLISH",
};

header_row const* row_of(header_id id) noexcept {
    auto index = static_cast<std::size_t>(id);
    return index == 0 || index > header_rows.size() ? nullptr : &header_rows[index - 1];
}

struct phrase {
    std::uint16_t status;
    std::string_view text;
};

constexpr phrase phrases[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {417, "Unknown Resource-Priority"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {428, "Use Identity Header"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {436, "Bad Identity-Info"},
    {437, "Unsupported Certificate"},
    {438, "Invalid Identity Header"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {469, "Bad Info Package"},
    {470, "Consent Needed"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
    {607, "Unwanted"},
};

}  // namespace

method method_from(std::string_view token) noexcept {
    for (std::size_t i = 1; i < method_names.size(); ++i)
        if (method_names[i] == token) return static_cast<method>(i);
    return method::unknown;
}

std::string_view to_string(method m) noexcept {
    auto index = static_cast<std::size_t>(m);
    return index < method_names.size() ? method_names[index] : std::string_view{};
}

header_id header_from(std::string_view name) noexcept {
    if (name.size() >= detail::bytes_looked_at) return detail::find_header(name.data(), name.size());
    std::array<char, detail::bytes_looked_at> longer{};
    std::copy(name.begin(), name.end(), longer.begin());
    return detail::find_header(longer.data(), name.size());
}

std::string_view to_string(header_id id) noexcept {
    return static_cast<std::size_t>(id) < header_id_count ? detail::name_of(id) : std::string_view{};
}

char compact_form(header_id id) noexcept {
    auto const* row = row_of(id);
    return row ? row->compact : '\0';
}

bool is_list(header_id id) noexcept {
    auto const* row = row_of(id);
    return row && row->repeats == repetition::list;
}

bool is_single(header_id id) noexcept {
    auto const* row = row_of(id);
    return row && row->repeats == repetition::once;
}

std::string_view reason_phrase(std::uint16_t status) noexcept {
    for (auto const& [code, text] : phrases)
        if (code == status) return text;
    return "Unknown";
}

bool detail::equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return chars::equal_ignoring_case(a, b);
}

}  // namespace sip
