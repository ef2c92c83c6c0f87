// One header value through each typed parser alone, and through the splitting of lists. What parses lies inside the
// text; what does not names an offset inside it.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "sip/syntax/message.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

struct checker {
    std::string_view text;

    void part(std::string_view piece) const {
        require(
            piece.empty() || (piece.data() >= text.data() && piece.data() + piece.size() <= text.data() + text.size())
        );
    }
    void params(sip::params_view list) const {
        part(list.text());
        for (auto const& param : list) {
            part(param.name);
            part(param.value);
            require(list.has(param.name));
        }
    }
    void operator()(std::string_view value) const { part(value); }
    void operator()(std::uint32_t) const {}
    void operator()(sip::name_addr_view const& address) const {
        part(address.display_name);
        part(address.uri.text);
        params(address.params);
        (void)address.tag();
        (void)address.expires();
        require(address.q_milli() <= 1000);
        require(sip::quote_display_name(display_text(address)).size() <= 2 * text.size() + 2);
    }
    void operator()(sip::via_view const& via) const {
        require(!via.transport.empty() && !via.host.empty());
        params(via.params);
        part(via.branch());
    }
    void operator()(sip::cseq_view const& cseq) const { part(cseq.method_text); }
    void operator()(sip::token_params_view const& value) const {
        part(value.token);
        params(value.params);
    }
    void operator()(sip::media_type_view const& type) const {
        require(type.is(type.type, type.subtype));
        params(type.params);
    }
    void operator()(sip::delta_seconds_view const& delta) const { params(delta.params); }
    void operator()(sip::rack_view const& rack) const { (*this)(rack.cseq); }
    void operator()(sip::dialog_reference_view const& dialog) const {
        for (auto piece : {dialog.call_id, dialog.to_tag, dialog.from_tag})
            part(piece);
    }
    void operator()(sip::target_dialog_view const& dialog) const {
        for (auto piece : {dialog.call_id, dialog.local_tag, dialog.remote_tag})
            part(piece);
    }
    void operator()(sip::history_info_view const& entry) const {
        (*this)(entry.address);
        require(!entry.index.empty());
        part(entry.index);
        part(entry.parent);
    }
    void operator()(sip::diversion_view const& entry) const {
        (*this)(entry.address);
        require(!entry.reason.empty());
        part(entry.privacy);
        part(entry.screen);
    }
    void operator()(sip::information_view const& entry) const {
        part(entry.uri);
        part(entry.word);
        params(entry.params);
        (void)entry.is_alert_urn();
    }
    void operator()(sip::reason_view const& reason) const {
        part(reason.protocol);
        part(reason.text);
        params(reason.params);
    }
    void operator()(sip::privacy const& wish) const {
        auto const written = to_string(wish);
        if (written.empty()) return;  // it asked for nothing that we know
        auto const again = sip::parse_privacy(written);
        require(again.has_value() && *again == wish);
    }
    void operator()(sip::authentication_info_view const& info) const {
        for (auto piece : {info.nextnonce, info.qop, info.rspauth, info.cnonce, info.nc})
            part(piece);
    }
    void operator()(sip::challenge_view const& challenge) const {
        for (auto piece : {challenge.realm, challenge.nonce, challenge.opaque, challenge.algorithm, challenge.qop})
            part(piece);
        (void)challenge.offers_qop("auth");
    }
    void operator()(sip::credentials_view const& credentials) const {
        for (auto piece : {credentials.username, credentials.response, credentials.nc, credentials.cnonce})
            part(piece);
    }
};

template <sip::header_id Id>
void parse(std::string_view text) {
    auto value = sip::header_traits<Id>::parse(text);
    if (value)
        checker{text}(*value);
    else
        require(value.error().offset <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view text(reinterpret_cast<char const*>(data), size);
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (parse<static_cast<sip::header_id>(Index)>(text), ...);
    }
    (std::make_index_sequence<sip::header_id_count>{});

    std::size_t elements = 0;
    for (auto rest = text; !rest.empty(); ++elements) {
        auto element = sip::detail::next_list_element(rest);
        checker{text}.part(element);
        parse<sip::header_id::contact>(element);
        parse<sip::header_id::history_info>(element);
        parse<sip::header_id::diversion>(element);
        parse<sip::header_id::via>(element);
    }
    require(elements <= size);
    return 0;
}
