#include "net/certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include <fmt/format.h>

namespace sip::net {

namespace {

std::string_view text_of(ASN1_STRING const* string) noexcept {
    return {
        reinterpret_cast<char const*>(ASN1_STRING_get0_data(string)),
        static_cast<std::size_t>(ASN1_STRING_length(string))};
}

ip_address address_of(ASN1_OCTET_STRING const* octets) noexcept {
    auto const bytes = text_of(octets);
    ip_address address;
    address.is_v6 = bytes.size() == 16;
    std::copy_n(bytes.begin(), std::min(bytes.size(), address.bytes.size()), address.bytes.begin());
    return address;
}

std::string common_name_of(X509 const* certificate) {
    auto const* const subject = X509_get_subject_name(certificate);
    std::string name;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;)
        name = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    return name;
}

struct closes_bio {
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using memory_bio = std::unique_ptr<BIO, closes_bio>;

/// What was written, in one line of printable ASCII of a bounded length: a stranger chose the text.
std::string taken_from(memory_bio const& bio) {
    constexpr std::size_t most = 128;
    char* data = nullptr;
    auto const size = BIO_get_mem_data(bio.get(), &data);
    std::string text(data, std::min(static_cast<std::size_t>(std::max(size, 0L)), most));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?'
    );
    return text;
}

std::string printed(X509_NAME const* name) {
    memory_bio const bio(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    return taken_from(bio);
}

std::string printed(ASN1_TIME const* time) {
    memory_bio const bio(BIO_new(BIO_s_mem()));
    ASN1_TIME_print(bio.get(), time);
    return taken_from(bio);
}

}  // namespace

certificate_names names_of(X509 const* certificate) {
    certificate_names names;
    names.common_name = common_name_of(certificate);
    auto* const list =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    names.has_alternative_names = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
        int kind = 0;
        auto const* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list, i), &kind);
        if (kind == GEN_URI) names.uris.emplace_back(text_of(static_cast<ASN1_STRING const*>(value)));
        if (kind == GEN_DNS) names.dns.emplace_back(text_of(static_cast<ASN1_STRING const*>(value)));
        if (kind == GEN_IPADD) names.addresses.push_back(address_of(static_cast<ASN1_OCTET_STRING const*>(value)));
    }
    GENERAL_NAMES_free(list);
    return names;
}

std::string describe_failure(X509_STORE_CTX* checked) {
    auto const* const certificate = X509_STORE_CTX_get_current_cert(checked);
    auto const code = X509_STORE_CTX_get_error(checked);
    auto const* const general = X509_verify_cert_error_string(code);
    if (certificate == nullptr) return general;
    auto const whose = fmt::format("the certificate \"{}\"", printed(X509_get_subject_name(certificate)));
    switch (code) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return fmt::format(
                "{} has expired: it was valid until {}", whose, printed(X509_get0_notAfter(certificate))
            );
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return fmt::format(
                "{} is not yet valid: it will be from {}", whose, printed(X509_get0_notBefore(certificate))
            );
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return fmt::format(
                "{} was issued by an unknown CA: \"{}\" is not trusted", whose,
                printed(X509_get_issuer_name(certificate))
            );
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return fmt::format("{} signed itself and is not trusted: an unknown CA", whose);
        default:
            return fmt::format("{} is not good: {}", whose, general);
    }
}

}  // namespace sip::net
