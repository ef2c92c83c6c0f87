#include "sip/net/shards.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <mutex>
#include <optional>
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

/// Where the last requests went whose call another one had named: for the CANCEL that may follow soon. One shard's
/// own, so a bounded ring without a lock; whoever floods it makes CANCELs late, which then end as 481.
class recent_moves {
public:
    void add(std::uint64_t call, std::size_t shard) noexcept { ring_[next_++ % ring_.size()] = {call, shard}; }
    [[nodiscard]] std::optional<std::size_t> find(std::uint64_t call) const noexcept {
        for (std::size_t back = 1; back <= std::min(next_, ring_.size()); ++back)
            if (auto const& one = ring_[(next_ - back) % ring_.size()]; one.call == call) return one.shard;
        return std::nullopt;
    }

private:
    struct entry {
        std::uint64_t call = 0;
        std::size_t shard = 0;
    };
    std::array<entry, 1024> ring_;
    std::size_t next_ = 0;
};

/// The call that a request is about, beside its own: Call-ID, and the receiver's tag.
struct other_call {
    std::string_view call_id, tag;
};

std::optional<other_call> named_by(message_view request) noexcept {
    // A response repeats nothing of this, and 12.2.2 settles requests inside a dialog by their tags.
    if (request.method() == method::invite) {
        if (auto const value = request.get<header_id::replaces>()) return other_call{value->call_id, value->to_tag};
        if (auto const value = request.get<header_id::join>()) return other_call{value->call_id, value->to_tag};
    }
    // RFC 4538 5: the tags as the sender sees them.
    if (auto const value = request.get<header_id::target_dialog>())
        return other_call{value->call_id, value->remote_tag};
    return std::nullopt;
}

}  // namespace

/// Everything of one thread. Only the inbox is touched by others.
struct shards::shard {
    /// Whether the receiver of a letter is its last one, or knows (or remembers) who is.
    enum class ask : std::uint8_t { nobody, here };

    struct letter {
        endpoint local, from;
        std::string bytes;
        ask whom;
    };

    shard(
        std::size_t index, shards::impl& all, environment&& own, make_core const& make, shell_config const& config,
        log_sink log
    )
        : number(index),
          together(all),
          surroundings(std::move(own)),
          core(make(index, surroundings)),
          loop(context.get_executor(), *core, config, log) {}

    /// From another thread. False where the inbox is full.
    bool put(endpoint const& local, endpoint const& from, std::string_view bytes, ask whom) {
        std::lock_guard const held(lock);
        if (inbox.size() >= inbox_limit) return false;
        inbox.push_back({local, from, std::string(bytes), whom});
        if (inbox.size() == 1) asio::post(context, [this] { read_inbox(); });
        return true;
    }

    void read_inbox();

    std::size_t const number;
    shards::impl& together;
    asio::io_context context{1};
    environment surroundings;
    std::unique_ptr<protocol_core> core;
    driver loop;
    buffer_pool parsing;
    recent_moves moves;
    std::thread thread;

    std::mutex lock;
    std::vector<letter> inbox;    ///< guarded by `lock`
    std::vector<letter> reading;  ///< keeps its memory from one time to the next
};

struct shards::impl {
    /// The shard that a mark at the beginning of a Call-ID or tag names.
    [[nodiscard]] std::optional<std::size_t> marked(std::string_view name) const noexcept {
        if (!name.starts_with(mark)) return std::nullopt;
        std::size_t number = 0;
        auto const* const begin = name.data() + mark.size();
        auto const* const end = name.data() + name.size();
        auto const [rest, error] = std::from_chars(begin, end, number);
        if (error == std::errc{} && number < all.size() && rest != end && *rest == '-') return number;
        return std::nullopt;
    }

    [[nodiscard]] std::size_t owner_of(std::string_view call_id) const noexcept {
        return marked(call_id).value_or(static_cast<std::size_t>(hash_of(call_id, seed) % all.size()));
    }

    /// Where a message goes from `here`, and whether that shard is to be asked once more.
    struct way {
        std::size_t to;
        shard::ask whom = shard::ask::nobody;
    };
    [[nodiscard]] way way_from(shard& here, std::string_view bytes) const {
        auto const parsed = parse_message(here.parsing.copy(bytes), here.parsing);
        if (!parsed) return {here.number};  // it has no state anywhere
        auto const message = parsed->view();
        if (auto const mine = marked(message.is_request() ? message.to_tag() : message.from_tag())) return {*mine};
        auto const by_call_id = owner_of(message.call_id());
        if (!message.is_request()) return {by_call_id};
        auto const about = named_by(message);
        if (!about && message.method() != method::cancel) return {by_call_id};
        if (by_call_id != here.number) return {by_call_id, shard::ask::here};
        auto const key = hash_of(message.call_id(), seed);
        if (!about) return {here.moves.find(key).value_or(here.number)};
        auto const target = marked(about->tag).value_or(owner_of(about->call_id));
        here.moves.add(key, target);
        return {target};
    }

    /// False where the message is the receiver's own.
    bool divert(shard& receiver, endpoint const& local, endpoint const& from, std::string_view bytes) {
        auto const [to, whom] = way_from(receiver, bytes);
        if (to == receiver.number) return false;
        if (all[to]->put(local, from, bytes, whom))
            handed_over.fetch_add(1, std::memory_order_relaxed);
        else
            dropped.fetch_add(1, std::memory_order_relaxed);
        return true;
    }

    std::vector<std::unique_ptr<shard>> all;
    std::uint64_t seed = 0;
    std::string mark;  ///< begins the Call-IDs and tags that our cores make
    std::atomic<std::uint64_t> handed_over{0}, dropped{0};
};

void shards::shard::read_inbox() {
    {
        std::lock_guard const held(lock);
        std::swap(inbox, reading);
    }
    for (auto const& one : reading)
        if (one.whom == ask::nobody || !together.divert(*this, one.local, one.from, one.bytes))
            loop.receive(one.local, one.from, one.bytes);
    reading.clear();
}

shards::shards(std::size_t count, make_core const& make, serve handler, shell_config const& config, log_sink log)
    : impl_(std::make_unique<impl>()) {
    auto const random = system_random();
    impl_->seed = random();
    impl_->mark = fmt::format("{:08x}s", random() & 0xffffffffU);
    for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
        auto surroundings = make_environment(log);
        if (count > 1) surroundings.mark = fmt::format("{}{}-", impl_->mark, i);
        impl_->all.push_back(std::make_unique<shard>(i, *impl_, std::move(surroundings), make, config, log));
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
