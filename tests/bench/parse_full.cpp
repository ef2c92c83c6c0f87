// Parses one message a given number of times and takes everything out of it that a phone or proxy reads: Request-URI,
// top Via, From, To, Call-ID, CSeq, Max-Forwards, every Contact, Route and Record-Route down to their components, and
// the digest credentials. A plain program without a benchmark library, so that instructions.sh can count what one
// message costs under callgrind.
//
//   parse_full FILE N          parse N times, print nothing
//   parse_full FILE check      parse once and print what was found
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "full_parse.hpp"
#include "message_file.hpp"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s FILE COUNT|check\n", argv[0]);
        return 2;
    }
    auto text = bench::read_file(argv[1]);
    if (!text) {
        std::perror(argv[1]);
        return 1;
    }
    sip::buffer_pool pool;
    bench::full_parser parser(pool);
    if (std::string_view(argv[2]) == "check") {
        auto parsed = sip::parse_message(pool.copy(*text), pool);
        if (!parsed) return 1;
        std::printf("%s\n", bench::describe((*parsed).view()).c_str());
        return 0;
    }
    for (long n = std::atol(argv[2]); n > 0; --n)
        if (parser.parse(*text) == 0) return 1;
    return 0;
}
