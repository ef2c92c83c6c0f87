// The proxy and registrar without I/O: a protocol core like the user agent, driven by the same shell. What a request
// may do is decided here (RFC 3261 16.3 to 16.5); who is who in digest_guard, bindings in registrar, where users are in
// targets, forwarding in forks and stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sip/environment.hpp"
#include "sip/proxy/digest_guard.hpp"
#include "sip/proxy/forks.hpp"
#include "sip/proxy/location_store.hpp"
#include "sip/proxy/own_names.hpp"
#include "sip/proxy/registrar.hpp"
#include "sip/proxy/sealer.hpp"
#include "sip/proxy/settings.hpp"
#include "sip/proxy/stateless.hpp"
#include "sip/proxy/targets.hpp"
#include "sip/proxy/ways.hpp"
#include "sip/transaction/layer.hpp"
#include "sip/transport/locator.hpp"
#include "sip/ua/protocol_core.hpp"

namespace sip::proxy {

/// The proxy and registrar without I/O.
class core final : public protocol_core {
public:
    /// `settings.domains` is not empty. The environment and the store outlive the core.
    core(settings, environment&, location_store&);
    core(core const&) = delete;  // its parts hold references to one another
    core& operator=(core const&) = delete;

    /// The address is one of ours. (Those of datagram sockets come with add_flow.)
    void add_listener(endpoint const& at) override { names_.add_address(at); }

    flow_id add_flow(now_t, flow_description const&, outbox&) override;
    void on_flow(now_t, flow_event const&, outbox&) override;
    void on_bytes(now_t, flow_id, endpoint const& from, buffer_ref, outbox&) override;
    void on_resolved(now_t, std::uint32_t request, dns_answer const&, error_code, outbox&) override;
    void on_timeout(now_t, outbox&) override;                                     ///< see protocol_core
    [[nodiscard]] std::optional<wakeup> next_deadline() const noexcept override;  ///< see protocol_core
    [[nodiscard]] bool still_wanted(transaction_id) const noexcept override;
    [[nodiscard]] buffer_pool& pool() noexcept override { return pool_; }

    /// What lives, for tests.
    struct counts {
        /// Requests that are forwarded, and what belongs to them.
        std::size_t contexts = 0, branches = 0, transactions = 0, waiting_acks = 0, buffers = 0;
    };
    [[nodiscard]] counts live() const noexcept;  ///< now

private:
    using fields = std::vector<std::pair<header_id, std::string>>;
    [[nodiscard]] transaction_outbox to(outbox& out) { return {out.actions, events_}; }

    /// Answers what the layer has told, until it has nothing more to tell.
    void settle(now_t, outbox&);
    void recover(now_t, transaction_event const& lost, outbox&) noexcept;
    void handle(now_t, request_received const&, outbox&);
    void handle(now_t, response_received const&, outbox&);
    void handle(now_t, request_failed const&, outbox&);
    void handle(now_t, response_failed const&, outbox&);
    void handle(now_t, stray_response const&, outbox&);

    void on_request(now_t, request_received const&, outbox&);
    void on_cancel(now_t, request_received const&, outbox&);
    void on_register(now_t, request_received const&, outbox&);
    void on_ack(now_t, request_received const&, outbox&);
    /// A message in a stateless proxy that needs no transaction.
    void pass_on(now_t, message received, flow_id, endpoint const& from, outbox&);

    /// 16.3: true where the request may go on; otherwise it has been answered.
    [[nodiscard]] bool validate(now_t, request_received const&, std::string const& mark, outbox&);
    /// The name of the user that proved to be behind the request; nothing where it has been answered with a challenge.
    [[nodiscard]] std::optional<std::string>
    authenticate(now_t, request_received const&, digest_guard::role, name_addr_view const& claimed, outbox&);
    /// What our own Route in a request says (RFC 5626 5.3): the way that it names, if any. Nothing where the request
    /// has been answered.
    [[nodiscard]] std::optional<token_way> follow(now_t, request_received const&, routing const&, outbox&);
    [[nodiscard]] bool admit(now_t, request_received const&, bool is_for_us, bool is_relayed, outbox&);
    /// 16.6: to one target, without a transaction.
    void
    forward(now_t, request_received const&, routing, std::optional<way> over, target const&, std::string mark, outbox&);
    [[nodiscard]] found_targets locate(uri_view const& uri, wall_time now) const {
        return find_targets({settings_, names_, seals_, ways_, *store_}, uri, now);
    }
    /// The next hop of a domain that we are the edge of; empty for others.
    [[nodiscard]] std::string_view relay_of(uri_view const&) const;
    void answer(
        now_t, request_received const&, std::uint16_t status, outbox&, std::string_view reason = {},
        fields const& more = {}
    );
    [[nodiscard]] std::string new_tag() const;

    settings settings_;
    environment* environment_;
    location_store* store_;
    buffer_pool pool_;
    hash_key loop_key_;
    sealer seals_;
    own_names names_;
    ways ways_;
    locator locator_;
    transaction_layer layer_;
    digest_guard guard_;
    registrar registrar_;
    forks forks_;
    stateless stateless_;
    transaction_events events_;
};

}  // namespace sip::proxy
