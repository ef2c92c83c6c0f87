#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conformance/flow_line.hpp"

namespace conformance {

namespace {

using kind = fact::kind;

/// What stands behind the word of a fact.
enum class argument : std::uint8_t { none, parties, calls, header, status, codec };

struct fact_word {
    std::string_view word;
    kind what;
    argument behind;
};

constexpr std::array fact_words{
    fact_word{"from", kind::from_party, argument::parties},
    fact_word{"to", kind::to_party, argument::parties},
    fact_word{"contact", kind::contact_party, argument::parties},
    fact_word{"refer-to", kind::refer_to_party, argument::parties},
    fact_word{"refer-to-replaces", kind::refer_to_replaces, argument::calls},
    fact_word{"replaces", kind::replaces, argument::calls},
    fact_word{"referred-by", kind::referred_by, argument::parties},
    fact_word{"diversion", kind::diversion, argument::parties},
    fact_word{"sipfrag", kind::sipfrag, argument::status},
    fact_word{"codec", kind::sdp_codec, argument::codec},
    fact_word{"has", kind::has_header, argument::header},
    fact_word{"lacks", kind::lacks_header, argument::header},
    fact_word{"new-call", kind::new_call, argument::none},
};

constexpr std::array directions{"sendrecv", "sendonly", "recvonly", "inactive"};

bool is_status_pattern(std::string_view text) {
    if (const auto number = whole_number(text)) return *number >= 100 && *number <= 699;
    return text.size() == 3 && text[0] >= '1' && text[0] <= '6' && text.substr(1) == "xx";
}

class message_reader {
public:
    message_reader(flow_line& line, expected_message& message, const std::vector<variant>& variants)
        : line_(line), message_(message), variants_(variants) {}

    void read() {
        message_.from = line_.take_party();
        if (!line_.error() && !line_.take_if("->")) return line_.fail(line_.here(), "an arrow '->' is missing");
        message_.to = line_.take_party();
        if (!line_.error()) read_what();
        while (!line_.is_done())
            read_quality();
        if (message_.need != necessity::printed && message_.reason.empty())
            line_.fail(line_.end(), "a message that the guide does not print needs its reason in quotes");
    }

private:
    void read_what() {
        const auto at = line_.here();
        const auto words = line_.take_alternatives("a method or a status");
        if (line_.error()) return;
        if (!whole_number(words.front())) {
            message_.method = words.front();
            if (words.size() > 1) line_.fail(at, "a request has one method");
            return;
        }
        for (const auto& word : words) {
            const auto number = whole_number(word);
            if (!number || *number < 100 || *number > 699) return line_.fail(at, "a status lies between 100 and 699");
            message_.statuses.push_back(static_cast<std::uint16_t>(*number));
        }
        message_.method = line_.take("the method that the response answers");
    }

    void read_quality() {
        if (line_.take_if(",")) return;
        if (line_.is_quoted()) {
            message_.reason = line_.take("the reason");
        } else if (line_.take_if("any-order")) {
            message_.any_order = true;
        } else if (line_.take_if("optional")) {
            message_.need = necessity::allowed;
        } else if (line_.take_if("repeated")) {
            message_.repeated = true;
        } else if (line_.take_if("challenge")) {
            message_.challenge = true;
        } else if (line_.take_if("within")) {
            message_.latest = line_.take_seconds();
        } else if (line_.take_if("after")) {
            message_.earliest = line_.take_seconds();
        } else if (line_.take_if("call")) {
            message_.call = take_call();
        } else if (line_.take_if("in")) {
            message_.variant = take_variant(line_, variants_);
        } else {
            read_fact();
        }
    }

    unsigned take_call() {
        const auto at = line_.here();
        const auto number = whole_number(line_.take("the call's number"));
        if (!number || *number == 0) line_.fail(at, "a call has a number");
        return number.value_or(0);
    }

    void read_fact() {
        fact f;
        f.at = line_.here();
        const auto word = line_.take("a fact");
        if (word == "sdp") {
            read_sdp(f);
        } else {
            const auto* const known = std::find_if(fact_words.begin(), fact_words.end(), [&](const fact_word& each) {
                return each.word == word;
            });
            if (known == fact_words.end()) return line_.fail(f.at, unknown_word(word));
            f.what = known->what;
            read_argument(f, known->behind);
        }
        message_.facts.push_back(std::move(f));
    }

    static std::string unknown_word(const std::string& word) {
        std::string all = "sdp";
        for (const auto& each : fact_words)
            all.append(", ").append(each.word);
        return fmt::format(
            "'{}' is no fact: {}; nor is it any-order, optional, repeated, challenge, call, in, after, within, or a "
            "reason in quotes",
            word, all
        );
    }

    void read_sdp(fact& f) {
        const auto at = line_.here();
        f.values = line_.take_alternatives("a direction or 'none'");
        f.what = kind::sdp_direction;
        if (f.values == std::vector<std::string>{"none"}) {
            f.what = kind::no_sdp;
            return;
        }
        for (const auto& value : f.values)
            if (std::find(directions.begin(), directions.end(), value) == directions.end())
                line_.fail(at, fmt::format("'{}' is no direction", value));
    }

    void read_argument(fact& f, argument behind) {
        const auto at = line_.here();
        switch (behind) {
            case argument::none:
                return;
            case argument::parties:
                f.values = {line_.take_party()};
                return;
            case argument::calls:
                if (line_.take_if("none"))
                    f.values = {"none"};
                else
                    f.values = {std::to_string(take_call())};
                return;
            case argument::header:
                f.values = {line_.take("the header's name")};
                return;
            case argument::codec:
                f.values = line_.take_alternatives("a codec");
                return;
            case argument::status:
                f.values = line_.take_alternatives("a status");
                if (!std::all_of(f.values.begin(), f.values.end(), is_status_pattern))
                    line_.fail(at, "a status lies between 100 and 699, or stands for its class, as 2xx");
                return;
        }
    }

    flow_line& line_;
    expected_message& message_;
    const std::vector<variant>& variants_;
};

}  // namespace

std::string take_variant(flow_line& line, const std::vector<variant>& variants) {
    const auto at = line.here();
    auto name = line.take("a variant");
    const bool is_known =
        std::any_of(variants.begin(), variants.end(), [&](const variant& each) { return each.name == name; });
    if (!is_known) line.fail(at, fmt::format("no variant is called '{}'", name));
    return name;
}

void read_message(flow_line& line, expected_message& message, const std::vector<variant>& variants) {
    message_reader(line, message, variants).read();
}

}  // namespace conformance
