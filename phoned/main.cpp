// phoned: one phone in the foreground.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "phoned/config/reference.hpp"
#include "phoned/net/config_files.hpp"
#include "phoned/net/daemon.hpp"
#include "phoned/net/state_folder.hpp"
#include "phoned/phone/user_settings.hpp"

namespace {

constexpr auto version = OFFHOOK_VERSION;

// The exit codes that --help names.
constexpr int exit_ok = 0, exit_cannot_start = 1, exit_bad_config = 3;

void print(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
}

}  // namespace

int main(int count, char** words) {
    CLI::App app{
        "A SIP phone as a daemon: it registers the accounts of its configuration files, makes and takes calls, and "
        "talks to device\n"
        "drivers and control clients over driver.sock and control.sock in its runtime folder."};
    std::vector<std::string> files;
    std::string state = "/var/lib/phoned", runtime = "/run/phoned";
    bool only_check = false, print_reference = false;
    app.add_option(
           "-c,--config", files, "a configuration file; later files win: the common file first, then the phone's own"
    )
        ->type_name("FILE");
    app.add_option("--state", state, "where the phone keeps what must survive a restart")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_option("--runtime", runtime, "where its sockets are")->type_name("DIR")->capture_default_str();
    app.add_flag("--check-config", only_check, "read the files, say what is wrong with them, and end");
    app.add_flag(
        "--print-config-reference", print_reference,
        "print all parameters with their meaning, range and default, and end"
    );
    app.set_version_flag("--version", std::string("phoned ") + version);
    app.footer("exit status: 0 ended as asked, 1 could not start, 3 --check-config found errors, other: wrong use");
    CLI11_PARSE(app, count, words);

    if (print_reference) {
        std::fputs(phoned::config_reference().c_str(), stdout);
        return exit_ok;
    }
    auto given = files;
    const auto of_users = phoned::net::user_settings_path(state);
    const bool has_own = !only_check && std::filesystem::exists(of_users);
    if (has_own) given.push_back(of_users);
    auto loaded = phoned::net::load_config_files(given);
    for (const auto& what : loaded.diagnostics)
        print(phoned::to_string(what));
    if (only_check) {
        if (loaded.diagnostics.empty()) std::puts("the configuration is good");
        return loaded.has_errors() ? exit_bad_config : exit_ok;
    }
    // A phone whose own file is missing still starts with the common one; with none it could only sit there.
    if (loaded.files_read == (has_own ? 1U : 0U)) {
        print(
            files.empty() ? "phoned: no configuration: give at least one file with -c (see --help)"
                          : "phoned: none of the configuration files can be read"
        );
        return exit_cannot_start;
    }
    auto provisioned =
        has_own ? phoned::user_settings_text(phoned::net::load_config_files(files).values) : std::string();
    auto made =
        phoned::net::daemon::create({std::move(loaded.values), state, runtime, version, std::move(provisioned)});
    if (!made) {
        print("phoned: " + made.error().text);
        return exit_cannot_start;
    }
    (*made)->run();
    return exit_ok;
}
