#include "sip/store/sqlite_store.hpp"

#include <sqlite3.h>

namespace sip::proxy {
namespace {

std::int64_t seconds(wall_time at) {
    return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

// SQLITE_STATIC: the texts live until the statement is reset, which happens in the same function.
void bind_text(sqlite3_stmt* statement, int index, std::string_view text) {
    sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

std::string text_at(sqlite3_stmt* statement, int column) {
    auto const* text = static_cast<char const*>(sqlite3_column_blob(statement, column));
    return text == nullptr ? std::string()
                           : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

/// Makes a statement usable again whichever way the function is left.
struct reset_later {
    sqlite3_stmt* statement;
    explicit reset_later(sqlite3_stmt* s) : statement(s) {}
    reset_later(reset_later const&) = delete;
    reset_later& operator=(reset_later const&) = delete;
    ~reset_later() { sqlite3_reset(statement); }
};

// The user_version of the file that this code writes.
constexpr int schema_version = 2;

// A contact stands once for each instance and flow (RFC 5626 6).
constexpr char const* create_tables =
    "CREATE TABLE IF NOT EXISTS bindings (user TEXT NOT NULL, contact TEXT NOT NULL, q_milli INTEGER NOT NULL, expires "
    "INTEGER NOT NULL, call_id TEXT NOT NULL, cseq INTEGER NOT NULL, received TEXT NOT NULL, path TEXT NOT NULL, "
    "params TEXT NOT NULL, instance TEXT NOT NULL, reg_id INTEGER NOT NULL, refreshed INTEGER NOT NULL, "
    "PRIMARY KEY (user, contact, instance, reg_id)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;";

// Version 1 knew neither Path nor flows.
constexpr char const* migrate_from_1 =
    "INSERT INTO bindings SELECT user, contact, q_milli, expires, call_id, cseq, received, '', '', '', 0, 0 FROM "
    "bindings_1; DROP TABLE bindings_1;";

}  // namespace

void sqlite_store::closer::operator()(sqlite3* database) const noexcept {
    sqlite3_close_v2(database);
}
void sqlite_store::closer::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}
sqlite_store::~sqlite_store() = default;

bool sqlite_store::run(char const* sql) {
    return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

sqlite_store::statement sqlite_store::prepare(char const* sql) {
    sqlite3_stmt* made = nullptr;
    sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    return statement(made);
}

std::unique_ptr<sqlite_store> sqlite_store::open(std::string const& path, std::string& why) {
    std::unique_ptr<sqlite_store> store(new sqlite_store);
    sqlite3* database = nullptr;
    int opened = sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    store->database_.reset(database);
    if (opened != SQLITE_OK) {
        why = database == nullptr ? "out of memory" : sqlite3_errmsg(database);
        return nullptr;
    }
    sqlite3_busy_timeout(database, 1000);

    // WAL with synchronous=NORMAL: a killed proxy loses nothing. After a power failure the newest registrations may be
    // missing; their phones refresh them.
    auto version = store->prepare("PRAGMA user_version");
    int found = version && sqlite3_step(version.get()) == SQLITE_ROW ? sqlite3_column_int(version.get(), 0) : -1;
    version.reset();
    if (found > schema_version) {
        why = "the file was written by a newer version of this program";
        return nullptr;
    }
    bool ready = found >= 0 && store->run("PRAGMA journal_mode=WAL") && store->run("PRAGMA synchronous=NORMAL") &&
                 store->run("BEGIN IMMEDIATE") &&
                 (found != 1 || store->run("ALTER TABLE bindings RENAME TO bindings_1")) && store->run(create_tables) &&
                 (found != 1 || store->run(migrate_from_1)) && store->run("PRAGMA user_version=2") &&
                 store->run("COMMIT");
    if (ready) {
        store->find_ = store->prepare(
            "SELECT contact, q_milli, expires, call_id, cseq, received, path, params, instance, reg_id, refreshed FROM "
            "bindings WHERE user = ?1 AND expires > ?2"
        );
        store->remove_ = store->prepare("DELETE FROM bindings WHERE user = ?1");
        store->insert_ = store->prepare(
            "INSERT INTO bindings (user, contact, q_milli, expires, call_id, cseq, received, path, params, instance, "
            "reg_id, refreshed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        );
    }
    if (!ready || !store->find_ || !store->remove_ || !store->insert_) {
        why = sqlite3_errmsg(database);
        return nullptr;
    }
    return store;
}

result<std::vector<binding>> sqlite_store::find(std::string_view user, wall_time now) {
    auto* query = find_.get();
    reset_later reset(query);
    bind_text(query, 1, user);
    sqlite3_bind_int64(query, 2, seconds(now));
    std::vector<binding> live;
    int step;
    while ((step = sqlite3_step(query)) == SQLITE_ROW) {
        binding one;
        one.contact = text_at(query, 0);
        one.q_milli = static_cast<std::uint16_t>(sqlite3_column_int(query, 1));
        one.expires = wall_time(std::chrono::seconds(sqlite3_column_int64(query, 2)));
        one.call_id = text_at(query, 3);
        one.cseq = static_cast<std::uint32_t>(sqlite3_column_int64(query, 4));
        one.received = text_at(query, 5);
        one.path = text_at(query, 6);
        one.params = text_at(query, 7);
        one.instance = text_at(query, 8);
        one.reg_id = static_cast<std::uint32_t>(sqlite3_column_int64(query, 9));
        one.refreshed = wall_time(wall_time::duration(sqlite3_column_int64(query, 10)));
        live.push_back(std::move(one));
    }
    if (step != SQLITE_DONE) return error_code(step, boost::system::generic_category());
    return live;
}

error_code sqlite_store::replace(std::string_view user, std::span<binding const> bindings) {
    auto failed = [&] {
        error_code error(sqlite3_errcode(database_.get()), boost::system::generic_category());
        (void)run("ROLLBACK");
        return error;
    };
    if (!run("BEGIN IMMEDIATE")) return failed();
    {
        reset_later reset(remove_.get());
        bind_text(remove_.get(), 1, user);
        if (sqlite3_step(remove_.get()) != SQLITE_DONE) return failed();
    }
    for (auto const& one : bindings) {
        auto* query = insert_.get();
        reset_later reset(query);
        bind_text(query, 1, user);
        bind_text(query, 2, one.contact);
        sqlite3_bind_int(query, 3, one.q_milli);
        sqlite3_bind_int64(query, 4, seconds(one.expires));
        bind_text(query, 5, one.call_id);
        sqlite3_bind_int64(query, 6, one.cseq);
        bind_text(query, 7, one.received);
        bind_text(query, 8, one.path);
        bind_text(query, 9, one.params);
        bind_text(query, 10, one.instance);
        sqlite3_bind_int64(query, 11, one.reg_id);
        sqlite3_bind_int64(query, 12, one.refreshed.time_since_epoch().count());  // orders flows that are close in time
        if (sqlite3_step(query) != SQLITE_DONE) return failed();
    }
    return run("COMMIT") ? error_code() : failed();
}

result<std::string> sqlite_store::secret(random_source const& random) {
    std::string fresh;
    for (int word = 0; word < 4; ++word)
        for (std::uint64_t bits = random(), i = 0; i < 8; ++i, bits >>= 8)
            fresh += static_cast<char>(bits & 255);
    auto const keep = prepare("INSERT OR IGNORE INTO secrets (name, value) VALUES ('seal', ?1)");
    auto const read = prepare("SELECT value FROM secrets WHERE name = 'seal'");
    auto failed = [&] { return error_code(sqlite3_errcode(database_.get()), boost::system::generic_category()); };
    if (!keep || !read) return failed();
    bind_text(keep.get(), 1, fresh);
    if (sqlite3_step(keep.get()) != SQLITE_DONE || sqlite3_step(read.get()) != SQLITE_ROW) return failed();
    return text_at(read.get(), 0);
}

}  // namespace sip::proxy
