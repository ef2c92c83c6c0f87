// Conditions on events, as scripts write them: `state=confirmed`, `remote~1002`, `packets_received>=100`,
// `ended_by!=local`.
#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phoned::tools {

class condition {
public:
    /// NAME OPERATOR VALUE, with = != ~ (contains) >= <= > <. None if it is not that.
    [[nodiscard]] static std::optional<condition> parse(std::string_view text);

    /// The name is looked for among the members, then among the members of each object in them (`state` finds
    /// `call.state`), or along a path with dots. Words compare as they are printed; >= and the like compare numbers. A
    /// member that is not there only satisfies !=.
    [[nodiscard]] bool holds(const boost::json::object& params) const;

private:
    enum class comparison { equal, different, contains, at_least, at_most, more, less };

    std::string name_;
    comparison how_ = comparison::equal;
    std::string value_;
};

[[nodiscard]] bool all_hold(const std::vector<condition>& all, const boost::json::object& params);

}  // namespace phoned::tools
