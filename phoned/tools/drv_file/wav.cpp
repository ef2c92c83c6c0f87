#include "phoned/tools/drv_file/wav.hpp"

#include <fmt/format.h>
#include <sndfile.h>

#include <algorithm>

namespace phoned::tools {

boost::system::result<std::vector<std::int16_t>, std::string> read_wav(const std::string& path, std::uint32_t rate) {
    SF_INFO info{};
    const std::unique_ptr<SNDFILE, decltype(&sf_close)> file{sf_open(path.c_str(), SFM_READ, &info), &sf_close};
    if (!file) return fmt::format("{}: {}", path, sf_strerror(nullptr));
    if (info.samplerate != static_cast<int>(rate)) {
        return fmt::format(
            "{}: has {} samples a second, the phone's audio has {} (offhook.audio_rate)", path, info.samplerate, rate
        );
    }
    if (info.frames > sf_count_t{3600} * info.samplerate) return fmt::format("{}: lasts longer than an hour", path);
    const auto channels = static_cast<std::size_t>(info.channels);
    std::vector<std::int16_t> all(static_cast<std::size_t>(info.frames) * channels);
    const auto got = sf_readf_short(file.get(), all.data(), info.frames);
    std::vector<std::int16_t> first(static_cast<std::size_t>(std::max<sf_count_t>(got, 0)));
    for (std::size_t i = 0; i < first.size(); ++i)
        first[i] = all[i * channels];
    if (first.empty()) return fmt::format("{}: holds no sound", path);
    return first;
}

void wav_writer::closer::operator()(void* file) const {
    sf_close(static_cast<SNDFILE*>(file));
}

boost::system::result<wav_writer, std::string> wav_writer::create(const std::string& path, std::uint32_t rate) {
    SF_INFO info{};
    info.samplerate = static_cast<int>(rate);
    info.channels = 1;
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    auto* const file = sf_open(path.c_str(), SFM_WRITE, &info);
    if (file == nullptr) return fmt::format("{}: {}", path, sf_strerror(nullptr));
    // The header is kept right while it grows, so that a recording is whole however the program ends.
    sf_command(file, SFC_SET_UPDATE_HEADER_AUTO, nullptr, SF_TRUE);
    return wav_writer{file};
}

void wav_writer::write(std::span<const std::int16_t> samples) {
    sf_write_short(static_cast<SNDFILE*>(file_.get()), samples.data(), static_cast<sf_count_t>(samples.size()));
}

}  // namespace phoned::tools
