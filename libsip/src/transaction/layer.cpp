#include "sip/transaction/layer.hpp"

#include <string>
#include <utility>

#include "sip/syntax/build.hpp"
#include "sip/syntax/parse.hpp"
#include "transaction/store.hpp"

namespace sip {
namespace {

/// The status of a response's text; 0 where it is none.
std::uint16_t status_of(std::string_view response) noexcept {
    constexpr std::string_view version = "SIP/2.0 ";
    if (!response.starts_with(version) || response.size() < version.size() + 3) return 0;
    unsigned status = 0;
    for (char digit : response.substr(version.size(), 3)) {
        if (digit < '0' || digit > '9') return 0;
        status = status * 10 + static_cast<unsigned>(digit - '0');
    }
    return status >= 100 && status <= 699 ? static_cast<std::uint16_t>(status) : std::uint16_t{0};
}

fsm::input received(std::uint16_t status) noexcept {
    return status < 200 ? fsm::input::provisional : status < 300 ? fsm::input::success : fsm::input::failure;
}
fsm::input sent(std::uint16_t status) noexcept {
    return status < 200   ? fsm::input::send_provisional
           : status < 300 ? fsm::input::send_success
                          : fsm::input::send_failure;
}

fsm::reliability reliability_of(transport_kind kind) noexcept {
    return is_reliable(kind) ? fsm::reliability::reliable : fsm::reliability::datagram;
}

/// 120 random bits in token characters.
void append_random(std::string& text, random_source const& random) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int word = 0; word < 2; ++word) {
        std::uint64_t bits = random();
        for (int i = 0; i < 10; ++i, bits >>= 6)
            text += alphabet[bits & 63];
    }
}

}  // namespace

struct transaction_layer::impl {
    environment& env;
    buffer_pool& pool;
    transaction_limits limits;
    transaction_store store;
    std::string branch, via;  ///< scratch that keeps its capacity

    impl(environment& e, buffer_pool& p, transaction_limits l) : env(e), pool(p), limits(l), store(e, p) {}

    result<buffer_ref> with_our_via(outgoing_request const&);
    transaction_id start_client(time_point now, outgoing_request const&, message, transaction_outbox);
    message stamped(message, endpoint const& from);

    void on_response(time_point now, message const&, flow_id, endpoint const& from, transaction_outbox);
    void on_ack(time_point now, message, flow_id, endpoint const& from, transaction_outbox);
    void on_new_request(time_point now, message, flow_id, endpoint const& from, transaction_outbox);
    void refuse(message_view request, flow_id, endpoint const& from, transaction_outbox);
    bool acknowledges(message_view ack, transaction const&);
};

// ---- client side

result<buffer_ref> transaction_layer::impl::with_our_via(outgoing_request const& request) {
    branch.assign(branch_cookie);
    append_random(branch, env.random);
    branch += request.branch_suffix;
    write_via(via, request.sent_by, branch, request.rport);
    return prepend_header(pool, request.wire.text(), header_id::via, via);
}

transaction_id transaction_layer::impl::start_client(
    time_point now, outgoing_request const& how, message request, transaction_outbox out
) {
    transaction begun;
    begun.machine =
        request.view().method() == method::invite ? fsm::machine::invite_client : fsm::machine::non_invite_client;
    begun.reliability = reliability_of(how.to.kind);
    begun.timing = usable(how.timing);
    begun.owner = how.owner;
    begun.flow = how.flow;
    begun.to = how.to;
    begun.request = std::move(request);
    auto wire = begun.request.wire();
    transaction_store::make_room(out);
    auto id = store.start(now, std::move(begun));
    out.actions.push_back(send_message{how.flow, how.to, std::move(wire), id});
    return id;
}

result<transaction_id> transaction_layer::send_request(
    time_point now, outgoing_request const& request, transaction_outbox out
) {
    if (request.flow == flow_id::none) return errc::transport_failed;
    if (live() >= impl_->limits.transactions) return errc::limit_reached;
    auto wire = impl_->with_our_via(request);
    if (!wire) return wire.error();
    auto parsed = parse_message(std::move(*wire), impl_->pool);
    if (!parsed || !parsed->view().is_request() || parsed->view().method() == method::ack)
        return errc::invalid_argument;
    return impl_->start_client(now, request, std::move(*parsed), out);
}

