// Covered: the binding rules of RFC 3261 10.3: adding, refreshing, removing, "*", expires in all its forms, order by
// Call-ID and CSeq, several contacts, all or nothing, limits, failing storage, and who may register what.
#include "proxy_fixture.hpp"
#include "sip/syntax/digest.hpp"

using namespace test;

namespace {

struct registrar_fixture : proxy_fixture {
    using proxy_fixture::proxy_fixture;
    unsigned cseq = 0;

    std::string send(std::string headers, std::string call_id = "reg-1", std::string user = "1001") {
        request r;
        r.method = "REGISTER";
        r.uri = "sip:example.com";
        r.from = r.to = std::move(user);
        r.call_id = std::move(call_id);
        r.cseq = ++cseq;
        r.branch = fmt::format("z9hG4bK{}", cseq);
        r.headers = std::move(headers);
        receive(r);
        return next().text;
    }
    static std::string status(std::string const& response) { return response.substr(8, 3); }
    static text_lines contacts(std::string const& response) { return all_headers(response, "Contact"); }
};

/// A store whose disk is full, when told so.
struct failing_store final : sip::proxy::location_store {
    bool finds = true, writes = true;
    sip::proxy::memory_store inner;
    sip::result<std::vector<sip::proxy::binding>> find(std::string_view user, sip::proxy::wall_time now) override {
        if (!finds) return sip::make_error_code(sip::errc::limit_reached);
        return inner.find(user, now);
    }
    sip::error_code replace(std::string_view user, std::span<sip::proxy::binding const> all) override {
        return writes ? inner.replace(user, all) : sip::make_error_code(sip::errc::limit_reached);
    }
};

}  // namespace

TEST_CASE_FIXTURE(
    registrar_fixture, "A binding is made, listed with its time left, and ends by itself (10.3, 10.2.3)"
) {
    auto response = send("Contact: <sip:1001@10.0.0.1>;expires=60\n");
    CHECK(status(response) == "200");
    CHECK(contacts(response) == text_lines{"<sip:1001@10.0.0.1>;expires=60"});
    CHECK_FALSE(header(response, "Date").empty());
    CHECK(header(response, "Date").ends_with(" GMT"));
    advance(20500ms);
    CHECK(contacts(send("")) == text_lines{"<sip:1001@10.0.0.1>;expires=40"});
    advance(40s);
    CHECK(contacts(send("")) == text_lines{});
}

TEST_CASE_FIXTURE(
    registrar_fixture, "The time is the Contact's, else the request's, else the default, and never above the maximum"
) {
    CHECK(
        contacts(send("Expires: 600\nContact: <sip:a@10.0.0.1>;expires=90, <sip:b@10.0.0.1>\n")) ==
        text_lines{"<sip:a@10.0.0.1>;expires=90", "<sip:b@10.0.0.1>;expires=600"}
    );
    CHECK(contacts(send("Contact: <sip:c@10.0.0.1>\n", "reg-2", "1002")) == text_lines{"<sip:c@10.0.0.1>;expires=300"});
    CHECK(
        contacts(send("Contact: <sip:c@10.0.0.1>;expires=99999\n", "reg-3", "1003")) ==
        text_lines{"<sip:c@10.0.0.1>;expires=3600"}
    );
}

TEST_CASE_FIXTURE(registrar_fixture, "Malformed times count as an hour (10.2.1.1)") {
    CHECK(contacts(send("Contact: <sip:a@10.0.0.1>;expires=soon\n")) == text_lines{"<sip:a@10.0.0.1>;expires=3600"});
    CHECK(contacts(send("Expires: never\nContact: <sip:a@10.0.0.1>\n")) == text_lines{"<sip:a@10.0.0.1>;expires=3600"});
}

TEST_CASE_FIXTURE(registrar_fixture, "Too short a time is refused with the shortest one (423), and changes nothing") {
    auto response = send("Contact: <sip:a@10.0.0.1>, <sip:b@10.0.0.1>;expires=29\n");
    CHECK(status(response) == "423");
    CHECK(header(response, "Min-Expires") == "30");
    CHECK(contacts(send("")) == text_lines{});
    CHECK(status(send("Contact: <sip:a@10.0.0.1>;expires=30\n")) == "200");
}

