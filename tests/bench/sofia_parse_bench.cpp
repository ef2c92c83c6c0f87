// Sofia-SIP's parser beside ours on the same messages, in one run, so that both meet the same machine. Both read the
// message from a buffer of their own and take out what full_parse.hpp lists. Built where libsofia-sip-ua-dev is
// installed.
//   sofia_parse_bench --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
#include <cstring>
#include <string_view>

#include <benchmark/benchmark.h>

#include "full_parse.hpp"
#include "message_sets.hpp"

// Last: its macros have names that our functions have too.
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_buffer.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/su.h>

namespace {

std::size_t length(char const* text) {
    return text ? std::strlen(text) : 0;
}

/// What Sofia makes of a message when it is received: all headers that it knows are parsed. 0 where it fails.
std::size_t parse_with_sofia(std::string_view text) {
    msg_t* message = msg_create(sip_default_mclass(), 0);
    auto const size = static_cast<usize_t>(text.size());
    std::memcpy(msg_buf_alloc(message, size + 1), text.data(), size);
    msg_buf_commit(message, size, 1);
    std::size_t sum = 0;
    if (msg_extract(message) >= 0) {
        sip_t const* sip = sip_object(message);
        if (sip && !sip->sip_error) {
            sum += length(sip->sip_via->v_branch) + length(sip->sip_call_id->i_id) + sip->sip_cseq->cs_seq;
            sum += length(sip->sip_from->a_url->url_user) + length(sip->sip_to->a_url->url_host);
            if (sip->sip_max_forwards) sum += sip->sip_max_forwards->mf_count;
            if (sip->sip_contact) sum += length(sip->sip_contact->m_url->url_host);
            for (auto const* route = sip->sip_route; route; route = route->r_next)
                sum += length(route->r_url->url_host);
            for (auto const* route = sip->sip_record_route; route; route = route->r_next)
                sum += length(route->r_url->url_host);
            if (sip->sip_authorization) sum += length(sip->sip_authorization->au_params[0]);
        }
    }
    msg_destroy(message);
    return sum;
}

template <class Parse>
void repeat(benchmark::State& state, bench::message_set const& set, Parse&& parse) {
    std::size_t turn = 0;
    for (auto _ : state) {
        auto sum = parse(set[turn++]);
        if (sum == 0) return state.SkipWithError("does not parse");
        benchmark::DoNotOptimize(sum);
    }
}

}  // namespace

int main(int argc, char** argv) {
    su_init();
    auto const sets = bench::message_sets();
    for (auto const& [name, messages] : sets) {
        auto const& set = messages;
        benchmark::RegisterBenchmark(("offhook/" + name).c_str(), [&set](benchmark::State& state) {
            sip::buffer_pool pool;
            bench::full_parser parser(pool);
            repeat(state, set, [&parser](std::string const& text) { return parser.parse(text); });
        });
        benchmark::RegisterBenchmark(("sofia/" + name).c_str(), [&set](benchmark::State& state) {
            repeat(state, set, [](std::string const& text) { return parse_with_sofia(text); });
        });
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
