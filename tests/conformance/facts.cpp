#include "conformance/facts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sdp/model/parse.hpp"
#include "sip/syntax/refer_target.hpp"
#include "sip/syntax/sipfrag.hpp"

namespace conformance {

namespace {

using kind = fact::kind;

template <sip::header_id Id>
std::string user_in(sip::message_view m) {
    const auto address = m.get<Id>();
    return address ? std::string(address->uri.user) : std::string();
}

bool has(const std::vector<std::string>& values, std::string_view value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

class fact_checker {
public:
    fact_checker(const fact& f, std::size_t at, const fact_context& context)
        : fact_(f), at_(at), m_(context.seen[at].message.view()), context_(context) {}

    std::string run() const {
        switch (fact_.what) {
            case kind::sdp_direction:
                return sdp_direction();
            case kind::sdp_codec:
                return codec();
            case kind::no_sdp:
                return m_.body().empty() ? std::string() : "it carries a body where none belongs";
            case kind::from_party:
                return user("From", user_in<sip::header_id::from>(m_));
            case kind::to_party:
                return user("To", user_in<sip::header_id::to>(m_));
            case kind::contact_party:
                return contact();
            case kind::refer_to_party:
                return user("Refer-To", user_in<sip::header_id::refer_to>(m_));
            case kind::referred_by:
                return user("Referred-By", user_in<sip::header_id::referred_by>(m_));
            case kind::diversion:
                return diversion();
            case kind::refer_to_replaces:
                return refer_to_replaces();
            case kind::replaces:
                return replaces("Replaces", m_.raw(sip::header_id::replaces));
            case kind::sipfrag:
                return sipfrag();
            case kind::has_header:
                return has_header() ? std::string() : fmt::format("it has no {}", fact_.values[0]);
            case kind::lacks_header:
                return has_header() ? fmt::format("it has {} where none belongs", fact_.values[0]) : std::string();
            case kind::new_call:
                return new_call();
        }
        return {};
    }

private:
    std::string sdp_direction() const {
        const auto direction = audio_direction(m_);
        if (!direction) return fmt::format("it carries no session description; expected {}", list_of(fact_.values));
        if (has(fact_.values, sdp::name_of(*direction))) return {};
        return fmt::format(
            "its SDP says {}; expected {} (RFC 3264 6.1, 8.4)", sdp::name_of(*direction), list_of(fact_.values)
        );
    }
    std::string codec() const {
        const auto description = description_in(m_);
        if (!description || description->media_lines.empty()) return "it carries no session description";
        for (const auto& format : description->media_lines.front().formats)
            if (has(fact_.values, format.codec.name)) return {};
        return fmt::format("its SDP does not list {} (RFC 3264 5.1)", list_of(fact_.values));
    }
    std::string user(std::string_view header, const std::string& user) const {
        const auto wanted = context_.users.find(fact_.values[0]);
        if (wanted == context_.users.end() || wanted->second == user) return {};
        if (user.empty()) return fmt::format("{} names nobody; expected {}", header, described(*wanted));
        return fmt::format("{} names '{}'; expected {}", header, user, described(*wanted));
    }
    /// A Contact's user is the phone's own choice (RFC 3261 8.1.1.8); most begin with the account's.
    std::string contact() const {
        const auto wanted = context_.users.find(fact_.values[0]);
        for (const auto& each : m_.all<sip::header_id::contact>())
            if (each && wanted != context_.users.end() && each->uri.user.starts_with(wanted->second)) return {};
        return user("Contact", user_in<sip::header_id::contact>(m_));
    }
    std::string diversion() const {
        const auto first = m_.get<sip::header_id::diversion>();
        return user("Diversion", first ? std::string(first->address.uri.user) : std::string());
    }
    static std::string described(const party_users::value_type& party) {
        return fmt::format("{} ('{}')", party.first, party.second);
    }

    std::string refer_to_replaces() const {
        const auto address = m_.get<sip::header_id::refer_to>();
        if (!address) return "it has no Refer-To (RFC 3515 2.4.1)";
        const auto target = sip::parse_refer_target(*address);
        if (!target) return "its Refer-To cannot be read (RFC 3515 2.1)";
        std::string value;
        for (const auto& [name, text] : target->headers)
            if (sip::header_from(name) == sip::header_id::replaces) value = text;
        if (fact_.values[0] != "none") return replaces("Refer-To's Replaces", value);
        return value.empty() ? std::string() : "its Refer-To asks to replace a call, which a blind transfer does not";
    }
    std::string replaces(std::string_view where, std::string_view value) const {
        if (value.empty()) return fmt::format("it has no {} (RFC 3891 6.1)", where);
        const auto reference = sip::parse_dialog_reference(value);
        if (!reference) return fmt::format("{} cannot be read (RFC 3891 6.1)", where);
        const auto number = static_cast<unsigned>(std::stoul(fact_.values[0]));
        const auto call = context_.calls.find(number);
        if (call == context_.calls.end()) return {};
        if (call->second != reference->call_id)
            return fmt::format(
                "{} names the call {}; expected call {}, which is {}", where, reference->call_id, number, call->second
            );
        const auto begins = context_.seen.begin();
        const bool has_tags = std::any_of(begins, begins + static_cast<std::ptrdiff_t>(at_), [&](const auto& o) {
            const auto other = o.message.view();
            return other.call_id() == reference->call_id &&
                   ((other.from_tag() == reference->to_tag && other.to_tag() == reference->from_tag) ||
                    (other.from_tag() == reference->from_tag && other.to_tag() == reference->to_tag));
        });
        return has_tags ? std::string()
                        : fmt::format("the tags in {} are not those of call {} (RFC 3891 3)", where, number);
    }

    std::string sipfrag() const {
        const auto status = sip::parse_sipfrag(m_.body());
        if (!status)
            return fmt::format("its body tells no status; expected {} (RFC 3515 2.4.5)", list_of(fact_.values));
        const auto text = std::to_string(status->status);
        if (has(fact_.values, text) || has(fact_.values, text.substr(0, 1) + "xx")) return {};
        return fmt::format("its body tells {}; expected {} (RFC 3515 2.4.5)", text, list_of(fact_.values));
    }
    bool has_header() const {
        const auto id = sip::header_from(fact_.values[0]);
        // Credentials are for whoever asked.
        if (id == sip::header_id::authorization) return m_.has(id) || m_.has(sip::header_id::proxy_authorization);
        return id == sip::header_id::unknown ? !m_.raw(fact_.values[0]).empty() : m_.has(id);
    }
    std::string new_call() const {
        for (std::size_t i = 0; i < at_; ++i)
            if (!context_.seen[i].is_challenge_round && context_.seen[i].message.view().call_id() == m_.call_id())
                return "its Call-ID is not new (RFC 3261 8.1.1.4)";
        return {};
    }

    const fact& fact_;
    std::size_t at_;
    sip::message_view m_;
    const fact_context& context_;
};

}  // namespace

std::string difference(const fact& f, std::size_t at, const fact_context& context) {
    return fact_checker(f, at, context).run();
}

std::optional<sdp::session> description_in(sip::message_view m) {
    const auto type = m.get<sip::header_id::content_type>();
    if (m.body().empty() || !type || !type->is("application", "sdp")) return std::nullopt;
    auto read = sdp::parse(m.body());
    return read ? std::optional(std::move(*read)) : std::nullopt;
}

std::optional<sdp::direction> audio_direction(sip::message_view m) {
    const auto description = description_in(m);
    if (!description || description->media_lines.empty()) return std::nullopt;
    const auto& line = description->media_lines.front();
    const auto direction = sdp::effective_direction(*description, line);
    const auto* address = sdp::effective_connection(*description, line);
    return address != nullptr && sdp::is_unspecified(*address) ? sdp::both(direction, sdp::direction::sendonly)
                                                               : direction;
}

std::string list_of(const std::vector<std::string>& all) {
    std::string out;
    for (std::size_t i = 0; i != all.size(); ++i)
        out.append(i == 0 ? "" : i + 1 == all.size() ? " or " : ", ").append(all[i]);
    return out;
}

}  // namespace conformance