TEST_CASE_FIXTURE(registrar_fixture, "Expires 0 removes one binding, and one that is not there is no error (10.2.2)") {
    send("Contact: <sip:a@10.0.0.1>, <sip:b@10.0.0.1>\n");
    CHECK(contacts(send("Contact: <sip:a@10.0.0.1>;expires=0\n")) == text_lines{"<sip:b@10.0.0.1>;expires=300"});
    CHECK(status(send("Contact: <sip:zzz@10.0.0.1>;expires=0\n")) == "200");
}

TEST_CASE_FIXTURE(
    registrar_fixture, "\"*\" with Expires 0 removes all, and is refused in any other company (10.3 step 6)"
) {
    send("Contact: <sip:a@10.0.0.1>, <sip:b@10.0.0.1>\n");
    CHECK(status(send("Contact: *\n")) == "400");
    CHECK(status(send("Contact: *\nExpires: 60\n")) == "400");
    CHECK(status(send("Contact: *\nContact: <sip:c@10.0.0.1>\nExpires: 0\n")) == "400");
    CHECK(status(send("Contact: <sip:c@10.0.0.1>, *\nExpires: 0\n")) == "400");
    CHECK(contacts(send("")).size() == 2);
    CHECK(contacts(send("Contact: *\nExpires: 0\n")) == text_lines{});
    CHECK(contacts(send("")) == text_lines{});
}

TEST_CASE_FIXTURE(registrar_fixture, "A request that was overtaken changes nothing (10.3 step 7)") {
    cseq = 10;
    send("Contact: <sip:a@10.0.0.1>;expires=600\n");
    cseq = 5;
    CHECK(status(send("Contact: <sip:a@10.0.0.1>;expires=0\n")) == "500");
    CHECK(status(send("Contact: *\nExpires: 0\n")) == "500");
    CHECK(status(send("Contact: <sip:new@10.0.0.1>, <sip:a@10.0.0.1>;expires=60\n")) == "500");
    CHECK(contacts(send("")) == text_lines{"<sip:a@10.0.0.1>;expires=600"});
    SUBCASE("a phone that restarted has a new Call-ID and may begin again") {
        cseq = 0;
        CHECK(
            contacts(send("Contact: <sip:a@10.0.0.1>;expires=60\n", "reg-after-restart")) ==
            text_lines{"<sip:a@10.0.0.1>;expires=60"}
        );
        CHECK(status(send("Contact: *\nExpires: 0\n", "reg-third")) == "200");
    }
}

TEST_CASE_FIXTURE(registrar_fixture, "Contacts are the same by the rules of URI comparison, not by spelling (19.1.4)") {
    send("Contact: <sip:1001@PHONE.example:5060;transport=udp>\n");
    CHECK(
        contacts(send("Contact: <sip:1001@phone.EXAMPLE:5060;transport=UDP>;expires=60\n")) ==
        text_lines{"<sip:1001@phone.EXAMPLE:5060;transport=UDP>;expires=60"}
    );
    CHECK(contacts(send("Contact: <sip:1001@phone.example:5060;transport=tcp>;expires=60\n")).size() == 2);
}

TEST_CASE_FIXTURE(registrar_fixture, "q is kept (10.2.1.2)") {
    CHECK(
        contacts(send("Contact: <sip:a@10.0.0.1>;q=0.5, <sip:b@10.0.0.1>;q=1.0\n")) ==
        text_lines{"<sip:a@10.0.0.1>;q=0.500;expires=300", "<sip:b@10.0.0.1>;expires=300"}
    );
}

TEST_CASE_FIXTURE(registrar_fixture, "A contact that nobody could call is refused") {
    CHECK(status(send("Contact: <mailto:a@example.com>\n")) == "400");
    CHECK(status(send("Contact: <sip:a@10.0.0.1?Subject=x>\n")) == "400");
    CHECK(status(send("Contact: <sip:a@10.0.0.1;method=BYE>\n")) == "400");
    CHECK(status(send("Contact: <sip:a@@>\n")) == "400");
    CHECK(contacts(send("")) == text_lines{});
}

