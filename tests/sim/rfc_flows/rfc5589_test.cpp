// The transfers of RFC 5589 between our user agents. REFER goes inside the dialog of the call where the RFC shows it in
// a new one with Target-Dialog, but for 6.1: both ways are RFC 3515's. Not here: 9 and 10, which need a conference
// focus and its event package.
#include "stage.hpp"

using namespace test;

namespace {

/// Dialog 1: the transferee has called the transferor.
struct transfer : stage {
    phone& transferor = person("Transferor", "atlanta.example.com");
    phone& transferee = person("Transferee", "biloxi.example.com");
    phone& target = person("Target", "chicago.example.com");
    sip::session_id transferees = call(transferee, "sip:transferor@atlanta.example.com");
    sip::session_id first = answer(transferor);
    sip::session_id second;  ///< dialog 2, from the transferor to the target

    static constexpr auto target_uri = "sip:target@chicago.example.com";
    static constexpr auto transferee_uri = "sip:transferee@biloxi.example.com";

    void hold() { renegotiate(transferor, first, transferee, transferees, "a=sendonly"); }
    /// The transferor consults the target, and puts it on hold.
    void consult() {
        second = call(transferor, target_uri);
        auto const targets = answer(target);
        renegotiate(transferor, second, target, targets, "a=sendonly");
    }
    void asks_to_call_target() { refer(transferor, first, sip::refer_options(target_uri)); }
    void asks_to_replace() { refer(transferor, first, stage::replacing(target_uri, second)); }
    /// The transferee does what it was asked, and the target answers.
    void completes() {
        follow_transfer(transferee);
        answer(target);
        report(transferee, 200);
    }
    void target_hangs_up() { hang_up(target, target.last<sip::call_confirmed>().id); }
};

}  // namespace

TEST_CASE("A transfer whose REFER opens a dialog of its own and names the call by Target-Dialog (RFC 5589 6.1)") {
    transfer play;
    sip::refer_options options(transfer::target_uri);
    options.target_dialog = play.first;
    play.refer_outside(play.transferor, transfer::transferee_uri, options);
    CHECK(play.transferee.last<sip::transfer_requested>().session == play.transferees);
    play.completes();
    play.hang_up(play.transferor, play.first);
    play.target_hangs_up();
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F3 Transferor -> Transferee REFER Target-Dialog: tdialog\n"
        "F3a Transferee -> Transferor 202 REFER\n"
        "F4 Transferee -> Transferor NOTIFY/200 100\n"
        "F5 Transferee -> Target INVITE/200/ACK\n"
        "F6 Transferee -> Transferor NOTIFY/200 200 terminated\n"
        "F7 Transferor -> Transferee BYE/200\n"
        "F8 Target -> Transferee BYE/200\n"
    );
}

TEST_CASE("A transfer whose REFER travels in the dialog of the call (RFC 5589 6.2)") {
    transfer play;
    play.asks_to_call_target();
    play.completes();
    play.hang_up(play.transferor, play.first);
    play.target_hangs_up();
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F3 Transferor -> Transferee REFER/202\n"
        "F4 Transferee -> Transferor NOTIFY/200 100\n"
        "F5 Transferee -> Target INVITE/200/ACK\n"
        "F6 Transferee -> Transferor NOTIFY/200 200 terminated\n"
        "F7 Transferor -> Transferee BYE/200\n"
        "F8 Target -> Transferee BYE/200\n"
    );
}

TEST_CASE("The target is busy: the transferor hears of it and takes the call back (RFC 5589 6.3.1)") {
    transfer play;
    play.hold();
    play.asks_to_call_target();
    play.follow_transfer(play.transferee);
    play.target.reject(play.target.last<sip::incoming_call>().id, 486);
    play.pause();
    play.report(play.transferee, 486);
    play.renegotiate(play.transferor, play.first, play.transferee, play.transferees, "a=sendrecv");
    play.hang_up(play.transferor, play.first);
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F2 Transferor -> Transferee INVITE/200/ACK sendonly\n"
        "F3 Transferor -> Transferee REFER/202\n"
        "F4 Transferee -> Transferor NOTIFY/200 100\n"
        "F5 Transferee -> Target INVITE\n"
        "F6 Target -> Transferee 486 INVITE\n"
        "F7 Transferee -> Target ACK\n"
        "F8 Transferee -> Transferor NOTIFY/200 486 terminated\n"
        "F9 Transferor -> Transferee INVITE/200/ACK sendrecv\n"
        "F10 Transferor -> Transferee BYE/200\n"
    );
}

