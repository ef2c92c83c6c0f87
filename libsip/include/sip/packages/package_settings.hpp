// What the packages of this folder ask of their notifiers.
#pragma once

#include "sip/usage/notifier.hpp"

namespace sip::packages {

/// For event_package::settings: the default duration and the rate that the package's RFC gives; `scope` is partial for
/// who tells changes.
template <class Package>
[[nodiscard]] notifier_settings package_settings(body_scope scope = body_scope::full) {
    notifier_settings made;
    made.preferred = Package::default_expires;
    made.interval = Package::interval;
    made.scope = scope;
    return made;
}

}  // namespace sip::packages
