#include "packages/xml.hpp"

#include <fmt/format.h>

namespace sip::packages::xml {

parsed<pugi::xml_node> load(pugi::xml_document& document, std::string_view body, std::string_view root) {
    if (body.size() > largest) return failure(errc::too_large);
    auto const read = document.load_buffer(
        body.data(), body.size(),
        pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_wconv_attribute
    );
    if (!read) return failure(errc::syntax_error, read.offset);
    auto const top = document.document_element();
    if (!top || local_name(top) != root) return failure(errc::syntax_error);
    return top;
}

pugi::xml_node child(pugi::xml_node parent, std::string_view name) noexcept {
    for (auto const node : parent.children())
        if (node.type() == pugi::node_element && local_name(node) == name) return node;
    return {};
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    auto const first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

std::string text_of(pugi::xml_node parent, std::string_view name) {
    return trimmed(child(parent, name).child_value());
}

std::uint16_t thousandths(std::string_view text) noexcept {
    if (text.empty() || (text.front() != '0' && text.front() != '1')) return 0;
    unsigned value = text.front() == '1' ? 1000 : 0, scale = 100;
    for (std::size_t i = 2; i < text.size() && text[1] == '.' && scale != 0; ++i, scale /= 10) {
        if (text[i] < '0' || text[i] > '9') return 0;
        value += static_cast<unsigned>(text[i] - '0') * scale;
    }
    return static_cast<std::uint16_t>(value > 1000 ? 1000 : value);
}

std::string escaped(std::string_view plain) {
    std::string text;
    text.reserve(plain.size());
    for (char const c : plain) {
        switch (c) {
            case '&':
                text += "&amp;";
                break;
            case '<':
                text += "&lt;";
                break;
            case '>':
                text += "&gt;";
                break;
            case '"':
                text += "&quot;";
                break;
            case '\t':
            case '\n':
            case '\r':
                text += fmt::format("&#{};", static_cast<int>(c));
                break;
            default:
                if (static_cast<unsigned char>(c) >= 0x20) text += c;
        }
    }
    return text;
}

std::string attribute(std::string_view name, std::string_view value) {
    return fmt::format(" {}=\"{}\"", name, escaped(value));
}

std::string element(std::string_view name, std::string_view value) {
    return fmt::format("<{}>{}</{}>", name, escaped(value), name);
}

}  // namespace sip::packages::xml
