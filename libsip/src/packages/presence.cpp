#include "sip/packages/presence.hpp"

#include <fmt/format.h>

#include "packages/xml.hpp"
#include "sip/syntax/address.hpp"

namespace sip::packages {

namespace {

basic_status basic_from(std::string_view text) noexcept {
    if (text == "open") return basic_status::open;
    if (text == "closed") return basic_status::closed;
    return basic_status::unspecified;
}

std::string tuple_text(presence_tuple const& tuple) {
    auto text = fmt::format("<tuple{}><status>", xml::attribute("id", tuple.id));
    if (tuple.basic != basic_status::unspecified)
        text += xml::element("basic", tuple.basic == basic_status::open ? "open" : "closed");
    text += "</status>";
    if (!tuple.contact.empty()) {
        text += "<contact";
        if (tuple.priority != 0)
            text += fmt::format(" priority=\"{}.{:03}\"", tuple.priority / 1000, tuple.priority % 1000);
        text += fmt::format(">{}</contact>", xml::escaped(tuple.contact));
    }
    for (auto const& note : tuple.notes)
        text += xml::element("note", note);
    if (!tuple.timestamp.empty()) text += xml::element("timestamp", tuple.timestamp);
    return text + "</tuple>\r\n";
}

}  // namespace

basic_status presence::summary() const noexcept {
    auto found = basic_status::unspecified;
    for (auto const& tuple : tuples) {
        if (tuple.basic == basic_status::open) return basic_status::open;
        if (tuple.basic == basic_status::closed) found = basic_status::closed;
    }
    return found;
}

parsed<presence> parse_presence(std::string_view body) {
    pugi::xml_document document;
    auto const root = xml::load(document, body, "presence");
    if (!root) return root.error();
    presence made;
    made.entity = root->attribute("entity").as_string();
    if (made.entity.empty()) return xml::failure(errc::syntax_error, root->offset_debug());
    auto const read_notes = [](pugi::xml_node parent, std::vector<std::string>& notes) {
        return xml::for_each(parent, "note", [&](pugi::xml_node note) {
            notes.push_back(xml::trimmed(note.child_value()));
        });
    };
    bool notes_fit = read_notes(*root, made.notes);
    bool const fits = xml::for_each(*root, "tuple", [&](pugi::xml_node node) {
        presence_tuple tuple;
        tuple.id = node.attribute("id").as_string();
        tuple.basic = basic_from(xml::text_of(xml::child(node, "status"), "basic"));
        tuple.contact = xml::text_of(node, "contact");
        tuple.priority = xml::thousandths(xml::child(node, "contact").attribute("priority").as_string());
        tuple.timestamp = xml::text_of(node, "timestamp");
        notes_fit = read_notes(node, tuple.notes) && notes_fit;
        made.tuples.push_back(std::move(tuple));
    });
    if (!fits || !notes_fit) return xml::failure(errc::too_large);
    return made;
}

std::string to_string(presence const& what) {
    auto text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"{}>\r\n",
        xml::attribute("entity", what.entity)
    );
    for (auto const& tuple : what.tuples)
        text += tuple_text(tuple);
    for (auto const& note : what.notes)
        text += xml::element("note", note);
    return text + "</presence>\r\n";
}

}  // namespace sip::packages
