// Any bytes as the value of a=crypto and of the other attributes that bring keys and fingerprints: what is read keeps
// its bounds, and what is written of it reads back equal. No text shows a key once it has passed through
// without_keys().
#include "sdp/model/crypto.hpp"
#include "sdp/model/connectivity.hpp"
#include "sdp/model/dtls.hpp"
#include "sdp/text/redact.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_crypto(std::string_view value) {
    auto const read = sdp::read_crypto(value);
    if (!read) return;
    require(read->tag <= 999'999'999 && !read->keys.empty() && read->keys.size() <= sdp::most_master_keys);
    for (auto const& key : read->keys) {
        require(key.key_and_salt.octets().size() == sdp::key_and_salt_size(read->suite));
        require(!key.lifetime || (*key.lifetime >= 1 && *key.lifetime <= std::uint64_t{1} << 48U));
        require(!key.mki || (key.mki->octets >= 1 && key.mki->octets <= 128));
    }
    std::string text = "a=crypto:";
    sdp::writer to{text};
    sdp::write_crypto(to, *read);
    require(sdp::read_crypto(std::string_view{text}.substr(9)) == read);
    (void)sdp::asks_only_defaults(read->session_parameters);
    require(sdp::without_keys(text).find("inline") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    check_crypto(text);
    if (auto const print = sdp::read_fingerprint(text)) require(sdp::read_fingerprint(sdp::to_text(*print)) == print);
    (void)sdp::read_setup(text);
    auto const id = sdp::read_tls_id(text);
    require(id.empty() || (id.size() >= 20 && id.size() <= 255));
    (void)sdp::read_candidate(text);
    if (auto const members = sdp::read_group(text)) require(members->members.size() <= sdp::most_group_members);
    (void)sdp::read_rtcp_feedback(text);
    auto const shown = sdp::without_keys(text);
    require(sdp::without_keys(shown) == shown);
    return 0;
}
