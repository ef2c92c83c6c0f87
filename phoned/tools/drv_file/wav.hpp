// WAV files, by libsndfile: whatever it reads comes in, mono 16-bit goes out.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace phoned::tools {

/// The first channel. Fails with a sentence if the file cannot be read, has another rate, or lasts longer than an hour.
[[nodiscard]] boost::system::result<std::vector<std::int16_t>, std::string> read_wav(
    const std::string& path, std::uint32_t rate
);

class wav_writer {
public:
    [[nodiscard]] static boost::system::result<wav_writer, std::string> create(
        const std::string& path, std::uint32_t rate
    );

    void write(std::span<const std::int16_t> samples);

private:
    struct closer {
        void operator()(void* file) const;
    };
    explicit wav_writer(void* file) : file_(file) {}
    std::unique_ptr<void, closer> file_;
};

}  // namespace phoned::tools
