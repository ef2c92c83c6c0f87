// The messages that parsers are measured on: each message of the corpus alone, and 512 variations of them in turn,
// which no branch predictor learns by heart.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "message_file.hpp"
#include "support/seeded_random.hpp"

namespace bench {

/// Messages that are read one after the other, from the start again behind the last.
struct message_set {
    std::vector<std::string> messages;

    [[nodiscard]] std::string const& operator[](std::size_t turn) const { return messages[turn % messages.size()]; }
    [[nodiscard]] std::size_t mean_size() const {
        std::size_t all = 0;
        for (auto const& message : messages)
            all += message.size();
        return all / messages.size();
    }
};

/// Writes other letters and digits, and another number of them, behind every `mark`.
inline void vary_behind(std::string& text, std::string_view mark, test::seeded_random& random) {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
        at += mark.size();
        std::string word(3 + random.below(18), ' ');
        for (char& c : word)
            c = alphabet[random.below(alphabet.size())];
        auto const end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", at);
        text.replace(at, end - at, word);
    }
}

/// The same message with other users, tags, branches and Call-ID, and here and there without a header that may be left
/// out.
inline std::string varied(std::string message, test::seeded_random& random) {
    for (auto const* mark : {"sip:", "tag=", "branch=z9hG4bK", "\nCall-ID: "})
        vary_behind(message, mark, random);
    for (auto const* name : {"\nAllow: ", "\nSupported: ", "\nUser-Agent: ", "\nSession-Expires: ", "\nExpires: "})
        if (auto const line = message.find(name); line != std::string::npos && random.chance(30))
            message.erase(line + 1, message.find('\n', line + 1) - line);
    return message;
}

/// By name. OFFHOOK_BENCH_MESSAGES="a.sip b.sip" names other messages than those of our corpus.
inline std::map<std::string, message_set> message_sets() {
    std::vector<std::string> files;
    if (char const* named = std::getenv("OFFHOOK_BENCH_MESSAGES")) {
        std::istringstream names(named);
        for (std::string name; names >> name;)
            files.push_back(name);
    } else {
        for (auto const* shape : {"invite", "ok", "register", "large"})
            files.push_back(std::string(BENCH_CORPUS) + "/" + shape + ".sip");
    }
    std::map<std::string, message_set> sets;
    test::seeded_random random(1);
    message_set mixed;
    for (auto const& file : files) {
        auto text = read_file(file);
        if (!text) {
            std::perror(file.c_str());
            std::exit(1);
        }
        sets[file.substr(file.rfind('/') + 1)].messages = {*text};
        mixed.messages.push_back(*text);
    }
    std::vector<std::string> const shapes = mixed.messages;
    // A large message is as rare as on the wire: the last shape comes once for five times each other one.
    while (mixed.messages.size() < 512) {
        auto const pick = random.below(5 * (shapes.size() - 1) + 1);
        mixed.messages.push_back(varied(shapes[pick / 5], random));
    }
    sets["mixed"] = std::move(mixed);
    return sets;
}

}  // namespace bench
