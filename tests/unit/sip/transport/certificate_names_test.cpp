// Covered: RFC 5922 7.1 (which SIP domains a certificate names) and 7.2 (how two of them are compared) as a table, and
// the sentence of a refusal. Not here: reading a real certificate, and its validity (tests/loopback/sip_tls.cpp).
#include "sip/transport/certificate_names.hpp"

#include <doctest/doctest.h>

using namespace sip;

namespace {

struct row {
    char const* what;
    certificate_names names;
    std::vector<std::string> identities;
};

certificate_names holding(std::vector<std::string> uris, std::vector<std::string> dns, std::string common_name = {}) {
    certificate_names names;
    names.has_alternative_names = !uris.empty() || !dns.empty();
    names.uris = std::move(uris);
    names.dns = std::move(dns);
    names.common_name = std::move(common_name);
    return names;
}

}  // namespace

TEST_CASE("The SIP domains of a certificate come from its subjectAltName (RFC 5922 7.1)") {
    std::vector<row> const table{
        {"a sip URI", holding({"sip:example.com"}, {}), {"example.com"}},
        {"the scheme in any case", holding({"SIP:example.com"}, {}), {"example.com"}},
        {"a port and parameters are no part of the domain",
         holding({"sip:example.com:5061;transport=tls"}, {}),
         {"example.com"}},
        {"several sip URIs, in order", holding({"sip:b.example", "sip:a.example"}, {}), {"b.example", "a.example"}},
        {"a URI with a user names a person", holding({"sip:alice@example.com"}, {}), {}},
        {"a user without a name is a user all the same", holding({"sip:@example.com"}, {}), {}},
        {"sips is not sip", holding({"sips:example.com"}, {}), {}},
        {"other schemes", holding({"https://example.com", "xmpp:example.com"}, {}), {}},
        {"text that is no URI", holding({"sip:", "sip:exa mple.com", ""}, {}), {}},
        {"a DNS name", holding({}, {"example.com"}), {"example.com"}},
        {"a DNS name counts where no sip URI is", holding({"sips:a.example"}, {"b.example"}), {"b.example"}},
        {"a DNS name counts beside a URI of a person", holding({"sip:alice@a.example"}, {"b.example"}), {"b.example"}},
        {"a DNS name does not count beside a sip URI", holding({"sip:a.example"}, {"b.example"}), {"a.example"}},
        {"the common name counts where there is no subjectAltName", holding({}, {}, "example.com"), {"example.com"}},
        {"the common name does not count beside one", holding({}, {"a.example"}, "b.example"), {"a.example"}},
        {"nor beside one that says nothing of use", holding({"https://a.example"}, {}, "b.example"), {}},
        {"nothing at all", holding({}, {}), {}},
        {"a NUL inside a name",
         holding({}, {std::string("good.example\0.evil.example", 26), "b.example"}),
         {"b.example"}},
        {"a NUL inside the common name", holding({}, {}, std::string("good.example\0x", 14)), {}},
        {"a line end inside a name", holding({}, {"a.example\r\nfake log line"}), {}},
    };
    for (auto const& [what, names, identities] : table) {
        CAPTURE(what);
        CHECK(sip_identities(names) == identities);
    }
}

TEST_CASE("An empty subjectAltName still rules out the common name (RFC 5922 7.1)") {
    auto names = holding({}, {}, "example.com");
    names.has_alternative_names = true;
    CHECK(sip_identities(names).empty());
}

TEST_CASE("An IP address in subjectAltName names a server that is reached by number") {
    auto names = holding({}, {"example.com"});
    names.addresses = {*ip_address::from("192.0.2.1"), *ip_address::from("2001:db8::1")};
    auto const identities = sip_identities(names);
    CHECK(names_domain(identities, "192.0.2.1"));
    CHECK(names_domain(identities, "[2001:DB8:0::1]"));
    CHECK(names_domain(identities, "example.com"));
    CHECK_FALSE(names_domain(identities, "192.0.2.2"));
}

TEST_CASE("SIP domains are compared as whole DNS names in any case, without wildcards (RFC 5922 7.2)") {
    struct pair {
        char const *certificate, *wanted;
        bool same;
    };
    constexpr pair table[] = {
        {"example.com", "example.com", true},
        {"Example.COM", "eXample.com", true},
        {"example.com", "example.com.", true},
        {"example.com", "foo.example.com", false},
        {"foo.example.com", "example.com", false},
        {"*.example.com", "foo.example.com", false},
        {"*.example.com", "*.example.com", true},
        {".example.com", "foo.example.com", false},
        {".example.com", ".example.com", true},
        {"*", "example.com", false},
        {"example.com", "example.org", false},
        {"xample.com", "example.com", false},
        {"xn--bcher-kva.example", "XN--BCHER-KVA.example", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.10", false},
        {"2001:db8::1", "[2001:db8:0:0::1]", true},
        {"::ffff:192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "one.example", false},
        {"", "example.com", false},
        {".", "example.com", false},
    };
    for (auto const& [certificate, wanted, same] : table) {
        CAPTURE(certificate);
        CAPTURE(wanted);
        CHECK(is_same_domain(certificate, wanted) == same);
        CHECK(names_domain({certificate}, wanted) == same);
    }
}

TEST_CASE("A certificate without identities names nobody (RFC 5922 7.3)") {
    CHECK_FALSE(names_domain({}, "example.com"));
    CHECK_FALSE(names_domain({}, ""));
}

TEST_CASE("A refusal tells what was expected and what the certificate is for") {
    CHECK(
        describe_mismatch({"a.example", "b.example"}, "example.com") ==
        "expected example.com, the certificate is for a.example, b.example"
    );
    CHECK(describe_mismatch({}, "example.com") == "expected example.com, the certificate is for no SIP domain");
    auto const long_list = describe_mismatch(std::vector<std::string>(100, "a.example"), "example.com");
    CHECK(long_list.ends_with(" and others"));
    CHECK(long_list.size() < 200);
}