TEST_CASE("The target does not answer: the transferee gives up, and the call is taken back (RFC 5589 6.3.2)") {
    transfer play;
    play.hold();
    play.asks_to_call_target();
    auto const tried = play.follow_transfer(play.transferee);
    play.ring(play.target);
    play.hang_up(play.transferee, tried);
    play.report(play.transferee, 487);
    play.renegotiate(play.transferor, play.first, play.transferee, play.transferees, "a=sendrecv");
    play.hang_up(play.transferor, play.first);
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F2 Transferor -> Transferee INVITE/200/ACK sendonly\n"
        "F3 Transferor -> Transferee REFER/202\n"
        "F4 Transferee -> Transferor NOTIFY/200 100\n"
        "F5 Transferee -> Target INVITE\n"
        "F6 Target -> Transferee 180 INVITE\n"
        "F7 Transferee -> Target CANCEL/200\n"
        "F8 Target -> Transferee 487 INVITE\n"
        "F9 Transferee -> Target ACK\n"
        "F10 Transferee -> Transferor NOTIFY/200 487 terminated\n"
        "F11 Transferor -> Transferee INVITE/200/ACK sendrecv\n"
        "F12 Transferor -> Transferee BYE/200\n"
    );
}

TEST_CASE("After a consultation that has ended the target is called anew (RFC 5589 7.1)") {
    transfer play;
    play.hold();
    play.second = play.call(play.transferor, transfer::target_uri);
    play.answer(play.target);
    play.hang_up(play.transferor, play.second);
    play.asks_to_call_target();
    play.completes();
    play.hang_up(play.transferor, play.first);
    play.target_hangs_up();
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F2 Transferor -> Transferee INVITE/200/ACK sendonly\n"
        "F3 Transferor -> Target INVITE/200/ACK\n"
        "F4 Transferor -> Target BYE/200\n"
        "F5 Transferor -> Transferee REFER/202\n"
        "F6 Transferee -> Transferor NOTIFY/200 100\n"
        "F7 Transferee -> Target INVITE/200/ACK\n"
        "F8 Transferee -> Transferor NOTIFY/200 200\n"
        "F9 Transferor -> Transferee BYE/200\n"
        "F10 Target -> Transferee BYE/200\n"
    );
}

TEST_CASE("The target is told to replace the transferee's call, so that it stays unknown (RFC 5589 7.2)") {
    transfer play;
    play.hold();
    play.consult();
    play.refer(play.transferor, play.second, stage::replacing(transfer::transferee_uri, play.first));
    auto const targets = play.follow_transfer(play.target);
    CHECK(play.transferee.last<sip::incoming_call>().replaces == play.transferees);
    play.answer(play.transferee);
    play.report(play.target, 200);
    play.hang_up(play.transferor, play.second);
    play.hang_up(play.target, targets);
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F2 Transferor -> Transferee INVITE/200/ACK sendonly\n"
        "F3 Transferor -> Target INVITE/200/ACK\n"
        "F4 Transferor -> Target INVITE/200/ACK sendonly\n"
        "F5 Transferor -> Target REFER/202 ?Replaces=\n"
        "F6 Target -> Transferor NOTIFY/200 100\n"
        "F7 Target -> Transferee INVITE/200/ACK Replaces:\n"
        "F8* Transferee -> Transferor BYE/200\n"
        "F9 Target -> Transferor NOTIFY/200 200\n"
        "F10 Transferor -> Target BYE/200\n"
        "F11 Target -> Transferee BYE/200\n"
    );
}

TEST_CASE("An attended transfer: the new call takes the place of the consultation (RFC 5589 7.3)") {
    transfer play;
    play.hold();
    play.consult();
    play.asks_to_replace();
    play.follow_transfer(play.transferee);
    CHECK(play.target.last<sip::incoming_call>().replaces == play.target.last<sip::call_confirmed>().id);
    play.answer(play.target);
    play.report(play.transferee, 200);
    play.hang_up(play.transferor, play.first);
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F2 Transferor -> Transferee INVITE/200/ACK sendonly\n"
        "F3 Transferor -> Target INVITE/200/ACK\n"
        "F4 Transferor -> Target INVITE/200/ACK sendonly\n"
        "F5 Transferor -> Transferee REFER/202 ?Replaces=\n"
        "F6 Transferee -> Transferor NOTIFY/200 100\n"
        "F7 Transferee -> Target INVITE/200/ACK Replaces:\n"
        "F8* Target -> Transferor BYE/200\n"
        "F9 Transferee -> Transferor NOTIFY/200 200\n"
        "F10 Transferor -> Transferee BYE/200\n"
    );
}

