// Datagrams at a port where SIP and STUN share. What is read as STUN is answered with something that is read back; a
// watch of our own that gets the same bytes stays in its schedule, and believes none that it did not ask for.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sip/transport/flow_watch.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::uint64_t constant(void*) {
    return 0x0123456789abcdefU;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const datagram(reinterpret_cast<char const*>(data), size);
    sip::endpoint const from{*sip::ip_address::from(size % 2 == 0 ? "192.0.2.1" : "2001:db8::1"), 32853, {}};
    auto const read = sip::stun::parse(datagram);
    if (read) require(sip::stun::is_stun(datagram));
    if (auto const answer = sip::stun::answer(datagram, from)) {
        require(read && read->what == sip::stun::message_class::request);
        auto const again = sip::stun::parse(*answer);
        require(again && again->id == read->id && again->unknown.empty());
        bool const is_refusal = !read->unknown.empty();
        require(again->what == (is_refusal ? sip::stun::message_class::error : sip::stun::message_class::success));
        require(is_refusal ? again->error == 420 : again->mapped == from);
        require(!sip::stun::answer(*answer, from));
    }
    for (bool const is_stream : {true, false}) {
        sip::time_point now{};
        sip::flow_watch watch(
            now, is_stream, {std::chrono::seconds(24), std::chrono::seconds(29)}, {constant, nullptr}
        );
        auto const first = watch.next_deadline();
        require(watch.on_answer(now, datagram) == sip::flow_watch::verdict::unknown);
        require(watch.next_deadline() == first);
        now = first;
        require(!watch.on_timeout(now).ping.empty());
        auto const verdict = watch.on_answer(now, datagram);
        if (verdict != sip::flow_watch::verdict::unknown)
            require(is_stream ? datagram == "\r\n" : read && read->what != sip::stun::message_class::request);
    }
    return 0;
}
