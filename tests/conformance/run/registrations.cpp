#include "conformance/run/registrations.hpp"

#include "conformance/observation.hpp"

namespace conformance {

void registrations::note(std::string_view json_line) {
    if (json_line.find("REGISTER") == std::string_view::npos) return;  // most lines: spares reading them
    const auto line = read_trace_line(json_line);
    if (!line || !line->sent) return;
    const auto parsed = sip::parse_message(pool_.copy(line->text), pool_);
    if (!parsed) return;
    const auto message = parsed->view();
    if (message.is_request() || message.status() / 100 != 2 || message.cseq().method_text != "REGISTER") return;
    const std::string user(message.to().uri.user);
    // The answer lists what is bound now (RFC 3261 10.3).
    if (message.has(sip::header_id::contact))
        addresses_.insert_or_assign(user, line->remote);
    else
        addresses_.erase(user);
}

std::optional<std::string> registrations::address_of(const std::string& user) const {
    const auto found = addresses_.find(user);
    return found == addresses_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace conformance
