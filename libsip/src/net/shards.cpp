#include "sip/net/shards.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "sip/net/environment.hpp"
#include "sip/syntax/parse.hpp"

namespace sip::net {

namespace asio = boost::asio;

namespace {

/// Datagrams that wait for a shard; a socket would drop what comes too fast as well.
constexpr std::size_t inbox_limit = 4096;

/// FNV-1a from a seed that nobody outside knows.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) noexcept {
    auto hash = seed;
    for (char const c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return hash ^ (hash >> 32U);
}

}  // namespace

/// Everything of one thread. Only the inbox is touched by others.
struct shards::shard {
    struct letter {
        endpoint local, from;
        std::string bytes;
    };

    shard(std::size_t index, environment&& own, make_core const& make, shell_config const& config, log_sink log)
        : number(index),
          surroundings(std::move(own)),
          core(make(index, surroundings)),
          loop(context.get_executor(), *core, config, log) {}

    /// From another thread. False where the inbox is full.
    bool put(endpoint const& local, endpoint const& from, std::string_view bytes) {
        std::lock_guard const held(lock);
        if (inbox.size() >= inbox_limit) return false;
        inbox.push_back({local, from, std::string(bytes)});
        if (inbox.size() == 1) asio::post(context, [this] { read_inbox(); });
        return true;
    }

    void read_inbox() {
        {
            std::lock_guard const held(lock);
            std::swap(inbox, reading);
        }
        for (auto const& one : reading)
            loop.receive(one.local, one.from, one.bytes);
        reading.clear();
    }

    std::size_t const number;
    asio::io_context context{1};
    environment surroundings;
    std::unique_ptr<protocol_core> core;
    driver loop;
    buffer_pool parsing;
    std::thread thread;

    std::mutex lock;
    std::vector<letter> inbox;    ///< guarded by `lock`
    std::vector<letter> reading;  ///< keeps its memory from one time to the next
};

struct shards::impl {
    /// Whose message this is; the receiver's own where it cannot be read, for then it has no state anywhere.
    std::size_t owner_of(shard& receiver, std::string_view bytes) const {
        auto const parsed = parse_message(receiver.parsing.copy(bytes), receiver.parsing);
        return parsed ? owner_of(parsed->view().call_id()) : receiver.number;
    }

    std::size_t owner_of(std::string_view call_id) const noexcept {
        if (call_id.starts_with(mark)) {
            std::size_t number = 0;
            auto const* const begin = call_id.data() + mark.size();
            auto const* const end = call_id.data() + call_id.size();
            auto const [rest, error] = std::from_chars(begin, end, number);
            if (error == std::errc{} && number < all.size() && rest != end && *rest == '-') return number;
        }
        return static_cast<std::size_t>(hash_of(call_id, seed) % all.size());
    }

    bool divert(shard& receiver, endpoint const& local, endpoint const& from, std::string_view bytes) {
        auto const owner = owner_of(receiver, bytes);
        if (owner == receiver.number) return false;
        if (all[owner]->put(local, from, bytes))
            handed_over.fetch_add(1, std::memory_order_relaxed);
        else
            dropped.fetch_add(1, std::memory_order_relaxed);
        return true;
    }

    std::vector<std::unique_ptr<shard>> all;
    std::uint64_t seed = 0;
    std::string mark;  ///< begins the Call-IDs that our cores make
    std::atomic<std::uint64_t> handed_over{0}, dropped{0};
};

shards::shards(std::size_t count, make_core const& make, serve handler, shell_config const& config, log_sink log)
    : impl_(std::make_unique<impl>()) {
    auto const random = system_random();
    impl_->seed = random();
    impl_->mark = fmt::format("{:08x}s", random() & 0xffffffffU);
    for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
        auto surroundings = make_environment(log);
        if (count > 1) surroundings.call_id_prefix = fmt::format("{}{}-", impl_->mark, i);
        impl_->all.push_back(std::make_unique<shard>(i, std::move(surroundings), make, config, log));
    }
    for (auto& one : impl_->all) {
        auto& mine = *one;
        mine.loop.on_event([handler, &mine](event& what) {
            if (handler) handler(mine.number, *mine.core, mine.loop, what);
        });
        if (size() == 1) continue;
        mine.loop.divert_datagrams([this, &mine](endpoint const& local, endpoint const& from, std::string_view bytes) {
            return impl_->divert(mine, local, from, bytes);
        });
    }
}

shards::~shards() {
    stop();
}

std::size_t shards::owner_of(std::string_view call_id) const noexcept {
    return impl_->owner_of(call_id);
}

std::size_t shards::size() const noexcept {
    return impl_->all.size();
}

result<endpoint> shards::listen(endpoint const& local) {
    if (local.kind != transport_kind::udp) return errc::transport_failed;
    endpoint bound = local;  // the first shard finds a free port, the others join it
    for (auto& one : impl_->all) {
        auto const sharing = size() == 1 ? port_sharing::exclusive : port_sharing::among_shards;
        auto const made = one->loop.listen(bound, {}, sharing);
        if (!made) return made.error();
        bound = *made;
    }
    return bound;
}

void shards::start() {
    for (auto& one : impl_->all) {
        auto& mine = *one;
        if (mine.thread.joinable()) continue;
        mine.thread = std::thread([&mine] {
            auto const busy = asio::make_work_guard(mine.context);
            mine.context.run();
        });
    }
}

void shards::post(std::size_t number, std::function<void(protocol_core&, driver&)> work) {
    auto& mine = *impl_->all[number];
    asio::post(mine.context, [&mine, work = std::move(work)] { work(*mine.core, mine.loop); });
}

void shards::stop() noexcept {
    for (auto& one : impl_->all)
        one->context.stop();
    for (auto& one : impl_->all)
        if (one->thread.joinable()) one->thread.join();
    for (auto& one : impl_->all)
        one->loop.close();
}

shards::counters shards::count() const noexcept {
    return {impl_->handed_over.load(std::memory_order_relaxed), impl_->dropped.load(std::memory_order_relaxed)};
}

}  // namespace sip::net
