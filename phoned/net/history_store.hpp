// The call lists in a SQLite file of the state folder. A phone that is killed at any moment loses none of them: each
// change is a transaction of its own in the write-ahead log.
#pragma once

#include <memory>
#include <string>

#include "phoned/phone/call_history.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace phoned::net {

class history_store final : public call_history {
public:
    /// Entries that are kept; the oldest give way.
    static constexpr unsigned most_entries = 500;

    /// Opens the file, or makes it. Null and the reason where that is impossible, or a newer version has written it.
    [[nodiscard]] static std::unique_ptr<history_store> open(const std::string& path, std::string& why);
    ~history_store() override;

    std::int64_t add(const history_entry&) override;
    void update(const history_entry&) override;
    std::vector<history_entry> newest(std::optional<history_kind>, unsigned limit) override;
    std::uint64_t count(history_kind) override;
    void clear() override;

private:
    struct closer {
        void operator()(sqlite3*) const noexcept;
        void operator()(sqlite3_stmt*) const noexcept;
    };
    using statement = std::unique_ptr<sqlite3_stmt, closer>;

    history_store() = default;
    [[nodiscard]] bool run(const char* sql);
    [[nodiscard]] statement prepare(const char* sql);

    std::unique_ptr<sqlite3, closer> database_;
    statement add_, prune_, update_, newest_, count_;
};

}  // namespace phoned::net
