#include "conformance/capture/cast.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace conformance {

namespace {

std::string host_of(std::string_view address) {
    return std::string(address.substr(0, address.rfind(':')));
}

class caster {
public:
    caster(const recording& all, const flow& f, const naming& said) : all_(all), flow_(f), said_(said) {}

    std::variant<cast, std::string> run() {
        read_messages();
        for (const auto& [party, address] : said_.addresses)
            if (auto problem = give(party, address)) return *problem;
        find_proxy();
        if (auto problem = find_callers()) return *problem;
        find_third();
        for (const auto& [party, user] : said_.users)
            out_.users.insert_or_assign(party, user);
        for (const auto& party : flow_.parties)
            if (!has_address(party)) out_.unseen.insert(party);
        return std::move(out_);
    }

private:
    struct entry {
        const captured_message* source;
        sip::message message;
        std::string from, to;  ///< nodes
    };

    /// Over TCP a node has a port for each connection: its requests' topmost Via says what it is otherwise (RFC 3261
    /// 18.2.1).
    void read_messages() {
        for (const auto& each : all_.messages) {
            auto parsed = sip::parse_message(pool_.copy(each.text), pool_);
            if (!parsed) continue;
            const auto m = parsed->view();
            if (each.is_stream && m.is_request()) {
                const auto& via = m.top_via();
                node_of_.try_emplace(each.from, fmt::format("{}:{}", host_of(each.from), via.port.value_or(5060)));
            }
            entries_.push_back({&each, *parsed, {}, {}});
        }
        for (auto& each : entries_) {
            each.from = node(each.source->from);
            each.to = node(each.source->to);
        }
    }
    std::string node(const std::string& address) const {
        const auto known = node_of_.find(address);
        return known != node_of_.end() ? known->second : address;
    }

    static std::size_t vias(sip::message_view m) {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& via : m.all<sip::header_id::via>())
            ++count;
        return count;
    }
    static bool is_first_invite(sip::message_view m) {
        return m.is_request() && m.method() == sip::method::invite && m.to_tag().empty();
    }

    /// Every address of the node becomes the party's.
    void give_node(const std::string& party, const std::string& which) {
        for (const auto& each : entries_) {
            if (each.from == which) out_.addresses.try_emplace(each.source->from, party);
            if (each.to == which) out_.addresses.try_emplace(each.source->to, party);
        }
    }
    std::optional<std::string> give(const std::string& party, const std::string& address) {
        if (std::find(flow_.parties.begin(), flow_.parties.end(), party) == flow_.parties.end())
            return fmt::format("flow {} has no party {}", flow_.name, party);
        const auto count = out_.addresses.size();
        for (const auto& each : entries_)
            for (const auto* end : {&each.source->from, &each.source->to})
                if (*end == address || node(*end) == address || host_of(*end) == address)
                    out_.addresses.insert_or_assign(*end, party);
        if (out_.addresses.size() != count) return std::nullopt;
        return fmt::format("no SIP message from or to {} ({}) is in the capture", address, party);
    }
    bool has_address(std::string_view party) const {
        return std::any_of(out_.addresses.begin(), out_.addresses.end(), [&](const auto& a) {
            return a.second == party;
        });
    }
    std::string party_at(const std::string& address) const {
        const auto known = out_.addresses.find(address);
        return known != out_.addresses.end() ? known->second : std::string();
    }

    void find_proxy() {
        if (has_address("P")) return;
        for (const auto& each : entries_) {
            const auto m = each.message.view();
            if (!is_first_invite(m)) continue;
            const auto& which = vias(m) > 1 ? each.from : each.to;
            if (party_at(vias(m) > 1 ? each.source->from : each.source->to).empty()) give_node("P", which);
            return;
        }
    }

