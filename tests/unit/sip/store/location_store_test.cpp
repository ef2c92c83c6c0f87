// Covered: both location stores through one set of tests; for SQLite also a restart, the secret, files of older and
// newer versions, a file that is not a database, a folder that does not exist, and that a failed write changes nothing.
// Not covered: a kill in the middle (tests/loopback/sip_proxy_killed.py).
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "sip/proxy/location_store.hpp"
#include "sip/store/sqlite_store.hpp"

using namespace sip::proxy;
using namespace std::chrono_literals;

namespace {

wall_time const now{std::chrono::hours(500000)};

binding at(std::string contact, std::chrono::seconds life = 60s) {
    return {std::move(contact), 700, now + life, "call-id", 4000000000u, "tcp 10.0.0.1:40000"};
}

/// The same contact over one flow of a phone (RFC 5626).
binding flow(std::uint32_t reg_id) {
    auto one = at("sip:phone@10.0.0.1");
    one.path = "<sip:a;lr>, <sip:b;lr;ob>";
    one.params = ";+sip.instance=\"<urn:x>\";reg-id=" + std::to_string(reg_id);
    one.instance = "urn:x";
    one.reg_id = reg_id;
    one.refreshed = now + std::chrono::microseconds(reg_id);
    return one;
}

/// A file in a folder of its own, gone with the test.
struct temporary_file {
    std::filesystem::path folder = std::filesystem::temp_directory_path() /
                                   ("offhook-store-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
    std::string path = (folder / "location.db").string();
    temporary_file() { std::filesystem::create_directories(folder); }
    temporary_file(temporary_file const&) = delete;
    temporary_file& operator=(temporary_file const&) = delete;
    ~temporary_file() { std::filesystem::remove_all(folder); }
};

std::unique_ptr<sqlite_store> open(std::string const& path) {
    std::string why;
    auto store = sqlite_store::open(path, why);
    REQUIRE_MESSAGE(store, why);
    return store;
}

void check_store(location_store& store) {
    CHECK(store.find("1001", now)->empty());
    binding const both[] = {at("sip:a"), at("sip:b;x=\"'; DROP TABLE bindings; --\"", 10s)};
    CHECK_FALSE(store.replace("1001", both));
    CHECK(*store.find("1001", now) == std::vector<binding>(std::begin(both), std::end(both)));
    CHECK(store.find("1002", now)->empty());
    // A binding ends by itself, at its second.
    CHECK(store.find("1001", now + 9s)->size() == 2);
    CHECK(store.find("1001", now + 10s)->size() == 1);
    CHECK(store.find("1001", now + 60s)->empty());
    // The new list takes the place of the old one.
    binding const one[] = {at("sip:c")};
    CHECK_FALSE(store.replace("1001", one));
    CHECK(store.find("1001", now)->size() == 1);
    CHECK_FALSE(store.replace("1001", {}));
    CHECK(store.find("1001", now)->empty());
    // A contact may be there once for each flow.
    binding const flows[] = {flow(1), flow(2), at("sip:phone@10.0.0.1")};
    CHECK_FALSE(store.replace("1001", flows));
    auto found = *store.find("1001", now);
    CHECK(found.size() == 3);
    for (auto const& each : flows)
        CHECK(std::count(found.begin(), found.end(), each) == 1);
    CHECK_FALSE(store.replace("1001", {}));
    // Names are bytes, not patterns.
    CHECK_FALSE(store.replace(std::string_view("a\0b", 3), one));
    CHECK(store.find("a", now)->empty());
    CHECK(store.find(std::string_view("a\0b", 3), now)->size() == 1);
}

}  // namespace

TEST_CASE("The store in memory keeps what it is given, until it expires") {
    memory_store store;
    check_store(store);
}

TEST_CASE("The store in SQLite keeps what it is given, until it expires") {
    check_store(*open(":memory:"));
    temporary_file file;
    check_store(*open(file.path));
}

TEST_CASE("A restart loses no registration") {
    temporary_file file;
    binding const one[] = {at("sip:1001@10.0.0.1")};
    CHECK_FALSE(open(file.path)->replace("1001", one));
    CHECK(*open(file.path)->find("1001", now) == std::vector<binding>(std::begin(one), std::end(one)));
}

TEST_CASE("The secret is drawn once for a file, and each file has its own") {
    temporary_file file, other;
    std::uint64_t count = 0;
    sip::random_source const random{
        [](void* context) { return ++*static_cast<std::uint64_t*>(context) << 56; }, &count};
    auto const first = *open(file.path)->secret(random);
    CHECK(first.size() == 32);  // NUL bytes and all
    CHECK(*open(file.path)->secret(random) == first);
    CHECK(*open(other.path)->secret(random) != first);
}

TEST_CASE("A file of version 1, which knew neither Path nor flows, keeps its bindings") {
    temporary_file file;
    sqlite3* database = nullptr;
    sqlite3_open(file.path.c_str(), &database);
    auto const made = sqlite3_exec(
        database,
        "CREATE TABLE bindings (user TEXT NOT NULL, contact TEXT NOT NULL, q_milli INTEGER NOT NULL, expires INTEGER "
        "NOT "
        "NULL, call_id TEXT NOT NULL, cseq INTEGER NOT NULL, received TEXT NOT NULL, PRIMARY KEY (user, contact)) "
        "WITHOUT ROWID; INSERT INTO bindings VALUES ('1001', 'sip:a', 700, 1800000060, 'call-id', 4000000000, 'tcp "
        "10.0.0.1:40000'); PRAGMA user_version=1",
        nullptr, nullptr, nullptr
    );
    sqlite3_close(database);
    REQUIRE(made == SQLITE_OK);
    for (int opened = 0; opened < 2; ++opened)
        CHECK(*open(file.path)->find("1001", now) == std::vector<binding>{at("sip:a")});
}

TEST_CASE("All of the bindings are replaced, or none") {
    temporary_file file;
    auto store = open(file.path);
    binding const before[] = {at("sip:before")};
    CHECK_FALSE(store->replace("1001", before));
    // The same contact twice breaks the table's key in the middle of the change.
    binding const twice[] = {at("sip:after"), at("sip:after")};
    CHECK(store->replace("1001", twice));
    CHECK(*store->find("1001", now) == std::vector<binding>(std::begin(before), std::end(before)));
    CHECK_FALSE(store->replace("1002", before));  // the next change works again
}

TEST_CASE("What cannot be a database is refused with a reason, and left as it is") {
    temporary_file file;
    std::string why;
    SUBCASE("a text file") {
        std::ofstream(file.path) << "this is the story of a file that was no database at all";
        CHECK_FALSE(sqlite_store::open(file.path, why));
        CHECK(why == "file is not a database");
        CHECK(std::filesystem::file_size(file.path) == 55);
    }
    SUBCASE("a folder that does not exist") {
        CHECK_FALSE(sqlite_store::open((file.folder / "none" / "x.db").string(), why));
        CHECK(why == "unable to open database file");
    }
    SUBCASE("a file of a newer version") {
        open(file.path).reset();
        sqlite3* database = nullptr;
        sqlite3_open(file.path.c_str(), &database);
        sqlite3_exec(database, "PRAGMA user_version=99", nullptr, nullptr, nullptr);
        sqlite3_close(database);
        CHECK_FALSE(sqlite_store::open(file.path, why));
        CHECK(why == "the file was written by a newer version of this program");
    }
}
