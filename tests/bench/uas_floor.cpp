// What the kernel takes for the calls of uas_5000.sh, and nothing else: one loop around epoll_wait(), recvfrom() and
// sendto() that answers SIPp's caller with the lines of its own requests. It reads no SIP and remembers nothing, so a
// user agent server on such a loop can only be dearer.
//
// Usage: uas_floor ADDRESS PORT
#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view description =
    "v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

/// The request's lines from Via to CSeq, which SIPp writes in this order and in front of Contact, with a To tag.
std::string answer(std::string_view request, std::string_view status, std::string_view body) {
    auto const begin = request.find("\r\n");
    auto const lines = request.substr(begin, request.find("\r\nContact:") - begin);
    auto const to = lines.find("\r\nTo:"), behind_to = lines.find("\r\n", to + 2);
    std::string text = "SIP/2.0 ";
    text.append(status).append(lines.substr(0, behind_to));
    if (lines.substr(to, behind_to - to).find(";tag=") == lines.npos) text += ";tag=1";
    text.append(lines.substr(behind_to)).append("\r\nContact: <sip:127.0.0.1:44980>\r\n");
    if (!body.empty()) text += "Content-Type: application/sdp\r\n";
    return text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

}  // namespace

int main(int argc, char** argv) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    if (argc != 3 || inet_pton(AF_INET, argv[1], &own.sin_addr) != 1)
        return std::fprintf(stderr, "usage: uas_floor ADDRESS PORT\n"), EXIT_FAILURE;
    own.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[2])));
    int const socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
    int const buffer = 4'000'000;
    setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (bind(socket, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0) return std::perror("bind"), EXIT_FAILURE;
    epoll_event wanted{.events = EPOLLIN, .data = {}};
    epoll_ctl(poll, EPOLL_CTL_ADD, socket, &wanted);
    for (static char datagram[65536];;) {
        epoll_wait(poll, &wanted, 1, -1);
        sockaddr_in from{};
        socklen_t length = sizeof from;
        auto* const peer = reinterpret_cast<sockaddr*>(&from);
        for (ssize_t size; (size = recvfrom(socket, datagram, sizeof datagram, 0, peer, &length)) > 0;) {
            std::string_view const request(datagram, static_cast<std::size_t>(size));
            auto const reply = [&](std::string_view status, std::string_view body) {
                auto const text = answer(request, status, body);
                sendto(socket, text.data(), text.size(), 0, peer, length);
            };
            if (request.starts_with("INVITE ")) reply("180 Ringing", {});
            if (request.starts_with("INVITE ")) reply("200 OK", description);
            if (request.starts_with("BYE ")) reply("200 OK", {});
        }
    }
}
