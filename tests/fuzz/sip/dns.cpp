// Name servers' answers: read from bytes of any kind, and given to a locator that looks for a way to a domain. The
// first byte chooses the type of the first question; each answer in the input is a length byte (times four) and so many
// bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "../../../libsip/src/net/dns_answer.hpp"
#include "sip/transport/locator.hpp"
#include "support/seeded_random.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::span<std::uint8_t const> rest(data, size);
    auto const next = [&] {
        if (rest.empty()) return std::uint8_t{0};
        auto const value = rest.front();
        rest = rest.subspan(1);
        return value;
    };
    test::seeded_random random{1};
    auto const domain = sip::parse_uri("sip:example.com");
    sip::random_source const draws = random.source();
    sip::locator search(draws);
    sip::actions out;
    sip::location_query query{*domain};
    if (next() % 2 == 0) query.preferred.reset();
    auto found = search.locate({}, query, out);
    std::size_t questions = 0;
    while (!out.empty()) {
        auto const action = out.front();
        out.erase(out.begin());
        auto const* question = std::get_if<sip::resolve_name>(&action);
        require(question != nullptr);
        require(++questions <= sip::locator::most_questions + 2);  // those of the domain itself come first
        auto const wanted = std::size_t{next()} * 4;
        auto const length = std::min(wanted, rest.size());
        auto const bytes = rest.first(length);
        rest = rest.subspan(length);
        sip::dns_answer answer;
        sip::error_code error;
        if (question->type == sip::dns_type::address) {
            for (auto const byte : bytes.first(std::min<std::size_t>(bytes.size(), 40)))
                answer.addresses.push_back(*sip::ip_address::from("192.0.2." + std::to_string(byte)));
        } else if (auto read = sip::net::read_dns_answer(bytes, question->type)) {
            require(read->services.size() <= sip::net::most_records && read->pointers.size() <= sip::net::most_records);
            answer = std::move(*read);
        }
        if (answer.addresses.empty() && answer.services.empty() && answer.pointers.empty())
            error = sip::errc::name_not_found;
        found = search.on_resolved({}, question->request, answer, error, out);
    }
    require(found.is_done);
    require(found.locations.size() <= sip::locator::most_locations);
    require(!found.locations.empty() || found.error);
    require(search.pending() == 0);
    return 0;
}
