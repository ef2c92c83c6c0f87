// The bracket around one input of the phone. Private to phone*.cpp.
#pragma once

#include <utility>

#include "phoned/phone/phone.hpp"

namespace phoned {

/// While it lasts SIP events wait; the end of the outermost one works them off and publishes what has changed.
class phone::turn final {
public:
    turn(phone& owner, now_t now) : owner_(owner), now_(now) { ++owner_.depth_; }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
        // What settling sets off may bring events in turn.
        while (owner_.depth_ == 1) {
            while (!owner_.waiting_.empty()) {
                auto next = std::move(owner_.waiting_.front());
                owner_.waiting_.pop_front();
                owner_.dispatch(now_, next);
            }
            owner_.settle(now_);
            if (owner_.waiting_.empty()) break;
        }
        --owner_.depth_;
    }

private:
    phone& owner_;
    now_t now_;
};

}  // namespace phoned
