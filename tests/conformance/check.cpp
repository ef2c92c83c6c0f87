#include "conformance/check.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "conformance/facts.hpp"
#include "conformance/rules/rules.hpp"

namespace conformance {

namespace {

std::string name_of(expected_message const& e) {
    std::string what = e.method;
    if (!e.is_request()) {
        std::vector<std::string> statuses;
        for (auto const status : e.statuses)
            statuses.push_back(std::to_string(status));
        what = fmt::format("{} ({})", list_of(statuses), e.method);
    }
    return fmt::format("{}{} {} -> {}", e.is_printed() ? e.label + ": " : "", what, e.from, e.to);
}

std::string name_of(observed_message const& o) {
    return fmt::format("{} {} -> {}", summary(o.message.view()), o.from, o.to);
}

bool fits(expected_message const& e, observed_message const& o) {
    auto const m = o.message.view();
    if (o.from != e.from || o.to != e.to || o.is_challenge_round != e.challenge) return false;
    if (e.is_request()) return m.is_request() && m.method_text() == e.method;
    return m.is_response() && m.cseq().method_text == e.method &&
           std::find(e.statuses.begin(), e.statuses.end(), m.status()) != e.statuses.end();
}

class checker {
public:
    checker(
        flow const& f, std::vector<observed_message> const& seen, party_users const& users,
        std::set<std::string> const& unseen, rules::findings const& findings
    )
        : flow_(f),
          seen_(seen),
          unseen_(unseen),
          findings_(findings),
          taken_(seen.size()),
          context_{seen, users, calls_} {}

    std::vector<message_result> run() {
        for (std::size_t index = 0; index < flow_.steps.size(); ++index)
            for (auto const& expected : flow_.steps[index].messages)
                look_for(index, expected);
        add_what_nobody_expected();
        add_broken_rules();
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
        std::size_t at;  ///< which of the seen messages; their number where none came
        message_result result;
    };

    void look_for(std::size_t index, expected_message const& expected) {
        auto at = find(expected);
        if (!at) return add_absent(index, expected);
        do
            take(index, expected, *at);
        while (expected.repeated && (at = find(expected)));
    }

    /// The first that is not taken: of the right call where that is known, else of none that is.
    std::optional<std::size_t> find(expected_message const& expected) const {
        for (bool const strict : {true, false}) {
            for (std::size_t i = 0; i != seen_.size(); ++i) {
                if (taken_[i] || !fits(expected, seen_[i]) || (strict && !is_of_call(expected, i))) continue;
                // What may come is told from its like by its facts.
                if (expected.need == necessity::allowed &&
                    (!is_of_call(expected, i) || !first_difference(expected, i).empty()))
                    continue;
                return i;
            }
        }
        return std::nullopt;
    }

    bool is_of_call(expected_message const& expected, std::size_t at) const {
        auto const id = seen_[at].message.view().call_id();
        auto const known = calls_.find(expected.call);
        if (known != calls_.end()) return known->second == id;
        return std::none_of(calls_.begin(), calls_.end(), [&](auto const& call) { return call.second == id; });
    }

    void add_absent(std::size_t index, expected_message const& expected) {
        message_result result{index, expected, std::nullopt, verdict::not_seen_but_allowed, expected.reason};
        if (unseen_.contains(expected.from) || unseen_.contains(expected.to)) {
            result.explanation = "nobody captured there";
        } else if (expected.need != necessity::allowed) {
            result.what = verdict::missing;
            result.explanation = missing_sentence(expected);
        }
        results_.push_back({last_time_, seen_.size(), std::move(result)});
    }

    void take(std::size_t index, expected_message const& expected, std::size_t at) {
        taken_[at] = true;
        auto const& observed = seen_[at];
        if (expected.is_printed()) labels_[at] = expected.label;
        auto explanation = first_difference(expected, at);
        calls_.try_emplace(expected.call, observed.message.view().call_id());
        if (!expected.any_order) {
            if (explanation.empty()) explanation = misplaced(expected, observed.at);
            last_time_ = std::max(last_time_, observed.at);
            last_name_ = expected.is_printed() ? expected.label : name_of(observed);
        }
        auto const what = explanation.empty() ? verdict::matches : verdict::wrong;
        if (!explanation.empty()) explanation = fmt::format("{} passed, but {}", name_of(expected), explanation);
        results_.push_back({observed.at, at, {index, expected, observed, what, std::move(explanation)}});
    }

