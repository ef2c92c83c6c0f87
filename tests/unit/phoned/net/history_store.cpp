// Covers: the call lists' file: what is written is read again, also after the program was killed in the middle of it;
// bounds, texts of any kind, files that cannot be used. Not here: what is written when (phone/features.cpp).
#include <doctest/doctest.h>

#include <csignal>
#include <fstream>

#include <sys/wait.h>
#include <unistd.h>

#include "phoned/net/history_store.hpp"
#include "support/temporary_folder.hpp"

using namespace std::chrono_literals;
using phoned::history_entry;
using phoned::history_kind;
using phoned::net::history_store;

namespace {

struct store_in_folder {
    test::temporary_folder folder;
    [[nodiscard]] std::string path() const { return folder.path + "/history"; }
    [[nodiscard]] std::unique_ptr<history_store> open() const {
        std::string why;
        auto made = history_store::open(path(), why);
        CAPTURE(why);
        REQUIRE(made);
        return made;
    }
};

history_entry entry(history_kind kind, std::string remote = "sip:1002@example.org") {
    history_entry out{};
    out.kind = kind;
    out.account = 3;
    out.remote = std::move(remote);
    out.remote_name = "B\xC3\xBC'--";
    out.began = phoned::wall_time(1717763696123456us);
    out.sip_code = 486;
    out.cause = "Busy Here";
    return out;
}

}  // namespace

TEST_CASE_FIXTURE(
    store_in_folder, "entries are read as they were written, newest first, after the file was opened again"
) {
    {
        auto store = open();
        auto first = entry(history_kind::missed);
        first.id = store->add(first);
        auto second = entry(history_kind::dialled, std::string("with\0zero", 9));
        second.id = store->add(second);
        CHECK(second.id == first.id + 1);
        first.kind = history_kind::received;
        first.talked = 1234ms;
        store->update(first);
    }
    auto store = open();
    const auto all = store->newest(std::nullopt, 10);
    REQUIRE(all.size() == 2);
    CHECK(all[0].remote == std::string("with\0zero", 9));
    CHECK_FALSE(all[0].talked);
    CHECK(all[1].kind == history_kind::received);
    CHECK(all[1].talked == 1234ms);
    CHECK(all[1].account == 3);
    CHECK(all[1].remote_name == "B\xC3\xBC'--");
    CHECK(all[1].began == phoned::wall_time(1717763696123456us));
    CHECK(all[1].sip_code == 486);
    CHECK(all[1].cause == "Busy Here");
    CHECK(store->newest(std::nullopt, 1).size() == 1);
    CHECK(store->newest(history_kind::missed, 10).empty());
    CHECK(store->count(history_kind::dialled) == 1);
    store->clear();
    CHECK(store->newest(std::nullopt, 10).empty());
    CHECK(store->add(entry(history_kind::missed)) > all[0].id);  // numbers are not used again
}

TEST_CASE_FIXTURE(store_in_folder, "the newest entries are kept, no more than that") {
    auto store = open();
    for (unsigned i = 0; i < history_store::most_entries + 20; ++i)
        REQUIRE(store->add(entry(history_kind::missed)) == i + 1);
    const auto all = store->newest(std::nullopt, 10000);
    CHECK(all.size() == history_store::most_entries);
    CHECK(all.front().id == history_store::most_entries + 20);
}

TEST_CASE_FIXTURE(store_in_folder, "whoever is killed while writing loses nothing that was written") {
    for (int round = 0; round < 5; ++round) {
        int pipe_ends[2];
        REQUIRE(::pipe(pipe_ends) == 0);
        const auto child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            std::string why;
            auto store = history_store::open(path(), why);
            while (store) {
                const auto id = store->add(entry(history_kind::missed));
                if (::write(pipe_ends[1], &id, sizeof id) < 0) ::_exit(1);
            }
            ::_exit(2);
        }
        ::close(pipe_ends[1]);
        std::int64_t last = 0;
        for (int count = 0; count < 20 + round; ++count)
            REQUIRE(::read(pipe_ends[0], &last, sizeof last) > 0);
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(pipe_ends[0]);
        auto store = open();
        const auto all = store->newest(std::nullopt, 10000);
        REQUIRE_FALSE(all.empty());
        CHECK(all.front().id >= last);
        for (std::size_t i = 1; i < all.size(); ++i)
            CHECK(all[i].id + 1 == all[i - 1].id);
    }
}

TEST_CASE_FIXTURE(
    store_in_folder, "a file that is none, of a newer version, or out of reach is told apart and left alone"
) {
    std::string why;
    { std::ofstream(path()) << std::string(5000, 'x'); }
    CHECK(history_store::open(path(), why) == nullptr);
    CHECK(why == "file is not a database");
    CHECK(std::ifstream(path()).get() == 'x');
    CHECK(history_store::open(folder.path + "/missing/history", why) == nullptr);
    CHECK(why == "unable to open database file");
}
