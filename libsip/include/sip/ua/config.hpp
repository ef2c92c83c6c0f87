// What a user sets: the user agent as a whole, its accounts, and one call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sip/syntax/digest.hpp"
#include "sip/syntax/parse.hpp"
#include "sip/time.hpp"
#include "sip/transport/flow.hpp"
#include "sip/transport/service_order.hpp"
#include "sip/ua/server_config.hpp"
#include "sip/ua/subscribe_options.hpp"
#include "sip/usage/identity.hpp"
#include "sip/usage/replacing.hpp"
#include "sip/usage/session_timer.hpp"

namespace sip {

/// Bounds on what peers can make a user agent hold.
struct user_agent_limits {
    std::size_t sessions = 64;   ///< calls in any state; one more INVITE is answered 486
    std::size_t forks = 16;      ///< early dialogs of one INVITE; further ones are not followed
    std::size_t route_set = 32;  ///< Record-Route values of one dialog; more is answered 400
    std::size_t transactions = 4096;  ///< of both sides together
    std::size_t pending_requests = 64;  ///< requests outside dialogs that wait for the user
    std::size_t subscriptions = 256;    ///< subscriptions of ours, forks among them
    std::size_t publications = 64;  ///< of ours
    std::size_t notifiers = 256;  ///< subscriptions of peers; one more SUBSCRIBE is answered 503
    parse_limits parse;  ///< of messages
};

/// What all accounts share.
struct user_agent_config {
    std::string product = "Offhook/0.1";  ///< User-Agent and Server
    std::vector<std::string> supported;   ///< option tags that the user serves beyond those of the user agent itself
                                          ///< (see ua/abilities.cpp): in Supported, and allowed in Require
    std::vector<method> methods;  ///< beyond INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE: handed to the user as
                                  ///< incoming_request or in_call_request; SUBSCRIBE and NOTIFY as events of
                                  ///< subscriptions, REFER as transfer_requested
    std::vector<event_package> packages;  ///< served where `methods` has SUBSCRIBE; another event is answered 489
    std::vector<std::string> unsolicited_events;  ///< NOTIFYs outside of subscriptions that are handed to the user as
                                                  ///< incoming_request: "check-sync"; others are answered 481
    /// Packages of INFO that we take (RFC 6086): told in Recv-Info, others are answered 469. An INFO without a package
    /// is the user's as before.
    std::vector<std::string> info_packages;
    std::string accept = "application/sdp";  ///< content types of calls; another is answered 415
    /// What we speak, the preferred first: for domains that leave the choice to us (RFC 3263 4.1).
    std::vector<transport_kind> transports{transport_kind::udp, transport_kind::tcp, transport_kind::tls};
    weight_rule srv_weights = weight_rule::draw;  ///< how servers of one priority share the load
    std::size_t datagram_limit = 1300;  ///< a larger request goes over TCP (RFC 3261 18.1.1); 0 switches the rule off
    duration ring_limit = std::chrono::seconds(180
    );                   ///< our INVITE rings no longer than this, then CANCEL; an incoming call ends with 480
    sip::timing timing;  ///< for requests and responses that belong to no account
    user_agent_limits limits;  ///< what peers can make us hold
};

/// Provisional responses that are acknowledged (RFC 3262).
enum class reliability : std::uint8_t {
    off,        ///< not offered; a peer that requires them is answered 420
    supported,  ///< as caller: offered; as callee: used where the peer requires them, and where it supports them for
                ///< responses with a description
    required,   ///< as caller: Require: 100rel; as callee: every 101 to 199 to a peer that supports them
};

/// Which URIs an account may be reached by (RFC 5630 5.1.2).
enum class sips_rule : std::uint8_t {
    any,       ///< SIP and SIPS
    required,  ///< SIPS alone: a request to a SIP URI is answered 480 with Warning 381
    refused,   ///< SIP alone: a request to a SIPS URI is answered 480 with Warning 380
};

/// An identity, the server that serves it, and how to reach that.
struct account_config {
    std::string address_of_record;  ///< "sip:1001@example.com"
    std::string display_name;  ///< for people; may be empty
    std::string auth_name;  ///< digest user; empty: the user part of the address of record
    std::string password;  ///< of auth_name; never logged
    std::optional<std::string> realm;  ///< answer only this realm; nothing: the realm that our own server names
    hash_algorithm minimum_strength = hash_algorithm::md5;  ///< weaker challenges are refused with errc::weak_algorithm
    std::string registrar;                           ///< "sip:example.com"; empty: this account does not register
    std::vector<std::string> route_set;              ///< outbound proxy URIs in order: "sip:proxy.example.com;lr"
    std::vector<alternative_server> alternatives;    ///< in the order of preference, behind what stands above
    redundancy_settings redundancy;                  ///< which of several servers is used
    outbound_settings outbound;                      ///< RFC 5626
    /// URN by which registrars know this phone after a restart (RFC 5626 4.1): "urn:uuid:...". Empty: it says none.
    std::string instance;
    /// Where the URI names none; nothing asks the domain (NAPTR, RFC 3263 4.1).
    std::optional<transport_kind> transport = transport_kind::udp;
    duration expires = std::chrono::seconds(3600);  ///< what we ask for
    duration retry_after_failure =
        std::chrono::seconds(30);  ///< first step of the back-off; doubles up to 30 minutes (RFC 5626 4.5's idea)
    bool use_rport = true;         ///< RFC 3581
    /// A STUN server (RFC 8489), "stun.example.com:3478": Contact and Via name our address as it sees it, not the
    /// socket's own; for UDP alone. The first requests wait up to two seconds for its answer. Empty: none is asked.
    std::string stun_server;
    reliability reliable_provisional = reliability::supported;  ///< RFC 3262
    session_timer_settings session_timer;  ///< RFC 4028
    unsigned most_redirects = 5;           ///< targets of 3xx responses that a call goes on to by itself; 0: none
    sip::timing timing;  ///< T1, T2 and T4
    std::string contact_user;  ///< user part of our Contact; empty: that of the address of record
    own_identity shows;        ///< what our calls and single requests tell of us; a call may say otherwise
    identity_rules reads;      ///< who others are
    /// Whose P-Asserted-Identity and Remote-Party-ID count: numeric addresses, beside the account's own servers. Over
    /// datagrams such an address is easily forged.
    std::vector<std::string> trusted_peers;
    bool trusts_own_servers = true;  ///< what its own server asserts of callers is believed
    replacement_rule replaces = replacement_rule::on_evidence;  ///< RFC 3891: who may take the place of a call
    sips_rule sips = sips_rule::any;  ///< which calls must be secure
    std::string contact_params;  ///< ready text behind the Contact's URI, ";audio;+sip.extensions=..."
};

/// A call to make. It has a constructor, since g++ 12 destroys aggregate temporaries twice inside a co_await
/// expression.
class invite_options {
public:
    explicit invite_options(std::string target_uri) : target(std::move(target_uri)) {}  ///< A call to this URI.
    /// The session description; without, the callee makes the offer.
    invite_options& with_offer(std::string description) & {
        offer = std::move(description);
        return *this;
    }
    /// Adds a header that the user agent does not write itself.
    invite_options& with_header(std::string name, std::string value) & {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }

