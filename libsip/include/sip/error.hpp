// The library's one vocabulary of errors (docs/errors.md tells the three kinds apart, and has a table of all codes):
//   error_code     something around us failed, or the caller broke the contract;
//   parse_failure  the peer broke the protocol; it carries the status to answer with and the place;
//   a SIP failure response is neither: it is an event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace sip {

using boost::system::error_code;

template <class T>
using result = boost::system::result<T>;

enum class header_id : std::uint8_t;

/// Every error that libsip reports. Values are stable within 0.x.
enum class errc {
    // What the peer (or the network) may send us: always inside a parse_failure.
    syntax_error = 1,     ///< the text does not follow the grammar
    missing_header,       ///< a header that must be there is not
    duplicate_header,     ///< a header that may stand once stands more often (RFC 3261 7.3.1)
    number_out_of_range,  ///< a number is larger than its RFC allows
    unsupported_version,  ///< SIP-Version is not 2.0 (answered with 505)
    too_large,            ///< a limit of parse_limits was reached (513)
    truncated,            ///< Content-Length promises more than the datagram holds
    method_mismatch,      ///< CSeq names another method than the request line
    unsupported_scheme,   ///< a URI scheme that we do not serve (416)
    // Our surroundings.
    transaction_timeout,  ///< no answer within 64*T1 (Timer B or F)
    transport_failed,     ///< the flow failed, or no flow could be opened
    name_not_found,       ///< the name service knows no address
    queue_full,           ///< a bounded queue towards the peer overflowed
    limit_reached,        ///< a configured bound (sessions, transactions, forks) was reached
    // The caller broke the contract.
    no_such_session,  ///< the handle names nothing that lives
    no_such_account,
    wrong_state,       ///< the call does not allow this now (answer twice, offer while an offer is open)
    invalid_argument,  ///< an argument cannot be put into a message (line break in a header value, bad URI ...)
    // Authentication.
    credentials_rejected,  ///< the server refused the credentials that we have
    no_credentials,        ///< a challenge for a realm or server that our account does not belong to
    weak_algorithm,        ///< the challenge offers only algorithms below the account's minimum strength
    unsupported_by_peer,   ///< the peer has not said that it takes this method (Allow)
    // Secure connections; the text beside the code tells which certificate and which check.
    certificate_refused,   ///< the peer's certificate is not good, or is another's (RFC 5922 7.3)
    handshake_failed,      ///< no agreement on TLS or WebSocket, or the peer refused us
    unusable_certificate,  ///< our own certificate, key or trusted certificates cannot be used
};

/// The category of errc: its name is "sip", a code's message the cause in facts_of().
boost::system::error_category const& sip_category() noexcept;

/// The part of the library that an error tells of.
enum class error_layer : std::uint8_t {
    syntax,       ///< messages and URIs
    transport,    ///< sockets, connections, names
    transaction,  ///< requests and their answers
    security,     ///< certificates and digest
    user_agent,   ///< calls, accounts, subscriptions, and how they are used
};

/// "syntax".
[[nodiscard]] std::string_view to_string(error_layer) noexcept;

/// What is known of an error code beforehand. The text is static.
struct error_facts {
    std::string_view name;  ///< the enumerator; empty for a number that is none
    error_layer layer{};  ///< where it comes from
    std::string_view cause;   ///< what happened
    std::string_view advice;  ///< what to do about it: a sentence for whoever runs the program
};
[[nodiscard]] error_facts facts_of(errc) noexcept;

/// What to do about an error, in a sentence: for codes of ours and for those of the operating system that a user of
/// libsip meets. Empty for all others. Where an event has a `detail`, that tells more of this one case.
[[nodiscard]] std::string_view advice(error_code const&) noexcept;

/// What makes errc convert to error_code.
inline error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), sip_category()};
}

/// Why a piece of a message cannot be used, and what to answer. A value: nothing is thrown.
struct parse_failure {
    errc code = errc::syntax_error;  ///< what is wrong
    std::uint16_t suggested_status = 400;  ///< the response that RFC 3261 asks for; 0 where nothing may be answered
    header_id where{};         ///< the header at fault; header_id::unknown for the start line or the whole message
    std::uint32_t offset = 0;  ///< bytes from the start of the text that was parsed

    friend bool operator==(parse_failure const&, parse_failure const&) = default;
};

/// What a parser returns: a value, or the peer's error.
template <class T>
using parsed = boost::system::result<T, parse_failure>;

/// "Via: syntax error at offset 34 (400)": the sentence for logs and for the reason phrase of an answer.
std::string to_string(parse_failure const&);

/// Lets parsed<T>::value() throw for callers outside the core; the core never calls it.
[[noreturn]] void throw_exception_from_error(parse_failure const&, boost::source_location const&);

}  // namespace sip

template <>
struct boost::system::is_error_code_enum<sip::errc> : std::true_type {};
