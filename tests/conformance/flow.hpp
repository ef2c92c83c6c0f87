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

/// Something that must hold for a message.
struct fact {
    enum class kind : std::uint8_t {
        sdp_direction,  ///< its audio line has this direction
        no_sdp,         ///< it carries no session description
        from_party,     ///< From names this party
        to_party,       ///< To names this party
        contact_party,  ///< Contact names this party
        new_call,       ///< no message before it had this Call-ID
    } what{};
    std::string value;
    position at;
};

struct expected_message {
    std::string label;  ///< "F1"; "rfc" or "may" for messages without a number
    necessity need = necessity::printed;
    std::string from, to;      ///< parties
    std::uint16_t status = 0;  ///< 0 for a request
    std::string method;        ///< of the request, or the one that a response answers
    bool any_order = false;    ///< it may come before or after its neighbours
    unsigned call = 1;         ///< messages with the same number share a Call-ID, others do not
    std::vector<fact> facts;
    std::string reason;  ///< the rule behind an unprinted or allowed message
    position at;
};

/// Where media must be heard once the messages of a step have passed.
struct expected_media {
    enum class kind : std::uint8_t { both_ways, one_way, silence, ring_back } what{};
    std::string from, to;  ///< ring_back: `to` hears it; silence: between the two
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

struct flow {
    std::string name, title, source;
    std::vector<std::string> parties;  ///< columns of the ladder, left to right; P is the proxy
    std::vector<step> steps;
};

/// What is wrong with a flow file, and where.
struct flow_error {
    position at;
    std::string text;
};

/// Reads a flow file's text.
[[nodiscard]] std::variant<flow, flow_error> parse_flow(std::string_view text);

}  // namespace conformance
