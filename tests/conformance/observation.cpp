#include "conformance/observation.hpp"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

namespace conformance {

namespace {

constexpr std::string_view proxy = "P";

bool same_transaction(sip::message_view a, sip::message_view b) {
    return a.top_via().branch() == b.top_via().branch() && a.cseq().number == b.cseq().number;
}

bool is_caused_by(observed_message const& effect, observed_message const& cause) {
    if (effect.from != cause.to || effect.to != cause.from) return false;
    auto const e = effect.message.view(), c = cause.message.view();
    if (e.call_id() != c.call_id() || e.cseq().number != c.cseq().number) return false;
    if (!e.is_request()) return summary(c) == e.cseq().method_text && same_transaction(e, c);
    // The ACK of a refusal belongs to its transaction, that of a 2xx is one of its own (RFC 3261 17.1.1.3, 13.2.2.4).
    return e.method() == sip::method::ack && !c.is_request() && c.cseq().method_text == "INVITE" &&
           (c.status() < 300 || same_transaction(e, c));
}

/// A trace may be written a moment after the message went out, when its answer has been traced already by another
/// process.
void put_causes_first(std::vector<observed_message>& all) {
    constexpr seconds moment(0.1), before(1e-6);
    for (auto const& effect : all)
        for (auto& cause : all)
            if (cause.at > effect.at && cause.at - effect.at < moment && is_caused_by(effect, cause))
                cause.at = effect.at - before;
}

/// Marks each request that met a 401 or 407, the challenge itself, and for INVITE the ACK that follows on that hop.
void mark_challenge_rounds(std::vector<observed_message>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const challenge = all[i].message.view();
        if (challenge.is_request() || (challenge.status() != 401 && challenge.status() != 407)) continue;
        all[i].is_challenge_round = true;
        for (auto& other : all) {
            auto const view = other.message.view();
            bool const is_request_of_it = view.is_request() && other.from == all[i].to && other.to == all[i].from &&
                                          view.call_id() == challenge.call_id() && same_transaction(view, challenge);
            if (is_request_of_it) other.is_challenge_round = true;
            // A proxy that relays the challenge gives a 100 before it.
            bool const is_trying = !view.is_request() && view.status() == 100 && other.from == all[i].from &&
                                   view.call_id() == challenge.call_id() && same_transaction(view, challenge);
            if (is_trying) other.is_challenge_round = true;
        }
    }
}

}  // namespace

std::string summary(sip::message_view m) {
    if (m.is_request()) return std::string(m.method_text());
    return std::to_string(m.status()) + ' ' + std::string(m.cseq().method_text);
}

std::optional<trace_line> read_trace_line(std::string_view json_line) {
    boost::system::error_code error;
    auto const value = boost::json::parse(json_line, error);
    auto const* object = error ? nullptr : value.if_object();
    if (object == nullptr) return std::nullopt;
    auto const text_of = [&](char const* key) {
        auto const* member = object->if_contains(key);
        auto const* text = member != nullptr ? member->if_string() : nullptr;
        return text != nullptr ? std::string(*text) : std::string();
    };
    trace_line line{
        .at = {}, .sent = text_of("direction") == "out", .remote = text_of("remote"), .text = text_of("text")};
    if (auto const* time = object->if_contains("time"); time != nullptr && time->is_number())
        line.at = seconds(time->to_number<double>(error));
    return line;
}

observer::observer(party_map addresses) : addresses_(std::move(addresses)) {}

bool observer::add(
    std::string_view owner, std::string_view json_line, const std::function<bool(std::string_view)>& wanted
) {
    auto const line = read_trace_line(json_line);
    if (!line || !line->at) return false;
    auto const known = addresses_.find(line->remote);
    std::string const other = known != addresses_.end() ? known->second : stranger_;
    if (owner == proxy && (other.empty() || (wanted && !wanted(other)))) return false;
    return add(owner, *line->at, line->sent, line->remote, line->text);
}

bool observer::add(
    std::string_view owner, seconds at, bool sent, std::string_view remote_address, std::string_view text
) {
    auto const known = addresses_.find(remote_address);
    std::string const other = known != addresses_.end() ? known->second
                              : owner == proxy          ? stranger_
                                                        : std::string(proxy);
    if (other.empty() || other == owner || at < begin_) return false;
    auto parsed = sip::parse_message(pool_.copy(text), pool_);
    if (!parsed) return false;
    has_several_clocks_ = true;
    observed_message seen{at, sent ? std::string(owner) : other, sent ? other : std::string(owner), *parsed};
    if (known == addresses_.end() && owner == proxy)
        of_unknown_.emplace_back(remote_address, std::move(seen));
    else
        all_.push_back(std::move(seen));
    return true;
}

bool observer::add_between(std::string from, std::string to, seconds at, std::string_view text) {
    auto parsed = sip::parse_message(pool_.copy(text), pool_);
    if (!parsed) return false;
    all_.push_back({at, std::move(from), std::move(to), *parsed});
    return true;
}

std::vector<observed_message> observer::messages() const {
    auto all = all_;
    for (auto const& [address, message] : of_unknown_)
        if (!addresses_.contains(address)) all.push_back(message);
    if (has_several_clocks_) put_causes_first(all);
    sort_by_time(all);
    std::vector<observed_message> folded;
    for (auto& next : all) {
        auto const again = std::find_if(folded.begin(), folded.end(), [&](observed_message const& earlier) {
            return earlier.from == next.from && earlier.to == next.to &&
                   earlier.message.view().text() == next.message.view().text();
        });
        if (again != folded.end())
            ++again->copies;
        else
            folded.push_back(std::move(next));
    }
    mark_challenge_rounds(folded);
    return folded;
}

}  // namespace conformance
