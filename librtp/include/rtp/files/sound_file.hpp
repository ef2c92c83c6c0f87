// Sound in files, by libsndfile: recordings of a call or a conference as WAV, and what is played to others (music on
// hold, announcements).
//
// A shell, as rtp/net is: reading and writing block. A recorder gathers a second and writes it at once, which the
// system's cache takes in microseconds; who records to something slower gives its samples to a thread that owns the
// recorder. One thread each.
#pragma once

#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

struct sf_private_tag;

namespace rtp {

/// Why a file could not be read or written, as libsndfile and the system say it, with the file's name.
struct sound_file_failure {
    std::string text;  ///< Why it cannot be used.
};

/// Makes value() throw; the library itself never calls it.
[[noreturn]] inline void throw_exception_from_error(sound_file_failure const& failure, boost::source_location const&) {
    throw std::runtime_error(failure.text);
}

template <class T>
using sound_file_result = boost::system::result<T, sound_file_failure>;

/// A whole file in memory, as one channel at `rate`: WAV, FLAC, Ogg and what else libsndfile knows, of any rate and
/// number of channels. What is longer than `longest` is cut there.
[[nodiscard]] sound_file_result<std::vector<std::int16_t>> read_sound_file(
    std::string const& path, std::uint32_t rate, std::chrono::seconds longest = std::chrono::minutes(10)
);

/// Writes 16-bit WAV. The file is complete once the recorder is closed or gone.
class sound_recorder final {
public:
    /// How a recording is written.
    struct format {
        std::uint32_t rate = 8000;  ///< In Hz.
        std::uint8_t channels = 1;  ///< 1: one leg or a mix. 2: a call's two legs, ours left, the peer's right.
        std::chrono::seconds longest = std::chrono::hours(4);  ///< Further sound is left out.
    };

    /// Replaces a file of that name.
    [[nodiscard]] static sound_file_result<sound_recorder> create(std::string const& path, format const&);
    ~sound_recorder();
    sound_recorder(sound_recorder&&) noexcept;  ///< Takes over the other's file.
    sound_recorder& operator=(sound_recorder&&) noexcept;  ///< Takes over the other's file.

    /// Appends samples of the one channel. Nothing more is taken after `longest` or after a failure; is_full() and
    /// failure() tell.
    void write(std::span<const std::int16_t> samples);
    /// Appends both legs, which last equally long.
    void write(std::span<const std::int16_t> left, std::span<const std::int16_t> right);

    [[nodiscard]] std::chrono::milliseconds length() const noexcept;  ///< Written so far.
    /// True where further sound is left out.
    [[nodiscard]] bool is_full() const noexcept { return frames_ >= most_frames_; }
    /// Empty while all is well; a full disk is the usual reason.
    [[nodiscard]] std::string const& failure() const noexcept { return failure_; }
    /// Writes what is gathered. False if that failed; failure() says why.
    bool close();

private:
    struct closer {
        void operator()(sf_private_tag*) const noexcept;
    };
    sound_recorder() = default;
    void append(std::span<const std::int16_t> left, std::span<const std::int16_t> right);
    void flush();

    std::unique_ptr<sf_private_tag, closer> file_;
    std::string path_, failure_;
    format format_;
    std::vector<std::int16_t> gathered_;  // interleaved, at most a second
    std::uint64_t frames_ = 0, most_frames_ = 0;
};

}  // namespace rtp