    std::string misplaced(expected_message const& expected, seconds at) const {
        auto const later = (at - last_time_).count();
        if (last_name_.empty()) return {};
        if (later < 0) return fmt::format("it came before {}, which belongs before it", last_name_);
        if (expected.earliest && later < *expected.earliest)
            return fmt::format(
                "it came {:.1f} s after {}; expected {} s at least", later, last_name_, *expected.earliest
            );
        if (expected.latest && later > *expected.latest)
            return fmt::format("it came {:.1f} s after {}; expected {} s at most", later, last_name_, *expected.latest);
        return {};
    }

    /// A missing message whose status differs is best explained by what came instead.
    std::string missing_sentence(expected_message const& expected) const {
        for (std::size_t i = 0; i < seen_.size(); ++i) {
            auto const m = seen_[i].message.view();
            if (taken_[i] || seen_[i].is_challenge_round || seen_[i].from != expected.from ||
                seen_[i].to != expected.to)
                continue;
            if (!expected.is_request() && m.is_response() && m.cseq().method_text == expected.method &&
                m.status() >= 200)
                return fmt::format("{} did not come; {} {} came instead", name_of(expected), m.status(), m.reason());
        }
        return fmt::format(
            "{} did not come{}", name_of(expected), expected.reason.empty() ? "" : ": " + expected.reason
        );
    }

    std::string first_difference(expected_message const& expected, std::size_t at) const {
        auto const id = seen_[at].message.view().call_id();
        auto const known = calls_.find(expected.call);
        if (known != calls_.end() && known->second != id)
            return fmt::format("its Call-ID is {}, but this call's is {} (RFC 3261 12.2.1.1)", id, known->second);
        for (auto const& fact : expected.facts)
            if (auto text = difference(fact, at, context_); !text.empty()) return text;
        return {};
    }

    void add_what_nobody_expected() {
        for (std::size_t i = 0; i < seen_.size(); ++i) {
            if (taken_[i]) continue;
            message_result result{step_at(seen_[i].at), std::nullopt, seen_[i], verdict::matches, {}};
            if (!belongs_to_flow(i)) {
                result.what = verdict::outside;
            } else if (seen_[i].is_challenge_round) {
                result.explanation = "digest challenge, which the guide leaves out (RFC 3261 22)";
            } else {
                result.what = verdict::unexpected;
                result.explanation = fmt::format("{} came, and the flow has no place for it", name_of(seen_[i]));
            }
            results_.push_back({seen_[i].at, i, std::move(result)});
        }
    }

    /// Registrations, keep-alives and other calls run beside a flow without being part of it.
    bool belongs_to_flow(std::size_t at) const {
        auto const m = seen_[at].message.view();
        auto const is_of_flow = [&](std::string_view id) {
            return std::any_of(calls_.begin(), calls_.end(), [&](auto const& call) { return call.second == id; });
        };
        // A response belongs to its request, whatever Call-ID it has.
        return is_of_flow(m.call_id()) ||
               (m.is_response() && std::any_of(seen_.begin(), seen_.end(), [&](observed_message const& o) {
                    auto const request = o.message.view();
                    return request.is_request() && rules::opposite_way(o, seen_[at]) && rules::answers(m, request) &&
                           is_of_flow(request.call_id());
                }));
    }

    std::size_t step_at(seconds time) const {
        std::size_t step = 0;
        for (auto const& r : results_)
            if (r.result.observed && r.time <= time) step = std::max(step, r.result.step);
        return step;
    }

