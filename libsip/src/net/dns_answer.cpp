#include "net/dns_answer.hpp"

#include <ares.h>

#include <algorithm>
#include <memory>
#include <string>

namespace sip::net {
namespace {

constexpr std::size_t header_size = 12;  // RFC 1035 4.1.1
constexpr unsigned srv_number = 33, naptr_number = 35, alias_number = 5, internet_class = 1;

/// Walks a message front to back; anything beyond its end makes it fail for good.
class reader {
public:
    explicit reader(std::span<std::uint8_t const> message) noexcept : message_(message) {}

    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] std::size_t at() const noexcept { return at_; }
    void go_to(std::size_t at) noexcept {
        failed_ |= at > message_.size();
        if (!failed_) at_ = at;
    }
    [[nodiscard]] unsigned byte() noexcept {
        failed_ |= at_ >= message_.size();
        return failed_ ? 0U : message_[at_++];
    }
    [[nodiscard]] unsigned two_bytes() noexcept {
        auto const high = byte();
        return high << 8U | byte();
    }
    [[nodiscard]] std::uint32_t four_bytes() noexcept {
        auto const high = two_bytes();
        return std::uint32_t{high} << 16U | two_bytes();
    }
    /// A length and so many bytes (RFC 1035 3.3).
    [[nodiscard]] std::string text() {
        auto const length = byte();
        failed_ |= message_.size() - at_ < length;
        if (failed_) return {};
        std::string found(reinterpret_cast<char const*>(message_.data() + at_), length);
        at_ += length;
        return found;
    }
    [[nodiscard]] std::string name() {
        if (failed_) return {};
        char* expanded = nullptr;
        long length = 0;
        auto const* from = message_.data() + at_;
        if (ares_expand_name(from, message_.data(), static_cast<int>(message_.size()), &expanded, &length) !=
            ARES_SUCCESS) {
            failed_ = true;
            return {};
        }
        std::unique_ptr<char, decltype(&ares_free_string)> const owner(expanded, [](void* text) {
            ares_free_string(text);
        });
        at_ += static_cast<std::size_t>(length);
        return expanded;
    }

private:
    std::span<std::uint8_t const> message_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

std::uint16_t narrow(unsigned value) noexcept {
    return static_cast<std::uint16_t>(value);
}

void read_record(reader& from, dns_type type, dns_answer& into) {
    if (type == dns_type::srv && into.services.size() < most_records) {
        srv_record made;
        made.priority = narrow(from.two_bytes());
        made.weight = narrow(from.two_bytes());
        made.port = narrow(from.two_bytes());
        made.target = from.name();
        into.services.push_back(std::move(made));
    } else if (type == dns_type::naptr && into.pointers.size() < most_records) {
        naptr_record made;
        made.order = narrow(from.two_bytes());
        made.preference = narrow(from.two_bytes());
        made.flags = from.text();
        made.service = from.text();
        (void)from.text();  // a substitution (regexp), which SIP does not use (RFC 3263 4.1)
        made.replacement = from.name();
        into.pointers.push_back(std::move(made));
    }
}

}  // namespace

int record_number(dns_type type) noexcept {
    return static_cast<int>(type == dns_type::srv ? srv_number : naptr_number);
}

std::optional<dns_answer> read_dns_answer(std::span<std::uint8_t const> message, dns_type type) {
    if (message.size() < header_size) return std::nullopt;
    reader from(message);
    from.go_to(4);
    auto questions = from.two_bytes();
    auto answers = from.two_bytes();
    from.go_to(header_size);
    for (; questions != 0 && !from.failed(); --questions) {
        (void)from.name();
        (void)from.four_bytes();  // type and class
    }
    dns_answer found;
    std::optional<std::uint32_t> shortest;
    auto const wanted = static_cast<unsigned>(record_number(type));
    for (; answers != 0 && !from.failed(); --answers) {
        (void)from.name();
        auto const number = from.two_bytes(), record_class = from.two_bytes();
        auto const seconds = from.four_bytes();
        auto const length = from.two_bytes();
        auto const end = from.at() + length;
        bool const is_wanted = number == wanted && record_class == internet_class;
        if (is_wanted) read_record(from, type, found);
        if (is_wanted || number == alias_number) shortest = std::min(shortest.value_or(seconds), seconds);
        if (from.at() > end) return std::nullopt;
        from.go_to(end);
    }
    if (from.failed()) return std::nullopt;
    // RFC 2181 8: a time with the top bit set is none.
    found.ttl = std::chrono::seconds(shortest && *shortest < 0x80000000U ? *shortest : 0U);
    return found;
}

}  // namespace sip::net
