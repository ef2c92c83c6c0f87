#include "phoned/net/history_store.hpp"

#include <sqlite3.h>

#include <utility>

namespace phoned::net {

namespace {

// The user_version of the file that this code writes.
constexpr int schema_version = 1;
constexpr int any_kind = -1;

std::int64_t microseconds(wall_time at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

std::string text_at(sqlite3_stmt* statement, int column) {
    const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, column));
    return text == nullptr ? std::string()
                           : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

void bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
    // Static: the texts live until the statement is reset, which happens in the same function.
    sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void bind_entry(sqlite3_stmt* statement, const history_entry& entry) {
    sqlite3_bind_int(statement, 1, static_cast<int>(entry.kind));
    sqlite3_bind_int(statement, 2, static_cast<int>(entry.account));
    bind_text(statement, 3, entry.remote);
    bind_text(statement, 4, entry.remote_name);
    sqlite3_bind_int64(statement, 5, microseconds(entry.began));
    if (entry.talked)
        sqlite3_bind_int64(statement, 6, entry.talked->count());
    else
        sqlite3_bind_null(statement, 6);
    sqlite3_bind_int(statement, 7, static_cast<int>(entry.sip_code));
    bind_text(statement, 8, entry.cause);
}

history_entry entry_at(sqlite3_stmt* row) {
    history_entry entry{};
    entry.id = sqlite3_column_int64(row, 0);
    entry.kind = static_cast<history_kind>(sqlite3_column_int(row, 1));
    entry.account = static_cast<unsigned>(sqlite3_column_int(row, 2));
    entry.remote = text_at(row, 3);
    entry.remote_name = text_at(row, 4);
    entry.began = wall_time(std::chrono::microseconds(sqlite3_column_int64(row, 5)));
    if (sqlite3_column_type(row, 6) != SQLITE_NULL)
        entry.talked = std::chrono::milliseconds(sqlite3_column_int64(row, 6));
    entry.sip_code = static_cast<unsigned>(sqlite3_column_int(row, 7));
    entry.cause = text_at(row, 8);
    return entry;
}

/// Runs a statement that yields no rows, and leaves it ready for the next time.
bool execute(sqlite3_stmt* statement) {
    const auto outcome = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return outcome == SQLITE_DONE;
}

}  // namespace

void history_store::closer::operator()(sqlite3* database) const noexcept {
    sqlite3_close_v2(database);
}
void history_store::closer::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}
history_store::~history_store() = default;

bool history_store::run(const char* sql) {
    return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

history_store::statement history_store::prepare(const char* sql) {
    sqlite3_stmt* made = nullptr;
    sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    return statement(made);
}

std::unique_ptr<history_store> history_store::open(const std::string& path, std::string& why) {
    std::unique_ptr<history_store> store(new history_store);
    sqlite3* database = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    store->database_.reset(database);
    if (opened != SQLITE_OK) {
        why = database == nullptr ? "out of memory" : sqlite3_errmsg(database);
        return nullptr;
    }
    sqlite3_busy_timeout(database, 200);
    auto version = store->prepare("PRAGMA user_version");
    const int found = version && sqlite3_step(version.get()) == SQLITE_ROW ? sqlite3_column_int(version.get(), 0) : -1;
    version.reset();
    if (found > schema_version) {
        why = "the file was written by a newer version of this program";
        return nullptr;
    }
    // A small cache: the lists are read rarely, and the phone lives in a few megabytes.
    const bool ready = found >= 0 && store->run("PRAGMA journal_mode=WAL") && store->run("PRAGMA synchronous=NORMAL") &&
                       store->run("PRAGMA cache_size=-64") &&
                       store->run(
                           "CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER "
                           "NOT NULL, account INTEGER NOT NULL, remote TEXT NOT NULL, remote_name TEXT NOT NULL, "
                           "began INTEGER NOT NULL, talked INTEGER, sip_code INTEGER NOT NULL, cause TEXT NOT "
                           "NULL)"
                       ) &&
                       store->run("PRAGMA user_version=1");
    if (ready) {
        store->add_ = store->prepare(
            "INSERT INTO calls (kind, account, remote, remote_name, began, talked, sip_code, cause) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        );
        store->prune_ = store->prepare("DELETE FROM calls WHERE id <= ?1");
        store->update_ = store->prepare(
            "UPDATE calls SET kind = ?1, account = ?2, remote = ?3, remote_name = ?4, began = "
            "?5, talked = ?6, sip_code = ?7, cause = ?8 WHERE id = ?9"
        );
        store->newest_ = store->prepare(
            "SELECT id, kind, account, remote, remote_name, began, talked, sip_code, cause FROM "
            "calls WHERE ?1 = -1 OR kind = ?1 ORDER BY id DESC LIMIT ?2"
        );
        store->count_ = store->prepare("SELECT count(*) FROM calls WHERE kind = ?1");
    }
    if (!store->add_ || !store->prune_ || !store->update_ || !store->newest_ || !store->count_) {
        why = sqlite3_errmsg(database);
        return nullptr;
    }
    return store;
}

std::int64_t history_store::add(const history_entry& entry) {
    bind_entry(add_.get(), entry);
    if (!execute(add_.get())) return 0;
    const auto id = sqlite3_last_insert_rowid(database_.get());
    // Numbers grow by one, so what is older than the newest so many is below this one.
    sqlite3_bind_int64(prune_.get(), 1, id - most_entries);
    (void)execute(prune_.get());
    return id;
}

void history_store::update(const history_entry& entry) {
    bind_entry(update_.get(), entry);
    sqlite3_bind_int64(update_.get(), 9, entry.id);
    (void)execute(update_.get());  // a full disk leaves the entry as its call began
}

std::vector<history_entry> history_store::newest(std::optional<history_kind> kind, unsigned limit) {
    auto* const query = newest_.get();
    sqlite3_bind_int(query, 1, kind ? static_cast<int>(*kind) : any_kind);
    sqlite3_bind_int64(query, 2, limit);
    std::vector<history_entry> out;
    while (sqlite3_step(query) == SQLITE_ROW)
        out.push_back(entry_at(query));
    sqlite3_reset(query);
    return out;
}

std::uint64_t history_store::count(history_kind kind) {
    auto* const query = count_.get();
    sqlite3_bind_int(query, 1, static_cast<int>(kind));
    const auto found = sqlite3_step(query) == SQLITE_ROW ? sqlite3_column_int64(query, 0) : 0;
    sqlite3_reset(query);
    return static_cast<std::uint64_t>(found);
}

void history_store::clear() {
    (void)run("DELETE FROM calls");
}

}  // namespace phoned::net
