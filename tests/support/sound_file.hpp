// The recordings of tests/sounds as samples, by libsndfile.
#pragma once

#include <sndfile.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

struct recording {
    std::uint32_t rate = 0;
    std::vector<std::int16_t> samples;
};

/// Mono. Throws runtime_error with the library's reason.
inline recording read_sound(std::string const& file) {
    SF_INFO info{};
    std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> const opened(sf_open(file.c_str(), SFM_READ, &info), sf_close);
    if (!opened || info.channels != 1) throw std::runtime_error(file + ": " + sf_strerror(opened.get()));
    recording out{static_cast<std::uint32_t>(info.samplerate), {}};
    out.samples.resize(static_cast<std::size_t>(info.frames));
    out.samples.resize(static_cast<std::size_t>(sf_readf_short(opened.get(), out.samples.data(), info.frames)));
    return out;
}

}  // namespace test
