// Covers: events against Kamailio's event server: registration, PUBLISH and SUBSCRIBE with MD5 and with SHA-256 digest;
// message-summary and dialog from one user's PUBLISH to another's NOTIFY; 489, 423, refresh, unsubscribing.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include "conformance/run/child.hpp"
#include "conformance/run/port_block.hpp"
#include "sip/net/user_agent.hpp"
#include "sip/packages/dialog_info.hpp"
#include "sip/packages/message_summary.hpp"
#include "support/kamailio.hpp"
#include "support/temporary_folder.hpp"

using namespace std::chrono_literals;
using namespace sip::packages;

namespace {

using test::replace_all;

constexpr auto patience = 10s;

/// Kamailio with the configuration beside this file, in a folder of its own.
class event_server {
public:
    explicit event_server(std::string const& algorithm) {
        REQUIRE(ports.first() != 0);
        auto const modules = test::kamailio_modules();
        REQUIRE_MESSAGE(!modules.empty(), "Kamailio's modules are not installed");
        std::filesystem::copy("/usr/share/kamailio/dbtext/kamailio", folder.path + "/tables");
        std::ifstream in(OFFHOOK_KAMAILIO_CFG);
        std::string text((std::istreambuf_iterator<char>(in)), {});
        REQUIRE(!text.empty());
        text = replace_all(std::move(text), "@PORT@", std::to_string(ports.first()));
        text = replace_all(std::move(text), "@MODULES@", modules);
        text = replace_all(std::move(text), "@ALGORITHM@", algorithm);
        text = replace_all(std::move(text), "@FOLDER@", folder.path);
        std::ofstream(folder.path + "/kamailio.cfg") << text;
        process = conformance::child::start(
            {"kamailio", "-f", folder.path + "/kamailio.cfg", "-DD", "-E", "-m", "32", "-M", "8", "-w", folder.path,
             "-Y", folder.path, "-P", folder.path + "/kamailio.pid"},
            folder.path + "/kamailio.log"
        );
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(ports.first()); }

    test::temporary_folder folder;
    conformance::port_block ports;
    conformance::child process;
};

/// A user agent with one account, and the list of what it was told.
class user {
public:
    user(boost::asio::io_context& io, event_server const& server, std::string const& name)
        : loop(io), agent(io.get_executor(), config()) {
        REQUIRE(agent.listen({*sip::ip_address::from("127.0.0.1"), 0, sip::transport_kind::udp}).has_value());
        sip::account_config settings;
        settings.address_of_record = "sip:" + name + "@127.0.0.1:" + std::to_string(server.ports.first());
        settings.registrar = "sip:" + server.address();
        settings.route_set = {"sip:" + server.address() + ";lr"};
        settings.password = "secret" + name;
        account = *agent.add_account(settings);
        agent.on_event([this](sip::event const& what) { heard.push_back(what); });
    }

    /// The next event of this kind that satisfies `fits`; those before it are passed over.
    template <class Event, class Fits>
    Event wait_for(Fits fits) {
        auto const give_up = std::chrono::steady_clock::now() + patience;
        loop.restart();
        for (;;) {
            for (; next < heard.size(); ++next)
                if (auto const* found = std::get_if<Event>(&heard[next]); found != nullptr && fits(*found)) {
                    ++next;
                    return *found;
                }
            REQUIRE(std::chrono::steady_clock::now() < give_up);
            loop.run_one_for(20ms);
            if (loop.stopped()) loop.restart();
        }
    }
    template <class Event>
    Event wait_for() {
        return wait_for<Event>([](Event const&) { return true; });
    }
    void register_now() {
        REQUIRE(!account.start_registering());
        auto const done = wait_for<sip::registration_changed>([](auto const& change) {
            return change.state == sip::registration_state::registered ||
                   change.state == sip::registration_state::failed;
        });
        CHECK(done.state == sip::registration_state::registered);
        CHECK(done.status == 200);
    }

