#include "phoned/tools/phonectl/session.hpp"

namespace phoned::tools {
namespace {

connection connect(const target& options) {
    auto opened = connection::open(options.socket, options.patience);
    if (!opened) throw error_of(opened.error());
    auto registered = opened->call("client.register", {{"name", "phonectl"}, {"protocol", {1, 0}}}, options.patience);
    if (!registered) throw error_of(registered.error());
    return std::move(*opened);
}

}  // namespace

command_error error_of(const client_failure& failure) {
    switch (failure.kind) {
        case failure_kind::refused:
            return {exit_code::refused, failure.text};
        case failure_kind::timed_out:
            return {exit_code::timed_out, failure.text};
        case failure_kind::cannot_connect:
        case failure_kind::closed:
        case failure_kind::bad_peer:
            return {exit_code::no_phone, failure.text};
    }
    return {exit_code::no_phone, failure.text};
}

session::session(const target& options) : options_(options), line_(connect(options)) {}

json::object session::call(std::string_view method, json::object params) {
    auto answer = line_.call(method, std::move(params), options_.patience);
    if (!answer) throw error_of(answer.error());
    return std::move(*answer);
}

arrived session::next(deadline until) {
    auto message = line_.next(until);
    if (!message) throw error_of(message.error());
    return std::move(*message);
}

}  // namespace phoned::tools
