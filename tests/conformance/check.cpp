#include "conformance/check.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "sdp/model/parse.hpp"

namespace conformance {

namespace {

std::string name_of(expected_message const& e) {
    auto const what = e.status == 0 ? e.method : fmt::format("{} ({})", e.status, e.method);
    return fmt::format(
        "{}{}{}", e.label[0] == 'F' ? e.label + ": " : std::string(), what, fmt::format(" {} -> {}", e.from, e.to)
    );
}

bool fits(expected_message const& e, observed_message const& o) {
    auto const m = o.message.view();
    if (o.from != e.from || o.to != e.to || o.is_challenge_round) return false;
    if (e.status == 0) return m.is_request() && m.method_text() == e.method;
    return m.is_response() && m.status() == e.status && m.cseq().method_text == e.method;
}

std::optional<std::string> audio_direction(sip::message_view m) {
    if (m.body().empty()) return std::nullopt;
    auto const description = sdp::parse(m.body());
    if (!description || description->media_lines.empty()) return std::nullopt;
    return std::string(sdp::name_of(sdp::effective_direction(*description, description->media_lines.front())));
}

template <sip::header_id Id>
std::string user_in(sip::message_view m) {
    auto const address = m.get<Id>();
    return address ? std::string(address->uri.user) : std::string();
}

class checker {
public:
    checker(flow const& f, std::vector<observed_message> const& seen, party_users const& users)
        : flow_(f), seen_(seen), users_(users) {
        taken_.resize(seen.size(), false);
    }

    std::vector<message_result> run() {
        for (std::size_t index = 0; index < flow_.steps.size(); ++index)
            for (auto const& expected : flow_.steps[index].messages)
                look_for(index, expected);
        add_what_nobody_expected();
        std::stable_sort(results_.begin(), results_.end(), [](auto const& a, auto const& b) {
            return a.time < b.time;
        });
        std::vector<message_result> out;
        for (auto& r : results_)
            out.push_back(std::move(r.result));
        return out;
    }

private:
    struct timed_result {
        seconds time;
        message_result result;
    };

    void look_for(std::size_t index, expected_message const& expected) {
        message_result result{index, expected, std::nullopt, verdict::matches, {}};
        std::size_t at = 0;
        while (at < seen_.size() && (taken_[at] || !fits(expected, seen_[at])))
            ++at;
        if (at == seen_.size()) {
            if (expected.need == necessity::allowed) {
                result.what = verdict::not_seen_but_allowed;
                result.explanation = expected.reason;
            } else {
                result.what = verdict::missing;
                result.explanation = missing_sentence(expected);
            }
            results_.push_back({last_time_, std::move(result)});
            return;
        }
        taken_[at] = true;
        auto const& observed = seen_[at];
        result.observed = observed;
        result.explanation = first_difference(expected, observed, at);
        if (!result.explanation.empty()) result.what = verdict::wrong;
        if (!expected.any_order) {
            if (observed.at < last_time_ && result.explanation.empty()) {
                result.what = verdict::wrong;
                result.explanation =
                    fmt::format("{} came before {}, which the guide prints first", name_of(expected), last_name_);
            }
            last_time_ = std::max(last_time_, observed.at);
            last_name_ = expected.label;
        }
        results_.push_back({observed.at, std::move(result)});
    }

    /// A missing message whose status differs is best explained by what came instead.
    std::string missing_sentence(expected_message const& expected) const {
        for (std::size_t i = 0; i < seen_.size(); ++i) {
            auto const m = seen_[i].message.view();
            if (taken_[i] || seen_[i].is_challenge_round || seen_[i].from != expected.from ||
                seen_[i].to != expected.to)
                continue;
            if (expected.status != 0 && m.is_response() && m.cseq().method_text == expected.method && m.status() >= 200)
                return fmt::format("{} did not come; {} {} came instead", name_of(expected), m.status(), m.reason());
        }
        return fmt::format(
            "{} did not come{}", name_of(expected), expected.reason.empty() ? "" : ": " + expected.reason
        );
    }

