#include "rtp/files/sound_file.hpp"

#include <algorithm>

#include "files/sndfile.hpp"
#include "rtp/voice/resampler.hpp"

namespace rtp {
namespace {

sound_file_failure failure_of(std::string const& path, SNDFILE* file) {
    return {path + ": " + sndfile()->strerror(file)};
}

sound_file_failure no_library(std::string const& path) {
    return {path + ": sound files need libsndfile, which is not installed"};
}

constexpr std::size_t periods_per_second = 100;

/// Channels are averaged.
std::vector<std::int16_t> to_mono(std::vector<std::int16_t> samples, std::size_t channels) {
    if (channels == 1) return samples;
    auto const frames = samples.size() / channels;
    for (std::size_t n = 0; n < frames; ++n) {
        std::int32_t sum = 0;
        for (std::size_t k = 0; k < channels; ++k)
            sum += samples[n * channels + k];
        samples[n] = static_cast<std::int16_t>(sum / static_cast<std::int32_t>(channels));
    }
    samples.resize(frames);
    return samples;
}

/// In periods of 10 ms, the last one filled with silence.
std::vector<std::int16_t> at_rate(std::vector<std::int16_t> samples, std::uint32_t from, std::uint32_t to) {
    if (from == to) return samples;
    auto const in = from / periods_per_second, out = to / periods_per_second;
    auto const periods = (samples.size() + in - 1) / in;
    samples.resize(periods * in);
    std::vector<std::int16_t> made(periods * out);
    resampler way(from, to);
    for (std::size_t n = 0; n < periods; ++n)
        way.convert(std::span(samples).subspan(n * in, in), std::span(made).subspan(n * out, out));
    return made;
}

}  // namespace

void sound_recorder::closer::operator()(sf_private_tag* file) const noexcept {
    sndfile()->close(file);
}

sound_file_result<std::vector<std::int16_t>> read_sound_file(
    std::string const& path, std::uint32_t rate, std::chrono::seconds longest
) {
    auto const* const library = sndfile();
    if (library == nullptr) return no_library(path);
    SF_INFO info{};
    std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> const file(
        library->open(path.c_str(), SFM_READ, &info), library->close
    );
    if (!file) return failure_of(path, nullptr);
    auto const is_usable = [](std::uint32_t of) { return of != 0 && of % periods_per_second == 0 && of <= 192000; };
    auto const own_rate = static_cast<std::uint32_t>(std::max(info.samplerate, 0));
    if (!is_usable(rate) || !is_usable(own_rate) || info.channels < 1 || info.channels > 8)
        return sound_file_failure{
            path + ": " + std::to_string(own_rate) + " Hz with " + std::to_string(info.channels) +
            " channels cannot be converted to " + std::to_string(rate) + " Hz"};
    auto const channels = static_cast<std::size_t>(info.channels);
    // The header may promise more than there is, so memory grows with what is read.
    auto const most = static_cast<std::size_t>(longest.count()) * own_rate;
    std::vector<std::int16_t> samples, second(own_rate * channels);
    while (samples.size() / channels < most) {
        auto const read = library->readf_short(file.get(), second.data(), static_cast<sf_count_t>(own_rate));
        if (read <= 0) break;
        samples.insert(
            samples.end(), second.begin(), second.begin() + static_cast<std::ptrdiff_t>(read * info.channels)
        );
    }
    samples.resize(std::min(samples.size(), most * channels));
    if (samples.empty()) return sound_file_failure{path + ": holds no sound"};
    return at_rate(to_mono(std::move(samples), channels), own_rate, rate);
}

sound_file_result<sound_recorder> sound_recorder::create(std::string const& path, format const& wanted) {
    auto const* const library = sndfile();
    if (library == nullptr) return no_library(path);
    SF_INFO info{};
    info.samplerate = static_cast<int>(wanted.rate);
    info.channels = wanted.channels;
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    sound_recorder made;
    if (wanted.channels != 1 && wanted.channels != 2)
        return sound_file_failure{path + ": a recording has one or two channels"};
    made.file_.reset(library->open(path.c_str(), SFM_WRITE, &info));
    if (!made.file_) return failure_of(path, nullptr);
    made.path_ = path;
    made.format_ = wanted;
    made.most_frames_ = static_cast<std::uint64_t>(wanted.longest.count()) * wanted.rate;
    made.gathered_.reserve(std::size_t{wanted.rate} * wanted.channels);
    return made;
}

sound_recorder::~sound_recorder() {
    close();
}

sound_recorder::sound_recorder(sound_recorder&&) noexcept = default;

sound_recorder& sound_recorder::operator=(sound_recorder&& other) noexcept {
    close();
    file_ = std::move(other.file_);
    path_ = std::move(other.path_);
    failure_ = std::move(other.failure_);
    format_ = other.format_;
    gathered_ = std::move(other.gathered_);
    frames_ = other.frames_;
    most_frames_ = other.most_frames_;
    return *this;
}

void sound_recorder::write(std::span<const std::int16_t> samples) {
    append(samples, {});
}

void sound_recorder::write(std::span<const std::int16_t> left, std::span<const std::int16_t> right) {
    append(left, right);
}

// With two channels a leg that is missing is silent.
void sound_recorder::append(std::span<const std::int16_t> left, std::span<const std::int16_t> right) {
    for (std::size_t n = 0; n < left.size() && file_ && failure_.empty() && !is_full(); ++n) {
        gathered_.push_back(left[n]);
        if (format_.channels == 2) gathered_.push_back(n < right.size() ? right[n] : std::int16_t{0});
        ++frames_;
        if (gathered_.size() == gathered_.capacity()) flush();
    }
}

void sound_recorder::flush() {
    auto const count = static_cast<sf_count_t>(gathered_.size());
    if (sndfile()->write_short(file_.get(), gathered_.data(), count) != count)
        failure_ = failure_of(path_, file_.get()).text;
    gathered_.clear();
}

std::chrono::milliseconds sound_recorder::length() const noexcept {
    return std::chrono::milliseconds(format_.rate == 0 ? 0 : frames_ * 1000 / format_.rate);
}

bool sound_recorder::close() {
    if (!file_) return failure_.empty();
    if (failure_.empty()) flush();
    if (auto const problem = sndfile()->close(file_.release()); problem != 0 && failure_.empty())
        failure_ = path_ + ": " + sndfile()->error_number(problem);
    return failure_.empty();
}

}  // namespace rtp
