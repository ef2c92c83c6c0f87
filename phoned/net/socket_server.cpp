#include "phoned/net/socket_server.hpp"

#include "phoned/net/clock.hpp"

#include <fmt/format.h>

#include <utility>

namespace phoned::net {
namespace {

namespace asio = boost::asio;

}  // namespace

socket_server::socket_server(asio::any_io_executor executor, hub& centre, audio_format format)
    : executor_(executor),
      hub_(centre),
      audio_(executor, centre, format, [this] { flush(); }),
      drivers_(executor),
      controls_(executor),
      timer_(executor) {}

socket_server::~socket_server() {
    // Who owns us may have lost its other parts already.
    on_activity_ = nullptr;
    close();
}

boost::system::result<void, start_failure> socket_server::open(const std::string& folder) {
    auto opened = runtime_directory::open(folder);
    if (!opened) return opened.error();
    folder_ = std::move(*opened);
    const auto listen = [&](unix_listener& listener, plane to, const char* name) {
        return listener.open(folder + "/" + name, [this, to](json_peer::socket socket) {
            accept(to, std::move(socket));
        });
    };
    if (auto listens = listen(drivers_, plane::driver, "driver.sock"); !listens) return listens;
    return listen(controls_, plane::control, "control.sock");
}

void socket_server::close() {
    drivers_.close();
    controls_.close();
    // A last flush may end a connection, which takes it out of peers_: so they are moved out first.
    for (auto peers = std::exchange(peers_, {}); auto& [id, one] : peers) {
        one->flush();
        one->close("the phone stops");
    }
    timer_.cancel();
    armed_for_.reset();
    folder_.reset();
}

void socket_server::accept(plane to, json_peer::socket socket) {
    const auto who = credentials_of(socket);
    if (!who) return;
    const auto id = hub_.on_connect(read_clocks(), to, *who);
    if (!id) return;
    json_peer::callbacks callbacks{
        .flush =
            [this, alive = std::weak_ptr{alive_}] {
                if (!alive.expired()) flush();
            },
        .closed =
            [this, alive = std::weak_ptr{alive_}](client_id gone, const std::string& reason) {
                if (alive.expired()) return;
                hub_.on_disconnect(read_clocks(), gone, reason);
                peers_.erase(gone);
                flush();
            },
        .take =
            [this](std::uint32_t attachment) {
                auto entry = attachments_.extract(attachment);
                return entry.empty() ? std::vector<descriptor>{} : std::move(entry.mapped());
            },
    };
    const auto one = std::make_shared<json_peer>(std::move(socket), hub_, *id, std::move(callbacks));
    peers_.emplace(*id, one);
    one->start();
    flush();
}

void socket_server::flush() {
    // Writing may close a client, whose end the hub publishes, which calls here again: one loop does all of it.
    flush_again_ = true;
    if (std::exchange(flushing_, true)) return;
    while (std::exchange(flush_again_, false)) {
        serve_requests();
        for (const auto id : hub_.ready()) {
            const auto found = peers_.find(id);
            if (found == peers_.end()) continue;
            const auto one = found->second;
            one->flush();
        }
    }
    flushing_ = false;
    arm_timer();
    if (on_activity_) on_activity_();
}

void socket_server::serve_requests() {
    const auto now = read_clocks();
    for (const auto& request : hub_.take_requests()) {
        if (const auto* const gone = std::get_if<audio_gone>(&request)) {
            audio_.detach(now, gone->driver, gone->reason);
            attachments_.clear();
            continue;
        }
        const auto& wanted = std::get<audio_wanted>(request);
        auto descriptors = audio_.attach(now, wanted);
        if (!descriptors) {
            hub_.publish(
                now,
                alarm_event{
                    alarm_severity::error, "driver:" + wanted.name,
                    fmt::format("its audio plane cannot be made: {}", descriptors.error().message())}
            );
            continue;
        }
        attachments_[++last_attachment_] = std::move(*descriptors);
        hub_.attach_audio(now, wanted.driver, last_attachment_);
    }
}

void socket_server::arm_timer() {
    const auto deadline = hub_.next_deadline();
    // A wake-up that comes too early is harmless; only an earlier deadline needs the timer set anew.
    if (!deadline || (armed_for_ && *armed_for_ <= *deadline)) return;
    armed_for_ = deadline;
    timer_.expires_at(*deadline);
    timer_.async_wait([this, alive = std::weak_ptr{alive_}](boost::system::error_code cancelled) {
        if (cancelled || alive.expired()) return;
        armed_for_.reset();
        hub_.on_timeout(read_clocks());
        flush();
    });
}

}  // namespace phoned::net
