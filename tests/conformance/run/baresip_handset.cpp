#include "conformance/run/baresip_handset.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "conformance/run/address.hpp"

namespace conformance {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr std::size_t wav_header = 44;

/// What the codec is called in baresip's account, and the module that has it.
struct codec_module {
    std::string_view name, in_account, module;
};
constexpr codec_module codec_modules[] = {
    {"PCMU", "pcmu", "g711"},       {"PCMA", "pcma", "g711"},         {"G722", "g722/16000/1", "g722"},
    {"GSM", "gsm", "gsm"},          {"opus", "opus/48000/2", "opus"}, {"G726-16", "G726-16", "g726"},
    {"G726-24", "G726-24", "g726"}, {"G726-32", "G726-32", "g726"},   {"G726-40", "G726-40", "g726"},
};

/// Sound as sndfile wrote it: the header of a WAV file says how many channels and samples per second there are.
struct recording {
    std::uint32_t channels = 1, rate = 8000;
    std::vector<std::int16_t> samples;
};

recording read_recording(const fs::path& file, std::size_t from) {
    recording out;
    std::ifstream in(file, std::ios::binary);
    char header[wav_header] = {};
    in.read(header, sizeof header);
    std::uint16_t channels = 0;
    std::memcpy(&channels, header + 22, sizeof channels);
    std::memcpy(&out.rate, header + 24, sizeof out.rate);
    out.channels = std::max<std::uint32_t>(channels, 1);
    const auto frame = out.channels * sizeof(std::int16_t);
    from = std::max(from, wav_header);
    in.seekg(static_cast<std::streamoff>(from - (from - wav_header) % frame));
    std::vector<char> bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    out.samples.resize(bytes.size() / sizeof(std::int16_t));
    std::memcpy(out.samples.data(), bytes.data(), out.samples.size() * sizeof(std::int16_t));
    return out;
}

std::string module_folder() {
    for (const auto* place :
         {"/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules",
          "/usr/lib/aarch64-linux-gnu/baresip/modules"})
        if (fs::exists(place)) return place;
    return {};
}

/// The recordings of what was decoded, with their sizes: sndfile writes one file for each direction of each call, and
/// begins another where media change.
std::map<fs::path, std::size_t> recordings(const std::string& folder) {
    std::map<fs::path, std::size_t> out;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(folder, problem)) {
        if (!entry.path().filename().string().ends_with("dec.wav")) continue;
        const auto size = fs::file_size(entry.path(), problem);
        if (!problem) out[entry.path()] = static_cast<std::size_t>(size);
    }
    return out;
}

/// As baresip's account writes it.
std::string media_encryption_of(const handset_setting& setting) {
    if (setting.media_encryption.empty()) return {};
    return ";mediaenc=" + (setting.media_encryption == "dtls" ? "dtls_srtp" : setting.media_encryption);
}

}  // namespace

baresip_handset::baresip_handset(handset_setting setting) : setting_(std::move(setting)) {}

baresip_handset::~baresip_handset() {
    (void)command("quit");
    process_.stop(milliseconds(2000));  // it answers SIGTERM slowly, and `quit` at once
}

bool baresip_handset::write_configuration() const {
    const auto& folder = setting_.folder;
    const auto* const known =
        std::find_if(std::begin(codec_modules), std::end(codec_modules), [this](const auto& each) {
            return each.name == setting_.codec;
        });
    fs::create_directories(folder);
    std::ofstream config(folder + "/config");
    config << fmt::format(
        "sip_listen {listen}\nsip_trans_def {transport}\nnet_interface {host}\nrtp_ports "
        "{rtp}-{rtp_last}\nrtcp_mux no\n"
        "audio_source ausine,{tone:g}\naudio_player aubridge,player\naudio_alert aubridge,alert\nausrc_srate "
        "48000\nausrc_channels 2\n"
        "auplay_srate 48000\nauplay_channels 1\naudio_txmode poll\naudio_path /usr/share/baresip\nring_aufile "
        "none\nringback_aufile none\n"
        "jitter_buffer_delay 5-10\nmodule_path {modules}\nmodule {codec}.so\nmodule ausine.so\nmodule "
        "aubridge.so\nmodule "
        "sndfile.so\nmodule srtp.so\nmodule dtls_srtp.so\n"
        "module ctrl_tcp.so\nmodule uuid.so\nmodule_tmp account.so\nmodule_app menu.so\nmodule_app "
        "debug_cmd.so\nctrl_tcp_listen 127.0.0.1:{control}\nsnd_path {folder}\n",
        fmt::arg("listen", host_port(setting_.host, setting_.sip_port)), fmt::arg("host", setting_.host),
        fmt::arg("transport", setting_.transport), fmt::arg("rtp", setting_.first_rtp_port),
        fmt::arg("rtp_last", setting_.first_rtp_port + 19), fmt::arg("tone", setting_.tone),
        fmt::arg("modules", module_folder()), fmt::arg("control", control_port()), fmt::arg("folder", folder),
        fmt::arg("codec", known == std::end(codec_modules) ? "g711" : known->module)
    );
    std::ofstream(folder + "/contacts").flush();
    std::ofstream accounts(folder + "/accounts");
    accounts << fmt::format(
        "<sip:{0}@{1}:{2};transport={3}>;auth_user={0};auth_pass={4};answermode={5};regint=60;audio_codecs={6}{7}\n",
        setting_.user, host_in_uri(setting_.host), setting_.proxy_port, setting_.transport, setting_.password, "manual",
        known == std::end(codec_modules) ? "pcmu,pcma" : known->in_account, media_encryption_of(setting_)
    );
    return static_cast<bool>(config.flush()) && static_cast<bool>(accounts.flush());
}

