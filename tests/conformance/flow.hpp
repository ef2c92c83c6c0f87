// A call flow as written in a flow file: who takes part, what the users do, which messages must, may or should pass
// each hop, and where media must run. docs/flow-language.md describes the language. Knows nothing of sockets, of
// messages on the wire, or of how a flow is checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace conformance {

struct position {
    unsigned line = 0, column = 0;
};

/// Why a message stands in the flow.
enum class necessity : std::uint8_t {
    printed,    ///< the guide prints it, with an F-number: it must come
    unprinted,  ///< the guide leaves it out, an RFC requires it: it must come
    allowed,    ///< it may come or be missing
};

/// Something that must hold for a message. `values` are alternatives: one of them must hold.
struct fact {
    enum class kind : std::uint8_t {
        sdp_direction,      ///< its audio line has this direction
        sdp_codec,          ///< its audio line lists this codec
        no_sdp,             ///< it carries no body
        from_party,         ///< From names this party
        to_party,           ///< To names this party
        contact_party,      ///< Contact names this party
        refer_to_party,     ///< Refer-To names this party
        refer_to_replaces,  ///< Refer-To asks to replace the call of this number; "none": it has no Replaces
        replaces,           ///< Replaces names the call of this number
        referred_by,        ///< Referred-By names this party
        diversion,          ///< Diversion names this party
        sipfrag,            ///< its body tells this status; a digit and "xx" stands for the class
        has_header,         ///< it has a header of this name
        lacks_header,       ///< it has none
        new_call,           ///< no message before it had this Call-ID
    } what{};
    std::vector<std::string> values;
    position at;
};

struct expected_message {
    std::string label;  ///< "F1"; "rfc" or "may" for messages without a number
    necessity need = necessity::printed;
    std::string from, to;                 ///< parties
    std::vector<std::uint16_t> statuses;  ///< empty for a request; any of them will do for a response
    std::string method;                   ///< of the request, or the one that a response answers
    bool any_order = false;               ///< it may come before or after its neighbours
    bool repeated = false;                ///< it may come any number of times
    bool challenge = false;               ///< it is part of a digest challenge (a request, its 401 or 407, the ACK)
    unsigned call = 1;                    ///< messages with the same number share a Call-ID
    std::string variant;                  ///< it belongs to this variant of the flow; empty: to all
    /// Seconds between the message before it (of those with an order) and this one.
    std::optional<double> earliest, latest;
    std::vector<fact> facts;
    std::string reason;  ///< the rule behind an unprinted or allowed message
    position at;

    [[nodiscard]] bool is_request() const noexcept { return statuses.empty(); }
    [[nodiscard]] bool is_printed() const noexcept { return label.starts_with('F'); }
};

/// Where media must be heard once the messages of a step have passed.
struct expected_media {
    enum class kind : std::uint8_t {
        both_ways,  ///< each hears the other
        one_way,    ///< `to` hears `from`
        silence,    ///< no RTP between the two
        ring_back,  ///< `to` hears the ring-back tone
        music,      ///< `to` hears something of `from` that is not its voice
        mixed,      ///< `from` mixes: each of the three hears the sum of the other two
    } what{};
    std::string from, to, third;  ///< `third` of mixed only
    std::string variant;
    position at;
};

/// What a user does: "A dials B", "B answers".
struct user_action {
    std::string party, verb, object;
    position at;
};

struct step {
    std::optional<user_action> action;
    std::vector<expected_message> messages;
    std::vector<expected_media> media;
};

/// One of several ways in which a flow may go.
struct variant {
    std::string name, title;
};

struct flow {
    std::string name, title, source;
    std::vector<std::string> parties;  ///< columns of the ladder, left to right; P is the proxy
    std::vector<variant> variants;     ///< none: the flow goes one way only
    std::vector<step> steps;
};

/// The flow once for each of its variants, or as it is where it has none. A variant's flow has that one in `variants`.
[[nodiscard]] std::vector<flow> variants_of(const flow&);

/// What is wrong with a flow file, and where.
struct flow_error {
    position at;
    std::string text;
};

/// What users can do, and whom each word needs behind it.
struct verb {
    std::string_view word;
    bool has_object = false;
};
[[nodiscard]] const std::vector<verb>& verbs() noexcept;

/// Reads a flow file's text.
[[nodiscard]] std::variant<flow, flow_error> parse_flow(std::string_view text);

}  // namespace conformance
