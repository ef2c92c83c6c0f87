// The location service in an SQLite file, so that a restart of the proxy loses no registration. This is the only file
// that knows SQLite.
#pragma once

#include <memory>
#include <string>

#include "sip/environment.hpp"
#include "sip/proxy/location_store.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace sip::proxy {

/// Bindings in a file: a restart loses none.
class sqlite_store final : public location_store {
public:
    /// Opens or creates the file. On failure `why` says what SQLite said.
    [[nodiscard]] static std::unique_ptr<sqlite_store> open(std::string const& path, std::string& why);
    ~sqlite_store() override;

    [[nodiscard]] result<std::vector<binding>> find(std::string_view user, wall_time now) override;
    [[nodiscard]] error_code replace(std::string_view user, std::span<binding const>) override;
    /// The secret of this file's servers (settings::secret): drawn the first time, the same from then on.
    [[nodiscard]] result<std::string> secret(random_source const&);

private:
    struct closer {
        void operator()(sqlite3*) const noexcept;
        void operator()(sqlite3_stmt*) const noexcept;
    };
    using statement = std::unique_ptr<sqlite3_stmt, closer>;

    sqlite_store() = default;
    [[nodiscard]] bool run(char const* sql);
    [[nodiscard]] statement prepare(char const* sql);

    std::unique_ptr<sqlite3, closer> database_;
    statement find_, remove_, insert_;
};

}  // namespace sip::proxy
