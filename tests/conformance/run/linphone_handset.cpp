#include "conformance/run/linphone_handset.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <numbers>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "conformance/run/address.hpp"

namespace conformance {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr std::uint32_t spoken_rate = 8000;
constexpr std::size_t wav_header = 44;
constexpr int rates[] = {8000, 16000, 32000, 48000};  // of the codecs that it has

template <class Number>
void put(std::ostream& out, Number number) {
    for (std::size_t i = 0; i != sizeof number; ++i)
        out.put(static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i)));
}

/// A minute of the tone that it speaks.
void write_tone(const std::string& path, double hertz) {
    constexpr std::uint32_t samples = 60 * spoken_rate;
    std::ofstream out(path, std::ios::binary);
    out << "RIFF";
    put(out, std::uint32_t{36 + samples * 2});
    out << "WAVEfmt ";
    put(out, std::uint32_t{16});
    put(out, std::uint16_t{1});
    put(out, std::uint16_t{1});
    put(out, spoken_rate);
    put(out, std::uint32_t{spoken_rate * 2});
    put(out, std::uint16_t{2});
    put(out, std::uint16_t{16});
    out << "data";
    put(out, std::uint32_t{samples * 2});
    for (std::uint32_t i = 0; i != samples; ++i)
        put(out, static_cast<std::int16_t>(8000 * std::sin(2 * std::numbers::pi * hertz * i / spoken_rate)));
}

}  // namespace

linphone_handset::linphone_handset(handset_setting setting) : setting_(std::move(setting)) {}

linphone_handset::~linphone_handset() {
    (void)command("quit");
    (void)process_.wait(milliseconds(2000));
    process_.stop(milliseconds(1000));
    if (commands_ >= 0) ::close(commands_);
}

bool linphone_handset::write_files() const {
    const auto& folder = setting_.folder;
    // It fails without these two.
    fs::create_directories(folder + "/.local/share/linphone");
    fs::create_directories(folder + "/.config/linphone");
    std::ofstream config(folder + "/linphonerc");
    config << fmt::format(
        "[sip]\nsip_port={sip}\nsip_tcp_port=0\nsip_tls_port=0\nguess_hostname=0\nbind_address={host}\nuse_ipv6=0\n"
        "contact=sip:{user}@{host}:{sip}\nmedia_encryption={encryption}\nmedia_encryption_mandatory={mandatory}\n"
        "[rtp]\naudio_rtp_port={rtp}\n"
        "[sound]\nplayback_dev_id=null\ncapture_dev_id=null\nringer_dev_id=null\nec=0\n"
        "[video]\nenabled=0\ncapture=0\ndisplay=0\n"
        "[audio_codec_0]\nmime=PCMU\nrate=8000\nchannels=1\nenabled=1\n",
        fmt::arg("sip", setting_.sip_port), fmt::arg("user", setting_.user), fmt::arg("host", setting_.host),
        fmt::arg(
            "encryption", setting_.media_encryption == "dtls" ? "dtls"
                          : setting_.media_encryption.empty() ? "none"
                                                              : "srtp"
        ),
        fmt::arg("mandatory", setting_.media_encryption.empty() || setting_.media_encryption == "srtp" ? 0 : 1),
        fmt::arg("rtp", setting_.first_rtp_port)
    );
    write_tone(folder + "/tone.wav", setting_.tone);
    return static_cast<bool>(config.flush()) &&
           (fs::exists(folder + "/commands") || ::mkfifo((folder + "/commands").c_str(), 0600) == 0);
}

std::optional<std::string> linphone_handset::start(milliseconds patience) {
    const auto& folder = setting_.folder;
    if (setting_.is_busy) return "linphone cannot be made busy";
    if (!write_files()) return "cannot write linphone's configuration";
    // Opened for both ways, so that neither end waits for the other; linphone's own end only reads.
    commands_ = ::open((folder + "/commands").c_str(), O_RDWR | O_CLOEXEC);
    if (commands_ < 0) return "cannot open the pipe of linphone's commands";
    process_ = child::start(
        {"env", "HOME=" + folder, "sh", "-c", "exec stdbuf -o0 linphonec -c linphonerc -d 0 < commands"},
        folder + "/linphone.log", folder
    );
    (void)command("soundcard use files");
    (void)command("record " + recording());
    (void)command("play " + folder + "/tone.wav");
    (void)command(fmt::format(
        "register sip:{0}@{1} sip:{1};transport={2} {3}", setting_.user, host_port(setting_.host, setting_.proxy_port),
        setting_.transport, setting_.password
    ));
    const auto until = steady::now() + patience;
    while (steady::now() < until) {
        (void)command("status register");
        if (printed().find("registered, identity") != std::string::npos) return std::nullopt;
        if (const auto code = process_.wait(milliseconds(300)))
            return fmt::format("linphonec ended with {}: see {} (Debian: linphone-cli)", *code, process_.output());
    }
    return fmt::format("linphone did not register in time: see {}", process_.output());
}

std::string linphone_handset::printed() const {
    std::ostringstream text;
    text << std::ifstream(process_.output()).rdbuf();
    return text.str();
}

std::optional<std::string> linphone_handset::command(const std::string& line) {
    const auto text = line + '\n';
    const bool sent =
        commands_ >= 0 && ::write(commands_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    return sent ? std::nullopt : std::optional<std::string>("linphone takes no commands");
}

std::optional<std::string> linphone_handset::dial(const std::string& target) {
    return command(fmt::format("call sip:{}@{}", target, host_port(setting_.host, setting_.proxy_port)));
}

std::optional<std::string> linphone_handset::act(const std::string& verb, const std::string&) {
    static const std::map<std::string, const char*> commands{
        {"answers", "answer"},
        {"rejects", "terminate"},
        {"holds", "pause"},
        {"resumes", "resume"},
        {"hangs-up", "terminate"}};
    const auto known = commands.find(verb);
    if (known == commands.end()) return fmt::format("linphone cannot '{}'", verb);
    return command(known->second);
}

void linphone_handset::begin_listening() {
    listens_since_ = steady::now();
    std::error_code problem;
    const auto size = fs::file_size(recording(), problem);
    heard_from_ = problem ? 0 : static_cast<std::size_t>(size);
}

handset::sound linphone_handset::end_listening() {
    std::ifstream in(recording(), std::ios::binary);
    std::vector<char> bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (bytes.size() < wav_header) return {};
    // The header that tells the rate is written when the call ends, and the codec decides on it: 8000 a second for
    // PCMU, 48000 for opus. So many bytes in so much time are near one of the rates that there are.
    const std::chrono::duration<double> took = steady::now() - listens_since_;
    const auto grown = bytes.size() - std::min(bytes.size(), heard_from_);
    const auto estimate = static_cast<double>(grown) / sizeof(std::int16_t) / took.count();
    const auto rate = *std::min_element(std::begin(rates), std::end(rates), [estimate](auto a, auto b) {
        return std::abs(estimate - a) < std::abs(estimate - b);
    });
    const auto step = static_cast<std::size_t>(rate / 8000);
    std::vector<std::int16_t> samples;
    for (auto at = std::max(heard_from_ & ~std::size_t{1}, wav_header); at + 2 <= bytes.size(); at += 2 * step) {
        std::int16_t sample = 0;
        std::memcpy(&sample, bytes.data() + at, sizeof sample);
        samples.push_back(sample);
    }
    return sound_in(samples);
}

}  // namespace conformance
