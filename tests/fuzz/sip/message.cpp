// One message, as from a datagram. Whatever the bytes: every value can be asked for and lies inside the message; what
// is accepted can be written and read again; what is refused can be answered; no buffer is lost.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "../../torture/every_header.hpp"
#include "sip/syntax/build.hpp"
#include "sip/syntax/parse.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void use(sip::message_view view) {
    auto const inside = [&](std::string_view part) {
        require(
            part.empty() || (part.data() >= view.text().data() - 65535 &&
                             part.data() + part.size() <= view.text().data() + view.text().size())
        );
    };
    for (auto part :
         {view.call_id(), view.from_tag(), view.to_tag(), view.request_uri(), view.reason(), view.body(),
          view.top_via().text, view.method_text()})
        inside(part);
    for (auto const& entry : view.headers()) {
        inside(view.name(entry));
        inside(view.value(entry));
        require(view.name(entry).data() < view.value(entry).data());
        require(view.raw(view.name(entry)).size() <= 65535);
    }
    torture::read_every_header(view, [](auto, auto, sip::parse_failure why) { require(why.suggested_status == 400); });
}

/// Everything that a transaction or proxy makes of a good request is a good message too, as far as its size allows.
void make_more_of(sip::buffer_pool& pool, sip::message_view request) {
    auto const good = [&](sip::result<sip::buffer_ref> const& built) {
        if (!built) {
            require(built.error() == sip::errc::too_large);
            return;
        }
        auto parsed = sip::parse_message(*built, pool);
        require(parsed.has_value() || parsed.error().why.code == sip::errc::too_large);
        if (!parsed) return;
        require((*parsed).view().call_id() == request.call_id());
        require((*parsed).view().cseq().number == request.cseq().number);
    };
    good(start_response(pool, request, 480, "tag").finish());
    good(prepend_header(pool, request.text(), sip::header_id::via, "SIP/2.0/UDP h;branch=z9hG4bK1"));
    good(replace_top_via(pool, request, "SIP/2.0/UDP h;branch=z9hG4bK1"));
    if (request.is_request()) good(build_cancel(pool, request));
    if (request.is_request()) good(build_ack_for_failure(pool, request, request));
    auto popped = replace_top_via(pool, request, "");
    require(popped.has_value() && popped->size() < request.text().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sip::buffer_pool pool;
    {
        auto parsed = sip::parse_message(pool.copy({reinterpret_cast<char const*>(data), size}), pool);
        if (parsed) {
            auto view = (*parsed).view();
            use(view);
            if (view.is_request()) (void)validate_request(view);
            make_more_of(pool, view);
            auto clone = (*parsed).clone_to(pool);
            require((*clone).text() == view.text() && (*clone).top_via().branch() == view.top_via().branch());
        } else {
            require(parsed.error().why.offset <= size);
            require(!to_string(parsed.error().why).empty());
            if (parsed.error().partial) {
                auto view = parsed.error().partial.view();
                use(view);
                require(view.is_request() && !view.top_via().host.empty());
                require(start_response(pool, view, 400, "tag").finish().has_value() || view.text().size() > 60000);
            }
        }
    }
    require(pool.live() == 0);
    return 0;
}
