// From the text of a value to a value that fits its type, or the reason why it does not. Private to config.
#pragma once

#include "phoned/config/parameter.hpp"

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace phoned::config {

struct bad_value {
    std::string reason;  // continues a sentence that begins with the value: `is not a number`
};

struct accepted_value {
    parsed_value value;
    std::string remark;  // empty, or why it differs from what was written: `is below 90`
};

[[nodiscard]] boost::system::result<accepted_value, bad_value> parse_value(
    const value_type& type, std::string_view text
);

/// What the type allows, for the reference page: `0, 10, 20`, `1-9999`, `text up to 255`.
[[nodiscard]] std::string describe(const value_type& type);

}  // namespace phoned::config
