#include "registrar.hpp"

#include <algorithm>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "header_values.hpp"

namespace proxy {
namespace {

using std::chrono::seconds;

/// RFC 3261 20.17: the date in GMT, as RFC 1123 writes it.
std::string date_text(wall_time now) {
    return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

/// A URI as it may stand in a Request-URI later (19.1.1): without headers, and without the method parameter.
bool is_usable(sip::uri_view const& uri) {
    return uri.is_sip_or_sips() && uri.headers.empty() && !uri.params.has("method");
}

/// The phone waits for requests where it sent this one from: on its connection, or behind a NAT that rport tells of.
std::string received_text(sip::message_view request, sip::endpoint const& from) {
    bool is_symmetric = sip::is_reliable(from.kind) || request.top_via().params.has("rport");
    return is_symmetric ? sip::to_string(from) : std::string();
}

}  // namespace

std::uint32_t registrar::wanted_seconds(sip::message_view request, sip::name_addr_view const& contact) const {
    // 20.19, 10.2.1.1: a malformed value counts as 3600.
    if (auto own = contact.params.find("expires")) return contact.expires().value_or(3600);
    if (!request.has(sip::header_id::expires)) return static_cast<std::uint32_t>(settings_->default_expires.count());
    return number_in<sip::header_id::expires>(request, 3600);
}

std::optional<registrar::refusal> registrar::remove_all(sip::message_view request, std::vector<binding>& bindings)
    const {
    std::size_t contacts = 0;
    for ([[maybe_unused]] auto const& each : request.all<sip::header_id::contact>())
        ++contacts;
    auto expires = request.get<sip::header_id::expires>();
    if (contacts != 1 || !expires || *expires != 0) return refusal{400, "Contact * Needs Expires 0 and No Other"};
    for (auto const& one : bindings)
        if (one.call_id == request.call_id() && request.cseq().number <= one.cseq)
            return refusal{500, "CSeq Out Of Order"};
    bindings.clear();
    return std::nullopt;
}

std::optional<registrar::refusal> registrar::apply(
    sip::message_view request, sip::endpoint const& from, wall_time now, std::vector<binding>& bindings
) const {
    for (auto const& contact : request.all<sip::header_id::contact>()) {
        if (!contact) return refusal{400, "Malformed Contact"};
        if (contact->is_star) return remove_all(request, bindings);
        if (!is_usable(contact->uri)) return refusal{400, "Contact Cannot Be Called"};

        seconds wanted(wanted_seconds(request, *contact));
        if (wanted > seconds(0) && wanted < settings_->min_expires && wanted < std::chrono::hours(1))
            return refusal{423, {}};
        auto known = std::find_if(bindings.begin(), bindings.end(), [&](binding const& one) {
            auto uri = sip::parse_uri(one.contact);
            return uri && equivalent(*uri, contact->uri);
        });
        bool is_known = known != bindings.end();
        if (is_known && known->call_id == request.call_id() && request.cseq().number <= known->cseq)
            return refusal{500, "CSeq Out Of Order"};
        if (wanted == seconds(0)) {
            if (is_known) bindings.erase(known);
            continue;
        }
        binding fresh;
        fresh.contact = std::string(contact->uri.text);
        fresh.q_milli = contact->q_milli();
        fresh.expires = now + std::min(wanted, settings_->max_expires);
        fresh.call_id = std::string(request.call_id());
        fresh.cseq = request.cseq().number;
        fresh.received = received_text(request, from);
        if (is_known)
            *known = std::move(fresh);
        else if (bindings.size() >= settings_->max_contacts)
            return refusal{403, "Too Many Contacts"};
        else
            bindings.push_back(std::move(fresh));
    }
    return std::nullopt;
}

sip::result<sip::buffer_ref> registrar::on_register(
    sip::buffer_pool& pool, sip::message_view request, std::string_view user, sip::endpoint const& from, wall_time now,
    std::string_view to_tag
) {
    auto answer = [&](std::uint16_t status, std::string_view reason = {}) {
        return sip::start_response(pool, request, status, to_tag, reason);
    };
    auto bindings = store_->find(user, now);
    if (!bindings) return answer(500, "Location Service Failed").finish();
    if (request.has(sip::header_id::contact)) {
        auto changed = *bindings;
        if (auto refused = apply(request, from, now, changed)) {
            auto response = answer(refused->status, refused->reason);
            if (refused->status == 423)
                response.header(
                    sip::header_id::min_expires, static_cast<std::uint64_t>(settings_->min_expires.count())
                );
            return response.finish();
        }
        if (store_->replace(user, changed)) return answer(500, "Location Service Failed").finish();
        bindings = std::move(changed);
    }

    auto response = answer(200);
    for (auto const& one : *bindings) {
        auto left = std::chrono::ceil<seconds>(one.expires - now).count();
        auto q = one.q_milli == 1000 ? std::string() : fmt::format(";q=0.{:03}", one.q_milli);
        response.header(sip::header_id::contact, fmt::format("<{}>{};expires={}", one.contact, q, left));
    }
    return response.header(sip::header_id::date, date_text(now)).finish();
}

}  // namespace proxy
