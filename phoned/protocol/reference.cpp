// The protocol's description of itself: JSON for machines, Markdown tables for people, both from the same rows.
#include "phoned/protocol/hub.hpp"
#include "phoned/protocol/method_table.hpp"
#include "phoned/protocol/names.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <iterator>

namespace phoned {
namespace {

namespace json = boost::json;

std::string_view name_of(member_type type) {
    switch (type) {
        case member_type::string:
            return "string";
        case member_type::integer:
            return "integer";
        case member_type::number:
            return "number";
        case member_type::boolean:
            return "boolean";
        case member_type::strings:
            return "list of strings";
        case member_type::object:
            return "object";
        case member_type::objects:
            return "list of objects";
        case member_type::pair:
            return "pair of integers";
        case member_type::pairs:
            return "list of pairs";
    }
    return {};
}

std::string_view name_of(outgoing_schema::audience to) {
    switch (to) {
        case outgoing_schema::audience::subscribers:
            return "subscribers";
        case outgoing_schema::audience::drivers:
            return "drivers";
        case outgoing_schema::audience::everybody:
            return "everybody";
    }
    return {};
}

std::string_view name_of(outgoing_schema::form kind) {
    switch (kind) {
        case outgoing_schema::form::edge:
            return "event";
        case outgoing_schema::form::level:
            return "level";
        case outgoing_schema::form::call:
            return "call";
    }
    return {};
}

std::string who_may(const method& row) {
    switch (row.open_to) {
        case caller::anybody:
            return "anybody";
        case caller::new_driver:
            return "driver socket, first";
        case caller::new_client:
            return "control socket, first";
        case caller::observer:
            return "observer";
        case caller::controller:
            return "controller";
        case caller::admin:
            return "admin";
        case caller::driver:
            return row.kind ? fmt::format("driver:{}", phoned::name_of(*row.kind)) : std::string{"driver"};
    }
    return {};
}

json::array members_json(std::span<const member> members) {
    json::array list;
    for (const auto& one : members) {
        json::object entry{
            {"name", one.name},
            {"type", name_of(one.type)},
            {"required", one.needed == presence::required},
            {"doc", one.doc},
        };
        if (!one.choices.empty()) entry["choices"] = one.choices;
        if (!one.object_name.empty()) entry["of"] = one.object_name;
        if (one.maximum != one.minimum) {
            if (one.type == member_type::string) {
                entry["max_length"] = one.maximum;
            } else {
                entry["minimum"] = one.minimum;
                entry["maximum"] = one.maximum;
            }
        }
        list.push_back(std::move(entry));
    }
    return list;
}

void print_members(std::string& page, std::span<const member> members) {
    for (const auto& one : members) {
        std::string type{name_of(one.type)};
        if (!one.object_name.empty()) type += fmt::format(" `{}`", one.object_name);
        if (!one.choices.empty()) type += fmt::format(": {}", one.choices);
        if (one.maximum != one.minimum) {
            type += one.type == member_type::string ? fmt::format(" up to {}", one.maximum)
                                                    : fmt::format(" {:.15g}-{:.15g}", one.minimum, one.maximum);
        }
        fmt::format_to(
            std::back_inserter(page), "- `{}` ({}{}){}{}\n", one.name, type,
            one.needed == presence::optional ? ", optional" : "", one.doc.empty() ? "" : ": ", one.doc
        );
    }
}

}  // namespace

std::string protocol_schema() {
    json::array methods;
    for (const auto group : method_table()) {
        for (const auto& row : group) {
            methods.push_back(json::object{
                {"name", row.name},
                {"open_to", who_may(row)},
                {"doc", row.doc},
                {"params", members_json(row.params)},
                {"results", members_json(row.results)},
            });
        }
    }
    json::array notifications;
    for (const auto& row : outgoing_table()) {
        notifications.push_back(json::object{
            {"name", row.name},
            {"to", name_of(row.to)},
            {"form", name_of(row.kind)},
            {"doc", row.doc},
            {"params", members_json(row.members)},
        });
    }
    json::array objects;
    for (const auto& row : object_table()) {
        objects.push_back(json::object{{"name", row.name}, {"doc", row.doc}, {"members", members_json(row.members)}});
    }
    return json::serialize(json::object{
        {"protocol", json::array{protocol_major, protocol_minor}},
        {"methods", std::move(methods)},
        {"notifications", std::move(notifications)},
        {"objects", std::move(objects)},
    });
}

std::string protocol_reference() {
    std::string page = "### Messages to phoned\n";
    for (const auto group : method_table()) {
        for (const auto& row : group) {
            fmt::format_to(
                std::back_inserter(page), "\n#### `{}`\n\n{} Open to: {}.\n\n", row.name, row.doc, who_may(row)
            );
            print_members(page, row.params);
            if (!row.results.empty()) {
                page += row.params.empty() ? "Answer:\n\n" : "\nAnswer:\n\n";
                print_members(page, row.results);
            }
        }
    }
    page += "\n### Messages from phoned\n";
    for (const auto& row : outgoing_table()) {
        fmt::format_to(
            std::back_inserter(page), "\n#### `{}`\n\n{} To: {}; {}.\n\n", row.name, row.doc, name_of(row.to),
            name_of(row.kind)
        );
        print_members(page, row.members);
    }
    page += "\n### Shared objects\n";
    for (const auto& row : object_table()) {
        fmt::format_to(std::back_inserter(page), "\n#### Object `{}`\n\n{}\n\n", row.name, row.doc);
        print_members(page, row.members);
    }
    return page;
}

}  // namespace phoned
