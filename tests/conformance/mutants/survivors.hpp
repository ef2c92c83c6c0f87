// Mutants that nobody need find, since what they make conforms.
#pragma once

#include <string>
#include <string_view>

namespace conformance {

/// The reason, from what a mutant is called (mutate.hpp); empty where there is none, so that it should have been found.
[[nodiscard]] std::string why_it_conforms(std::string_view what);

}  // namespace conformance
