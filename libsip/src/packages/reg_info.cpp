#include "sip/packages/reg_info.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "packages/entries.hpp"
#include "packages/xml.hpp"
#include "sip/syntax/headers/simple.hpp"

namespace sip::packages {

namespace {

std::optional<reg_state> state_from(std::string_view name) noexcept {
    if (name == "init") return reg_state::init;
    if (name == "active") return reg_state::active;
    if (name == "terminated") return reg_state::terminated;
    return std::nullopt;
}
std::string_view name_of(reg_state state) noexcept {
    switch (state) {
        case reg_state::init:
            return "init";
        case reg_state::active:
            return "active";
        case reg_state::terminated:
            return "terminated";
    }
    return {};
}

std::optional<std::uint32_t> number_of(pugi::xml_node node, char const* name) {
    auto const number = parse_number(node.attribute(name).as_string());
    return number ? std::optional(*number) : std::nullopt;
}

/// Nothing where an attribute is missing that has to be there.
std::optional<reg_contact> contact_from(pugi::xml_node node) {
    auto const state = state_from(node.attribute("state").as_string());
    reg_contact contact;
    contact.id = node.attribute("id").as_string();
    contact.event = node.attribute("event").as_string();
    contact.uri = xml::text_of(node, "uri");
    if (!state || *state == reg_state::init || contact.id.empty() || contact.event.empty()) return std::nullopt;
    contact.state = *state;
    contact.display_name = xml::text_of(node, "display-name");
    contact.expires = number_of(node, "expires");
    contact.retry_after = number_of(node, "retry-after");
    contact.q = xml::thousandths(node.attribute("q").as_string());
    return contact;
}

std::string contact_text(reg_contact const& contact) {
    auto text = fmt::format(
        "<contact{} state=\"{}\"{}", xml::attribute("id", contact.id), name_of(contact.state),
        xml::attribute("event", contact.event)
    );
    if (contact.expires) text += fmt::format(" expires=\"{}\"", *contact.expires);
    if (contact.retry_after) text += fmt::format(" retry-after=\"{}\"", *contact.retry_after);
    if (contact.q != 0) text += fmt::format(" q=\"{}.{:03}\"", contact.q / 1000, contact.q % 1000);
    text += '>' + xml::element("uri", contact.uri);
    if (!contact.display_name.empty()) text += xml::element("display-name", contact.display_name);
    return text + "</contact>";
}

}  // namespace

parsed<reg_info> parse_reg_info(std::string_view body) {
    pugi::xml_document document;
    auto const root = xml::load(document, body, "reginfo");
    if (!root) return root.error();
    reg_info info;
    auto const version = number_of(*root, "version");
    std::string_view const scope = root->attribute("state").as_string();
    if (!version || (scope != "full" && scope != "partial"))
        return xml::failure(errc::syntax_error, root->offset_debug());
    info.version = *version;
    info.is_full = scope == "full";
    bool usable = true, contacts_fit = true;
    bool const fits = xml::for_each(*root, "registration", [&](pugi::xml_node node) {
        reg_registration made;
        auto const state = state_from(node.attribute("state").as_string());
        made.id = node.attribute("id").as_string();
        made.address_of_record = node.attribute("aor").as_string();
        usable = usable && state && !made.id.empty() && !made.address_of_record.empty();
        if (!usable) return;
        made.state = *state;
        contacts_fit = xml::for_each(
                           node, "contact",
                           [&](pugi::xml_node inner) {
                               auto contact = contact_from(inner);
                               usable = usable && contact;
                               if (contact) made.contacts.push_back(std::move(*contact));
                           }
                       ) &&
                       contacts_fit;
        info.registrations.push_back(std::move(made));
    });
    if (!fits || !contacts_fit) return xml::failure(errc::too_large);
    if (!usable) return xml::failure(errc::syntax_error);
    return info;
}

std::string to_string(reg_info const& info) {
    auto text = fmt::format(
        "<?xml version=\"1.0\"?>\r\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"{}\" state=\"{}\">\r\n",
        info.version, info.is_full ? "full" : "partial"
    );
    for (auto const& one : info.registrations) {
        text += fmt::format(
            "<registration{}{} state=\"{}\">", xml::attribute("aor", one.address_of_record),
            xml::attribute("id", one.id), name_of(one.state)
        );
        for (auto const& contact : one.contacts)
            text += contact_text(contact);
        text += "</registration>\r\n";
    }
    return text + "</reginfo>\r\n";
}

// ---- both sides

void reg_publisher::set(reg_contact contact) {
    put(changed_, contact);
    put(registration_.contacts, std::move(contact));
    bool const is_bound =
        std::any_of(registration_.contacts.begin(), registration_.contacts.end(), [](reg_contact const& known) {
            return known.state == reg_state::active;
        });
    registration_.state = is_bound ? reg_state::active : reg_state::terminated;
}

std::string reg_publisher::write(bool is_full, std::vector<reg_contact> contacts) {
    auto told = registration_;
    told.contacts = std::move(contacts);
    auto text = to_string(reg_info{.version = version_++, .is_full = is_full, .registrations = {std::move(told)}});
    changed_.clear();
    drop_terminated(registration_.contacts);
    if (registration_.state == reg_state::terminated) registration_.state = reg_state::init;
    return text;
}

std::string reg_publisher::full() {
    return write(true, registration_.contacts);
}
std::string reg_publisher::changes() {
    return write(false, changed_);
}

document_outcome reg_watch::apply(reg_info info) {
    auto result = order_.next(info.version, info.is_full);
    if (result == document_outcome::stale) return result;
    for (auto& known : registrations_)
        drop_terminated(known.contacts);
    if (info.is_full) registrations_.clear();
    for (auto& one : info.registrations) {
        auto const known = std::find_if(registrations_.begin(), registrations_.end(), [&](auto const& registration) {
            return registration.id == one.id;
        });
        if (known == registrations_.end()) {
            if (registrations_.size() < xml::most_elements)
                registrations_.push_back(std::move(one));
            else
                result = document_outcome::incomplete;
            continue;
        }
        known->state = one.state;
        for (auto& contact : one.contacts)
            put(known->contacts, std::move(contact));
        if (known->contacts.size() > xml::most_elements) {
            known->contacts.resize(xml::most_elements);
            result = document_outcome::incomplete;
        }
    }
    return result;
}

}  // namespace sip::packages
