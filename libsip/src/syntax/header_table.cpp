#include "syntax/header_table.hpp"

#include <cstring>

namespace sip::detail {

bool header_table::grow() {
    if (index_->count == most_lines_) return false;
    std::size_t const lines = std::min(index_->count * std::size_t{4} + usual_lines, most_lines_);
    buffer_ref larger = pool_.allocate(index_size(lines));
    std::memcpy(larger.data(), index_, index_size(index_->count));
    use(std::move(larger));
    return true;
}

}  // namespace sip::detail
