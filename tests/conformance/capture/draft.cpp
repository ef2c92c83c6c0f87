#include "conformance/capture/draft.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "conformance/capture/judge.hpp"
#include "conformance/facts.hpp"

namespace conformance {

namespace {

/// Whose parts are cast: the first call's two ends and the third.
flow casting_sheet() {
    flow f;
    f.name = "draft";
    f.parties = {"A", "P", "B", "C"};
    user_action first;
    first.party = "A";
    first.verb = "dials";
    first.object = "B";
    f.steps.push_back({first, {}, {}});
    return f;
}

class drafter {
public:
    drafter(const cast& who, std::vector<observed_message> seen) : who_(who), seen_(std::move(seen)) {}

    std::string draft(const std::string& name, const std::string& title) {
        std::string parties = "A P B";
        if (who_.users.contains("C") && !who_.unseen.contains("C")) parties += " C";
        out_ = fmt::format("flow {} \"{}\"\nsource \"a capture\"\nparties {}\n", name, title, parties);
        for (std::size_t i = 0; i != seen_.size(); ++i)
            add(i);
        return out_;
    }

private:
    bool is_dialogs(sip::message_view m) const {
        const auto method = sip::method_from(m.cseq().method_text);
        return method != sip::method::register_ && method != sip::method::options && method != sip::method::publish;
    }
    unsigned call_of(sip::message_view m) {
        const auto known = std::find(calls_.begin(), calls_.end(), m.call_id());
        if (known == calls_.end()) {
            calls_.emplace_back(m.call_id());
            return static_cast<unsigned>(calls_.size());
        }
        return static_cast<unsigned>(known - calls_.begin()) + 1;
    }

    /// What a user did to cause it; empty where nobody need have done anything.
    std::string action(const observed_message& o, bool is_new) {
        const auto m = o.message.view();
        if (o.from == "P") return {};
        const auto method = m.is_request() ? m.method() : sip::method::unknown;
        const auto direction = audio_direction(m);
        if (method == sip::method::invite && is_new && !m.has(sip::header_id::replaces)) {
            for (const auto& [party, user] : who_.users)
                if (user == m.to().uri.user) return fmt::format("{} dials {}", o.from, party);
        }
        if (method == sip::method::invite && !is_new && direction)
            return fmt::format("{} {}", o.from, sdp::receives(*direction) ? "resumes" : "holds");
        if (method == sip::method::bye || method == sip::method::cancel) return o.from + " hangs-up";
        if (method == sip::method::refer) {
            const auto target = m.get<sip::header_id::refer_to>();
            const bool is_attended = m.raw(sip::header_id::refer_to).find("eplaces") != std::string_view::npos;
            for (const auto& [party, user] : who_.users)
                if (target && user == target->uri.user)
                    return is_attended ? o.from + " completes-transfer"
                                       : fmt::format("{} transfers-to {}", o.from, party);
        }
        const bool answers_call = m.is_response() && m.status() == 200 && m.cseq().method_text == "INVITE" &&
                                  std::find(answered_.begin(), answered_.end(), m.call_id()) == answered_.end();
        if (!answers_call) return {};
        answered_.emplace_back(m.call_id());
        return o.from + " answers";
    }

    void add(std::size_t at) {
        const auto& o = seen_[at];
        const auto m = o.message.view();
        if (!is_dialogs(m) || o.is_challenge_round) return;
        const auto known = calls_.size();
        const auto call = call_of(m);
        const bool is_new = calls_.size() != known;
        if (const auto did = action(o, is_new); !did.empty() || number_ == 0)
            out_ += fmt::format("\nstep {}\n", did.empty() ? "A dials B" : did);
        const bool is_trying = m.is_response() && m.status() == 100;
        const auto label = is_trying ? std::string("may") : fmt::format("F{}", ++number_);
        const auto what = summary(m);
        out_ += fmt::format(
            "  {:<4} {} -> {}  {:<11} {}\n", label, o.from, o.to, what, qualities(m, call, is_new, is_trying)
        );
    }

    std::string qualities(sip::message_view m, unsigned call, bool is_new, bool is_trying) const {
        std::vector<std::string> all;
        const auto party_of = [&](std::string_view user) -> std::string {
            for (const auto& [party, known] : who_.users)
                if (!known.empty() && user == known) return party;
            return {};
        };
        if (const auto direction = audio_direction(m)) all.push_back(fmt::format("sdp {}", sdp::name_of(*direction)));
        if (is_new && m.is_request()) {
            if (const auto from = party_of(m.from().uri.user); !from.empty()) all.push_back("from " + from);
            if (const auto to = party_of(m.to().uri.user); !to.empty()) all.push_back("to " + to);
            all.emplace_back("new-call");
        }
        if (const auto target = m.get<sip::header_id::refer_to>(); target && !party_of(target->uri.user).empty())
            all.push_back("refer-to " + party_of(target->uri.user));
        if (m.has(sip::header_id::replaces)) all.emplace_back("has Replaces");
        if (call > 1) all.push_back(fmt::format("call {}", call));
        if (is_trying) all.emplace_back("any-order  \"hop by hop (RFC 3261 17.2.1)\"");
        std::string out;
        for (const auto& each : all)
            out.append(out.empty() ? "" : ", ").append(each);
        return out;
    }

    const cast& who_;
    std::vector<observed_message> seen_;
    std::vector<std::string> calls_;
    std::vector<std::string_view> answered_;
    unsigned number_ = 0;
    std::string out_;
};

}  // namespace

std::string draft_flow(const recording& all, const std::string& name, const naming& said) {
    const auto found = find_parties(all, casting_sheet(), said);
    if (const auto* reason = std::get_if<std::string>(&found)) return fmt::format("# {}\n", *reason);
    const auto& who = std::get<cast>(found);
    return drafter(who, observe(all, who)).draft(name, "A call as it was captured");
}

}  // namespace conformance
