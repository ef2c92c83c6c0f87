// What the XML bodies share: reading with bounds, names without their prefixes, escaping. pugixml reads without a
// document type, so that there are no entities to expand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pugixml.hpp>

#include "sip/error.hpp"

namespace sip::packages::xml {

inline constexpr std::size_t largest = 256 * 1024;  ///< bytes of a body
inline constexpr std::size_t most_elements = 1024;  ///< of one kind in a body: dialogs, tuples, resources

inline parse_failure failure(errc why, std::ptrdiff_t at = 0) noexcept {
    return {why, 400, header_id{}, static_cast<std::uint32_t>(at < 0 ? 0 : at)};
}

/// Reads `body`, whose root element has this name in whatever namespace.
[[nodiscard]] parsed<pugi::xml_node> load(pugi::xml_document&, std::string_view body, std::string_view root);

/// The name behind the prefix.
[[nodiscard]] inline std::string_view local_name(pugi::xml_node node) noexcept {
    std::string_view const name = node.name();
    auto const colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}
[[nodiscard]] pugi::xml_node child(pugi::xml_node parent, std::string_view name) noexcept;
/// The text of a child element without the white space around it; empty where there is none.
[[nodiscard]] std::string text_of(pugi::xml_node parent, std::string_view name);
[[nodiscard]] std::string trimmed(std::string_view);

/// "0.8", a q value, in thousandths (RFC 3261 20.10); 0 for what is none.
[[nodiscard]] std::uint16_t thousandths(std::string_view) noexcept;

/// Visits every child of this name; false where there are more than most_elements.
template <class Visit>
[[nodiscard]] bool for_each(pugi::xml_node parent, std::string_view name, Visit&& visit) {
    std::size_t count = 0;
    for (auto const node : parent.children()) {
        if (node.type() != pugi::node_element || local_name(node) != name) continue;
        if (++count > most_elements) return false;
        visit(node);
    }
    return true;
}

/// As text or attribute value: with & < > " escaped, and without what XML 1.0 cannot hold.
[[nodiscard]] std::string escaped(std::string_view);
/// ` name="value"`.
[[nodiscard]] std::string attribute(std::string_view name, std::string_view value);
/// `<name>value</name>`.
[[nodiscard]] std::string element(std::string_view name, std::string_view value);

}  // namespace sip::packages::xml