    /// The flow's first "X dials Y" is the capture's first INVITE.
    std::optional<std::string> find_callers() {
        const auto dialling = std::find_if(flow_.steps.begin(), flow_.steps.end(), [](const step& s) {
            return s.action && s.action->verb == "dials";
        });
        if (dialling == flow_.steps.end()) return find_single();
        const auto& [caller, callee] = std::tie(dialling->action->party, dialling->action->object);
        const auto first = std::find_if(entries_.begin(), entries_.end(), [&](const entry& each) {
            if (!is_first_invite(each.message.view())) return false;
            const auto whose = party_at(each.source->from);
            return !has_address(caller) || whose == caller || whose == "P";
        });
        if (first == entries_.end())
            return fmt::format(
                "no INVITE that begins a call{} is in the capture", has_address(caller) ? " of " + caller : ""
            );
        const auto m = first->message.view();
        out_.users.try_emplace(caller, m.from().uri.user);
        out_.users.try_emplace(callee, m.to().uri.user);
        for (const auto& each : entries_) {
            const auto other = each.message.view();
            if (!is_first_invite(other) || other.call_id() != m.call_id()) continue;
            if (party_at(each.source->from) != "P") give_if_free(caller, each.from, each.source->from);
            if (party_at(each.source->to) != "P") give_if_free(callee, each.to, each.source->to);
        }
        // Whose INVITE was lost is known by the rest of the call.
        for (const auto& each : entries_)
            if (each.message.view().call_id() == m.call_id())
                give_remaining(has_address(caller) ? callee : caller, each);
        return std::nullopt;
    }
    /// A flow without calls: one phone and its registrar.
    std::optional<std::string> find_single() {
        for (const auto& each : entries_) {
            const auto m = each.message.view();
            if (!m.is_request() || vias(m) > 1) continue;
            for (const auto& party : flow_.parties)
                if (party != "P" && !has_address(party)) {
                    give_node(party, each.from);
                    give_if_free("P", each.to, each.source->to);
                    out_.users.try_emplace(party, m.from().uri.user);
                    return std::nullopt;
                }
        }
        return has_address("P") ? std::nullopt : std::optional<std::string>("no request of a phone is in the capture");
    }
    void give_if_free(const std::string& party, const std::string& which, const std::string& address) {
        if (!has_address(party) && party_at(address).empty()) give_node(party, which);
    }

    void give_remaining(const std::string& party, const entry& each) {
        if (party_at(each.source->to) == "P") give_if_free(party, each.from, each.source->from);
        if (party_at(each.source->from) == "P") give_if_free(party, each.to, each.source->to);
    }

    void find_third() {
        for (const auto& party : flow_.parties) {
            if (party == "P" || out_.users.contains(party)) continue;
            for (const auto& each : entries_) {
                const auto m = each.message.view();
                if (!is_first_invite(m)) continue;
                const bool calls = party_at(each.source->from).empty() || party_at(each.source->from) == party;
                const bool is_called = party_at(each.source->to).empty() || party_at(each.source->to) == party;
                if (!calls && !is_called) continue;
                give_if_free(party, calls ? each.from : each.to, calls ? each.source->from : each.source->to);
                out_.users.try_emplace(party, calls ? m.from().uri.user : m.to().uri.user);
                break;
            }
            find_named(party);
            for (const auto& each : entries_) {
                const auto method = sip::method_from(each.message.view().cseq().method_text);
                if (method != sip::method::register_ && method != sip::method::options) give_remaining(party, each);
            }
        }
    }
    /// A party whose own hop was not captured still has a name: whom a request was for that nobody else is.
    void find_named(const std::string& party) {
        for (const auto& each : entries_) {
            const auto m = each.message.view();
            if (out_.users.contains(party) || !is_first_invite(m)) continue;
            for (const auto user : {m.to().uri.user, m.from().uri.user}) {
                const bool is_taken =
                    std::any_of(out_.users.begin(), out_.users.end(), [&](const auto& u) { return u.second == user; });
                if (!is_taken) out_.users.try_emplace(party, user);
            }
        }
    }

    const recording& all_;
    const flow& flow_;
    const naming& said_;
    sip::buffer_pool pool_;
    std::map<std::string, std::string> node_of_;
    std::vector<entry> entries_;
    cast out_;
};

}  // namespace

std::variant<cast, std::string> find_parties(const recording& all, const flow& f, const naming& said) {
    return caster(all, f, said).run();
}

}  // namespace conformance