result<transaction_id> transaction_layer::cancel(
    time_point now, transaction_id invite, owner_token owner, transaction_outbox out, std::string_view reason
) {
    auto const* t = impl_->store.find(invite);
    if (t == nullptr) return errc::no_such_session;
    if (t->machine != fsm::machine::invite_client || t->state != fsm::state::proceeding) return errc::wrong_state;
    if (t->timers.is_running(fsm::timer::b)) return errc::wrong_state;  // its CANCEL is out
    auto wire = build_cancel(impl_->pool, t->request.view(), reason);
    if (!wire) return wire.error();
    auto parsed = parse_message(std::move(*wire), impl_->pool);
    if (!parsed) return errc::invalid_argument;

    outgoing_request how;
    how.flow = t->flow;
    how.to = t->to;
    how.timing = t->timing;
    how.owner = owner;
    transaction_store::make_room(out, 2);
    auto id = impl_->start_client(now, how, std::move(*parsed), out);
    impl_->store.input(now, invite, fsm::input::cancelled, nullptr, out);
    return id;
}

result<buffer_ref> transaction_layer::send_ack(outgoing_request const& request, transaction_outbox out) {
    if (!request.wire.text().starts_with("ACK ")) return errc::invalid_argument;
    auto wire = impl_->with_our_via(request);
    if (!wire) return wire.error();
    out.actions.push_back(send_message{request.flow, request.to, *wire, {}});
    return wire;
}

// ---- server side

error_code transaction_layer::respond(time_point now, transaction_id id, buffer_ref response, transaction_outbox out) {
    auto* t = impl_->store.find(id);
    if (t == nullptr || t->is_client()) return errc::no_such_session;
    auto status = status_of(response.text());
    if (status == 0 || (status < 200 && !t->is_invite())) return errc::invalid_argument;
    auto input = status == 408 && !t->is_invite() ? fsm::input::abandoned : sent(status);
    if (!fsm::next_step(t->machine, t->state, input, t->reliability)) return errc::wrong_state;
    bool is_cut_off = t->flow == flow_id::none && input != fsm::input::abandoned;
    transaction_store::make_room(out);
    t->reply = std::move(response);
    impl_->store.input(now, id, input, nullptr, out);
    return is_cut_off ? make_error_code(errc::transport_failed) : error_code();
}

error_code transaction_layer::respond_again(
    time_point now, transaction_id id, buffer_ref const& response, transaction_outbox out
) {
    auto const* t = impl_->store.find(id);
    if (t == nullptr || t->is_client()) return errc::no_such_session;
    if (t->state != fsm::state::accepted) return errc::wrong_state;
    ++impl_->store.counters_of(*t).responses_repeated;
    return respond(now, id, response, out);
}

error_code transaction_layer::reroute(transaction_id id, flow_id flow, endpoint const& to, transaction_outbox out) {
    auto* t = impl_->store.find(id);
    if (t == nullptr || t->is_client()) return errc::no_such_session;
    impl_->store.move(id, flow, to);
    impl_->store.send_reply(*t, out);
    return {};
}

bool transaction_layer::is_cut_off(transaction_id id) const noexcept {
    auto const* t = impl_->store.find(id);
    return t != nullptr && !t->is_client() && t->flow == flow_id::none;
}

std::optional<endpoint> transaction_layer::way_back(transaction_id id) const noexcept {
    auto const* t = impl_->store.find(id);
    if (t == nullptr || t->is_client()) return std::nullopt;
    return response_destination(t->request.view().top_via(), t->to);
}

void transaction_layer::stop_repeating(transaction_id id) noexcept {
    auto* t = impl_->store.find(id);
    if (t == nullptr || !t->is_client()) return;
    impl_->store.stop_repeating(id);
}

void transaction_layer::set_owner(transaction_id id, owner_token owner) noexcept {
    if (auto* t = impl_->store.find(id)) t->owner = owner;
}

void transaction_layer::set_timing(transaction_id id, timing const& timing) noexcept {
    if (auto* t = impl_->store.find(id)) t->timing = usable(timing);
}

// ---- inputs

void transaction_layer::on_message(
    time_point now, message received, flow_id flow, endpoint const& from, transaction_outbox out
) {
    auto view = received.view();
    if (view.is_response()) return impl_->on_response(now, received, flow, from, out);
    if (view.method() == method::ack) return impl_->on_ack(now, std::move(received), flow, from, out);
    if (auto known = impl_->store.server_of(view, view.method())) {
        impl_->store.input(now, known, fsm::input::request, nullptr, out);
        return;
    }
    impl_->on_new_request(now, std::move(received), flow, from, out);
}

void transaction_layer::impl::on_response(
    time_point now, message const& response, flow_id flow, endpoint const& from, transaction_outbox out
) {
    auto view = response.view();
    auto status = view.status();
    if (auto ours = store.client_of(view)) {
        arrival const carried{response, flow, from};
        store.input(now, ours, received(status), &carried, out);
        return;
    }
    if (view.method() == method::invite && status >= 200 && status < 300) {
        out.events.push_back(stray_response{response, flow, from});
        return;
    }
    env.log.log(log_level::debug, "late or foreign {} response dropped", status);
}

