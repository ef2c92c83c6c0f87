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

observer::observer(party_map addresses) : addresses_(std::move(addresses)) {}

bool observer::add(
    std::string_view owner, std::string_view json_line, const std::function<bool(std::string_view)>& wanted
) {
    boost::system::error_code error;
    auto const value = boost::json::parse(json_line, error);
    auto const* object = error ? nullptr : value.if_object();
    if (object == nullptr) return false;
    auto const text_of = [&](char const* key) {
        auto const* member = object->if_contains(key);
        auto const* text = member != nullptr ? member->if_string() : nullptr;
        return text != nullptr ? std::string_view(*text) : std::string_view();
    };
    auto const known = addresses_.find(text_of("remote"));
    std::string const other = known != addresses_.end() ? known->second : stranger_;
    if (owner == proxy && (other.empty() || (wanted && !wanted(other)))) return false;
    auto const* time = object->if_contains("time");
    if (time == nullptr || !time->is_number()) return false;
    return add(
        owner, seconds(time->to_number<double>(error)), text_of("direction") == "out", text_of("remote"),
        text_of("text")
    );
}

bool observer::add(
    std::string_view owner, seconds at, bool sent, std::string_view remote_address, std::string_view text
) {
    auto const known = addresses_.find(remote_address);
    std::string const other = known != addresses_.end() ? known->second
                              : owner == proxy          ? stranger_
                                                        : std::string(proxy);
    if (other.empty() || other == owner) return false;
    auto parsed = sip::parse_message(pool_.copy(text), pool_);
    if (!parsed) return false;
    observed_message seen{at, sent ? std::string(owner) : other, sent ? other : std::string(owner), *parsed};
    all_.push_back(std::move(seen));
    return true;
}

std::vector<observed_message> observer::messages() const {
    auto all = all_;
    std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.at < b.at; });
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