    /// One sentence a message is enough: what the flow wanted goes before what any traffic must keep.
    void add_broken_rules() {
        for (auto& r : results_) {
            if (!r.result.observed || r.result.what != verdict::matches) continue;
            auto const broken = std::find_if(findings_.begin(), findings_.end(), [&](rules::finding const& each) {
                return each.at == r.at;
            });
            if (broken == findings_.end()) continue;
            auto const name = labels_.contains(r.at) ? fmt::format("{}: {}", labels_[r.at], name_of(seen_[r.at]))
                                                     : name_of(seen_[r.at]);
            r.result.what = verdict::wrong;
            r.result.explanation = fmt::format(
                "{} passed, but {}{}{}", name, broken->text, broken->other ? short_name(*broken->other) : "",
                broken->rest
            );
        }
    }
    std::string short_name(std::size_t at) { return labels_.contains(at) ? labels_[at] : "the " + name_of(seen_[at]); }

    flow const& flow_;
    std::vector<observed_message> const& seen_;
    std::set<std::string> const& unseen_;
    rules::findings const& findings_;
    std::vector<bool> taken_;
    std::vector<timed_result> results_;
    std::map<unsigned, std::string> calls_;
    std::map<std::size_t, std::string> labels_;
    fact_context context_;
    seconds last_time_{};
    std::string last_name_;
};

media_result check_one(std::size_t step, expected_media const& e, std::vector<media_measurement> const& all) {
    auto found = check_media(step, e, all);
    auto const what = !found.matches       ? verdict::wrong
                      : found.was_measured ? verdict::matches
                                           : verdict::not_seen_but_allowed;
    return {step, e, what, std::move(found.text)};
}

}  // namespace

void add_media(report& out, flow const& f, std::vector<media_measurement> const& all) {
    for (std::size_t index = 0; index < f.steps.size(); ++index)
        for (auto const& expected : f.steps[index].media)
            if (expected.variant.empty() || (out.way && out.way->name == expected.variant))
                out.media.push_back(check_one(index, expected, all));
}

report check_messages(
    flow const& f, std::vector<observed_message> const& seen, party_users const& users,
    std::set<std::string> const& unseen
) {
    auto const broken = rules::check_all(seen);
    std::optional<report> best;
    for (auto const& way : variants_of(f)) {
        report out;
        if (!way.variants.empty()) out.way = way.variants.front();
        out.messages = checker(way, seen, users, unseen, broken).run();
        if (!best || out.mismatches() < best->mismatches()) best = std::move(out);
    }
    return std::move(*best);
}

report check(
    flow const& f, std::vector<observed_message> const& seen, std::vector<media_measurement> const& media,
    party_users const& users
) {
    auto out = check_messages(f, seen, users);
    add_media(out, f, media);
    return out;
}

bool is_mismatch(verdict what) noexcept {
    return what == verdict::missing || what == verdict::wrong || what == verdict::unexpected;
}

std::size_t report::mismatches() const noexcept {
    auto const is_wrong = [](auto const& r) { return is_mismatch(r.what); };
    return static_cast<std::size_t>(
        std::count_if(messages.begin(), messages.end(), is_wrong) + std::count_if(media.begin(), media.end(), is_wrong)
    );
}

std::size_t report::missing() const noexcept {
    return static_cast<std::size_t>(std::count_if(messages.begin(), messages.end(), [](message_result const& r) {
        return r.what == verdict::missing;
    }));
}

std::size_t report::unprinted() const noexcept {
    return static_cast<std::size_t>(std::count_if(messages.begin(), messages.end(), [](message_result const& r) {
        return r.observed && r.what != verdict::outside && (!r.expected || r.expected->need != necessity::printed);
    }));
}

std::size_t report::unmeasured() const noexcept {
    return static_cast<std::size_t>(std::count_if(media.begin(), media.end(), [](media_result const& m) {
        return m.what == verdict::not_seen_but_allowed;
    }));
}

std::vector<std::string> report::differences() const {
    std::vector<std::string> out;
    for (auto const& m : messages)
        if (is_mismatch(m.what)) out.push_back(m.explanation);
    for (auto const& m : media)
        if (is_mismatch(m.what)) out.push_back(m.explanation);
    return out;
}

}  // namespace conformance
