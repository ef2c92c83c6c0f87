// Accounts and their registrations.
#include "phoned/protocol/message_json.hpp"
#include "phoned/protocol/method_table.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

namespace phoned {
namespace {

namespace json = boost::json;
using enum member_type;

constexpr member account_param[] = {within(required("account", integer, "its number"), 1, max_accounts)};
constexpr member list_results[] = {of(required("accounts", objects, "those that are enabled"), "account")};
constexpr member status_results[] = {of(required("account", object, "the account"), "account")};

method_result list(const method_call& call) {
    json::array accounts;
    for (const auto& account : call.phone().account_list(call.context()))
        accounts.push_back(to_json(account));
    return json::object{{"accounts", std::move(accounts)}};
}

method_result status(const method_call& call) {
    const auto number = call.args.integer("account");
    for (const auto& account : call.phone().account_list(call.context())) {
        if (account.account == number) return json::object{{"account", to_json(account)}};
    }
    return command_failure{
        .code = error_number::no_such_account, .message = fmt::format("account {} is not enabled", number)};
}

method_result enlist(const method_call& call) {
    return nothing(call.phone().account_register(call.context(), call.args.integer("account")));
}

method_result unlist(const method_call& call) {
    return nothing(call.phone().account_unregister(call.context(), call.args.integer("account")));
}

constexpr method rows[] = {
    {"account.list", caller::observer, "Accounts and registrations.", {}, list_results, list},
    {"account.status", caller::observer, "One of them.", account_param, status_results, status},
    {"account.register",
     caller::controller,
     "Registers now; account.state tells the outcome.",
     account_param,
     {},
     enlist},
    {"account.unregister",
     caller::controller,
     "Removes the registration; account.state tells the outcome.",
     account_param,
     {},
     unlist},
};

}  // namespace

std::span<const method> account_methods() {
    return rows;
}

}  // namespace phoned