    std::string first_difference(expected_message const& expected, observed_message const& observed, std::size_t at) {
        auto const m = observed.message.view();
        auto const who = name_of(expected);
        auto const known = calls_.find(expected.call);
        if (known == calls_.end())
            calls_[expected.call] = std::string(m.call_id());
        else if (known->second != m.call_id())
            return fmt::format("{} has Call-ID {}, but this call is {}", who, m.call_id(), known->second);
        if (m.is_response() && !answers_a_request(observed))
            return fmt::format(
                "{}: no request with its branch {} passed this hop (RFC 3261 17.1.3)", who, m.top_via().branch()
            );
        for (auto const& fact : expected.facts)
            if (auto difference = check_fact(fact, m, at); !difference.empty()) return who + ' ' + difference;
        return {};
    }

    bool answers_a_request(observed_message const& response) const {
        auto const m = response.message.view();
        return std::any_of(seen_.begin(), seen_.end(), [&](observed_message const& o) {
            auto const request = o.message.view();
            return request.is_request() && o.from == response.to && o.to == response.from &&
                   request.top_via().branch() == m.top_via().branch() && request.cseq().number == m.cseq().number;
        });
    }

    std::string check_fact(fact const& f, sip::message_view m, std::size_t at) const {
        switch (f.what) {
            case fact::kind::sdp_direction: {
                auto const direction = audio_direction(m);
                if (!direction) return fmt::format("passed, but carries no session description; expected {}", f.value);
                if (*direction != f.value)
                    return fmt::format(
                        "passed, but its SDP says {}; expected {} (RFC 3264 6.1, 8.4)", *direction, f.value
                    );
                return {};
            }
            case fact::kind::no_sdp:
                return m.body().empty() ? std::string() : "passed, but carries a body where none belongs";
            case fact::kind::from_party:
                return check_user("From", user_in<sip::header_id::from>(m), f.value);
            case fact::kind::to_party:
                return check_user("To", user_in<sip::header_id::to>(m), f.value);
            case fact::kind::contact_party:
                return check_user("Contact", user_in<sip::header_id::contact>(m), f.value);
            case fact::kind::new_call: {
                bool const is_new = std::none_of(
                    seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(at),
                    [&](observed_message const& o) {
                        return !o.is_challenge_round && o.message.view().call_id() == m.call_id();
                    }
                );
                return is_new ? std::string() : "passed, but its Call-ID is not new";
            }
        }
        return {};
    }

    std::string check_user(std::string_view header, std::string const& user, std::string const& party) const {
        auto const wanted = users_.find(party);
        // A Contact's user is the phone's own choice (RFC 3261 8.1.1.8); most begin with the account's.
        bool const is_contact = header == "Contact";
        if (wanted == users_.end() || wanted->second == user || (is_contact && user.starts_with(wanted->second)))
            return {};
        return fmt::format("passed, but {} names '{}'; expected {} ('{}')", header, user, party, wanted->second);
    }

    void add_what_nobody_expected() {
        for (std::size_t i = 0; i < seen_.size(); ++i) {
            if (taken_[i]) continue;
            auto const m = seen_[i].message.view();
            message_result result{step_at(seen_[i].at), std::nullopt, seen_[i], verdict::matches, {}};
            if (seen_[i].is_challenge_round) {
                result.explanation = "digest challenge, which the guide leaves out (RFC 3261 22)";
            } else if (!belongs_to_flow(m)) {
                result.explanation = "outside the flow";
            } else {
                result.what = verdict::unexpected;
                result.explanation = fmt::format(
                    "{} {} -> {} came, and the flow has no place for it", summary(m), seen_[i].from, seen_[i].to
                );
            }
            results_.push_back({seen_[i].at, std::move(result)});
        }
    }

    /// Registrations, keep-alives and other calls run beside a flow without being part of it.
    bool belongs_to_flow(sip::message_view m) const {
        return std::any_of(calls_.begin(), calls_.end(), [&](auto const& call) { return call.second == m.call_id(); });
    }

    std::size_t step_at(seconds time) const {
        std::size_t step = 0;
        for (auto const& r : results_)
            if (r.result.observed && r.time <= time) step = std::max(step, r.result.step);
        return step;
    }

