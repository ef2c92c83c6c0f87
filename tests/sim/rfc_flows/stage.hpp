// The people and servers of the call flows that RFCs print, on a simulated network. A test says what the people do and
// then which messages must have passed, as the RFC numbers them:
//
//     play.follows(
//         "F1 Alice -> Bob INVITE\n"
//         "F2 Bob -> Alice 180 INVITE\n"
//     );
//
// Words behind the message must occur in it; INVITE/200/ACK and BYE/200 stand for the messages of a whole transaction,
// as in RFC 5589. Nothing else may have passed. A message may only come when all messages
// above it that its sender sends or receives have come, and messages that a sender sends at one instant may change
// places: what is checked is the order that the parties know of, not that of lines which have nothing to do with one
// another. A star behind the number frees a message of its order: where no rule gives one. 100 is hop by hop and comes
// as it likes (RFC 3261 16.2, 17.2.1): it must come where it is written, and may come elsewhere.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "sip/proxy/core.hpp"
#include "support/ua_pair.hpp"

namespace test {

using namespace std::chrono_literals;

class stage {
public:
    sim_network net;

    stage() {
        net.on_packet = [this](auto const& p) {
            passed_.push_back({p.sent_at, name_of(p.source), name_of(p.destination), summary(p.text), p.text});
        };
    }

    /// A user agent at 10.0.0.<n>, known there and to the name of its host; `through`: the proxy that serves it.
    phone& person(std::string const& name, std::string const& host, sip::account_config account = {}) {
        auto const address = "10.0.0." + std::to_string(++people_);
        names_[address] = name;
        net.name(host, {address});
        auto made = std::make_unique<phone>(100 + people_, abilities());
        account.replaces = sip::replacement_rule::anybody;  // the RFCs' phones do not ask who takes a call over
        if (account.address_of_record.empty()) account.address_of_record = "sip:" + user_of(name) + "@" + host;
        made->join(net, address + ":5060", std::move(account));
        return *phones_.emplace_back(std::move(made));
    }
    /// A person whose requests go through the proxy at `proxy_address`, with the password "secret-<user>".
    /// `user`: whose telephone it is, where that is somebody else's name; `rank`: ";q=0.5" for one that is tried later.
    phone& subscriber(
        std::string const& name, std::string const& domain, std::string const& proxy_address, std::string user = {},
        std::string rank = {}
    ) {
        if (user.empty()) user = user_of(name);
        sip::account_config account;
        account.address_of_record = "sip:" + user + "@" + domain;
        account.password = "secret-" + user;
        account.contact_params = std::move(rank);
        account.registrar = "sip:" + domain;
        account.route_set = {"sip:" + proxy_address + ";lr"};
        return person(name, user_of(name) + "-host." + domain, std::move(account));
    }
    /// After this time the proxies try telephones of lower rank.
    static constexpr auto no_answer_time = 10s;
    /// A proxy and registrar at this address for this domain; it lets everybody in unless `guards`. Its extension
    /// "sales" leads to Carol.
    sip::proxy::core& server(
        std::string const& name, std::string const& address, std::string const& domain, bool guards = false
    ) {
        sip::proxy::settings settings;
        settings.domains = {domain};
        settings.check = guards ? sip::proxy::authentication::digest : sip::proxy::authentication::none;
        settings.no_answer = no_answer_time;
        settings.nonce_life = 2h;  // no password is asked for twice
        settings.extensions["sales"] = "sip:carol@" + domain;
        for (auto const* user : {"alice", "bob", "carol"})
            settings.users[user] = std::string("secret-") + user;
        names_[address] = name;
        net.name(domain, {address});
        auto& made = *servers_.emplace_back(std::make_unique<machine>(servers_.size() + 500, std::move(settings)));
        net.bind_udp(net.add(made.core, [](sip::event const&) {}), address + ":5060");
        return made.core;
    }
    /// An address where nobody answers, for the ladder.
    void absent(std::string const& name, std::string const& address) { names_[address] = name; }