TEST_CASE("A transferee that knows no REFER: the target is asked instead (RFC 5589 7.4)") {
    transfer play;
    play.hold();
    play.consult();
    play.asks_to_replace();
    auto const asked = play.transferee.last<sip::transfer_requested>().id;
    play.transferee.command([&](auto now, auto& out) {
        return play.transferee.core.refuse_subscription(now, asked, 501, {}, out);
    });
    play.pause();
    CHECK(play.transferor.last<sip::subscription_ended>().status == 501);
    play.refer(play.transferor, play.second, stage::replacing(transfer::transferee_uri, play.first));
    auto const targets = play.follow_transfer(play.target);
    play.answer(play.transferee);
    play.report(play.target, 200);
    play.hang_up(play.transferor, play.second);
    play.hang_up(play.target, targets);
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F2 Transferor -> Transferee INVITE/200/ACK sendonly\n"
        "F3 Transferor -> Target INVITE/200/ACK\n"
        "F4 Transferor -> Target INVITE/200/ACK sendonly\n"
        "F5 Transferor -> Transferee REFER\n"
        "F6 Transferee -> Transferor 501 REFER\n"
        "F7 Transferor -> Target REFER/202\n"
        "F8 Target -> Transferor NOTIFY/200 100\n"
        "F9 Target -> Transferee INVITE/200/ACK Replaces:\n"
        "F10* Transferee -> Transferor BYE/200\n"
        "F11 Target -> Transferor NOTIFY/200 200\n"
        "F12 Transferor -> Target BYE/200\n"
        "F13 Target -> Transferee BYE/200\n"
    );
}

TEST_CASE("A target that is reached at its address of record, by a call that requires Replaces (RFC 5589 7.5)") {
    stage play;
    play.server("Proxy", "10.0.1.1", "chicago.example.com");
    auto& transferor = play.person("Transferor", "atlanta.example.com");
    auto& transferee = play.person("Transferee", "biloxi.example.com");
    auto& target = play.subscriber("Bob", "chicago.example.com", "10.0.1.1");
    play.register_all();
    auto const transferees = play.call(transferee, "sip:transferor@atlanta.example.com");
    auto const first = play.answer(transferor);
    play.renegotiate(transferor, first, transferee, transferees, "a=sendonly");
    auto const second = play.call(transferor, "sip:bob@bob-host.chicago.example.com");
    auto const targets = play.answer(target);
    play.renegotiate(transferor, second, target, targets, "a=sendonly");
    play.forget();
    sip::refer_options options("sip:bob@chicago.example.com");
    options.replacing(second);
    options.refer_to.headers.emplace_back("Require", "replaces");
    play.refer(transferor, first, options);
    play.follow_transfer(transferee);
    play.answer(target);
    play.report(transferee, 200);
    play.hang_up(transferor, first);
    play.hang_up(target, target.last<sip::call_confirmed>().id);
    play.follows(
        "F3 Transferor -> Transferee REFER/202 Require=replaces\n"
        "F3a Transferee -> Transferor NOTIFY/200 100\n"
        "F6 Transferee -> Proxy INVITE Replaces: Require:\n"
        "F6a Proxy -> Transferee 100 INVITE\n"
        "F6b Proxy -> Bob INVITE Replaces:\n"
        "F6c Bob -> Proxy 200 INVITE\n"
        "F6d* Bob -> Transferor BYE/200\n"
        "F6e Proxy -> Transferee 200 INVITE\n"
        "F6f Transferee -> Proxy ACK\n"
        "F6g Proxy -> Bob ACK\n"
        "F7 Transferee -> Transferor NOTIFY/200 200\n"
        "F8 Transferor -> Transferee BYE/200\n"
        "F9 Bob -> Proxy BYE\n"
        "F9a Proxy -> Transferee BYE\n"
        "F9b Transferee -> Proxy 200 BYE\n"
        "F9c Proxy -> Bob 200 BYE\n"
    );
}

