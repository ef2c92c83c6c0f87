// Certificates.
#include "phoned/config/fields.hpp"

namespace phoned::config {
namespace {

using enum file_scope;

constexpr parameter rows[] = {
    {"security.trust_certificates", no_index, common, flag(), "1",
     "1 only servers whose certificate is good and names them, 0 any", phone_field<&settings::verify_servers>},
    {"security.ca_cert", no_index, common, integer(0, 2), "2",
     "whose signature is trusted: 0 the system's authorities, 1 those of trusted_certificates.url, 2 both",
     phone_field<&settings::authorities>},
    {"trusted_certificates.url", no_index, common, url(), "",
     "PEM file of further authorities: a path, or file:// and a path", phone_field<&settings::trusted_certificates>},
    {"server_certificates.url", no_index, common, url(), "",
     "PEM file with the phone's own certificate, its chain and key: a path, or file:// and a path",
     phone_field<&settings::server_certificates>},
};

}  // namespace

std::span<const parameter> security_parameters() {
    return rows;
}

}  // namespace phoned::config
