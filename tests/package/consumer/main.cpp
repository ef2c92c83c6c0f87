// Touches a core and a shell of each library, so that linking proves something.
#include <sdp/model/parse.hpp>
#include <sip/syntax/uri.hpp>

#include <cstdio>

int main() {
    auto const uri = sip::parse_uri("sip:1001@example.com;transport=tcp");
    auto const description = sdp::parse("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n");
    std::puts(uri && description ? "ok" : "not ok");
    return uri && description ? 0 : 1;
}
