#include "phoned/protocol/peer.hpp"

#include "phoned/protocol/message_json.hpp"

#include <fmt/format.h>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace phoned {
namespace {

namespace json = boost::json;

constexpr std::size_t max_queue_bytes = std::size_t{4} << 20;
constexpr std::size_t max_open_calls = 64;
constexpr std::size_t max_id = 128;
constexpr duration farewell = std::chrono::seconds{1};

std::string line_of(const json::object& message) {
    auto line = json::serialize(message);
    line += '\n';
    return line;
}

json::object envelope(const json::value& id) {
    return {{"jsonrpc", "2.0"}, {"id", id}};
}

json::object error_object(const command_failure& failure) {
    json::object data{{"layer", failure.layer}};
    if (!failure.cause.empty()) data["cause"] = clean_text(failure.cause);
    if (failure.sip_code) data["sip_code"] = *failure.sip_code;
    if (failure.retry_after) data["retry_after_ms"] = failure.retry_after->count();
    return {
        {"code", static_cast<std::int32_t>(failure.code)},
        {"message", clean_text(failure.message)},
        {"data", std::move(data)},
    };
}

bool is_id(const json::value& id) {
    return id.is_int64() || id.is_uint64() || (id.is_string() && id.get_string().size() <= max_id);
}

}  // namespace

