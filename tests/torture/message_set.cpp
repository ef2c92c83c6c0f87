#include "torture/message_set.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "sip/syntax/build.hpp"

namespace torture {

namespace fs = std::filesystem;
using sip::header_id;

message_set read_messages(std::string const& folder, std::string const& extension) {
    message_set set;
    if (!fs::is_directory(folder)) return set;
    for (auto const& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != extension) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        set[entry.path().stem()] = std::string(std::istreambuf_iterator<char>(in), {});
    }
    return set;
}

std::vector<std::vector<std::string>> read_table(std::string const& path) {
    std::vector<std::vector<std::string>> rows;
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        auto& row = rows.emplace_back();
        for (std::size_t from = 0; from <= line.size();) {
            auto tab = std::min(line.find('\t', from), line.size());
            row.push_back(line.substr(from, tab - from));
            from = tab + 1;
        }
    }
    return rows;
}

message_set read_examples(std::string const& folder) {
    message_set set;
    if (!fs::is_directory(folder)) return set;
    for (auto const& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".txt") continue;
        std::ifstream in(entry.path(), std::ios::binary);
        std::string name;
        std::size_t size = 0;
        while (in >> name >> size) {
            in.get();
            auto& bytes = set[name];
            bytes.resize(size);
            in.read(bytes.data(), static_cast<std::streamsize>(size));
        }
    }
    return set;
}

verdict judge(sip::buffer_pool& pool, std::string const& bytes) {
    auto parsed = sip::parse_message(pool.copy(bytes), pool);
    if (!parsed) return {parsed.error().partial, parsed.error().why, parsed.error().is_request};
    auto view = parsed->view();
    verdict result{*parsed, {}, view.is_request()};
    if (result.is_request) result.failure = validate_request(view);
    return result;
}

std::string print(sip::buffer_pool& pool, sip::message_view message) {
    sip::message_builder builder(pool);
    if (message.is_request())
        builder.request(message.method_text(), message.request_uri());
    else
        builder.response(message.status(), message.reason());
    for (auto const& entry : message.headers()) {
        if (entry.id == header_id::content_length || (entry.id == header_id::content_type && !message.body().empty()))
            continue;
        if (entry.id == header_id::unknown)
            builder.header(message.name(entry), "").verbatim(message.value(entry));
        else
            builder.begin(entry.id).verbatim(message.value(entry));
    }
    builder.body(message.raw(header_id::content_type), message.body());
    auto built = builder.finish();
    return built ? std::string(built->text()) : "does not print: " + built.error().message();
}

namespace {

/// Every header but those that a print writes by itself, one a line. A lone LF that folds a line counts as CR LF.
std::string shown(sip::message_view message) {
    std::string text;
    for (auto const& entry : message.headers()) {
        if (entry.id == header_id::content_length || entry.id == header_id::content_type) continue;
        text.append(entry.id == header_id::unknown ? message.name(entry) : to_string(entry.id)).append(": ");
        for (char c : message.value(entry)) {
            if (c == '\n' && !text.ends_with('\r')) text += '\r';
            text += c;
        }
        text += '\n';
    }
    return text;
}

}  // namespace

std::string difference(sip::message_view before, sip::message_view after) {
    if (before.is_request() != after.is_request()) return "request and response";
    if (before.method_text() != after.method_text()) return "method";
    if (before.request_uri() != after.request_uri()) return "Request-URI";
    if (before.status() != after.status()) return "status";
    auto reason = before.reason().empty() ? sip::reason_phrase(before.status()) : before.reason();
    if (before.is_response() && reason != after.reason()) return "reason";
    if (before.body() != after.body()) return "body";
    if (before.raw(header_id::content_type) != after.raw(header_id::content_type)) return "Content-Type";
    if (shown(before) != shown(after)) return "headers:\n" + shown(before) + "and\n" + shown(after);
    if (before.call_id() != after.call_id() || before.from_tag() != after.from_tag() ||
        before.to_tag() != after.to_tag() || before.cseq().number != after.cseq().number ||
        before.top_via().branch() != after.top_via().branch())
        return "decoded values";
    return {};
}

}  // namespace torture
