#include "sip/packages/dialog_info.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "packages/entries.hpp"
#include "packages/xml.hpp"
#include "sip/syntax/uri.hpp"

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
    auto const target = xml::child(node, "target");
    dialog_party party{
        .identity = xml::trimmed(identity.child_value()),
        .display_name = identity.attribute("display").as_string(),
        .target = target.attribute("uri").as_string(),
    };
    // A target with more parameters than any Contact has loses the rest.
    (void)xml::for_each(target, "param", [&](pugi::xml_node param) {
        party.target_params.emplace_back(param.attribute("pname").as_string(), param.attribute("pval").as_string());
    });
    return party;
}

std::string party_text(std::string_view name, dialog_party const& party) {
    if (party == dialog_party{}) return {};
    auto text = fmt::format("<{}>", name);
    if (!party.identity.empty()) {
        text += "<identity";
        if (!party.display_name.empty()) text += xml::attribute("display", party.display_name);
        text += fmt::format(">{}</identity>", xml::escaped(party.identity));
    }
    if (!party.target.empty()) {
        text += fmt::format("<target{}>", xml::attribute("uri", party.target));
        for (auto const& [name_of_param, value] : party.target_params)
            text += fmt::format("<param{}{}/>", xml::attribute("pname", name_of_param), xml::attribute("pval", value));
        text += "</target>";
    }
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
    if (dialog.replaces != replaced_dialog{})
        text += fmt::format(
            "<replaces{}{}{}/>", xml::attribute("call-id", dialog.replaces.call_id),
            xml::attribute("local-tag", dialog.replaces.local_tag),
            xml::attribute("remote-tag", dialog.replaces.remote_tag)
        );
    if (!dialog.referred_by.empty()) text += xml::element("referred-by", dialog.referred_by);
    return text + party_text("local", dialog.local) + party_text("remote", dialog.remote) + "</dialog>\r\n";
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
        auto const replaces = xml::child(node, "replaces");
        entry.replaces = {
            .call_id = replaces.attribute("call-id").as_string(),
            .local_tag = replaces.attribute("local-tag").as_string(),
            .remote_tag = replaces.attribute("remote-tag").as_string(),
        };
        entry.referred_by = xml::text_of(node, "referred-by");
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

bool advance(dialog_entry& dialog, dialog_trigger trigger, std::uint16_t code) {
    auto const become = [&](dialog_state state, std::string_view event = {}) {
        dialog.state = state;
        dialog.event = event;
        dialog.code = code;
        return true;
    };
    bool const is_up = dialog.state == dialog_state::confirmed;
    if (dialog.state == dialog_state::terminated) return false;
    switch (trigger) {
        case dialog_trigger::provisional_without_tag:
            return dialog.state == dialog_state::trying && become(dialog_state::proceeding);
        case dialog_trigger::provisional:
            return dialog.state < dialog_state::early && become(dialog_state::early);
        case dialog_trigger::answered:
            return !is_up && become(dialog_state::confirmed);
        case dialog_trigger::cancelled:
            return !is_up && become(dialog_state::terminated, "cancelled");
        case dialog_trigger::rejected:
            return !is_up && become(dialog_state::terminated, "rejected");
        case dialog_trigger::replaced:
            return dialog.state >= dialog_state::early && become(dialog_state::terminated, "replaced");
        case dialog_trigger::error:
            return is_up && become(dialog_state::terminated, "error");
        case dialog_trigger::timeout:
            return is_up && become(dialog_state::terminated, "timeout");
        case dialog_trigger::local_bye:
            return is_up && become(dialog_state::terminated, "local-bye");
        case dialog_trigger::remote_bye:
            return is_up && become(dialog_state::terminated, "remote-bye");
    }
    return false;
}

dialog_entry virtual_dialog(std::vector<dialog_entry> const& dialogs) {
    bool const is_busy = std::any_of(dialogs.begin(), dialogs.end(), [](dialog_entry const& dialog) {
        return dialog.state != dialog_state::terminated;
    });
    dialog_entry made;
    made.id = "1";
    made.state = is_busy ? dialog_state::confirmed : dialog_state::terminated;
    return made;
}

bool dialog_selection::admits(dialog_entry const& dialog) const {
    auto const fits = [](std::string const& wanted, std::string const& is) { return wanted.empty() || wanted == is; };
    if (!fits(call_id, dialog.call_id) || !fits(local_tag, dialog.local_tag) || !fits(remote_tag, dialog.remote_tag))
        return false;
    // Whoever asks for a dialog by name is told of it, its own or not.
    if (subscriber.empty() || !call_id.empty()) return true;
    auto const own = parse_uri(subscriber), target = parse_uri(dialog.remote.target);
    return !own || !target || !equivalent(*own, *target);
}

parsed<dialog_selection> dialog_selection_from(token_params_view const& event, std::string subscriber) {
    dialog_selection made{
        .call_id = std::string(event.params.value("call-id")),
        .local_tag = std::string(event.params.value("to-tag")),
        .remote_tag = std::string(event.params.value("from-tag")),
        .subscriber = std::move(subscriber),
    };
    // 3.2: a dialog is named by all three, what one INVITE of ours has made by the first two.
    if (made.call_id.empty() != made.local_tag.empty() || (made.call_id.empty() && !made.remote_tag.empty()))
        return xml::failure(errc::syntax_error);
    return made;
}

bool dialog_publisher::set(dialog_entry entry) {
    if (!selection_.admits(entry)) return false;
    put(changed_, entry);
    put(dialogs_, std::move(entry));
    return true;
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

namespace {

/// 4.1.6.1 and 4.1.6.2: what a later document does not repeat is as it was.
void inherit(dialog_party& party, dialog_party const& known) {
    if (party.identity.empty()) {
        party.identity = known.identity;
        party.display_name = known.display_name;
    }
    if (party.target.empty()) {
        party.target = known.target;
        party.target_params = known.target_params;
    }
}

}  // namespace

dialog_watch::outcome dialog_watch::apply(dialog_info info) {
    auto result = order_.next(info.version, info.is_full);
    if (result == outcome::stale) return result;
    drop_terminated(dialogs_);
    if (info.is_full) dialogs_.clear();
    for (auto& entry : info.dialogs) {
        auto const known =
            std::find_if(dialogs_.begin(), dialogs_.end(), [&](auto const& dialog) { return dialog.id == entry.id; });
        if (known == dialogs_.end()) {
            if (dialogs_.size() >= xml::most_elements) {
                result = outcome::incomplete;
                continue;
            }
            dialogs_.push_back(std::move(entry));
            continue;
        }
        inherit(entry.local, known->local);
        inherit(entry.remote, known->remote);
        *known = std::move(entry);
    }
    return result;
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
