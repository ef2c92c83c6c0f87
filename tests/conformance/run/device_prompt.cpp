// Testers who press the keys of their device themselves, as they are asked to in the terminal.
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "conformance/run/address.hpp"
#include "conformance/run/device_handset.hpp"

namespace conformance {

namespace {

/// What to do on a phone for each verb; {} is the user whom it names.
const std::map<std::string, std::string>& instructions() {
    static const std::map<std::string, std::string> all{
        {"dials", "call {}"},
        {"answers", "answer the call"},
        {"rejects", "reject the call"},
        {"holds", "put the call on hold"},
        {"resumes", "take the call off hold"},
        {"hangs-up", "hang up"},
        {"transfers-to", "transfer the call to {} without asking first (blind)"},
        {"completes-transfer", "complete the transfer: join the party on hold and the one you talk with"},
        {"forwards-always-to", "switch on forwarding of every call to {}"},
        {"forwards-when-busy-to", "switch on forwarding to {} when busy"},
        {"forwards-when-unanswered-to", "switch on forwarding to {} when nobody answers, after one or two rings"},
        {"conferences", "make a conference of your two calls"},
        {"splits", "split the conference into two calls again"},
        {"registers", "register again (many phones do when the account is saved)"},
        {"unregisters", "switch the account off, so that the phone unregisters"},
        {device_verb::takes_no_call, "make it busy: do not disturb, with 486 as the answer to calls"},
        {device_verb::has_one_line, "switch call waiting off, so that a second call finds it busy"}};
    return all;
}

/// The device's flow so far: what has to be undone when it is over.
struct at_the_terminal {
    handset_setting setting;
    std::string flow;
    bool has_set_something = false;

    std::optional<std::string> ask(const std::string& what) const {
        fmt::print("[flow {}, your device as {}] {}; then press Enter: ", flow, setting.party, what);
        std::fflush(stdout);
        std::string line;
        if (!std::getline(std::cin, line)) return "nobody is at the terminal to work the device";
        if (line.empty()) return std::nullopt;
        return fmt::format("your device cannot: {}", line);
    }
    std::optional<std::string> start() const {
        const auto& authority = setting.authority_file;
        return ask(fmt::format(
            "make sure that it is registered as user {} with password {} at {} over {}{}, without a call (if something "
            "cannot be done, now or later, write why before Enter)",
            setting.user, setting.password, host_port(setting.host, setting.proxy_port), setting.transport,
            authority.empty() ? "" : fmt::format(" (whose certificate {} signed)", authority)
        ));
    }
    std::optional<std::string> end() const {
        return ask(
            has_set_something ? "the flow is over: hang up, and switch off what you switched on for it"
                              : "the flow is over: hang up if a call is left"
        );
    }
    std::optional<std::string> act(const std::string& verb, const std::string& object) {
        if (verb == device_verb::starts) return start();
        if (verb == device_verb::ends) return end();
        const auto known = instructions().find(verb);
        if (known == instructions().end()) return fmt::format("nobody knows how a user '{}'", verb);
        has_set_something = has_set_something || verb.starts_with("forwards-") || verb == device_verb::takes_no_call ||
                            verb == device_verb::has_one_line || verb == "unregisters";
        return ask(fmt::format(fmt::runtime(known->second), object));
    }
};

}  // namespace

device_user user_at_the_terminal(const handset_setting& setting, const flow& f) {
    return [here = std::make_shared<at_the_terminal>(at_the_terminal{setting, f.name}
            )](const std::string& verb, const std::string& object) { return here->act(verb, object); };
}

}  // namespace conformance