    void register_one(phone& who) {
        who.command([&](auto now, auto& out) { return who.core.register_account(now, who.account, out); });
        pause();
        forget();
    }
    void register_all() {
        for (auto& each : phones_)
            each->command([&](auto now, auto& out) { return each->core.register_account(now, each->account, out); });
        net.run_for(1s);
        forget();
    }
    /// 150 ms: enough for every message and its answers, too little for a retransmission.
    void pause(sip::duration length = 150ms) { net.run_for(length); }
    void forget() { passed_.clear(); }

    // ---- what people do
    sip::session_id call(phone& caller, std::string const& target, std::string const& offer = "offer") {
        auto const id = caller.invite(target, offer);
        pause();
        return id;
    }
    sip::session_id ring(phone& callee) {
        auto const id = callee.last<sip::incoming_call>().id;
        CHECK_FALSE(callee.ring(id));
        pause();
        return id;
    }
    sip::session_id answer(phone& callee, std::string_view description = "answer") {
        auto const id = callee.last<sip::incoming_call>().id;
        CHECK_FALSE(callee.answer(id, description));
        pause();
        return id;
    }
    /// The call is offered anew by one and taken by the other: hold, resume.
    void renegotiate(phone& from, sip::session_id id, phone& with, sip::session_id other, std::string const& offer) {
        CHECK_FALSE(from.reoffer(id, offer));
        pause();
        CHECK_FALSE(with.answer_offer(other, "answer to " + offer));
        pause();
    }
    void hang_up(phone& who, sip::session_id id) {
        CHECK_FALSE(who.hang_up(id));
        pause();
    }
    /// The transferee accepts, and calls whom it was told to.
    sip::session_id follow_transfer(phone& transferee) {
        auto const asked = transferee.last<sip::transfer_requested>();
        CHECK_FALSE(transferee.command([&](auto now, auto& out) {
            return transferee.core.accept_transfer(now, asked.id, out);
        }));
        pause();
        sip::invite_options options(asked.target.uri);
        options.with_offer("offer");
        for (auto const& [name, value] : asked.target.headers) {
            if (name == "Replaces")
                options.replaces = value;
            else
                options.with_header(name, value);
        }
        if (auto const by = header(asked.request.view().text(), "Referred-By"); !by.empty())
            options.with_header("Referred-By", by);
        return invites(transferee, options);
    }
    sip::session_id invites(phone& who, sip::invite_options const& options) {
        auto const made =
            who.command([&](auto now, auto& out) { return who.core.invite(now, who.account, options, out); });
        pause();
        return made.value();
    }
    sip::subscription_id watches(phone& who, sip::subscribe_options const& options) {
        auto const made =
            who.command([&](auto now, auto& out) { return who.core.subscribe(now, who.account, options, out); });
        pause();
        return made.value();
    }
    /// To call `uri` in the place of this call.
    static sip::refer_options replacing(std::string uri, sip::session_id call) {
        sip::refer_options options(std::move(uri));
        options.replacing(call);
        return options;
    }
    void report(phone& transferee, std::uint16_t status) {
        auto const asked = transferee.last<sip::transfer_requested>();
        CHECK_FALSE(transferee.command([&](auto now, auto& out) {
            return transferee.core.report_transfer(now, asked.id, status, {}, out);
        }));
        pause();
    }
    void refer(phone& who, sip::session_id in, sip::refer_options const& options) {
        CHECK(who.command([&](auto now, auto& out) { return who.core.refer(now, in, options, out); }).has_value());
        pause();
    }
    void refer_outside(phone& who, std::string const& target, sip::refer_options const& options) {
        auto const asked =
            who.command([&](auto now, auto& out) { return who.core.refer_to(now, who.account, target, options, out); });
        CHECK(asked.has_value());
        pause();
    }

    // ---- what must have passed
    void follows(std::string_view ladder) {
        auto const problem = compare(ladder);
        INFO(observed());
        CHECK_MESSAGE(problem.empty(), problem);
        forget();
    }

private:
    struct passed {
        sip::time_point at;
        std::string from, to, what, text;
    };
    struct expected {
        std::string number, from, to, what;
        std::vector<std::string> words;
        bool has_come = false;
        sip::time_point at{};

