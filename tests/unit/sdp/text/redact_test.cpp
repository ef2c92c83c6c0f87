// Covered: each line that holds a secret, however it is written, and everything else left as it is.
#include "sdp/text/redact.hpp"

#include <doctest/doctest.h>

using namespace sdp;

TEST_CASE("What people read has no keys: crypto, key-mgmt, ice-pwd and k= (RFC 4568 8)") {
    struct row {
        std::string_view line, shown;
    };
    for (auto const& c :
         {row{"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20|1:4 WSH=64",
              "a=crypto:1 AES_CM_128_HMAC_SHA1_80 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
          row{"A = CRYPTO:1 X inline:c2VjcmV0", "A = CRYPTO:1 X xxxxxxxxxxxxxxx"},
          row{"a=crypto:1  X\tinline:c2VjcmV0", "a=crypto:1  X\txxxxxxxxxxxxxxx"}, row{"a=crypto:1", "a=crypto:1"},
          row{" a=crypto:inline X c2VjcmV0", " a=crypto:inline X xxxxxxxx"},
          row{"a=ice-pwd:asd88fgpdd777uzjYhagZg", "a=ice-pwd:xxxxxxxxxxxxxxxxxxxxxx"},
          row{"a=key-mgmt:mikey AQAFgM0XflABAAAA", "a=key-mgmt:xxxxxxxxxxxxxxxxxxxxxx"},
          row{"k=clear:c2VjcmV0", "k=clear:xxxxxxxx"}, row{"k=prompt", "k=prompt"},
          row{"k=base64:c2VjcmV0", "k=base64:xxxxxxxx"}, row{"a=ice-ufrag:8hhY", "a=ice-ufrag:8hhY"},
          row{"a=fingerprint:sha-256 AB:CD", "a=fingerprint:sha-256 AB:CD"}, row{"s=k=clear:x", "s=k=clear:x"},
          row{"Kind: k=clear:x", "Kind: k=clear:x"}}) {
        CAPTURE(c.line);
        CHECK(without_keys(c.line) == c.shown);
        CHECK(without_keys(c.shown) == c.shown);
    }
}

TEST_CASE("The text around keys and the ends of lines stay as they are") {
    CHECK(
        without_keys(
            "INVITE sip:a@b SIP/2.0\r\nVia: x\r\n\r\nv=0\r\na=crypto:1 S inline:k\r\n\r\nm=audio 1 RTP/SAVP 0\n"
            "a=crypto:2 S inline:k\ra=sendrecv"
        ) ==
        "INVITE sip:a@b SIP/2.0\r\nVia: x\r\n\r\nv=0\r\na=crypto:1 S xxxxxxxx\r\n\r\nm=audio 1 RTP/SAVP 0\n"
        "a=crypto:2 S xxxxxxxx\ra=sendrecv"
    );
    CHECK(without_keys("").empty());
    CHECK(without_keys("\r\n\r\n") == "\r\n\r\n");
}
