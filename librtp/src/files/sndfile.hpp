// libsndfile, loaded when the first sound file is opened: with the codecs of music that it brings along it would cost a
// program a megabyte and a dozen milliseconds at its start, and most programs never open a file.
#pragma once

#include <sndfile.h>

namespace rtp {

/// The functions of libsndfile that are used here.
struct sndfile_functions {
    decltype(&sf_open) open;
    decltype(&sf_close) close;
    decltype(&sf_readf_short) readf_short;
    decltype(&sf_write_short) write_short;
    decltype(&sf_strerror) strerror;
    decltype(&sf_error_number) error_number;
};

/// Null where this machine has no libsndfile. It stays loaded.
[[nodiscard]] sndfile_functions const* sndfile();

}  // namespace rtp