TEST_CASE("A user has no more contacts than allowed, and can refresh those that are there") {
    auto settings = open_settings();
    settings.max_contacts = 2;
    registrar_fixture f(settings);
    CHECK(f.status(f.send("Contact: <sip:a@10.0.0.1>, <sip:b@10.0.0.1>\n")) == "200");
    CHECK(f.status(f.send("Contact: <sip:c@10.0.0.1>\n")) == "403");
    CHECK(f.status(f.send("Contact: <sip:a@10.0.0.1>\n")) == "200");
    CHECK(f.status(f.send("Contact: <sip:a@10.0.0.1>;expires=0, <sip:c@10.0.0.1>\n")) == "200");
}

TEST_CASE_FIXTURE(registrar_fixture, "Extensions that we lack, strange domains and strange users are refused (10.3)") {
    auto response = send("Require: path, teleport\nContact: <sip:a@10.0.0.1>\n");
    CHECK(status(response) == "420");
    CHECK(header(response, "Unsupported") == "teleport");
    CHECK(status(send("Contact: <sip:a@10.0.0.1>\n", "reg-9", "1009")) == "404");
    request r;
    r.method = "REGISTER";
    r.uri = "sip:example.com";
    r.headers = "Contact: <sip:a@10.0.0.1>\n";
    auto text = r.text();
    text.replace(text.find("To: <sip:1002@example.com>"), 26, "To: <sip:1001@example.org>");
    receive(alice, text);
    CHECK(status(next().text) == "404");
}

TEST_CASE("A store that fails is answered with 500, and the next request works again") {
    failing_store store;
    seeded_random random(5);
    sip::environment env = seeded_environment(random);
    sip::buffer_pool pool;
    auto settings = open_settings();
    sip::proxy::sealer seals("secret", env.hash);
    sip::proxy::registrar registrar(settings, store, seals, env);
    auto send = [&](unsigned cseq) {
        request r;
        r.method = "REGISTER";
        r.cseq = cseq;
        r.headers = "Contact: <sip:a@10.0.0.1>\n";
        auto message = sip::parse_message(pool.copy(r.text()), pool).value();
        auto answer =
            registrar.on_register(pool, message.view(), "1001", "udp 10.0.0.1:5060", sip::proxy::wall_time(1h), "tag");
        return std::string(answer->text().substr(8, 3));
    };
    CHECK(send(1) == "200");
    store.writes = false;
    CHECK(send(2) == "500");
    store.writes = true;
    CHECK(store.inner.find("1001", sip::proxy::wall_time(1h))->at(0).cseq == 1);
    store.finds = false;
    CHECK(send(3) == "500");
    store.finds = true;
    CHECK(send(4) == "200");
}

TEST_CASE("A registration needs its user's own password") {
    proxy_fixture f(guarded_settings());
    auto send = [&](std::string const& user, std::string const& as, std::string const& password,
                    std::string const& nonce) {
        request r;
        r.method = "REGISTER";
        r.uri = "sip:example.com";
        r.from = r.to = user;
        r.branch = fmt::format("z9hG4bK{}{}", user, nonce);
        if (!nonce.empty()) {
            sip::digest_input input;
            input.qop = sip::quality_of_protection::auth;
            input.username = as, input.realm = "example.com", input.password = password;
            input.nonce = nonce, input.cnonce = "c", input.method = "REGISTER", input.uri = "sip:example.com";
            r.headers = "Authorization: " + sip::authorization_value(f.env.hash, input, {}) + "\n";
        }
        r.headers += "Contact: <sip:a@10.0.0.1>\n";
        f.receive(r);
        return f.next().text;
    };
    auto nonce_of = [](std::string const& response) {
        auto challenge = proxy_fixture::all_headers(response, "WWW-Authenticate").at(1);
        return std::string(sip::parse_challenge(challenge).value().nonce);
    };
    auto challenged = send("1001", "", "", "");
    CHECK(challenged.starts_with("SIP/2.0 401"));
    CHECK(proxy_fixture::all_headers(challenged, "WWW-Authenticate").size() == 2);
    auto nonce = nonce_of(challenged);
    CHECK(send("1001", "1001", "secret1001", nonce).starts_with("SIP/2.0 200"));
    CHECK(f.store.find("1001", f.clock.now().wall)->size() == 1);

    auto other = nonce_of(send("1002", "", "", ""));
    CHECK(send("1002", "1001", "secret1001", other).starts_with("SIP/2.0 403"));
    CHECK(f.store.find("1002", f.clock.now().wall)->empty());
}