std::string notification_line(std::string_view method, const json::object& params) {
    return line_of({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
}

peer::peer(time_point now, const peer_limits& limits)
    : limits_(limits), framer_(max_line), queue_(limits.max_queue, max_queue_bytes), last_heard_(now) {}

void peer::on_bytes(time_point now, std::string_view bytes) {
    last_heard_ = now;
    pings_out_ = 0;
    if (!is_closing()) framer_.append(bytes);
}

std::optional<incoming> peer::next(time_point now) {
    while (!is_closing()) {
        const auto line = framer_.next();
        if (!line) return std::nullopt;
        if (line->is_too_long) {
            refuse_line(
                now, nullptr, error_number::line_too_long, fmt::format("a line is longer than {} bytes", max_line)
            );
        } else if (!line->text.empty()) {
            if (auto message = read_line(now, line->text)) return message;
        }
    }
    return std::nullopt;
}

std::optional<incoming> peer::read_line(time_point now, std::string_view text) {
    json::parse_options options;
    options.max_depth = 16;
    json::error_code error;
    json::parser parser{{}, options};
    const auto read = parser.write_some(text.data(), text.size(), error);
    if (!error && text.find_first_not_of(" \t", read) != std::string_view::npos) error = json::error::extra_data;
    if (error) {
        refuse_line(
            now, nullptr, error_number::parse_error, fmt::format("not JSON at byte {}: {}", read, error.message())
        );
        return std::nullopt;
    }
    const auto value = parser.release();
    if (!value.is_object()) {
        refuse_line(
            now, nullptr, error_number::invalid_request,
            value.is_array() ? "batches are not supported" : "not a JSON-RPC object"
        );
        return std::nullopt;
    }
    const auto& message = value.get_object();
    const auto* const id = message.if_contains("id");
    const auto* const method = message.if_contains("method");
    const auto* const params = message.if_contains("params");
    const json::value known_id = id != nullptr && is_id(*id) ? *id : json::value{nullptr};
    if (method == nullptr && (message.contains("result") || message.contains("error"))) return read_answer(message);
    const auto refuse_request = [&](std::string why) {
        refuse_line(now, known_id, error_number::invalid_request, std::move(why));
        return std::nullopt;
    };
    if (method == nullptr || !method->is_string()) return refuse_request("`method` is missing or not a string");
    if (id != nullptr && !is_id(*id))
        return refuse_request("`id` is neither a whole number nor a string of up to 128 bytes");
    if (params != nullptr && !params->is_object()) return refuse_request("`params` is not an object");
    incoming_call call{std::nullopt, std::string{method->get_string()}, {}};
    if (id != nullptr) call.id = *id;
    if (params != nullptr) call.params = params->get_object();
    return call;
}

std::optional<incoming> peer::read_answer(const json::object& message) {
    const auto* const id = message.if_contains("id");
    if (id == nullptr || !id->is_int64()) return std::nullopt;
    const auto call = std::find_if(calls_.begin(), calls_.end(), [&](const auto& one) {
        return static_cast<std::int64_t>(one.first) == id->get_int64();
    });
    if (call == calls_.end()) return std::nullopt;
    incoming_answer answer{std::move(call->second), std::nullopt, {}};
    calls_.erase(call);
    if (const auto* const result = message.if_contains("result")) {
        answer.result = result->is_object() ? result->get_object() : json::object{};
    } else {
        const auto* const failure = message.at("error").if_object();
        const auto* const text = failure != nullptr ? failure->if_contains("message") : nullptr;
        answer.error =
            text != nullptr && text->is_string() ? clean_text(text->get_string()) : "failed without saying why";
    }
    return answer;
}

void peer::refuse_line(time_point now, const json::value& id, error_number code, std::string why) {
    ++bad_lines_;
    refuse(now, id, {.code = code, .message = std::move(why), .layer = "protocol"});
}

void peer::answer(time_point now, const json::value& id, json::object result) {
    auto message = envelope(id);
    message["result"] = std::move(result);
    auto line = line_of(message);
    if (line.size() > max_line) {
        refuse(
            now, id,
            {.code = error_number::internal_error,
             .message = "the answer is longer than a line may be",
             .layer = "protocol"}
        );
        return;
    }
    send_line(now, std::move(line));
}

void peer::refuse(time_point now, const json::value& id, const command_failure& failure) {
    auto message = envelope(id);
    message["error"] = error_object(failure);
    send_line(now, line_of(message));
}

void peer::notify(time_point now, std::string_view method, json::object params, std::uint32_t attachment) {
    if (is_closing()) return;
    put(now, queue_.push(notification_line(method, params), attachment));
}

void peer::notify_level(time_point now, std::string_view key, std::string_view method, json::object params) {
    send_level_line(now, key, notification_line(method, params));
}

void peer::call(time_point now, std::string_view method, json::object params) {
    if (is_closing()) return;
    if (calls_.size() >= max_open_calls) calls_.erase(calls_.begin());
    calls_.emplace_back(++last_call_, method);
    put(now,
        queue_.push(line_of({{"jsonrpc", "2.0"}, {"id", last_call_}, {"method", method}, {"params", std::move(params)}})
        ));
}

void peer::send_line(time_point now, std::string line) {
    if (is_closing()) return;
    put(now, queue_.push(std::move(line)));
}

void peer::send_level_line(time_point now, std::string_view key, std::string line) {
    if (is_closing()) return;
    put(now, queue_.push_level(key, std::move(line)));
}

void peer::put(time_point now, bool fits) {
    if (fits) return;
    close(now, {.code = error_number::too_slow, .message = "reads too slowly: its queue is full", .layer = "protocol"});
}

void peer::close(time_point now, const command_failure& why) {
    if (is_closing()) return;
    queue_.drop_waiting();
    auto message = envelope(nullptr);
    message["error"] = error_object(why);
    // Room for this one line is there: what waited has just been dropped.
    static_cast<void>(queue_.push(line_of(message)));
    close_reason_ = why.message;
    close_by_ = now + farewell;
}

void peer::close_gently(time_point now) {
    if (!is_closing()) close_by_ = now + farewell;
}

void peer::on_written(std::size_t bytes) {
    queue_.pop(bytes);
}

bool peer::is_finished() const noexcept {
    return is_closing() && (queue_.empty() || gave_up_);
}

time_point peer::next_deadline() const noexcept {
    if (close_by_) return gave_up_ ? time_point::max() : *close_by_;
    return last_heard_ + limits_.idle * (pings_out_ + 1);
}

void peer::on_timeout(time_point now) {
    if (next_deadline() > now) return;
    if (close_by_) {
        gave_up_ = true;
        return;
    }
    if (pings_out_ >= limits_.pings) {
        close(
            now, {.code = error_number::silent,
                  .message = fmt::format("silent: {} pings were not answered", pings_out_),
                  .layer = "protocol"}
        );
        return;
    }
    // A clock that jumped far ahead still allows the peer its full number of pings, one idle time apart.
    last_heard_ = std::max(last_heard_, now - limits_.idle * (pings_out_ + 1));
    ++pings_out_;
    call(now, "ping", {});
}

}  // namespace phoned
