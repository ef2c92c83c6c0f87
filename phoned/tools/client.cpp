#include "phoned/tools/client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace phoned::tools {
namespace {

// Far above the protocol's 64 KiB, so that a phone of a later version may send longer lines.
constexpr std::size_t longest_line = std::size_t{1} << 20;

std::string reason(int error) {
    return std::generic_category().message(error);
}

// Waits until the descriptor is ready; false at the deadline.
bool wait_for(int number, short events, deadline until) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
        pollfd watched{number, events, 0};
        const int ready = ::poll(&watched, 1, static_cast<int>(std::clamp<long long>(left, 0, 3'600'000)));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return true;  // the read that follows finds out
        if (std::chrono::steady_clock::now() >= until) return false;
    }
}

}  // namespace

connection::connection(net::descriptor socket) : socket_(std::move(socket)), framer_(longest_line) {}

client_result<connection> connection::open(const std::string& path, std::chrono::milliseconds patience) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return client_failure{failure_kind::cannot_connect, fmt::format("{}: too long for a socket's path", path)};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    net::descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket.is_open() ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return client_failure{failure_kind::cannot_connect, fmt::format("{}: {}", path, reason(errno))};
    }
    connection made{std::move(socket)};
    auto hello = made.next(std::chrono::steady_clock::now() + patience);
    if (!hello) return hello.error();
    if (hello->method != "hello") {
        return client_failure{failure_kind::bad_peer, fmt::format("{}: what answers is not a phone", path)};
    }
    made.hello_ = std::move(hello->params);
    return made;
}

client_result<json::object> connection::call(
    std::string_view method, json::object params, std::chrono::milliseconds patience
) {
    const auto until = std::chrono::steady_clock::now() + patience;
    answer_.reset();
    send({{"jsonrpc", "2.0"}, {"id", ++last_id_}, {"method", method}, {"params", std::move(params)}});
    while (!answer_) {
        if (!read_more(until)) return why_;
    }
    const auto answer = *std::exchange(answer_, std::nullopt);
    if (const auto* const result = answer.if_contains("result")) {
        return result->is_object() ? result->get_object() : json::object{};
    }
    const auto* const error = answer.if_contains("error");
    client_failure refused{failure_kind::refused, "refused without saying why"};
    if (error != nullptr && error->is_object()) {
        if (const auto* const text = error->get_object().if_contains("message"); text != nullptr && text->is_string()) {
            refused.text = text->get_string();
        }
        if (const auto* const code = error->get_object().if_contains("code"); code != nullptr && code->is_int64()) {
            refused.code = static_cast<int>(code->get_int64());
        }
    }
    return refused;
}

void connection::notify(std::string_view method, json::object params) {
    send({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
}

void connection::answer(const json::value& id, json::object result) {
    send({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}});
}

void connection::refuse(const json::value& id, std::string_view why) {
    send({{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", -32603}, {"message", why}}}});
}

client_result<arrived> connection::next(deadline until) {
    while (waiting_.empty()) {
        if (!read_more(until)) return why_;
    }
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
}

client_result<std::optional<arrived>> connection::poll() {
    auto got = next(std::chrono::steady_clock::now());
    if (got) return std::optional{std::move(*got)};
    if (got.error().kind == failure_kind::timed_out) return std::optional<arrived>{};
    return got.error();
}

std::optional<net::descriptor> connection::take_descriptor() {
    if (descriptors_.empty()) return std::nullopt;
    auto first = std::move(descriptors_.front());
    descriptors_.pop_front();
    return first;
}

std::optional<std::string> connection::take_complaint() {
    return std::exchange(complaint_, std::nullopt);
}

bool connection::read_more(deadline until) {
    if (!wait_for(socket_.get(), POLLIN, until)) {
        why_ = {failure_kind::timed_out, "no answer in time"};
        return false;
    }
    std::array<char, 16384> bytes;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(8 * sizeof(int))> control;
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto got = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) {
        if (got < 0 && errno == EINTR) return true;
        // A last line that says why counts more than the end itself.
        const auto last_words = take_complaint();
        why_ = {
            failure_kind::closed,
            "the phone closed the connection" + (last_words ? ": " + *last_words : std::string{})};
        return false;
    }
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        for (std::size_t at = 0; at + sizeof(int) <= header->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + at, sizeof number);
            descriptors_.emplace_back(number);
        }
    }
    framer_.append({bytes.data(), static_cast<std::size_t>(got)});
    while (const auto line = framer_.next())
        take_line(line->text);
    return true;
}

void connection::take_line(std::string_view text) {
    boost::system::error_code error;
    auto value = json::parse(text, error);
    if (error || !value.is_object()) return;
    auto& message = value.get_object();
    const auto* const id = message.if_contains("id");
    const auto* const method = message.if_contains("method");
    if (method == nullptr || !method->is_string()) {
        if (id != nullptr && id->is_int64() && id->get_int64() == last_id_) {
            answer_ = std::move(message);
        } else if (const auto* const fault = message.if_contains("error"); fault != nullptr && fault->is_object()) {
            const auto* const why = fault->get_object().if_contains("message");
            if (why != nullptr && why->is_string()) complaint_ = std::string{why->get_string()};
        }
        return;
    }
    if (method->get_string() == "ping" && id != nullptr) {
        answer(*id, {});
        return;
    }
    arrived one{std::string{method->get_string()}, {}, {}};
    if (id != nullptr) one.id = *id;
    if (auto* const params = message.if_contains("params"); params != nullptr && params->is_object()) {
        one.params = std::move(params->get_object());
    }
    waiting_.push_back(std::move(one));
}

void connection::send(const json::object& message) {
    auto line = json::serialize(message);
    line += '\n';
    for (std::string_view rest{line}; !rest.empty();) {
        const auto sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return;  // the next read tells
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
}

}  // namespace phoned::tools
