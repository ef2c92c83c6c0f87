// The vocabulary in which the protocol describes itself: members of messages with their types. The same rows check
// incoming parameters, make rpc.discover's answer and print the tables of docs/driver-protocol.md. Private to protocol.
#pragma once

#include <span>
#include <string_view>

namespace phoned {

enum class member_type { string, integer, number, boolean, strings, object, objects, pair, pairs };
enum class presence { required, optional };

struct member {
    std::string_view name;
    member_type type;
    presence needed;
    std::string_view doc;
    double minimum = 0, maximum = 0;    // integer and number: the range, if they differ; string: maximum is the length
    std::string_view choices = {};      // string: the words allowed, separated by blanks
    std::string_view object_name = {};  // object and objects: which of the object table
};

// Rows read as `required("target", string, "...")`.
constexpr member required(std::string_view name, member_type type, std::string_view doc) {
    return {name, type, presence::required, doc};
}
constexpr member optional(std::string_view name, member_type type, std::string_view doc) {
    return {name, type, presence::optional, doc};
}
constexpr member within(member one, double low, double high) {
    one.minimum = low;
    one.maximum = high;
    return one;
}
constexpr member one_of(member one, std::string_view words) {
    one.choices = words;
    return one;
}
constexpr member of(member one, std::string_view object_name) {
    one.object_name = object_name;
    return one;
}

/// A structured value that appears in several messages: `call`, `account`, `screen`, ...
struct object_schema {
    std::string_view name;
    std::string_view doc;
    std::span<const member> members;
};

/// A message that phoned sends by itself.
struct outgoing_schema {
    enum class audience { subscribers, drivers, everybody };
    enum class form { edge, level, call };
    std::string_view name;
    audience to;
    form kind;
    std::string_view doc;
    std::span<const member> members;
};

[[nodiscard]] std::span<const object_schema> object_table();
[[nodiscard]] std::span<const outgoing_schema> outgoing_table();

}  // namespace phoned
