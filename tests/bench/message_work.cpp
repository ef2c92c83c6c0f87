// Does one kind of work on one message a given number of times. A plain program without a benchmark library, so that
// instructions.sh can count what one message costs under callgrind.
//
//   message_work index FILE N      find every header: start line and the table of header lines, nothing decoded
//   message_work receive FILE N    parse: all headers indexed, and decoded what every message is routed by
//   message_work full FILE N       parse and take out all that a phone or proxy reads: Request-URI, top Via, From, To,
//                                  Call-ID, CSeq, Max-Forwards, every Contact, Route and Record-Route down to their
//                                  components, and the digest credentials
//   message_work print FILE N      write the message anew
//   message_work check FILE        parse once and print what was found
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "full_parse.hpp"
#include "message_file.hpp"
#include "print_message.hpp"
#include "syntax/message_index.hpp"

int main(int argc, char** argv) {
    std::string_view const work = argc > 1 ? argv[1] : "";
    if (argc != (work == "check" ? 3 : 4)) {
        std::fprintf(stderr, "usage: %s index|receive|full|print FILE COUNT, or check FILE\n", argv[0]);
        return 2;
    }
    auto text = bench::read_file(argv[2]);
    if (!text) {
        std::perror(argv[2]);
        return 1;
    }
    sip::buffer_pool pool;
    auto parsed = sip::parse_message(pool.copy(*text), pool);
    if (!parsed) return 1;
    if (work == "check") {
        std::printf("%s\n", bench::describe((*parsed).view()).c_str());
        return 0;
    }
    bench::full_parser parser(pool);
    auto const repeat = [n = std::atol(argv[3])](auto&& once) {
        for (long left = n; left > 0; --left)
            if (!once()) return 1;
        return 0;
    };
    if (work == "index") return repeat([&] { return sip::detail::index_headers(pool.copy(*text), pool, {}) != 0; });
    if (work == "full") return repeat([&] { return parser.parse(*text) != 0; });
    if (work == "print") return repeat([&] { return bench::print(pool, (*parsed).view()) != 0; });
    return repeat([&] { return sip::parse_message(pool.copy(*text), pool).has_value(); });
}
