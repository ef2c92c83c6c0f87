// Stateful forwarding (RFC 3261 16.6 to 16.10): for each request a response context, with a branch for each target.
// Knows nothing of users, passwords or where targets come from.
//
//   server transaction --- context --+-- branch --- client transaction (a new one for each place that is tried)
//                                    +-- branch --- ...
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "forwarding.hpp"
#include "settings.hpp"
#include "sip/environment.hpp"
#include "sip/slot_table.hpp"
#include "sip/transaction/deadline_heap.hpp"
#include "sip/transaction/layer.hpp"
#include "sip/transport/locator.hpp"
#include "ways.hpp"

namespace proxy {

/// One URI to try, and what the location service knows beside it.
struct target {
    std::string uri;
    std::uint16_t q_milli = 1000;
    std::string received;  ///< binding::received
};

class forks {
public:
    /// What forwarding leans on; all outlive it.
    struct surroundings {
        settings const& config;
        sip::environment& environment;
        sip::buffer_pool& pool;
        sip::transaction_layer& layer;
        proxy::ways& ways;
        own_names const& names;
        sip::locator& locator;
    };
    explicit forks(surroundings s) : around_(s) {}

    /// Forwards a request to its targets, from the highest q down, those of equal q at the same time. `targets` is not
    /// empty. `mark`: loop_mark() of the request.
    void start(
        sip::time_point now, sip::request_received const&, routing, std::vector<target> targets, std::string mark,
        sip::transaction_outbox
    );
    /// The caller gave up (16.10). `server`: the transaction of the request that it cancels.
    void cancel(sip::time_point now, sip::transaction_id server, sip::transaction_outbox);

    void on_response(sip::time_point now, sip::response_received const&, sip::transaction_outbox);
    void on_failure(sip::time_point now, sip::request_failed const&, sip::transaction_outbox);
    /// The answer to a look-up; ignored where it is not ours.
    void on_located(sip::time_point now, sip::lookup const&, sip::transaction_outbox);
    void on_timeout(sip::time_point now, sip::transaction_outbox);
    [[nodiscard]] std::optional<sip::time_point> next_deadline() const noexcept;

    [[nodiscard]] std::size_t contexts() const noexcept { return contexts_.size(); }
    [[nodiscard]] std::size_t branches() const noexcept { return branches_.size(); }

private:
    using context_id = sip::handle<struct context_tag>;
    using branch_id = sip::handle<struct branch_tag>;

    enum class stage : std::uint8_t {
        waiting,     ///< its turn has not come
        locating,    ///< the name service is asked
        trying,      ///< sent, no response
        proceeding,  ///< a provisional response came
        finished,    ///< final response, or given up
    };
    struct branch {
        context_id context;
        proxy::target target;
        stage at = stage::waiting;
        routing route;                         ///< of this branch: its Request-URI and Routes
        std::optional<way> known_way;          ///< tried before any address: the phone's own connection
        std::vector<sip::location> locations;  ///< not tried yet, best last
        std::uint32_t lookup = 0;
        sip::transaction_id client;
        bool cancel_wanted = false, cancel_sent = false;
        std::uint16_t status = 0;  ///< once finished: of `response`, or our own verdict
        sip::message response;     ///< the final non-2xx
    };
    struct context {
        sip::transaction_id server;
        sip::message request;
        sip::flow_id arrival = sip::flow_id::none;
        sip::endpoint from;
        routing route;
        std::string mark;
        std::vector<branch_id> branches;
        std::uint32_t breadth = 60, share = 60;  ///< RFC 5393 5.3.3: all of it, and what each parallel branch gets
        bool is_invite = false;
        bool has_answered = false;  ///< a final response went upstream
        bool is_closed = false;     ///< no new branches: answered, cancelled, or refused with 6xx
        bool was_cancelled = false;
    };

    void begin_branch(sip::time_point now, branch_id, sip::transaction_outbox);
    void try_next_place(sip::time_point now, branch_id, sip::transaction_outbox);
    [[nodiscard]] changes changes_for(branch const&, context const&) const;
    [[nodiscard]] bool send(sip::time_point now, branch_id, way const&, sip::transaction_outbox);
    void finish(sip::time_point now, branch_id, std::uint16_t status, sip::message response, sip::transaction_outbox);

    void progress(sip::time_point now, context_id, sip::transaction_outbox);
    void close(sip::time_point now, context&, sip::transaction_outbox);
    void give_up(sip::time_point now, branch_id, sip::transaction_outbox);
    void answer_best(sip::time_point now, context&, sip::transaction_outbox);
    void forward(sip::time_point now, context&, sip::message const& response, sip::transaction_outbox);
    void respond(sip::time_point now, context&, sip::buffer_ref, sip::transaction_outbox);
    [[nodiscard]] sip::result<sip::buffer_ref> with_all_challenges(context const&, sip::message_view chosen) const;
    void forget_lookup(branch&);
    void forget(context_id);

    surroundings around_;
    sip::slot_table<context, context_id> contexts_;
    sip::slot_table<branch, branch_id> branches_;
    std::map<std::uint32_t, branch_id> lookups_;
    sip::deadline_heap timer_c_;  ///< by branch (16.8)
    sip::deadline_heap linger_;   ///< by context: while further 2xx may come
};

}  // namespace proxy
