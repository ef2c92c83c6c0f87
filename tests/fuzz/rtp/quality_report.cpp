// One body as a voice quality report: what is read is written, and reads the same.
#include "rtp/stats/quality_report.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const body(reinterpret_cast<char const*>(data), size);
    auto const report = rtp::parse_quality_report(body);
    if (!report) {
        if (report.error().offset > size) std::abort();
        return 0;
    }
    // Words lose what would break them when written, numbers their further decimals; written once more nothing changes.
    auto const once = rtp::to_text(*report);
    auto const again = rtp::parse_quality_report(once);
    if (!again || rtp::to_text(*again) != once) std::abort();
    return 0;
}
