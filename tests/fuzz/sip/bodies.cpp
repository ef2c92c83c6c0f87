// Bodies of event packages and multipart bodies: what is read is written and read again the same; nothing reads outside
// of the body. The first byte chooses the kind, so that one corpus serves all.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/packages/dialog_info.hpp"
#include "sip/packages/message_summary.hpp"
#include "sip/packages/presence.hpp"
#include "sip/packages/reg_info.hpp"
#include "sip/packages/resource_list.hpp"
#include "sip/syntax/multipart.hpp"
#include "sip/syntax/refer_target.hpp"
#include "sip/syntax/sipfrag.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}
bool is_inside(std::string_view piece, std::string_view text) {
    return piece.empty() || (piece.data() >= text.data() && piece.data() + piece.size() <= text.data() + text.size());
}

/// Written and read again it is the same. What XML cannot hold is left out when it is written, so the second round is
/// compared with the third.
template <class Parse>
void settles(std::string_view text, Parse parse) {
    auto const first = parse(text);
    if (!first) return;
    auto const second = parse(to_string(*first));
    if (!second) return;  // an identifier was made of nothing else
    auto const third = parse(to_string(*second));
    require(third.has_value() && *third == *second);
}

void multipart(std::string_view text) {
    auto const line = text.substr(0, text.find('\n'));
    auto const body = text.substr(line.size());
    auto const type = sip::parse_media_type(line);
    if (!type) return;
    (void)sip::packages::parse_list_notification(*type, body);
    auto reader = sip::multipart_reader::from(*type, body);
    if (!reader) return;
    std::size_t count = 0;
    for (;; ++count) {
        auto const part = reader->next();
        if (!part || !part->has_value()) break;
        require(is_inside((*part)->headers, body) && is_inside((*part)->body, body));
        require(is_inside((*part)->header("Content-Type"), body) && is_inside((*part)->content_id(), body));
        (void)(*part)->content_type();
    }
    require(count <= sip::multipart_reader::most_parts);
}

void refer_to(std::string_view text) {
    auto const address = sip::parse_name_addr(text);
    if (!address) return;
    auto const target = sip::parse_refer_target(*address);
    if (!target) return;
    require(target->headers.size() <= sip::refer_target::most_headers);
    auto const written = to_string(*target);
    auto const again = sip::parse_name_addr(written);
    if (!again) return;  // other schemes are kept as they came
    auto const second = sip::parse_refer_target(*again);
    require(second.has_value() && second->headers == target->headers && second->method == target->method);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view const text(reinterpret_cast<char const*>(data + 1), size - 1);
    using namespace sip::packages;
    switch (data[0]) {
        case 'd':
            settles(text, parse_dialog_info);
            break;
        case 'm':
            settles(text, parse_message_summary);
            break;
        case 'p':
            settles(text, parse_presence);
            break;
        case 'r':
            settles(text, parse_reg_info);
            break;
        case 'l':
            settles(text, parse_resource_list);
            break;
        case 'b':
            multipart(text);
            break;
        case 's':
            if (auto const found = sip::parse_sipfrag(text)) require(is_inside(found->reason, text));
            break;
        case 't':
            refer_to(text);
            break;
        default:
            break;
    }
    return 0;
}