        [[nodiscard]] bool is_free() const { return number.ends_with('*') || what == "100 INVITE"; }
    };
    struct machine {
        machine(std::uint64_t seed, sip::proxy::settings settings)
            : random(seed), env(surroundings(random)), core(std::move(settings), env, store) {}
        seeded_random random;
        sip::environment env;
        sip::proxy::memory_store store;
        sip::proxy::core core;
    };

    static sip::user_agent_config abilities() {
        sip::user_agent_config config;
        config.methods = {sip::method::refer, sip::method::notify, sip::method::subscribe, sip::method::message};
        config.supported = {"tdialog"};
        config.packages = {{"dialog", "application/dialog-info+xml", {}}};
        return config;
    }
    static std::string user_of(std::string name) {
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        std::erase(name, ' ');
        return name;
    }
    std::string name_of(sip::endpoint const& at) const {
        auto const text = sip::to_string(at.address);
        auto const known = names_.find(text);
        return known == names_.end() ? text : known->second;
    }

    /// A line, or those that a collapsed one stands for.
    static void add(std::vector<expected>& lines, expected const& line) {
        auto const method = line.what.substr(0, line.what.find('/'));
        std::istringstream parts(line.what);
        for (std::string part; std::getline(parts, part, '/');) {
            auto made = line;
            made.what = part;
            if (part == "200" || part == "202") {
                made.what += ' ' + method;
                std::swap(made.from, made.to);
            }
            if (part != method) made.words.clear();
            lines.push_back(std::move(made));
        }
    }
    static std::vector<expected> read(std::string_view ladder) {
        std::vector<expected> lines;
        std::istringstream in{std::string(ladder)};
        for (std::string line; std::getline(in, line);) {
            std::istringstream words(line);
            expected made;
            std::string arrow;
            words >> made.number >> made.from >> arrow >> made.to >> made.what;
            REQUIRE_MESSAGE(arrow == "->", line);
            if (std::isdigit(static_cast<unsigned char>(made.what.front())) != 0) {  // a response names its method
                std::string method;
                words >> method;
                made.what += ' ' + method;
            }
            for (std::string word; words >> word;)
                made.words.push_back(word);
            add(lines, made);
        }
        return lines;
    }
    /// Empty, or the first thing that is wrong.
    [[nodiscard]] std::string compare(std::string_view ladder) const {
        auto lines = read(ladder);
        for (auto const& m : passed_) {
            auto const found = std::ranges::find_if(lines, [&](auto const& line) {
                return !line.has_come && line.from == m.from && line.to == m.to && line.what == m.what;
            });
            if (found == lines.end()) {
                if (m.what == "100 INVITE") continue;
                return "unexpected: " + m.from + " -> " + m.to + ' ' + m.what;
            }
            for (auto line = lines.begin(); line != found && !found->is_free(); ++line)
                if (!line->has_come && !line->is_free() && line->from != m.from && line->to == m.from)
                    return found->number + " came before " + line->number;
            for (auto line = found + 1; line != lines.end() && !found->is_free(); ++line)
                if (line->has_come && !line->is_free() && line->from == m.from && line->at != m.at)
                    return line->number + " came before " + found->number;
            for (auto const& word : found->words)
                if (m.text.find(word) == std::string::npos) return found->number + " lacks " + word;
            found->has_come = true;
            found->at = m.at;
        }
        for (auto const& line : lines)
            if (!line.has_come) return line.number + " is missing";
        return {};
    }
    [[nodiscard]] std::string observed() const {
        std::string text;
        for (auto const& m : passed_)
            text += m.from + " -> " + m.to + ' ' + m.what + '\n';
        return text;
    }

    std::vector<std::unique_ptr<machine>> servers_;
    std::vector<std::unique_ptr<phone>> phones_;
    std::map<std::string, std::string> names_;
    std::vector<passed> passed_;
    unsigned people_ = 0;
};

}  // namespace test
