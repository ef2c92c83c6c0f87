// Puts attributes into the fields that the model has for them. Each function is
// false, and changes nothing, when there is no field for the attribute, when the
// field is taken (the first of a kind counts), or when the value cannot be read.
#pragma once

#include "sdp/model/attributes.hpp"

namespace sdp {

void assign(connection& to, connection_view from);

[[nodiscard]] bool take_direction(std::optional<direction>& field, std::string_view name, std::string_view value);
[[nodiscard]] bool take_media_attribute(media&, std::string_view name, std::string_view value);

}  // namespace sdp