    /// What this call tells of us, instead of what the account says.
    invite_options& with_identity(own_identity wanted) & {
        shows = std::move(wanted);
        return *this;
    }

    /// The call that is answered takes the place of this one of the callee's (RFC 3891): Call-ID and tags as the callee
    /// sees them, so `to_tag` is its own. early_only: only if that call is not answered yet.
    enum class replace : std::uint8_t { any, early_only };
    /// Sets `replaces`.
    invite_options& with_replaces(
        std::string_view call_id, std::string_view to_tag, std::string_view from_tag, replace which = replace::any
    ) & {
        replaces.assign(call_id).append(";to-tag=").append(to_tag).append(";from-tag=").append(from_tag);
        if (which == replace::early_only) replaces += ";early-only";
        return *this;
    }

    std::string target;  ///< "sip:1002@example.com" or "tel:..."
    std::string offer;   ///< the session description; empty: the callee makes the offer
    std::string content_type = "application/sdp";  ///< of the offer
    std::vector<extra_header> headers;  ///< further ones, as with_header() adds them
    std::string replaces;                ///< a Replaces header value, or empty
    std::optional<own_identity> shows;   ///< instead of the account's
    std::optional<duration> ring_limit;  ///< instead of the user agent's
};

/// Which request carries a new offer.
enum class offer_method : std::uint8_t {
    automatic,  ///< re-INVITE once the call is up, UPDATE before
    update,     ///< UPDATE, which its receiver answers at once or refuses (RFC 3311)
};

/// How a new offer is made.
struct offer_options {
    std::uint32_t fork = 0;  ///< before our INVITE is answered: in which early dialog
    offer_method by = offer_method::automatic;  ///< which request carries it

    offer_options() = default;
    /// By this request, in this early dialog.
    explicit offer_options(offer_method method, std::uint32_t of_fork = 0) : fork(of_fork), by(method) {}
};

}  // namespace sip
