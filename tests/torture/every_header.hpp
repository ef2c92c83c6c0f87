// Reads every value of a message with the type that its header has: so that a test or a fuzzer reaches every parser.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "sip/syntax/message.hpp"

namespace torture {

/// Calls on_failure(header, element text, failure) for each value that does not parse; returns how many were read.
template <class OnFailure>
std::size_t read_every_header(sip::message_view message, OnFailure&& on_failure) {
    std::size_t read = 0;
    auto read_all = [&]<sip::header_id Id>() {
        auto values = message.all<Id>();
        for (auto it = values.begin(); it != values.end(); ++it, ++read)
            if (auto value = *it; !value) on_failure(Id, it.text(), value.error());
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (read_all.template operator()<static_cast<sip::header_id>(Index)>(), ...);
    }
    (std::make_index_sequence<sip::header_id_count>{});
    return read;
}

}  // namespace torture