std::optional<std::string> baresip_handset::start(milliseconds patience) {
    if (module_folder().empty()) return "baresip is not installed";
    if (!write_configuration()) return "cannot write baresip's configuration";
    process_ = child::start({"baresip", "-f", setting_.folder}, setting_.folder + "/baresip.log", setting_.folder);
    const auto until = steady::now() + patience;
    while (steady::now() < until) {
        // "reginfo" lists the accounts; a registered one is marked OK.
        const auto info = command("reginfo");
        if (info && info->find("OK") != std::string::npos) {
            if (setting_.is_busy) return "baresip cannot be made busy";
            return std::nullopt;
        }
        if (const auto code = process_.wait(milliseconds(100)))
            return fmt::format("baresip ended with {}: see {}.err", *code, process_.output());
    }
    return fmt::format("baresip did not register in time: see {}", process_.output());
}

std::optional<std::string> baresip_handset::command(const std::string& name, const std::string& parameters) {
    const socket_address to("127.0.0.1", control_port());
    const int socket = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval wait{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (::connect(socket, to.get(), to.length) != 0) return ::close(socket), std::nullopt;
    json::object request{{"command", name}, {"token", "flows"}};
    if (!parameters.empty()) request["params"] = parameters;
    const auto body = json::serialize(request);
    const auto message = fmt::format("{}:{},", body.size(), body);
    (void)!::send(socket, message.data(), message.size(), MSG_NOSIGNAL);
    std::string received;
    std::optional<std::string> answer;
    char room[8192];
    while (!answer) {
        const auto count = ::recv(socket, room, sizeof room, 0);
        if (count <= 0) break;
        received.append(room, static_cast<std::size_t>(count));
        for (auto colon = received.find(':'); colon != std::string::npos; colon = received.find(':')) {
            const auto length = static_cast<std::size_t>(std::strtoul(received.c_str(), nullptr, 10));
            if (received.size() < colon + length + 2) break;
            boost::system::error_code problem;
            const auto value = json::parse(received.substr(colon + 1, length), problem);
            received.erase(0, colon + length + 2);
            const auto* object = problem ? nullptr : value.if_object();
            if (object == nullptr || !object->contains("response")) continue;
            const auto* data = object->if_contains("data");
            answer = data != nullptr && data->is_string() ? std::string(data->get_string()) : std::string();
        }
    }
    ::close(socket);
    return answer;
}

std::optional<std::string> baresip_handset::dial(const std::string& target) {
    const auto uri = fmt::format("sip:{}@{}", target, host_port(setting_.host, setting_.proxy_port));
    return command("dial", uri) ? std::nullopt : std::optional<std::string>("baresip does not answer");
}

std::optional<std::string> baresip_handset::act(const std::string& verb, const std::string& object) {
    static const std::map<std::string, const char*> commands{
        {"answers", "accept"}, {"rejects", "hangup"}, {"holds", "hold"}, {"resumes", "resume"}, {"hangs-up", "hangup"}};
    if (verb == "transfers-to") {
        const auto uri = fmt::format("sip:{}@{}", object, host_port(setting_.host, setting_.proxy_port));
        return command("transfer", uri) ? std::nullopt : std::optional<std::string>("baresip does not answer");
    }
    const auto known = commands.find(verb);
    if (known == commands.end()) return fmt::format("baresip cannot '{}'", verb);
    return command(known->second) ? std::nullopt : std::optional<std::string>("baresip does not answer");
}

std::optional<std::uint64_t> baresip_handset::packets_received(const std::string&) {
    // 20 ms of sound is one packet.
    std::uint64_t total = 0;
    for (const auto& [file, size] : recordings(setting_.folder)) {
        const auto recorded = read_recording(file, 0);
        total += recorded.samples.size() / (recorded.rate / 50 * recorded.channels);
    }
    return total;
}

void baresip_handset::begin_listening() {
    heard_before_ = recordings(setting_.folder);
}

handset::sound baresip_handset::end_listening() {
    // Of several calls the one that is heard: the recording that grew most.
    std::optional<fs::path> heard;
    std::size_t from = 0, most = 0;
    for (const auto& [file, size] : recordings(setting_.folder)) {
        const auto before = heard_before_.find(file);
        const auto known = before == heard_before_.end() ? 0 : before->second;
        if (size <= known || size - known <= most) continue;
        most = size - known;
        heard = file;
        from = known;
    }
    if (!heard) return {};
    const auto recorded = read_recording(*heard, from);
    // The tones of flows are far below 4 kHz: one channel, and one of so many samples, say enough.
    std::vector<std::int16_t> samples;
    for (std::size_t at = 0; at < recorded.samples.size(); at += recorded.channels * recorded.rate / 8000)
        samples.push_back(recorded.samples[at]);
    return sound_in(samples);
}

}  // namespace conformance
