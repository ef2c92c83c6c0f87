#include "sip/transaction/fsm.hpp"

namespace sip::fsm {

std::string_view to_string(machine m) noexcept {
    switch (m) {
        case machine::invite_client:
            return "invite_client";
        case machine::non_invite_client:
            return "non_invite_client";
        case machine::invite_server:
            return "invite_server";
        case machine::non_invite_server:
            return "non_invite_server";
    }
    return "";
}

std::string_view to_string(state s) noexcept {
    switch (s) {
        case state::calling:
            return "Calling";
        case state::trying:
            return "Trying";
        case state::proceeding:
            return "Proceeding";
        case state::accepted:
            return "Accepted";
        case state::completed:
            return "Completed";
        case state::confirmed:
            return "Confirmed";
        case state::terminated:
            return "Terminated";
    }
    return "";
}

std::string_view to_string(input in) noexcept {
    switch (in) {
        case input::provisional:
            return "1xx received";
        case input::success:
            return "2xx received";
        case input::failure:
            return "300-699 received";
        case input::request:
            return "request repeated";
        case input::ack:
            return "ACK received";
        case input::cancelled:
            return "CANCEL sent";
        case input::send_provisional:
            return "1xx from user";
        case input::send_success:
            return "2xx from user";
        case input::send_failure:
            return "300-699 from user";
        case input::abandoned:
            return "abandoned by user";
        case input::transport_error:
            return "transport error";
        case input::timer_a:
            return "Timer A";
        case input::timer_b:
            return "Timer B";
        case input::timer_d:
            return "Timer D";
        case input::timer_m:
            return "Timer M";
        case input::timer_e:
            return "Timer E";
        case input::timer_f:
            return "Timer F";
        case input::timer_k:
            return "Timer K";
        case input::timer_g:
            return "Timer G";
        case input::timer_h:
            return "Timer H";
        case input::timer_i:
            return "Timer I";
        case input::timer_l:
            return "Timer L";
        case input::timer_j:
            return "Timer J";
        case input::timer_trying:
            return "100 due";
    }
    return "";
}

std::string_view to_string(timer t) noexcept {
    return to_string(fires(t));
}

}  // namespace sip::fsm
