// Covers: every typed header value of our messages, written from its components and read again, has the same
// components: nothing that a view shows depends on text that it does not show.
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <fmt/format.h>

#include "torture/message_set.hpp"

namespace {

using sip::header_id;

/// Each parameter in its shortest form.
std::string write(sip::params_view params) {
    std::string text;
    for (auto const& param : params) {
        text.append(";").append(param.name);
        if (param.quoted)
            text.append("=\"").append(param.value).append("\"");
        else if (param.has_value)
            text.append("=").append(param.value);
    }
    return text;
}

std::string write(sip::uri_view const& uri) {
    std::string text;
    switch (uri.scheme) {
        case sip::uri_scheme::sip:
            text = "sip:";
            break;
        case sip::uri_scheme::sips:
            text = "sips:";
            break;
        case sip::uri_scheme::tel:
            return std::string("tel:").append(uri.user) + write(uri.params);
        case sip::uri_scheme::other:
            return std::string(uri.text);
    }
    text.append(uri.user);
    if (!uri.password.empty()) text.append(":").append(uri.password);
    if (!uri.user.empty()) text.append("@");
    text.append(uri.host);
    if (uri.port) text += fmt::format(":{}", *uri.port);
    text += write(uri.params);
    if (!uri.headers.empty()) text.append("?").append(uri.headers);
    return text;
}

std::string write(sip::name_addr_view const& address) {
    if (address.is_star) return "*";
    std::string text(address.display_name);
    return text.append("<").append(write(address.uri)).append(">").append(write(address.params));
}

std::string write(sip::via_view const& via) {
    auto text = fmt::format("SIP/2.0/{} {}", via.transport, via.host);
    if (via.port) text += fmt::format(":{}", *via.port);
    return text + write(via.params);
}

std::string write(sip::cseq_view const& cseq) {
    return fmt::format("{} {}", cseq.number, cseq.method_text);
}
std::string write(std::uint32_t number) {
    return fmt::format("{}", number);
}
std::string write(std::string_view text) {
    return std::string(text);
}
std::string write(sip::token_params_view const& value) {
    return std::string(value.token).append(write(value.params));
}
std::string write(sip::media_type_view const& type) {
    return fmt::format("{}/{}{}", type.type, type.subtype, write(type.params));
}
std::string write(sip::delta_seconds_view const& delta) {
    return fmt::format("{}{}", delta.seconds, write(delta.params));
}
std::string write(sip::rack_view const& rack) {
    return fmt::format("{} {}", rack.rseq, write(rack.cseq));
}
std::string write(sip::dialog_reference_view const& dialog) {
    return fmt::format(
        "{};to-tag={};from-tag={}{}", dialog.call_id, dialog.to_tag, dialog.from_tag,
        dialog.early_only ? ";early-only" : ""
    );
}
std::string write(sip::target_dialog_view const& dialog) {
    return fmt::format("{};local-tag={};remote-tag={}", dialog.call_id, dialog.local_tag, dialog.remote_tag);
}
// Index, reason and the like stand among the parameters of the address.
std::string write(sip::history_info_view const& entry) {
    return write(entry.address);
}
std::string write(sip::diversion_view const& entry) {
    return write(entry.address);
}
std::string write(sip::information_view const& entry) {
    auto const place = entry.uri.empty() ? std::string(entry.word) : fmt::format("<{}>", entry.uri);
    return place + write(entry.params);
}
std::string write(sip::reason_view const& reason) {
    return std::string(reason.protocol) + write(reason.params);
}
std::string write(sip::privacy const& wish) {
    return to_string(wish);
}
std::string write(sip::authentication_info_view const& info) {
    std::string text;
    auto const add = [&](std::string_view name, std::string_view value, std::string_view quote) {
        if (!value.empty()) text += fmt::format("{}{}={}{}{}", text.empty() ? "" : ",", name, quote, value, quote);
    };
    add("nextnonce", info.nextnonce, "\"");
    add("qop", info.qop, "");
    add("rspauth", info.rspauth, "\"");
    add("cnonce", info.cnonce, "\"");
    add("nc", info.nc, "");
    return text;
}
std::string write(sip::challenge_view const& c) {
    if (!c.is_digest()) return std::string(c.scheme);
    return fmt::format(
        R"({} realm="{}",nonce="{}",opaque="{}",algorithm={},qop="{}",domain="{}",stale={})", c.scheme, c.realm,
        c.nonce, c.opaque, c.algorithm.empty() ? "MD5" : c.algorithm, c.qop, c.domain, c.stale
    );
}
std::string write(sip::credentials_view const& c) {
    if (!c.is_digest()) return std::string(c.scheme);
    return fmt::format(
        R"({} username="{}",realm="{}",nonce="{}",uri="{}",response="{}",algorithm="{}",cnonce="{}",opaque="{}",qop="{}",nc="{}")",
        c.scheme, c.username, c.realm, c.nonce, c.uri, c.response, c.algorithm, c.cnonce, c.opaque, c.qop, c.nc
    );
}

/// Reads every value of one header, writes it, reads that, writes it again: both texts must be the same. Returns how
/// many values there were.
template <header_id Id>
std::size_t check(sip::message_view message) {
    std::size_t values = 0;
    for (auto const& value : message.all<Id>()) {
        if (!value) continue;  // which values must parse is asserted elsewhere
        auto const text = write(*value);
        auto const again = sip::header_traits<Id>::parse(text);
        REQUIRE_MESSAGE(again.has_value(), to_string(Id), ": ", text);
        CHECK(write(*again) == text);
        ++values;
    }
    return values;
}

std::size_t check_all(sip::message_view message) {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        return (check<static_cast<header_id>(Index)>(message) + ...);
    }
    (std::make_index_sequence<sip::header_id_count>{});
}

}  // namespace

TEST_CASE("Every typed value, written from its components, reads as the same") {
    std::string const folder = TORTURE_FOLDER;
    std::size_t values = 0;
    for (auto const* kind : {"/messages", "/examples"})
        for (auto const& entry : torture::read_messages(folder + kind, ".sip")) {
            CAPTURE(entry.first);
            sip::buffer_pool pool;
            values += check_all(torture::judge(pool, entry.second).message.view());
        }
    CHECK(values > 1500);
}
