// Reads what a certificate says, and tells people what is wrong with one.
#pragma once

#include <openssl/x509.h>

#include <string>

#include "sip/transport/certificate_names.hpp"

namespace sip::net {

[[nodiscard]] certificate_names names_of(X509 const*);

/// After a check that failed: which certificate, and which check. `the certificate of "CN=a.example" has expired`.
[[nodiscard]] std::string describe_failure(X509_STORE_CTX*);

}  // namespace sip::net
