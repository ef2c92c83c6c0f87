#include "sip/proxy/gruu.hpp"

#include <fmt/format.h>

namespace sip::proxy {
namespace {

constexpr std::string_view temporary_prefix = "tgruu.";
constexpr std::size_t salt_bytes = 8;

/// The address of record without the parameters that its To happened to have.
std::string plain(uri_view const& uri, std::string_view user) {
    auto const port = uri.port ? fmt::format(":{}", *uri.port) : std::string();
    return fmt::format("{}:{}@{}{}", uri.scheme == uri_scheme::sips ? "sips" : "sip", user, uri.host, port);
}

/// What may not stand in a parameter's value as it is (RFC 3261 25.1) is escaped.
std::string escape_value(std::string_view value) {
    constexpr std::string_view unescaped = "-_.!~*'()[]/:&+$";
    std::string text;
    for (char c : value) {
        bool const is_alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_alphanumeric || unescaped.find(c) != unescaped.npos)
            text += c;
        else
            text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return text;
}

/// A registration of an instance: a new Call-ID makes those GRUUs void that were minted under the old one (5.1).
std::string registration_mark(binding const& one, sealer const& seals) {
    return seals.mark(fmt::format("{} {}", one.instance, one.call_id));
}

}  // namespace

std::string public_gruu(uri_view const& address_of_record, std::string_view instance) {
    return fmt::format("{};gr={}", plain(address_of_record, address_of_record.user), escape_value(instance));
}

std::string temporary_gruu(
    uri_view const& address_of_record, binding const& of, sealer const& seals, random_source const& random
) {
    auto const salt = random();
    std::string text;
    for (unsigned shift = 0; shift < 8 * salt_bytes; shift += 8)
        text += static_cast<char>(salt >> shift & 255);
    text += registration_mark(of, seals);
    text += unescape(address_of_record.user);
    auto const user = std::string(temporary_prefix) + seals.seal(seal_use::temporary_gruu, text);
    return plain(address_of_record, user) + ";gr";
}

std::optional<gruu_view> read_gruu(uri_view const& uri, sealer const& seals) {
    auto const mark = uri.params.find("gr");
    if (!mark) return std::nullopt;
    gruu_view found;
    if (mark->has_value) {
        found.is_ours = true;
        found.user = unescape(uri.user);
        found.instance = unescape(mark->value);
        return found;
    }
    if (!uri.user.starts_with(temporary_prefix)) return found;
    auto const text = seals.open(seal_use::temporary_gruu, uri.user.substr(temporary_prefix.size()));
    if (!text || text->size() < salt_bytes + sealer::tag_bytes) return found;
    found.is_ours = true;
    found.registration = text->substr(salt_bytes, sealer::tag_bytes);
    found.user = text->substr(salt_bytes + sealer::tag_bytes);
    return found;
}

bool gruu_view::fits(binding const& one, sealer const& seals) const {
    if (one.instance.empty()) return false;
    return is_temporary() ? registration == registration_mark(one, seals) : one.instance == instance;
}

}  // namespace sip::proxy
