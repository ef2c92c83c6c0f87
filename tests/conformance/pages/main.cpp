// Writes docs/flows, a page for each flow, from the flow files; or checks that the pages there are what it would write.
//
//   flow_pages --write|--check FLOW_FOLDER PAGE_FOLDER
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "conformance/flow.hpp"
#include "conformance/ladder.hpp"

namespace {

namespace fs = std::filesystem;

std::string content_of(fs::path const& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::string page_of(conformance::flow const& f, std::string const& file) {
    return fmt::format(
        "# {}\n\n"
        "Flow {} ({}), as [`{}`](../../tests/conformance/flows/{}) writes it in [the flow "
        "language](../flow-language.md).\n"
        "Play and check it: `./run {}`. An arrow of dots may be missing.\n\n"
        "```\n{}```\n",
        f.title, f.name, f.source, file, file, f.name, conformance::draw_plan(f)
    );
}

}  // namespace

int main(int count, char** words) {
    std::string const what = count == 4 ? words[1] : "";
    if (what != "--write" && what != "--check") {
        fmt::print(stderr, "usage: {} --write|--check FLOW_FOLDER PAGE_FOLDER\n", words[0]);
        return 2;
    }
    fs::path const pages = words[3];
    int status = 0;
    for (auto const& entry : fs::directory_iterator(words[2])) {
        auto const& path = entry.path();
        if (path.extension() != ".flow") continue;
        auto const read = conformance::parse_flow(content_of(path));
        if (auto const* wrong = std::get_if<conformance::flow_error>(&read)) {
            fmt::print(stderr, "{}:{}:{}: {}\n", path.string(), wrong->at.line, wrong->at.column, wrong->text);
            return 1;
        }
        auto const page = page_of(std::get<conformance::flow>(read), path.filename().string());
        auto const target = pages / path.filename().replace_extension(".md");
        if (what == "--write") {
            std::ofstream(target) << page;
        } else if (content_of(target) != page) {
            fmt::print(stderr, "{} is not what {} says: run flow_pages --write\n", target.string(), path.string());
            status = 1;
        }
    }
    return status;
}