    flow const& flow_;
    std::vector<observed_message> const& seen_;
    party_users const& users_;
    std::vector<bool> taken_;
    std::vector<timed_result> results_;
    std::map<unsigned, std::string> calls_;
    seconds last_time_{};
    std::string last_name_;
};

media_measurement const* measured(
    std::vector<media_measurement> const& all, std::size_t step, std::string_view from, std::string_view to,
    bool ring_back
) {
    auto const at = std::find_if(all.begin(), all.end(), [&](media_measurement const& m) {
        return m.step == step && m.to == to && m.is_ring_back == ring_back && (ring_back || m.from == from);
    });
    return at == all.end() ? nullptr : &*at;
}

media_result check_media(std::size_t step, expected_media const& e, std::vector<media_measurement> const& all) {
    media_result out{step, e, verdict::matches, {}};
    auto const wrong = [&](std::string text) {
        out.what = verdict::wrong;
        out.explanation = std::move(text);
        return out;
    };
    auto const one_way = [&](std::string const& from, std::string const& to) -> std::string {
        auto const* m = measured(all, step, from, to, false);
        if (m == nullptr) return fmt::format("nothing was measured from {} to {}", from, to);
        if (m->packets == 0) return fmt::format("{} received no RTP from {}", to, from);
        if (!m->heard)
            return fmt::format(
                "{} received {} packets from {}, but did not hear its tone ({})", to, m->packets, from, m->detail
            );
        out.explanation += fmt::format("{}{} hears {} ({})", out.explanation.empty() ? "" : ", ", to, from, m->detail);
        return {};
    };
    switch (e.what) {
        case expected_media::kind::ring_back: {
            auto const* m = measured(all, step, {}, e.to, true);
            if (m != nullptr && m->is_deaf) {
                out.what = verdict::not_seen_but_allowed;
                out.explanation = fmt::format("not measured: the own tones of {} cannot be heard from outside", e.to);
                return out;
            }
            if (m == nullptr || !m->heard)
                return wrong(
                    fmt::format("{} hears no ring-back tone{}", e.to, m != nullptr ? " (" + m->detail + ")" : "")
                );
            out.explanation = fmt::format("{} hears ring-back ({})", e.to, m->detail);
            return out;
        }
        case expected_media::kind::one_way:
            if (auto problem = one_way(e.from, e.to); !problem.empty()) return wrong(std::move(problem));
            return out;
        case expected_media::kind::both_ways:
            for (auto const& [from, to] : {std::pair(e.from, e.to), std::pair(e.to, e.from)})
                if (auto problem = one_way(from, to); !problem.empty()) return wrong(std::move(problem));
            return out;
        case expected_media::kind::silence:
            for (auto const& [from, to] : {std::pair(e.from, e.to), std::pair(e.to, e.from)}) {
                auto const* m = measured(all, step, from, to, false);
                if (m == nullptr) return wrong(fmt::format("nothing was measured from {} to {}", from, to));
                if (m->packets > 0)
                    return wrong(fmt::format("{} RTP packets passed from {} to {}; expected none", m->packets, from, to)
                    );
            }
            out.explanation = "no RTP packets";
            return out;
    }
    return out;
}

}  // namespace

report check(
    flow const& f, std::vector<observed_message> const& seen, std::vector<media_measurement> const& media,
    party_users const& users
) {
    report out;
    out.messages = checker(f, seen, users).run();
    for (std::size_t index = 0; index < f.steps.size(); ++index)
        for (auto const& expected : f.steps[index].media)
            out.media.push_back(check_media(index, expected, media));
    return out;
}

std::size_t report::mismatches() const noexcept {
    auto const is_wrong = [](auto const& r) {
        return r.what == verdict::missing || r.what == verdict::wrong || r.what == verdict::unexpected;
    };
    return static_cast<std::size_t>(
        std::count_if(messages.begin(), messages.end(), is_wrong) + std::count_if(media.begin(), media.end(), is_wrong)
    );
}

bool report::matches() const noexcept {
    return mismatches() == 0;
}

std::size_t report::unprinted() const noexcept {
    return static_cast<std::size_t>(std::count_if(messages.begin(), messages.end(), [](message_result const& r) {
        return r.observed && (!r.expected || r.expected->need != necessity::printed) &&
               r.explanation != "outside the flow";
    }));
}

}  // namespace conformance
