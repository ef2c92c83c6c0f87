// Covered: an ordinary offer is read and answered without memory from the heap; when memory ends anywhere in an
// exchange, the negotiator stays usable and the session goes on.
#include "negotiation.hpp"
#include "support/allocation_counter.hpp"

#include <new>

using namespace negotiation;
using namespace sdp;

namespace {

constexpr std::string_view ordinary_offer =
    "v=0\r\no=anna 3927461022 3927461022 IN IP4 203.0.113.21\r\ns=-\r\nc=IN IP4 203.0.113.21\r\nt=0 0\r\n"
    "m=audio 11780 RTP/AVP 96 9 8 0 101\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:9 "
    "G722/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 "
    "0-16\r\na=ptime:20\r\n"
    "a=sendrecv\r\n";

}  // namespace

TEST_CASE("An ordinary offer of five codecs is read and answered without a single allocation") {
    auto const able = able_to({"PCMA", "PCMU", "G722", "opus"});
    auto const local = media_at(4000);
    auto const before = test::allocations();
    auto const offer = parse(ordinary_offer);
    auto const made = make_answer(*offer, able, local, own_origin, {});
    auto const after = test::allocations();
    CHECK(after - before == 0);
    CHECK(numbers(made->lines[0].send) == "96 9 8 0");
}

TEST_CASE("Text printed into a buffer that has room takes no memory") {
    auto const offer = parse(ordinary_offer);
    std::string out;
    print(*offer, out);
    out.clear();
    auto const before = test::allocations();
    print(*offer, out);
    CHECK(test::allocations() - before == 0);
    CHECK(out.size() > 300);
}

TEST_CASE("Memory that ends anywhere in an exchange leaves a negotiator that goes on") {
    auto const able = able_to({"opus", "PCMU", "iLBC", "G729", "G722", "PCMA"});
    auto const local = media_at(4000);
    auto const offer =
        audio_offer("a=X-a-long-attribute:with a value that does not fit into a string without memory\r\n");
    auto const run = [&](negotiator& n) {
        if (!n.make_offer(able, local) || !n.on_remote_answer(offer)) return false;
        return n.on_remote_offer(offer).has_value() && n.make_answer(able, local).has_value();
    };
    long failing = 1;
    for (bool ended = false; !ended; ++failing) {
        CAPTURE(failing);
        negotiator n{own_origin};
        test::fail_allocation(failing);
        try {
            ended = run(n);
        } catch (std::bad_alloc const&) {
        }
        test::fail_allocation(0);
        n.rollback();
        REQUIRE(run(n));
        CHECK((n.current() == negotiator::phase::stable));
        CHECK(n.agreed().lines.size() == n.agreed().local.media_lines.size());
        CHECK(numbers(n.agreed().lines[0].send) == "0 8");
    }
    CHECK(failing > 10);
}

TEST_CASE("Memory that ends anywhere while a description is read leaves nothing behind") {
    auto const text = std::string{ordinary_offer} +
                      "a=X-a-long-attribute:with a value that does not fit into a string\r\n"
                      "m=audio 11782 RTP/AVP 0 8 9 18 96 97 98 99\r\ni=a second line with a name\r\n";
    long failing = 1;
    for (bool ended = false; !ended; ++failing) {
        test::fail_allocation(failing);
        try {
            ended = parse(text).has_value();
        } catch (std::bad_alloc const&) {
        }
        test::fail_allocation(0);
    }
    CHECK(failing > 4);
}
