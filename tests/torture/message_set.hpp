// Reading the messages of a folder and the table that says what is expected of them; what the tests ask of any message.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sip/syntax/parse.hpp"

namespace torture {

/// file name without extension -> bytes
using message_set = std::map<std::string, std::string>;

/// All files of a folder with this extension; empty where there is no such folder.
message_set read_messages(std::string const& folder, std::string const& extension);

/// The rows of a tab-separated file, without its heading.
std::vector<std::vector<std::string>> read_table(std::string const& path);

/// All messages of a folder whose .txt files hold many each: a line with name and length in bytes, the message, a line
/// end; empty where there is no such folder.
message_set read_examples(std::string const& folder);

/// What the parser and, for requests, validate_request make of a message.
struct verdict {
    sip::message message;  ///< also of a refused one, where it can be answered
    std::optional<sip::parse_failure> failure;
    bool is_request = false;
};
verdict judge(sip::buffer_pool& pool, std::string const& bytes);

/// The message written anew header by header; folding and spelling of values stay.
std::string print(sip::buffer_pool& pool, sip::message_view message);

/// Empty where the two say the same, else what differs. Content-Type and Content-Length are compared by meaning: a
/// print adds a Content-Length where there was none.
std::string difference(sip::message_view before, sip::message_view after);

}  // namespace torture
