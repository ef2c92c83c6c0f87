#include "phoned/config/parameter.hpp"

#include <array>

namespace phoned::config {

std::span<const parameter_chapter> parameter_table() {
    // Within a chapter the first row that fits a name counts, so a family (`network.*`) stands after its named members.
    static const std::array<parameter_chapter, 9> chapters{{
        {"Accounts: registration and transport", registration_parameters()},
        {"Address translation", nat_parameters()},
        {"Media", media_parameters()},
        {"Tones", tone_parameters()},
        {"Calls, per account", account_call_parameters()},
        {"Calls, the whole phone", phone_call_parameters()},
        {"Certificates", security_parameters()},
        {"Offhook's own", offhook_parameters()},
        {"Families known by name only", family_parameters()},
    }};
    return chapters;
}

}  // namespace phoned::config
