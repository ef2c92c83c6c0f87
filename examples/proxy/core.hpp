// The proxy and registrar without I/O: a protocol core like the user agent, driven by the same shell. What a request
// may do is decided here (RFC 3261 16.3 to 16.5); who is who in digest_guard, bindings in registrar, forwarding in
// forks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "digest_guard.hpp"
#include "forks.hpp"
#include "location_store.hpp"
#include "own_names.hpp"
#include "registrar.hpp"
#include "settings.hpp"
#include "sip/ua/protocol_core.hpp"
#include "ways.hpp"

namespace proxy {

class core final : public sip::protocol_core {
public:
    /// `settings.domains` is not empty. The environment and the store outlive the core.
    core(settings, sip::environment&, location_store&);
    core(core const&) = delete;  // its parts hold references to one another
    core& operator=(core const&) = delete;

    /// An address that the shell accepts connections on. (Datagram sockets come with add_flow.)
    void add_listener(sip::endpoint const& at) { names_.add_address(at); }

    sip::flow_id add_flow(sip::now_t, sip::flow_description const&, sip::outbox&) override;
    void on_flow(sip::now_t, sip::flow_event const&, sip::outbox&) override;
    void on_bytes(sip::now_t, sip::flow_id, sip::endpoint const& from, sip::buffer_ref, sip::outbox&) override;
    void on_resolved(sip::now_t, std::uint32_t request, sip::dns_answer const&, sip::error_code, sip::outbox&) override;
    void on_timeout(sip::now_t, sip::outbox&) override;
    [[nodiscard]] std::optional<sip::wakeup> next_deadline() const noexcept override;
    [[nodiscard]] bool still_wanted(sip::transaction_id) const noexcept override;
    [[nodiscard]] sip::buffer_pool& pool() noexcept override { return pool_; }

    /// What lives, for tests.
    struct counts {
        std::size_t contexts = 0, branches = 0, transactions = 0, waiting_acks = 0, buffers = 0;
    };
    [[nodiscard]] counts live() const noexcept;

private:
    using fields = std::vector<std::pair<sip::header_id, std::string>>;
    [[nodiscard]] sip::transaction_outbox to(sip::outbox& out) { return {out.actions, events_}; }

    /// Answers what the layer has told, until it has nothing more to tell.
    void settle(sip::now_t, sip::outbox&);
    void handle(sip::now_t, sip::request_received const&, sip::outbox&);
    void handle(sip::now_t, sip::response_received const&, sip::outbox&);
    void handle(sip::now_t, sip::request_failed const&, sip::outbox&);
    void handle(sip::now_t, sip::response_failed const&, sip::outbox&);
    void handle(sip::now_t, sip::stray_response const&, sip::outbox&);

    void on_request(sip::now_t, sip::request_received const&, sip::outbox&);
    void on_cancel(sip::now_t, sip::request_received const&, sip::outbox&);
    void on_register(sip::now_t, sip::request_received const&, sip::outbox&);
    void on_ack(sip::now_t, sip::message const&, sip::outbox&);
    void send_ack(sip::message const&, routing const&, way const&, sip::outbox&);

    /// 16.3: true where the request may go on; otherwise it has been answered.
    [[nodiscard]] bool validate(sip::now_t, sip::request_received const&, std::string const& mark, sip::outbox&);
    /// The name of the user that proved to be behind the request; nothing where it has been answered with a challenge.
    [[nodiscard]] std::optional<std::string>
    authenticate(sip::now_t, sip::request_received const&, digest_guard::role, sip::name_addr_view const& claimed, sip::outbox&);
    /// 16.5. An empty list with the status to answer.
    [[nodiscard]] std::vector<target> locate_user(sip::now_t, sip::uri_view const&, std::uint16_t& status);
    void answer(
        sip::now_t, sip::request_received const&, std::uint16_t status, sip::outbox&, std::string_view reason = {},
        fields const& more = {}
    );
    [[nodiscard]] std::string new_tag() const;

    settings settings_;
    sip::environment* environment_;
    location_store* store_;
    sip::buffer_pool pool_;
    sip::hash_key loop_key_;
    own_names names_;
    ways ways_;
    sip::locator locator_;
    sip::transaction_layer layer_;
    digest_guard guard_;
    registrar registrar_;
    forks forks_;
    sip::transaction_events events_;

    /// ACKs of 2xx that wait for a name to be resolved.
    struct waiting_ack {
        sip::message ack;
        routing route;
    };
    static constexpr std::size_t most_waiting_acks = 256;
    std::map<std::uint32_t, waiting_ack> waiting_acks_;
};

}  // namespace proxy
