// One dialog (RFC 3261 12): who talks to whom, over which proxies, to which address, and with which numbers. It knows
// nothing of calls or subscriptions, which are its usages, and sends nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/dialog/id.hpp"
#include "sip/dialog/route_set.hpp"
#include "sip/error.hpp"
#include "sip/syntax/build.hpp"
#include "sip/syntax/message.hpp"

namespace sip {

/// Which side sent the request that made the dialog. The UAC's side owns the Call-ID (14.1).
enum class dialog_role : std::uint8_t { uac, uas };
enum class dialog_phase : std::uint8_t { early, confirmed };

/// One dialog (RFC 3261 12): its names, addresses, routes and sequence numbers.
class dialog {
public:
    /// 12.1.2: from the response to a request of ours, which gave it the first local CSeq. A response without a usable
    /// Contact leaves the Request-URI as remote target: such peers exist, and the ACK must go somewhere.
    /// Fails where there are more than `most_routes` Record-Route values.
    [[nodiscard]] static parsed<dialog> from_response(
        message_view request, message_view response, std::size_t most_routes
    );
    /// 12.1.1: from a request of the peer, which must carry one usable Contact. A peer of RFC 2543, whose From has no
    /// tag either, may leave it out: then the URI of From is the remote target.
    [[nodiscard]] static parsed<dialog> from_request(
        message_view request, std::string_view local_tag, std::size_t most_routes
    );
    /// RFC 6665 4.4.1: from the NOTIFY that answers a SUBSCRIBE (or REFER) of ours. We are its UAC, but route set and
    /// remote target are those that the NOTIFY brings.
    [[nodiscard]] static parsed<dialog> from_notify(
        message_view subscribe, message_view notify, std::size_t most_routes
    );

    /// The 2xx of the UAC's INVITE: route set and remote target are taken anew from it, since proxies may have answered
    /// the provisional responses otherwise (13.2.2.4). The dialog is confirmed; unchanged if the routes are unusable.
    [[nodiscard]] error_code confirm(message_view response, std::size_t most_routes);
    /// The UAS's side has sent its 2xx.
    void confirm() noexcept { phase_ = dialog_phase::confirmed; }
    /// A target refresh request was accepted, or ours was (12.2.1.2, 12.2.2): Contact becomes the remote target. The
    /// route set stays.
    void refresh_target(message_view);

    /// RFC 4916: the peer's From in a request of this dialog. True where it names somebody else than before; the tag
    /// stays.
    [[nodiscard]] bool change_remote_address(message_view request);
    /// Our From from now on, without a tag, which stays.
    void change_local_address(std::string_view address);

    /// What our requests in this dialog ask to be kept private: a Privacy value (RFC 3323 4.2), or empty. As caller it
    /// is what our first request asked.
    [[nodiscard]] std::string_view privacy() const noexcept { return privacy_; }
    /// What Privacy says in requests of ours from now on.
    void set_privacy(std::string_view value) { privacy_ = value; }

    /// 12.2.2: false where the number is lower than one seen before: out of order, answered with 500. ACK and CANCEL
    /// carry the number of their INVITE and are not asked for. Gaps are legal.
    [[nodiscard]] bool accept_remote_cseq(cseq_view const&) noexcept;
    /// The number for the next request of ours.
    [[nodiscard]] std::uint32_t next_local_cseq() noexcept { return ++local_cseq_; }
    /// A request that had to be repeated with a higher number (authentication).
    void raise_local_cseq(std::uint32_t number) noexcept;

    /// Where a request in this dialog goes. Borrows the dialog.
    [[nodiscard]] routed_target way() const { return {remote_target_, routes_}; }
    /// Its names, borrowed.
    [[nodiscard]] dialog_id_view id() const noexcept { return {call_id_, local_tag_, remote_tag_}; }
    /// From and To of a request of ours, tags included.
    [[nodiscard]] std::string_view local_address() const noexcept { return local_address_; }
    /// The peer's From or To, with its tag.
    [[nodiscard]] std::string_view remote_address() const noexcept { return remote_address_; }
    /// The peer's Contact: where requests go.
    [[nodiscard]] std::string_view remote_target() const noexcept { return remote_target_; }
    /// The proxies that stay in the path (12.1).
    [[nodiscard]] route_set const& routes() const noexcept { return routes_; }
    [[nodiscard]] std::uint32_t local_cseq() const noexcept { return local_cseq_; }  ///< of our last request
    /// Of the peer's last request; nothing before the first.
    [[nodiscard]] std::optional<std::uint32_t> remote_cseq() const noexcept { return remote_cseq_; }
    /// Whether we sent or received the request that made it.
    [[nodiscard]] dialog_role role() const noexcept { return role_; }
    /// Early or confirmed.
    [[nodiscard]] dialog_phase phase() const noexcept { return phase_; }
    /// The request came over TLS to a SIPS URI: every target in this dialog must be SIPS (12.1.1, 12.1.2).
    [[nodiscard]] bool is_secure() const noexcept { return secure_; }

private:
    dialog() = default;

    std::string call_id_, local_tag_, remote_tag_;
    std::string local_address_, remote_address_;
    std::string remote_target_;
    std::string privacy_;
    route_set routes_;
    std::uint32_t local_cseq_ = 0;
    std::optional<std::uint32_t> remote_cseq_;
    dialog_role role_ = dialog_role::uac;
    dialog_phase phase_ = dialog_phase::early;
    bool secure_ = false;
};

}  // namespace sip
