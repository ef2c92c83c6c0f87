// The words for a parse_failure. They are here, not in the base layer, because they name headers.
#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>

#include <fmt/format.h>

#include "sip/error.hpp"
#include "sip/syntax/parse.hpp"

namespace sip {

std::string to_string(parse_failure const& failure) {
    std::string_view where = to_string(failure.where);
    std::string text;
    if (!where.empty()) text.append(where).append(": ");
    text += fmt::format("{} at offset {}", make_error_code(failure.code).message(), failure.offset);
    if (failure.suggested_status != 0) text += fmt::format(" ({})", failure.suggested_status);
    return text;
}

void throw_exception_from_error(parse_failure const& failure, boost::source_location const& location) {
    boost::throw_exception(boost::system::system_error(make_error_code(failure.code), to_string(failure)), location);
}

void throw_exception_from_error(message_failure const& failure, boost::source_location const& location) {
    throw_exception_from_error(failure.why, location);
}

}  // namespace sip
