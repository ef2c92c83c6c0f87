#include "conformance/run/play.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "conformance/run/address.hpp"
#include "conformance/run/end_state.hpp"

namespace conformance {

namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

// A phone may end a control connection on which it hears nothing.
constexpr auto longest_silence = milliseconds(3000);
constexpr auto settling = milliseconds(250);  // for what nobody expects
// Media are measured again where they are not yet right: buffers fill and drain, and the tone of before fades.
constexpr auto media_start = milliseconds(300), media_window = milliseconds(600);
constexpr int media_windows = 3;

class player {
public:
    player(const flow& f, stage& s) : flow_(f), stage_(s), observer_(addresses()) {
        for (const auto& [party, phone] : s.phones) {
            users_[party] = phone->setting().user;
            if (!phone->traces()) observer_.set_stranger(party);
        }
    }

    played run() {
        played out;
        if (stage_.between != nullptr) {
            if (auto problem = stage_.between->reset_connections()) out.trouble = *problem;
            before_ = count_calls(stage_.phones);
        }
        (void)gather();
        observer_.begin(std::chrono::system_clock::now().time_since_epoch());  // registrations are not part of a flow
        for (std::size_t index = 0; index < flow_.steps.size() && out.trouble.empty(); ++index)
            out.trouble = play_step(index);
        gather();
        out.messages = observer_.messages();
        out.captured = as_capture(out.messages);
        out.result = check_so_far(flow_, out.messages, media_);
        if (stage_.between != nullptr) end_under_impairment(out);
        return out;
    }

private:
    /// What a good network does not need: the phones must be in the state of the messages, however those fared.
    void end_under_impairment(played& out) {
        std::vector<observed_message> of_flow;
        for (const auto& each : out.result.messages)
            if (each.observed && each.what != verdict::outside) of_flow.push_back(*each.observed);
        if (out.trouble.empty()) out.trouble = check_end_state(stage_.phones, before_, of_flow);
        if (out.trouble.empty()) out.trouble = stage_.between->reset_connections().value_or("");
        out.impaired = stage_.between->tallies();
    }

    report check_so_far(
        const flow& f, const std::vector<observed_message>& messages, const std::vector<media_measurement>& media
    ) const {
        if (stage_.between == nullptr) return check(f, messages, media, users_);
        const auto lost = stage_.between->lost();
        auto out = check(with_excuses(f, lost), without_overtaken(messages), media, users_);
        judge_excuses(out, lost);
        return out;
    }

    std::string as_without_relay(const std::string& text) const {
        return stage_.between != nullptr ? stage_.between->as_without(text) : text;
    }

    party_map addresses() const {
        party_map out{{stage_.proxy_address, "P"}};
        for (const auto& [party, phone] : stage_.phones)
            out[phone->address()] = party;
        return out;
    }

    /// Over TCP, too, each party has one address: which connection a message took is not traced.
    recording as_capture(const std::vector<observed_message>& messages) const {
        std::map<std::string, std::string> addresses{{"P", stage_.proxy_address}};
        for (const auto& [party, phone] : stage_.phones)
            addresses[party] = phone->address();
        recording out;
        for (const auto& m : messages)
            out.messages.push_back(
                {m.at, addresses[m.from], addresses[m.to], std::string(m.message.view().text()), false}
            );
        return out;
    }

    bool gather() {
        bool any = false;
        for (auto& [party, phone] : stage_.phones)
            for (const auto& message : phone->take_trace()) {
                observer_.add_address(message.local, party);
                any = observer_.add(party, message.at, message.sent, message.remote, as_without_relay(message.text)) ||
                      any;
            }
        const auto lines = stage_.proxy ? stage_.proxy() : std::vector<std::string>();
        for (const auto& [party, phone] : stage_.phones)
            if (const auto here = stage_.registered && !phone->traces()
                                      ? stage_.registered->address_of(phone->setting().user)
                                      : std::nullopt)
                observer_.add_address(*here, party);
        for (const auto& line : lines)
            any = observer_.add("P", as_without_relay(line), [this](std::string_view other) {
                return !stage_.phones.at(std::string(other))->traces();
            }) || any;
        return any;
    }

    std::string play_step(std::size_t index) {
        const auto& step = flow_.steps[index];
        if (step.action)
            if (auto problem = act(*step.action)) return *problem;
        wait_for_messages(index);
        if (!step.media.empty()) {
            std::this_thread::sleep_for(media_start);
            int window = 0;
            do
                measure(index);
            while (++window != media_windows && !media_match(index));
        }
        return {};
    }

    std::optional<std::string> act(const user_action& action) {
        if (action.verb == "is-busy") return std::nullopt;  // arranged when the phone was started
        if (action.verb == "lets-ring") return std::nullopt;
        auto& phone = *stage_.phones.at(action.party);
        const auto object = action.object.empty() ? std::string() : users_.at(action.object);
        return action.verb == "dials" ? phone.dial(object) : phone.act(action.verb, object);
    }

    /// Until everything that this step and those before it require has passed, or patience is over; then a moment more.
    void wait_for_messages(std::size_t index) {
        flow until_here = flow_;
        until_here.steps.resize(index + 1);
        for (auto& step : until_here.steps)
            step.media.clear();
        auto patience = stage_.patience;
        for (const auto& each : flow_.steps[index].messages)
            if (each.latest) patience += milliseconds(static_cast<int>(1000 * *each.latest));
        const auto end = steady::now() + patience;
        auto last_word = steady::now();
        for (bool has_news = true; steady::now() < end; has_news = gather()) {
            if (!has_news) {
                std::this_thread::sleep_for(milliseconds(10));
                if (steady::now() - last_word > longest_silence) {
                    (void)count_calls(stage_.phones);
                    last_word = steady::now();
                }
                continue;
            }
            const auto so_far = check_so_far(until_here, observer_.messages(), {});
            // What is lost comes again; in the end also what no step waits for by name, as the answer to a NOTIFY.
            const bool is_last = stage_.between != nullptr && index + 1 == flow_.steps.size();
            if ((is_last ? so_far.mismatches() : so_far.missing()) == 0) break;
        }
        std::this_thread::sleep_for(settling);
        gather();
    }

    /// Whether what was measured of a step fits one of the flow's variants that says something of it.
    [[nodiscard]] bool media_match(std::size_t index) const {
        const auto ways = variants_of(flow_);
        return std::any_of(ways.begin(), ways.end(), [&](const flow& way) {
            const auto& wanted = way.steps[index].media;
            return !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&](const expected_media& each) {
                return check_media(index, each, media_).matches;
            });
        });
    }

    /// Puts what is measured now in the place of what was measured of this step before.
    void measure(std::size_t index) {
        std::erase_if(media_, [index](const media_measurement& m) { return m.step == index; });
        for (auto& each : measure_media(index, stage_.phones, media_window))
            media_.push_back(std::move(each));
    }

    const flow& flow_;
    stage& stage_;
    observer observer_;
    party_users users_;
    std::vector<media_measurement> media_;
    call_counts before_;
};

}  // namespace

played play(const flow& f, stage& s) {
    return player(f, s).run();
}

}  // namespace conformance