    boost::asio::io_context& loop;
    sip::net::user_agent agent;
    sip::net::account account;
    std::vector<sip::event> heard;
    std::size_t next = 0;

private:
    static sip::user_agent_config config() {
        sip::user_agent_config made;
        made.methods = {sip::method::notify};
        return made;
    }
};

void watch_and_publish(std::string const& algorithm) {
    event_server server(algorithm);
    boost::asio::io_context loop;
    user publisher(loop, server, "1001"), watcher(loop, server, "1002");
    // Kamailio may still be starting: the first REGISTER is repeated until it answers.
    publisher.register_now();
    watcher.register_now();
    auto const whom = "sip:1001@" + server.address();

    SUBCASE("message-summary") {
        sip::subscribe_options options(whom, std::string(message_summary::event));
        options.accepting(std::string(message_summary::content_type));
        auto subscription = *watcher.account.subscribe(options);
        watcher.wait_for<sip::notification>();

        message_summary const mailbox{true, whom, {{"Voice-Message", 2, 8, 0, 2}}};
        sip::publish_options state(
            whom, std::string(message_summary::event), {std::string(message_summary::content_type), to_string(mailbox)}
        );
        auto published = *publisher.account.publish(state);
        CHECK(publisher.wait_for<sip::publication_changed>().state == sip::publication::state::published);
        auto const told =
            watcher.wait_for<sip::notification>([](auto const& n) { return !n.request.view().body().empty(); });
        auto const read = parse_message_summary(told.request.view().body());
        REQUIRE(read.has_value());
        CHECK(read->waiting);
        REQUIRE(read->of("Voice-Message") != nullptr);
        CHECK(read->of("Voice-Message")->fresh == 2);

        // A change, over the entity tag.
        CHECK(!published.modify(message_summary::content_type, to_string(message_summary{false, whom, {}})));
        auto const emptied = watcher.wait_for<sip::notification>();
        CHECK(!parse_message_summary(emptied.request.view().body())->waiting);

        CHECK(!subscription.refresh());
        watcher.wait_for<sip::notification>();
        CHECK(!subscription.leave());
        watcher.wait_for<sip::subscription_ended>();
        CHECK(watcher.agent.live().subscriptions == 0);
        CHECK(!published.remove());
        publisher.wait_for<sip::publication_changed>([](auto const& change) {
            return change.state == sip::publication::state::ended;
        });
    }
    SUBCASE("dialog") {
        sip::subscribe_options options(whom, std::string(dialog_info::event));
        options.accepting(std::string(dialog_info::content_type));
        auto subscription = *watcher.account.subscribe(options);
        watcher.wait_for<sip::notification>();

        dialog_publisher lamp(whom);
        dialog_entry call;
        call.id = "call-1";
        call.direction = dialog_direction::recipient;
        sip::net::publication published;
        for (auto const state : {dialog_state::early, dialog_state::confirmed, dialog_state::terminated}) {
            call.state = state;
            lamp.set(call);
            auto const body = lamp.full();
            if (published)
                CHECK(!published.modify(dialog_info::content_type, body));
            else
                published = *publisher.account.publish(
                    {whom, std::string(dialog_info::event), {std::string(dialog_info::content_type), body}}
                );
            auto const told = watcher.wait_for<sip::notification>([&](auto const& n) {
                auto const read = parse_dialog_info(n.request.view().body());
                return read && !read->dialogs.empty() && read->dialogs[0].state == state;
            });
            CHECK(parse_dialog_info(told.request.view().body())->dialogs[0].id == "call-1");
        }
    }
    SUBCASE("refusals") {
        sip::subscribe_options brief(whom, std::string(message_summary::event));
        brief.lasting(10);
        auto first = *watcher.account.subscribe(brief);
        // 423 is answered by itself, with what Kamailio asks for.
        watcher.wait_for<sip::notification>();
        sip::subscribe_options unknown(whom, "no-such-package");
        unknown.renew = false;
        auto second = *watcher.account.subscribe(unknown);
        CHECK(watcher.wait_for<sip::subscription_ended>().status == 489);
    }
}

}  // namespace

TEST_CASE(
    "md5: Kamailio's event server and we understand each other (RFC 6665, RFC 3903, RFC 3842 3.5, 3.9, RFC 4235 3.5, "
    "3.8)"
) {
    watch_and_publish("MD5");
}

TEST_CASE("sha256: the same with SHA-256 digest (RFC 8760)") {
    watch_and_publish("SHA-256");
}
