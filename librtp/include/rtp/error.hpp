// The error vocabulary of librtp.
//
// Two kinds that never look alike: an `error_code` says that the caller or the environment cannot have what was asked;
// a `parse_failure` says that bytes from the peer break the protocol, and where.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <cstdint>
#include <string_view>

namespace rtp {

using boost::system::error_code;

enum class errc {
    // The peer's bytes.
    truncated = 1,    ///< The packet ends inside a field that its header announces.
    bad_version,      ///< The version field is not 2.
    bad_padding,      ///< The padding count is zero or larger than what it could cover.
    bad_extension,    ///< A header extension element runs over the end of its block.
    bad_rtcp_length,  ///< An RTCP length field runs over the end of the datagram.
    bad_rtcp_start,   ///< A compound packet does not start with a report, or has padding before its last packet (RFC
                      ///< 3550 A.2).
    bad_rtcp_item,    ///< A report, SDES item or reason runs over the end of its RTCP packet.
    bad_telephone_event,    ///< A telephone-event payload is shorter than four bytes.
    bad_quality_report,     ///< No voice quality report, or a value in it that is not what its key asks for (RFC 6035).
    authentication_failed,  ///< An SRTP packet is not from who has the key, or was changed on its way.
    replayed,               ///< An SRTP packet was here before, or is older than the replay list reaches.
    unknown_mki,            ///< An SRTP packet names a master key that nobody agreed on.
    // The caller and the environment.
    too_large,           ///< What is to be written does not fit in a packet.
    invalid_argument,    ///< A setting outside its range.
    invalid_digit,       ///< A character that is no telephone-event digit.
    event_not_accepted,  ///< The peer listed the telephone events that it takes, and this is none of them.
    queue_full,          ///< Too many digits are waiting to be sent.
    no_remote_address,   ///< Media cannot be sent: the peer's address is not known.
    not_sending,         ///< The direction forbids sending, or the session has been stopped.
    no_keys,             ///< Media is to be secure, and its keys are not known yet.
    no_payload_type,     ///< The payload map has no such format.
    no_ports,            ///< Every port of the range is in use or cooling down.
    unknown_suite,       ///< No crypto suite of this name is known.
    f8_not_supported,    ///< The suite needs AES in f8 mode, which neither OpenSSL nor libsrtp2 has.
    unknown_hash,        ///< A fingerprint by a hash function that is not known, or broken (MD5).
    bad_fingerprint,     ///< A fingerprint that is no row of hexadecimal pairs as long as its hash.
    bad_key_size,        ///< Master key and salt together have another length than the suite wants.
    key_expired,         ///< The lifetime of the SRTP master key is used up.
    too_many_sources,    ///< More sources share an SRTP master key than the settings allow.
    no_such_provider,    ///< This build has no libsrtp2.
    crypto_failed,       ///< The crypto library refused an operation.
};

[[nodiscard]] boost::system::error_category const& category() noexcept;

[[nodiscard]] inline error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), category()};
}

/// Why bytes from the peer were refused, and the offset of the offending field from the start of the datagram.
struct parse_failure {
    errc code;  ///< What is wrong.
    std::uint32_t offset;  ///< Bytes from the beginning.

    friend bool operator==(parse_failure const&, parse_failure const&) = default;
};

/// Makes parsed<T>::value() throw a system_error. The library itself never calls value().
[[noreturn]] inline void throw_exception_from_error(parse_failure const& failure, boost::source_location const&) {
    throw boost::system::system_error(make_error_code(failure.code));
}

template <class T>
using result = boost::system::result<T>;

template <class T>
using parsed = boost::system::result<T, parse_failure>;

/// A short English text for a log line.
[[nodiscard]] std::string_view describe(errc) noexcept;

}  // namespace rtp

template <>
struct boost::system::is_error_code_enum<rtp::errc> : std::true_type {};
