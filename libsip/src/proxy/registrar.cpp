#include "sip/proxy/registrar.hpp"

#include <algorithm>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "proxy/header_values.hpp"
#include "sip/proxy/gruu.hpp"
#include "sip/proxy/ways.hpp"

namespace sip::proxy {
namespace {

using std::chrono::seconds;

/// What a Contact may bring along beside its URI; a user has few of them.
constexpr std::size_t longest_params = 1024, longest_path = 2048;

/// RFC 3261 20.17: the date in GMT, as RFC 1123 writes it.
std::string date_text(wall_time now) {
    return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

/// A URI as it may stand in a Request-URI later (19.1.1): without headers, and without the method parameter.
bool is_usable(uri_view const& uri) {
    return uri.is_sip_or_sips() && uri.headers.empty() && !uri.params.has("method");
}

/// The phone waits for requests where it sent this one from: on its connection, or behind a NAT that rport tells of.
/// What came by other proxies goes back through their Path.
bool is_symmetric(message_view request, std::string_view note) {
    return vias(request) == 1 && (ways::is_of_connection(note) || request.top_via().params.has("rport"));
}

bool supports(message_view request, std::string_view option) {
    return request.has_token<header_id::supported>(option) || request.has_token<header_id::require>(option);
}

/// RFC 5626 4.1: a URN in angle brackets in a quoted string.
std::string instance_of(params_view params) {
    auto const value = params.value("+sip.instance");
    bool const is_bracketed = value.size() > 2 && value.starts_with('<') && value.ends_with('>');
    return std::string(is_bracketed ? value.substr(1, value.size() - 2) : std::string_view());
}

/// 0 where there is none, or none that counts (RFC 5626 4.2.1: 1 to 2^31-1).
std::uint32_t reg_id_of(params_view params) {
    auto const id = parse_number(params.value("reg-id"));
    return id && *id <= 0x7fffffffU ? *id : 0;
}

constexpr std::string_view own_params[] = {"expires", "q", "pub-gruu", "temp-gruu"};

/// RFC 5626 6: all parameters are kept. Those that we decide ourselves are written anew (RFC 5627 5.1).
std::string kept_params(params_view params) {
    std::string text;
    for (auto const& one : params) {
        bool const is_ours = std::any_of(std::begin(own_params), std::end(own_params), [&](std::string_view name) {
            return detail::equal_ignoring_case(name, one.name);
        });
        if (is_ours) continue;
        std::string_view const quote = one.quoted ? "\"" : "";
        text += fmt::format(";{}{}{}{}{}", one.name, one.has_value ? "=" : "", quote, one.value, quote);
    }
    return text;
}

/// True where the proxy next to the phone said that it keeps the phone's flow (RFC 5626 5.1). Proxies put their Path
/// value in front, so that is the last one.
bool is_outbound_path(message_view request) {
    bool is_so = false;
    for (auto const& value : request.all<header_id::path>())
        is_so = value && value->uri.params.has("ob");
    return is_so;
}

/// RFC 5626 6: a flow is the same by instance and reg-id, any other contact by its URI (10.3).
bool is_same(binding const& known, binding const& fresh) {
    if (fresh.reg_id != 0 || known.reg_id != 0) return known.reg_id == fresh.reg_id && known.instance == fresh.instance;
    auto const a = parse_uri(known.contact), b = parse_uri(fresh.contact);
    return a && b && equivalent(*a, *b);
}

}  // namespace

bool registrar::understands(std::string_view option_tag) noexcept {
    return detail::equal_ignoring_case(option_tag, "path") || detail::equal_ignoring_case(option_tag, "outbound") ||
           detail::equal_ignoring_case(option_tag, "gruu");
}

std::uint32_t registrar::wanted_seconds(message_view request, name_addr_view const& contact) const {
    // 20.19, 10.2.1.1: a malformed value counts as 3600.
    if (auto own = contact.params.find("expires")) return contact.expires().value_or(3600);
    if (!request.has(header_id::expires)) return static_cast<std::uint32_t>(settings_->default_expires.count());
    return number_in<header_id::expires>(request, 3600);
}

/// RFC 5627 5.1: the address of record, or a GRUU of its, would lead in a circle.
bool registrar::leads_here(message_view request, uri_view const& contact) const {
    if (equivalent(contact, request.to().uri)) return true;
    auto const gruu = read_gruu(contact, *seals_);
    return gruu && gruu->is_ours && gruu->is_temporary();
}

std::optional<registrar::refusal> registrar::read(demand& wish) const {
    auto const& request = wish.request;
    for (auto const& value : request.all<header_id::path>()) {
        if (!value) return refusal{400, "Malformed Path"};
        wish.path.append(wish.path.empty() ? "" : ", ").append(value->text);
    }
    if (wish.path.size() > longest_path) return refusal{400, "Path Too Long"};
    // RFC 3327 5.3: the phone has to know that others stand in the path of its calls.
    if (!wish.path.empty() && !supports(request, "path")) return refusal{420, {}};

    bool const is_first_hop = vias(request) == 1;
    bool const serves_flows = is_first_hop || is_outbound_path(request);
    std::size_t lasting = 0;
    for (auto const& contact : request.all<header_id::contact>()) {
        if (!contact || contact->is_star) continue;
        if (wanted_seconds(request, *contact) > 0) ++lasting;
        if (contact->params.has("reg-id") && !instance_of(contact->params).empty()) wish.names_flow = true;
    }
    if (!wish.names_flow) return std::nullopt;
    // RFC 5626 6.
    if (!serves_flows && supports(request, "outbound")) return refusal{439, {}};
    wish.has_flows = serves_flows;
    if (wish.has_flows && lasting > 1) return refusal{400, "One Flow At A Time"};
    return std::nullopt;
}

std::optional<registrar::refusal> registrar::remove_all(message_view request, std::vector<binding>& bindings) const {
    std::size_t contacts = 0;
    for ([[maybe_unused]] auto const& each : request.all<header_id::contact>())
        ++contacts;
    auto expires = request.get<header_id::expires>();
    if (contacts != 1 || !expires || *expires != 0) return refusal{400, "Contact * Needs Expires 0 and No Other"};
    for (auto const& one : bindings)
        if (one.call_id == request.call_id() && request.cseq().number <= one.cseq)
            return refusal{500, "CSeq Out Of Order"};
    bindings.clear();
    return std::nullopt;
}

std::optional<registrar::refusal> registrar::apply(demand const& wish, std::vector<binding>& bindings) const {
    auto const& request = wish.request;
    for (auto const& contact : request.all<header_id::contact>()) {
        if (!contact) return refusal{400, "Malformed Contact"};
        if (contact->is_star) return remove_all(request, bindings);
        if (!is_usable(contact->uri)) return refusal{400, "Contact Cannot Be Called"};
        if (leads_here(request, contact->uri)) return refusal{403, "Contact Leads Back Here"};

        seconds wanted(wanted_seconds(request, *contact));
        if (wanted > seconds(0) && wanted < settings_->min_expires && wanted < std::chrono::hours(1))
            return refusal{423, {}};
        binding fresh;
        fresh.contact = std::string(contact->uri.text);
        fresh.q_milli = contact->q_milli();
        fresh.expires = wish.now + std::min(wanted, settings_->max_expires);
        fresh.call_id = std::string(request.call_id());
        fresh.cseq = request.cseq().number;
        if (is_symmetric(request, wish.note)) fresh.received = wish.note;
        fresh.path = wish.path;
        fresh.params = kept_params(contact->params);
        fresh.instance = instance_of(contact->params);
        // A reg-id without an instance means nothing (RFC 5626 6).
        if (wish.has_flows && !fresh.instance.empty()) fresh.reg_id = reg_id_of(contact->params);
        // The flow of a phone that talks to us directly is the one that it registered over.
        if (fresh.reg_id != 0 && vias(request) == 1) fresh.received = wish.note;
        fresh.refreshed = wish.now;
        if (fresh.params.size() > longest_params) return refusal{400, "Contact Too Long"};

        auto known =
            std::find_if(bindings.begin(), bindings.end(), [&](auto const& one) { return is_same(one, fresh); });
        bool const is_known = known != bindings.end();
        if (is_known && known->call_id == request.call_id() && request.cseq().number <= known->cseq)
            return refusal{500, "CSeq Out Of Order"};
        if (wanted == seconds(0)) {
            if (is_known) bindings.erase(known);
            continue;
        }
        if (is_known)
            *known = std::move(fresh);
        else if (bindings.size() >= settings_->max_contacts)
            return refusal{403, "Too Many Contacts"};
        else
            bindings.push_back(std::move(fresh));
    }
    return std::nullopt;
}

/// Step 8, with the GRUUs of RFC 5627 5.2.
void registrar::write_contacts(
    message_builder& response, message_view request, std::vector<binding> const& bindings, wall_time now
) const {
    bool const wants_gruus = supports(request, "gruu");
    for (auto const& one : bindings) {
        auto text = fmt::format("<{}>", one.contact);
        if (one.q_milli != 1000) text += fmt::format(";q=0.{:03}", one.q_milli);
        text += fmt::format(";expires={}{}", std::chrono::ceil<seconds>(one.expires - now).count(), one.params);
        if (wants_gruus && !one.instance.empty()) {
            // Of several flows of one phone the newest registration counts.
            auto const* newest = &one;
            for (auto const& other : bindings)
                if (other.instance == one.instance && other.refreshed > newest->refreshed) newest = &other;
            auto const& address = request.to().uri;
            text += fmt::format(
                ";pub-gruu=\"{}\";temp-gruu=\"{}\"", public_gruu(address, one.instance),
                temporary_gruu(address, *newest, *seals_, random_)
            );
        }
        response.header(header_id::contact, text);
    }
}

result<buffer_ref> registrar::on_register(
    buffer_pool& pool, message_view request, std::string_view user, std::string_view note, wall_time now,
    std::string_view to_tag
) {
    auto answer = [&](std::uint16_t status, std::string_view reason = {}) {
        return start_response(pool, request, status, to_tag, reason);
    };
    auto bindings = store_->find(user, now);
    if (!bindings) return answer(500, "Location Service Failed").finish();
    demand wish{request, note, now, {}};
    if (request.has(header_id::contact)) {
        auto changed = *bindings;
        auto refused = read(wish);
        if (!refused) refused = apply(wish, changed);
        if (refused) {
            auto response = answer(refused->status, refused->reason);
            if (refused->status == 423)
                response.header(header_id::min_expires, static_cast<std::uint64_t>(settings_->min_expires.count()));
            if (refused->status == 420) response.header(header_id::unsupported, "path");
            return response.finish();
        }
        if (store_->replace(user, changed)) return answer(500, "Location Service Failed").finish();
        bindings = std::move(changed);
    }

    auto response = answer(200);
    write_contacts(response, request, *bindings, now);
    if (!wish.path.empty()) response.copy(request, header_id::path);  // RFC 3327 5.3
    for (auto const& route : settings_->service_routes)
        response.header(header_id::service_route, route);
    response.header(header_id::supported, "path, outbound");
    if (wish.has_flows && supports(request, "outbound")) {
        response.header(header_id::require, "outbound");  // RFC 5626 6
        if (settings_->flow_timer && vias(request) == 1)
            response.header("Flow-Timer", std::to_string(settings_->flow_timer->count()));
    }
    return response.header(header_id::date, date_text(now)).finish();
}

void registrar::forget(std::string_view user, binding const& gone, wall_time now) {
    auto bindings = store_->find(user, now);
    // A registration that came meanwhile is another one.
    if (!bindings || std::erase(*bindings, gone) == 0) return;
    (void)store_->replace(user, *bindings);
}

}  // namespace sip::proxy
