#include "sip/packages/dialog_info.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "packages/xml.hpp"
#include "sip/syntax/headers/simple.hpp"

namespace sip::packages {

namespace {

constexpr std::array<std::string_view, 5> state_names{"trying", "proceeding", "early", "confirmed", "terminated"};

std::optional<dialog_state> state_from(std::string_view name) noexcept {
    auto const at = std::find(state_names.begin(), state_names.end(), name);
    if (at == state_names.end()) return std::nullopt;
    return static_cast<dialog_state>(at - state_names.begin());
}

dialog_direction direction_from(std::string_view name) noexcept {
    if (name == "initiator") return dialog_direction::initiator;
    if (name == "recipient") return dialog_direction::recipient;
    return dialog_direction::unspecified;
}

std::optional<std::uint32_t> number_from(std::string_view text) noexcept {
    auto const number = parse_number(text);
    return number ? std::optional(*number) : std::nullopt;
}

dialog_party party_from(pugi::xml_node node) {
    auto const identity = xml::child(node, "identity");
    return {
        .identity = xml::trimmed(identity.child_value()),
        .display_name = identity.attribute("display").as_string(),
        .target = xml::child(node, "target").attribute("uri").as_string(),
    };
}

std::string party_text(std::string_view name, dialog_party const& party) {
    if (party == dialog_party{}) return {};
    auto text = fmt::format("<{}>", name);
    if (!party.identity.empty()) {
        text += "<identity";
        if (!party.display_name.empty()) text += xml::attribute("display", party.display_name);
        text += fmt::format(">{}</identity>", xml::escaped(party.identity));
    }
    if (!party.target.empty()) text += fmt::format("<target{}/>", xml::attribute("uri", party.target));
    return text + fmt::format("</{}>", name);
}

std::string dialog_text(dialog_entry const& dialog) {
    auto text = fmt::format("<dialog{}", xml::attribute("id", dialog.id));
    if (!dialog.call_id.empty()) text += xml::attribute("call-id", dialog.call_id);
    if (!dialog.local_tag.empty()) text += xml::attribute("local-tag", dialog.local_tag);
    if (!dialog.remote_tag.empty()) text += xml::attribute("remote-tag", dialog.remote_tag);
    if (dialog.direction != dialog_direction::unspecified)
        text +=
            xml::attribute("direction", dialog.direction == dialog_direction::initiator ? "initiator" : "recipient");
    text += "><state";
    if (!dialog.event.empty()) text += xml::attribute("event", dialog.event);
    if (dialog.code != 0) text += fmt::format(" code=\"{}\"", dialog.code);
    text += fmt::format(">{}</state>", state_names[static_cast<std::size_t>(dialog.state)]);
    if (dialog.duration) text += fmt::format("<duration>{}</duration>", *dialog.duration);
    return text + party_text("local", dialog.local) + party_text("remote", dialog.remote) + "</dialog>\r\n";
}

void put(std::vector<dialog_entry>& list, dialog_entry entry) {
    auto const at = std::find_if(list.begin(), list.end(), [&](auto const& known) { return known.id == entry.id; });
    if (at == list.end())
        list.push_back(std::move(entry));
    else
        *at = std::move(entry);
}

void drop_terminated(std::vector<dialog_entry>& list) {
    std::erase_if(list, [](dialog_entry const& known) { return known.state == dialog_state::terminated; });
}

}  // namespace

parsed<dialog_info> parse_dialog_info(std::string_view body) {
    pugi::xml_document document;
    auto const root = xml::load(document, body, "dialog-info");
    if (!root) return root.error();
    dialog_info info;
    auto const version = number_from(root->attribute("version").as_string());
    std::string_view const state = root->attribute("state").as_string();
    info.entity = root->attribute("entity").as_string();
    if (!version || (state != "full" && state != "partial") || info.entity.empty())
        return xml::failure(errc::syntax_error, root->offset_debug());
    info.version = *version;
    info.is_full = state == "full";
    std::optional<parse_failure> failed;
    bool const fits = xml::for_each(*root, "dialog", [&](pugi::xml_node node) {
        auto const shown = xml::child(node, "state");
        auto const known = state_from(xml::trimmed(shown.child_value()));
        dialog_entry entry;
        entry.id = node.attribute("id").as_string();
        if (!known || entry.id.empty()) {
            if (!failed) failed = xml::failure(errc::syntax_error, node.offset_debug());
            return;
        }
        entry.call_id = node.attribute("call-id").as_string();
        entry.local_tag = node.attribute("local-tag").as_string();
        entry.remote_tag = node.attribute("remote-tag").as_string();
        entry.direction = direction_from(node.attribute("direction").as_string());
        entry.state = *known;
        entry.event = shown.attribute("event").as_string();
        auto const code = number_from(shown.attribute("code").as_string());
        if (code && *code <= 699) entry.code = static_cast<std::uint16_t>(*code);
        entry.duration = number_from(xml::text_of(node, "duration"));
        entry.local = party_from(xml::child(node, "local"));
        entry.remote = party_from(xml::child(node, "remote"));
        info.dialogs.push_back(std::move(entry));
    });
    if (!fits) return xml::failure(errc::too_large);
    if (failed) return *failed;
    return info;
}

std::string to_string(dialog_info const& info) {
    auto text = fmt::format(
        "<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{}\" "
        "state=\"{}\"{}>\r\n",
        info.version, info.is_full ? "full" : "partial", xml::attribute("entity", info.entity)
    );
    for (auto const& dialog : info.dialogs)
        text += dialog_text(dialog);
    return text + "</dialog-info>\r\n";
}

// ---- the notifier's side

void dialog_publisher::set(dialog_entry entry) {
    put(changed_, entry);
    put(dialogs_, std::move(entry));
}

std::string dialog_publisher::write(bool is_full, std::vector<dialog_entry> const& what) {
    auto text = to_string(dialog_info{.version = version_++, .is_full = is_full, .entity = entity_, .dialogs = what});
    changed_.clear();
    drop_terminated(dialogs_);
    return text;
}

std::string dialog_publisher::full() {
    return write(true, std::vector(dialogs_));
}

std::string dialog_publisher::changes() {
    return write(false, std::vector(changed_));
}

// ---- the subscriber's side

dialog_watch::outcome dialog_watch::apply(dialog_info info) {
    if (version_ && info.version <= *version_) return outcome::stale;
    bool const is_next = version_ && info.version == *version_ + 1;
    if (!info.is_full && !is_next) return outcome::incomplete;
    version_ = info.version;
    drop_terminated(dialogs_);
    if (info.is_full) dialogs_.clear();
    for (auto& entry : info.dialogs) {
        bool const is_known =
            std::any_of(dialogs_.begin(), dialogs_.end(), [&](auto const& d) { return d.id == entry.id; });
        if (!is_known && dialogs_.size() >= xml::most_elements) return outcome::incomplete;
        put(dialogs_, std::move(entry));
    }
    return outcome::applied;
}

dialog_state dialog_watch::summary() const noexcept {
    auto most = dialog_state::terminated;
    for (auto const& dialog : dialogs_) {
        if (dialog.state == dialog_state::terminated) continue;
        if (most == dialog_state::terminated || dialog.state > most) most = dialog.state;
    }
    return most;
}

}  // namespace sip::packages
