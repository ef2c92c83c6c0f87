#include "digest_guard.hpp"

#include <utility>

namespace proxy {
namespace {

sip::digest_server_settings server_settings(settings const& from) {
    sip::digest_server_settings made;
    made.algorithms.clear();
    for (auto algorithm : from.algorithms)
        made.algorithms.push_back({algorithm, false});
    made.nonce_life = from.nonce_life;
    return made;
}

std::optional<sip::digest_secret> password_of(
    void const* context, std::string_view user, std::string_view, sip::hash_algorithm
) {
    auto& users = *static_cast<std::map<std::string, std::string> const*>(context);
    auto found = users.find(std::string(user));
    if (found == users.end()) return std::nullopt;
    return sip::digest_secret{found->second, false};
}

}  // namespace

digest_guard::digest_guard(settings const& settings, std::string realm, sip::environment& environment)
    : settings_(&settings), realm_(std::move(realm)), server_(server_settings(settings), environment) {}

judgement digest_guard::judge(sip::time_point now, sip::message_view request, role as) {
    auto side = as == role::registrar ? sip::digest_role::user_agent : sip::digest_role::proxy;
    return server_.judge(now, request, realm_, side, {&password_of, &settings_->users});
}

}  // namespace proxy