TEST_CASE("A transfer that is asked for while the target still rings waits for its answer (RFC 5589 7.6)") {
    transfer play;
    play.hold();
    play.second = play.call(play.transferor, transfer::target_uri);
    play.ring(play.target);
    play.answer(play.target);
    play.asks_to_replace();
    play.follow_transfer(play.transferee);
    play.answer(play.target);
    play.report(play.transferee, 200);
    play.hang_up(play.transferor, play.first);
    play.target_hangs_up();
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F2 Transferor -> Transferee INVITE/200/ACK sendonly\n"
        "F3 Transferor -> Target INVITE\n"
        "F4 Target -> Transferor 180 INVITE\n"
        "F5 Target -> Transferor 200 INVITE\n"
        "F6 Transferor -> Target ACK\n"
        "F7 Transferor -> Transferee REFER/202\n"
        "F8 Transferee -> Transferor NOTIFY/200 100\n"
        "F9 Transferee -> Target INVITE/200/ACK Replaces:\n"
        "F10* Target -> Transferor BYE/200\n"
        "F11 Transferee -> Transferor NOTIFY/200 200\n"
        "F12 Transferor -> Transferee BYE/200\n"
        "F13 Target -> Transferee BYE/200\n"
    );
}

TEST_CASE("A transferor who gives up on a ringing target has it called by the transferee (RFC 5589 7.6)") {
    transfer play;
    play.hold();
    play.second = play.call(play.transferor, transfer::target_uri);
    play.ring(play.target);
    play.hang_up(play.transferor, play.second);
    play.asks_to_call_target();
    play.completes();
    play.hang_up(play.transferor, play.first);
    play.target_hangs_up();
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F2 Transferor -> Transferee INVITE/200/ACK sendonly\n"
        "F3 Transferor -> Target INVITE\n"
        "F4 Target -> Transferor 180 INVITE\n"
        "F5 Transferor -> Target CANCEL/200\n"
        "F6 Target -> Transferor 487 INVITE\n"
        "F7 Transferor -> Target ACK\n"
        "F8 Transferor -> Transferee REFER/202\n"
        "F9 Transferee -> Transferor NOTIFY/200 100\n"
        "F10 Transferee -> Target INVITE/200/ACK\n"
        "F11 Transferee -> Transferor NOTIFY/200 200\n"
        "F12 Transferor -> Transferee BYE/200\n"
        "F13 Target -> Transferee BYE/200\n"
    );
}

TEST_CASE("A target that turns out not to know Replaces is left, and called by the transferee (RFC 5589 7.7)") {
    transfer play;
    auto const ask = [&](sip::session_id in) {
        auto const asked = play.transferor.command([&](auto now, auto& out) {
            return play.transferor.core.request_in_call(now, in, sip::method::options, {}, {}, out);
        });
        CHECK(asked.has_value());
        play.pause();
        CHECK(play.transferor.last<sip::request_completed>().status == 200);
    };
    ask(play.first);
    play.hold();
    play.second = play.call(play.transferor, transfer::target_uri);
    play.answer(play.target);
    ask(play.second);
    play.hang_up(play.transferor, play.second);
    play.asks_to_call_target();
    play.completes();
    play.hang_up(play.transferor, play.first);
    play.target_hangs_up();
    play.follows(
        "F1 Transferee -> Transferor INVITE/200/ACK\n"
        "F2 Transferor -> Transferee OPTIONS/200\n"
        "F3 Transferor -> Transferee INVITE/200/ACK sendonly\n"
        "F4 Transferor -> Target INVITE/200/ACK\n"
        "F5 Transferor -> Target OPTIONS/200\n"
        "F6 Transferor -> Target BYE/200\n"
        "F7 Transferor -> Transferee REFER/202\n"
        "F8 Transferee -> Transferor NOTIFY/200 100\n"
        "F9 Transferee -> Target INVITE/200/ACK\n"
        "F10 Transferee -> Transferor NOTIFY/200 200\n"
        "F11 Transferor -> Transferee BYE/200\n"
        "F12 Target -> Transferee BYE/200\n"
    );
}

TEST_CASE("The transferred call says on whose behalf it is made (RFC 5589 8, RFC 3892 2.2)") {
    transfer play;
    play.hold();
    play.consult();
    play.forget();
    play.asks_to_replace();
    play.follow_transfer(play.transferee);
    play.answer(play.target);
    play.report(play.transferee, 200);
    play.hang_up(play.transferor, play.first);
    play.follows(
        "F5 Transferor -> Transferee REFER/202 Referred-By:\n"
        "F5a Transferee -> Transferor NOTIFY/200 100\n"
        "F6 Transferee -> Target INVITE/200/ACK Referred-By: transferor@atlanta.example.com Replaces:\n"
        "F7* Target -> Transferor BYE/200\n"
        "F8 Transferee -> Transferor NOTIFY/200 200\n"
        "F9 Transferor -> Transferee BYE/200\n"
    );
}
