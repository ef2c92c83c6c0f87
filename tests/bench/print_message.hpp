// A message written anew, header by header into a fresh buffer, as a user agent or proxy writes one.
#pragma once

#include <cstddef>

#include "sip/syntax/build.hpp"

namespace bench {

/// The bytes written; 0 where the message could not be written.
inline std::size_t print(sip::buffer_pool& pool, sip::message_view message) {
    using sip::header_id;
    sip::message_builder builder(pool);
    if (message.is_request())
        builder.request(message.method(), message.request_uri());
    else
        builder.response(message.status(), message.reason());
    for (auto const& entry : message.headers()) {
        if (entry.id == header_id::content_length || entry.id == header_id::content_type) continue;
        if (entry.id == header_id::unknown)
            builder.header(message.name(entry), message.value(entry));
        else
            builder.header(entry.id, message.value(entry));
    }
    builder.body(message.raw(header_id::content_type), message.body());
    auto built = builder.finish();
    return built ? built->size() : 0;
}

}  // namespace bench
