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
#include <string_view>
#include <utility>
#include <vector>

#include "sip/environment.hpp"
#include "sip/proxy/forwarding.hpp"
#include "sip/proxy/settings.hpp"
#include "sip/proxy/request_history.hpp"
#include "sip/proxy/targets.hpp"
#include "sip/proxy/ways.hpp"
#include "sip/slot_table.hpp"
#include "sip/transaction/deadline_heap.hpp"
#include "sip/transaction/layer.hpp"
#include "sip/transport/locator.hpp"

namespace sip::proxy {

/// The response contexts of a stateful proxy (RFC 3261 16.7).
class forks {
public:
    /// What forwarding leans on; all outlive it.
    struct surroundings {
        settings const& config;         ///< the proxy's
        sip::environment& environment;  ///< the proxy's
        buffer_pool& pool;              ///< the proxy's
        transaction_layer& layer;       ///< the proxy's
        proxy::ways& ways;              ///< the proxy's
        own_names const& names;         ///< the proxy's
        sip::locator& locator;          ///< the proxy's
    };
    explicit forks(surroundings s) : around_(s) {}  ///< All of them outlive it.

    /// Forwards a request to its targets, from the highest q down, those of equal q at the same time. `targets` is not
    /// empty. `over`: the way that the request's own Route names. `mark`: loop_mark() of the request.
    void start(
        time_point now, request_received const&, routing, std::optional<way> over, std::vector<target> targets,
        std::string mark, transaction_outbox
    );
    /// The caller gave up (16.10). `server`: the transaction of the request that it cancels. `reason`: the value of its
    /// Reason (RFC 3326), or empty.
    void cancel(time_point now, transaction_id server, std::string_view reason, transaction_outbox);

    /// A response to one of its branches.
    void on_response(time_point now, response_received const&, transaction_outbox);
    /// A branch without a response.
    void on_failure(time_point now, request_failed const&, transaction_outbox);
    /// Handling an event of this branch has failed for lack of memory: its whole request is answered 500, and let go.
    void on_lost_event(time_point now, owner_token branch, transaction_outbox) noexcept;
    /// The answer to a look-up; ignored where it is not ours.
    void on_located(time_point now, lookup const&, transaction_outbox);
    void on_timeout(time_point now, transaction_outbox);  ///< Runs what is due.
    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

    /// Bindings whose flow was said to be down (RFC 5626 7), since the last call.
    [[nodiscard]] std::vector<target> take_failed_flows() { return std::exchange(failed_flows_, {}); }

    /// Requests that are being forwarded.
    [[nodiscard]] std::size_t contexts() const noexcept { return contexts_.size(); }
    [[nodiscard]] std::size_t branches() const noexcept { return branches_.size(); }  ///< requests sent for them

private:
    using context_id = handle<struct context_tag>;
    using branch_id = handle<struct branch_tag>;

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
        routing route;                    ///< of this branch: its Request-URI and Routes
        std::optional<way> known_way;     ///< tried before any address: the phone's own flow
        bool is_tied = false;             ///< there is no other way than that one
        std::vector<location> locations;  ///< not tried yet, best last
        std::optional<endpoint> place;    ///< of these the one that is being tried
        std::uint32_t lookup = 0;
        transaction_id client;
        bool cancel_wanted = false, cancel_sent = false;
        bool is_redirected = false;  ///< its 3xx became further targets
        request_history::entry entry;  ///< of it in History-Info; empty where none is kept
        std::uint16_t status = 0;    ///< once finished: of `response`, or our own verdict
        message response;            ///< the final non-2xx
    };
    struct context {
        transaction_id server;
        message request;
        flow_id arrival = flow_id::none;
        endpoint from;
        routing route;
        std::string mark;
        std::vector<branch_id> branches;
        std::uint32_t breadth = 60, share = 60;  ///< RFC 5393 5.3.3: all of it, and what each parallel branch gets
        std::optional<way> over;                 ///< the way that the request's own Route names
        bool is_invite = false;
        bool has_answered = false;  ///< a final response went upstream
        bool is_closed = false;     ///< no new branches: answered, cancelled, or refused with 6xx
        bool was_cancelled = false;
        request_history history;    ///< kept where the settings say so
        std::string cancel_reason;  ///< why branches are cancelled, for their CANCEL (RFC 3326)
    };

    // ---- forks.cpp: the life of a context and its branches
    /// False where the URI is a target already, or there are too many.
    bool add_target(context_id, target);
    void progress(time_point now, context_id, transaction_outbox);
    void begin_group(time_point now, context_id, transaction_outbox);
    void begin_branch(time_point now, branch_id, transaction_outbox);
    void try_next_place(time_point now, branch_id, transaction_outbox);
    /// A branch has heard something, or nothing in time (RFC 7044 9.3).
    void note_history(branch const&, std::uint16_t status, message const& response);
    [[nodiscard]] changes changes_for(branch const&, context const&) const;
    [[nodiscard]] bool send(time_point now, branch_id, way const&, transaction_outbox);
    void finish(time_point now, branch_id, std::uint16_t status, message response, transaction_outbox);
    /// Another flow of the same phone takes the branch over (RFC 5626 7). False where there is none.
    [[nodiscard]] bool try_other_flow(time_point now, branch_id, std::uint16_t status, transaction_outbox);
    void close(time_point now, context&, transaction_outbox);
    void give_up(time_point now, branch_id, transaction_outbox);
    void forget_lookup(branch&);
    void forget(context_id);
    /// Does this, and gives the context up where it throws.
    template <class Work>
    void guarded(time_point now, context_id, transaction_outbox, Work&&);
    void abandon(time_point now, context_id, transaction_outbox) noexcept;
    template <class Wanted>
    [[nodiscard]] std::uint32_t count(context const&, Wanted&&) const;

    // ---- fork_responses.cpp: what goes back
    void add_redirects(branch_id, message_view response);
    void answer(time_point now, context&, std::uint16_t status, transaction_outbox);
    void answer_best(time_point now, context&, transaction_outbox);
    void forward(time_point now, context&, message const& response, transaction_outbox);
    void respond(time_point now, context&, buffer_ref, transaction_outbox);
    [[nodiscard]] buffer_ref with_history(context const&, buffer_ref const& wire, message_view response) const;
    [[nodiscard]] buffer_ref with_lines(buffer_ref const& wire, std::string_view lines) const;
    [[nodiscard]] result<buffer_ref> with_all_challenges(context const&, message_view chosen) const;

    surroundings around_;
    slot_table<context, context_id> contexts_;
    slot_table<branch, branch_id> branches_;
    std::map<std::uint32_t, branch_id> lookups_;
    deadline_heap timer_c_;    ///< by branch (16.8)
    deadline_heap no_answer_;  ///< by context: until the next rank gets its turn
    deadline_heap linger_;     ///< by context: while further 2xx may come
    std::vector<target> failed_flows_;
};

}  // namespace sip::proxy