/// RFC 2543 peers give no branch to tell the ACK of a 2xx from that of another response: the To tag does (17.2.3).
bool transaction_layer::impl::acknowledges(message_view ack, transaction const& t) {
    if (ack.top_via().has_cookie() || !t.reply) return true;
    auto reply = parse_message(t.reply, pool);
    return reply && reply->view().to_tag() == ack.to_tag();
}

void transaction_layer::impl::on_ack(
    time_point now, message ack, flow_id flow, endpoint const& from, transaction_outbox out
) {
    auto invite = store.server_of(ack.view(), method::invite);
    if (invite && !acknowledges(ack.view(), *store.find(invite))) invite = {};
    arrival const carried{stamped(std::move(ack), from), flow, from};
    if (invite)
        store.input(now, invite, fsm::input::ack, &carried, out);
    else
        out.events.push_back(request_received{{}, carried.what, flow, from, {}});
}

message transaction_layer::impl::stamped(message request, endpoint const& from) {
    if (!stamp_via(request.view().top_via(), from, via)) return request;
    auto wire = replace_top_via(pool, request.view(), via);
    if (!wire) return request;
    auto parsed = parse_message(std::move(*wire), pool);
    return parsed ? std::move(*parsed) : request;
}

/// Too busy for a transaction: answered without one, with the same To tag for every copy (8.2.7).
void transaction_layer::impl::refuse(message_view request, flow_id flow, endpoint const& from, transaction_outbox out) {
    auto to = response_destination(request.top_via(), from);
    auto response = start_response(pool, request, 503, "overload").finish();
    if (response) out.actions.push_back(send_message{flow, is_reliable(from.kind) || !to ? from : *to, *response, {}});
}

void transaction_layer::impl::on_new_request(
    time_point now, message request, flow_id flow, endpoint const& from, transaction_outbox out
) {
    request = stamped(std::move(request), from);
    auto view = request.view();
    if (store.size() >= limits.transactions) return refuse(view, flow, from, out);

    request_received event{{}, request, flow, from, {}};
    if (view.method() == method::cancel) {
        event.cancels = store.server_of(view, method::invite);
        event.names_other = !event.cancels && store.is_other_of(view);
    } else {
        event.merged = store.is_merged(view);
    }

    transaction begun;
    begun.machine = view.method() == method::invite ? fsm::machine::invite_server : fsm::machine::non_invite_server;
    begun.reliability = reliability_of(from.kind);
    begun.timing = usable(limits.server_timing);
    begun.flow = flow;
    begun.to = is_reliable(from.kind) ? from : response_destination(view.top_via(), from).value_or(from);
    begun.request = std::move(request);
    transaction_store::make_room(out);
    event.id = store.start(now, std::move(begun));
    out.events.push_back(std::move(event));
}

void transaction_layer::on_flow_failed(time_point now, flow_id flow, transaction_outbox out) {
    auto const lost = impl_->store.on_flow(flow);
    transaction_store::make_room(out, lost.size());
    for (auto id : lost) {
        if (!impl_->store.find(id)->is_client()) impl_->store.move(id, flow_id::none, {});
        impl_->store.input(now, id, fsm::input::transport_error, nullptr, out);
    }
}

void transaction_layer::on_timeout(time_point now, transaction_outbox out) {
    impl_->store.on_timeout(now, out);
}

std::optional<time_point> transaction_layer::next_deadline() const noexcept {
    return impl_->store.next_deadline();
}

message_view transaction_layer::request_of(transaction_id id) const noexcept {
    auto const* t = impl_->store.find(id);
    return t == nullptr ? message_view() : t->request.view();
}

owner_token transaction_layer::owner_of(transaction_id id) const noexcept {
    auto const* t = impl_->store.find(id);
    return t == nullptr ? 0 : t->owner;
}

bool transaction_layer::is_live(transaction_id id) const noexcept {
    return impl_->store.find(id) != nullptr;
}

std::size_t transaction_layer::live() const noexcept {
    return impl_->store.size();
}

transaction_counter_table const& transaction_layer::counters() const noexcept {
    return impl_->store.counters();
}

transaction_layer::transaction_layer(environment& env, buffer_pool& pool, transaction_limits limits)
    : impl_(std::make_unique<impl>(env, pool, limits)) {}
transaction_layer::transaction_layer(transaction_layer&&) noexcept = default;
transaction_layer::~transaction_layer() = default;

}  // namespace sip
