#include "rtp/voice/conference.hpp"

#include <algorithm>
#include <cmath>

#include "rtp/signal/level.hpp"
#include "rtp/signal/soft_clip.hpp"
#include "rtp/voice/resampler.hpp"

namespace rtp {
namespace {

constexpr std::uint32_t periods_per_second = 100;
constexpr double talking_dbov = -60;
constexpr double level_memory = 0.9;  // of the loudness that chooses the talker, for each period: a tenth of a second

/// Samples that wait, oldest first.
class sample_queue final {
public:
    explicit sample_queue(std::size_t capacity) : ring_(capacity) {}

    void push(std::span<const std::int16_t> samples) noexcept {
        if (samples.size() > ring_.size()) samples = samples.last(ring_.size());
        if (auto const free = ring_.size() - count_; samples.size() > free) drop(samples.size() - free);
        auto at = (first_ + count_) % ring_.size();
        for (auto const sample : samples) {
            ring_[at] = sample;
            at = at + 1 == ring_.size() ? 0 : at + 1;
        }
        count_ += samples.size();
    }

    /// What is missing at the end is silence.
    void pop(std::span<std::int16_t> samples) noexcept {
        auto const count = std::min(samples.size(), count_);
        auto at = first_;
        for (std::size_t n = 0; n < count; ++n) {
            samples[n] = ring_[at];
            at = at + 1 == ring_.size() ? 0 : at + 1;
        }
        std::fill(samples.begin() + static_cast<std::ptrdiff_t>(count), samples.end(), std::int16_t{0});
        drop(count);
    }

private:
    void drop(std::size_t count) noexcept {
        first_ = (first_ + count) % ring_.size();
        count_ -= count;
    }

    std::vector<std::int16_t> ring_;
    std::size_t first_ = 0, count_ = 0;
};

}  // namespace

struct conference::party {
    party(party_id own, std::uint32_t its_rate, std::uint32_t mixing_rate)
        : id(own),
          given(its_rate * longest_queue_ms / 1000),
          heard(its_rate * longest_queue_ms / 1000),
          inward(its_rate, mixing_rate),
          outward(mixing_rate, its_rate),
          at_its_rate(its_rate / periods_per_second),
          said(mixing_rate / periods_per_second) {}

    party_id id;
    sample_queue given, heard;
    resampler inward, outward;
    std::vector<std::int16_t> at_its_rate, said;  // of this period
    double level = silence_dbov;
    double loudness = 0;  // mean square, fading
};

conference::conference(std::uint32_t rate)
    : rate_(rate),
      sum_(rate / periods_per_second),
      whole_(rate / periods_per_second),
      others_(rate / periods_per_second) {}

conference::~conference() = default;

result<party_id> conference::add(std::uint32_t rate) {
    if (rate == 0 || rate % periods_per_second != 0 || rate > 192000) return make_error_code(errc::invalid_argument);
    if (parties_.size() == most_parties) return make_error_code(errc::queue_full);
    auto const id = static_cast<party_id>(++last_id_);
    parties_.push_back(std::make_unique<party>(id, rate, rate_));
    return id;
}

conference::party* conference::find(party_id id) const noexcept {
    auto const found =
        std::find_if(parties_.begin(), parties_.end(), [id](auto const& each) { return each->id == id; });
    return found == parties_.end() ? nullptr : found->get();
}

void conference::remove(party_id id) noexcept {
    std::erase_if(parties_, [id](auto const& each) { return each->id == id; });
}

void conference::give(party_id id, std::span<const std::int16_t> samples) noexcept {
    if (auto* const from = find(id)) from->given.push(samples);
}

void conference::take(party_id id, std::span<std::int16_t> samples) noexcept {
    if (auto* const to = find(id))
        to->heard.pop(samples);
    else
        std::fill(samples.begin(), samples.end(), std::int16_t{0});
}

void conference::mix() noexcept {
    std::fill(sum_.begin(), sum_.end(), 0);
    for (auto const& each : parties_) {
        each->given.pop(each->at_its_rate);
        each->inward.convert(each->at_its_rate, each->said);
        std::int64_t square = 0;
        for (std::size_t n = 0; n < sum_.size(); ++n) {
            std::int32_t const sample = each->said[n];
            sum_[n] += sample;
            square += std::int64_t{sample} * sample;
        }
        auto const mean = static_cast<double>(square) / static_cast<double>(sum_.size());
        each->level = dbov_of_mean_square(mean);
        each->loudness = level_memory * each->loudness + (1 - level_memory) * mean;
    }
    std::transform(sum_.begin(), sum_.end(), whole_.begin(), soft_clip);
    for (auto const& each : parties_) {
        for (std::size_t n = 0; n < sum_.size(); ++n)
            others_[n] = soft_clip(sum_[n] - each->said[n]);
        each->outward.convert(others_, each->at_its_rate);
        each->heard.push(each->at_its_rate);
    }
}

std::optional<std::uint8_t> conference::level(party_id id) const noexcept {
    auto const* const of = find(id);
    if (of == nullptr) return std::nullopt;
    if (of->level <= silence_dbov) return std::uint8_t{127};
    return static_cast<std::uint8_t>(std::lround(-of->level));
}

party_id conference::talker() const noexcept {
    auto const loudest = std::max_element(parties_.begin(), parties_.end(), [](auto const& a, auto const& b) {
        return a->loudness < b->loudness;
    });
    if (loudest == parties_.end() || dbov_of_mean_square((*loudest)->loudness) < talking_dbov) return party_id::none;
    return (*loudest)->id;
}

}  // namespace rtp
