// Finds the row of the parameter table that a name in a file means. Private to config.
#pragma once

#include "phoned/config/parameter.hpp"

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace phoned::config {

struct found_parameter {
    const parameter* row;  // never an alias: the row that the name stands for
    place at;              // at.name is a view into the name searched for
    bool is_whole_family;  // found by a final *
};

struct unknown_name {
    std::string reason;  // for the diagnostic: `is not a parameter`, or that a number is too large
    bool may_be_slip;    // worth a similar_name()
};

[[nodiscard]] boost::system::result<found_parameter, unknown_name> find_parameter(std::string_view name);

/// The parameter whose name differs by a slip or two of the pen; empty if there is none. Compares with the whole table.
[[nodiscard]] std::string similar_name(std::string_view name);

/// The name with numbers in place of X, Y, Z.
[[nodiscard]] std::string written_out(std::string_view pattern, const place& at);

}  // namespace phoned::config
