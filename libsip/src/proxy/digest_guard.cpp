#include "sip/proxy/digest_guard.hpp"

#include <utility>

namespace sip::proxy {
namespace {

digest_server_settings server_settings(settings const& from) {
    digest_server_settings made;
    made.algorithms.clear();
    for (auto algorithm : from.algorithms)
        made.algorithms.push_back({algorithm, false});
    made.nonce_life = from.nonce_life;
    return made;
}

std::optional<digest_secret> password_of(void const* context, std::string_view user, std::string_view, hash_algorithm) {
    auto& users = *static_cast<std::map<std::string, std::string> const*>(context);
    auto found = users.find(std::string(user));
    if (found == users.end()) return std::nullopt;
    return digest_secret{found->second, false};
}

}  // namespace

digest_guard::digest_guard(settings const& settings, std::string realm, environment& environment)
    : settings_(&settings), realm_(std::move(realm)), server_(server_settings(settings), environment) {}

judgement digest_guard::judge(time_point now, message_view request, role as) {
    auto side = as == role::registrar ? digest_role::user_agent : digest_role::proxy;
    return server_.judge(now, request, realm_, side, {&password_of, &settings_->users});
}

}  // namespace sip::proxy
