// Covers: the audio plane with a driver at the other end of real descriptors, over shared memory and over packets:
// every sample crosses both ways, the driver's clock sets the pace, a timer takes over when the driver dies or stops
// ticking, a second driver takes over, a hostile page.
#include "phoned/tools/audio_driver.hpp"
#include "phoned_support.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <algorithm>
#include <numeric>

using namespace phoned;
using namespace phoned::testing;

namespace {

// Hears every period, and plays back what it heard, one period later and inverted.
class echo final : public audio_listener {
public:
    void on_audio_period(const audio_period& period) override {
        (period.from_device ? by_device : by_timer)++;
        for (std::size_t i = 0; i < period.playback.size(); ++i) {
            period.playback[i] = static_cast<std::int16_t>(-period.captured[i]);
        }
        heard.insert(heard.end(), period.captured.begin(), period.captured.end());
    }
    void on_audio_attached(now_t, std::string_view driver) override { log += "+" + std::string{driver}; }
    void on_audio_lost(now_t, std::string_view) override { log += "-"; }

    int by_device = 0, by_timer = 0;
    std::vector<std::int16_t> heard;
    std::string log;
};

struct audio_phone {
    explicit audio_phone(std::uint32_t rate = 8000) : phone({}, rate) {
        phone.run([&] { phone.server.audio().set_listener(&listener); });
    }
    ~audio_phone() {
        phone.run([&] {
            phone.server.audio().stop();
            phone.server.audio().set_listener(nullptr);
        });
    }
    void start() {
        phone.run([&] { phone.server.audio().start(); });
    }
    audio_counters counters() {
        audio_counters counted;
        phone.run([&] { counted = phone.server.audio().counters(); });
        return counted;
    }

    echo listener;
    phone_process phone;
};

// A driver that has been attached; with `running`, started too.
struct sound_card {
    sound_card(phone_process& phone, std::string_view transport, bool running = true, const std::string& name = "card")
        : line(phone.driver("audio", name, {{"transports", {transport}}})) {
        const auto until = soon();
        while (!(running ? driver.is_running() : driver.is_attached())) {
            auto message = line.next(until);
            REQUIRE(message.has_value());
            driver.handle(line, *message);
        }
    }
    tools::connection line;
    tools::audio_driver driver;
};

void check_echo(std::string_view transport, std::uint32_t rate) {
    audio_phone world{rate};
    world.start();
    sound_card card{world.phone, transport};
    const auto frames = audio_format_at(rate).period_frames;
    std::vector<std::int16_t> sent, returned, microphone(frames), loudspeaker(frames);
    for (int period = 0; period < 50; ++period) {
        for (auto& sample : microphone)
            sample = static_cast<std::int16_t>(1 + sent.size() + static_cast<std::size_t>(&sample - microphone.data()));
        sent.insert(sent.end(), microphone.begin(), microphone.end());
        if (card.driver.exchange(microphone, loudspeaker, 0))
            returned.insert(returned.end(), loudspeaker.begin(), loudspeaker.end());
        // As quick as phoned answers, and no quicker: the pace is the driver's.
        for (int wait = 0; wait < 1000; ++wait) {
            int done = 0;
            world.phone.run([&] { done = world.listener.by_device; });
            if (done > period) break;
        }
    }
    std::vector<std::int16_t> heard;
    world.phone.run([&] { heard = world.listener.heard; });
    // Before the first tick the timer may have made some periods of silence.
    heard.erase(heard.begin(), std::find_if(heard.begin(), heard.end(), [](std::int16_t sample) {
                    return sample != 0;
                }));
    CHECK(heard == sent);
    REQUIRE(returned.size() == 49 * frames);
    for (std::size_t i = 0; i < returned.size(); ++i)
        REQUIRE(returned[i] == static_cast<std::int16_t>(-sent[i]));
    const auto counted = world.counters();
    CHECK(counted.bad_frames == 0);
    CHECK(counted.capture_overruns == 0);
    CHECK(counted.playback_overruns == 0);
    CHECK(counted.capture_underruns == 0);
}

}  // namespace

TEST_CASE("every sample crosses both ways over shared memory, at 8 and 16 kHz") {
    check_echo("shm", 8000);
    check_echo("shm", 16000);
}

TEST_CASE("every sample crosses both ways in packets, at 8 and 16 kHz") {
    check_echo("packet", 8000);
    check_echo("packet", 16000);
}

TEST_CASE("without a driver a timer makes the periods, about a hundred a second") {
    audio_phone world;
    world.start();
    std::this_thread::sleep_for(500ms);
    int made = 0;
    world.phone.run([&] { made = world.listener.by_timer; });
    CHECK(made >= 40);
    CHECK(made <= 55);
    world.phone.run([&] { world.phone.server.audio().stop(); });
    world.phone.run([&] { made = world.listener.by_timer; });
    std::this_thread::sleep_for(50ms);
    int later = 0;
    world.phone.run([&] { later = world.listener.by_timer; });
    CHECK(later == made);
}

TEST_CASE("a driver that dies in a call is replaced by the timer, and its successor takes over from it") {
    for (const auto* transport : {"shm", "packet"}) {
        CAPTURE(std::string{transport});
        audio_phone world;
        world.start();
        std::vector<std::int16_t> silence(80), heard(80);
        {
            sound_card card{world.phone, transport};
            for (int i = 0; i < 5; ++i) {
                card.driver.exchange(silence, heard, 0);
                std::this_thread::sleep_for(10ms);
            }
        }
        std::this_thread::sleep_for(200ms);
        int by_timer = 0, by_device = 0;
        world.phone.run([&] {
            by_timer = world.listener.by_timer;
            by_device = world.listener.by_device;
        });
        CHECK(by_timer >= 12);
        CHECK(by_device >= 4);
        sound_card next{world.phone, transport, true, "next"};
        for (int i = 0; i < 20; ++i) {
            next.driver.exchange(silence, heard, 0);
            std::this_thread::sleep_for(10ms);
        }
        world.phone.run([&] {
            CHECK(world.listener.by_device >= by_device + 15);
            CHECK(world.listener.log == "+card-+next");
        });
    }
}

TEST_CASE("a driver whose clock stands still does not stop the call, and when it ticks again it leads again") {
    audio_phone world;
    sound_card card{world.phone, "shm", false};
    world.start();
    std::vector<std::int16_t> silence(80), heard(80);
    const auto tick = [&](int times) {
        for (int i = 0; i < times; ++i) {
            card.driver.exchange(silence, heard, 0);
            std::this_thread::sleep_for(10ms);
        }
    };
    tick(5);
    std::this_thread::sleep_for(300ms);
    int by_timer = 0;
    world.phone.run([&] { by_timer = world.listener.by_timer; });
    CHECK(by_timer >= 15);
    int before = 0;
    tick(1);
    world.phone.run([&] { before = world.listener.by_timer; });
    tick(20);
    world.phone.run([&] { CHECK(world.listener.by_timer <= before + 1); });
}

TEST_CASE("the driver that came last has the device, and the one before gets it back") {
    audio_phone world;
    world.start();
    sound_card first{world.phone, "shm", true, "first"};
    {
        sound_card second{world.phone, "packet", true, "second"};
        while (first.driver.is_running()) {
            auto message = first.line.next(soon());
            REQUIRE(message.has_value());
            first.driver.handle(first.line, *message);
        }
    }
    while (!first.driver.is_running()) {
        auto message = first.line.next(soon());
        REQUIRE(message.has_value());
        first.driver.handle(first.line, *message);
    }
    world.phone.run([&] { CHECK(world.listener.log == "+first-+second-+first"); });
}

TEST_CASE("the shared memory cannot be shrunk, grown or resealed by the driver") {
    audio_phone world;
    auto line = world.phone.driver("audio", "card", {{"transports", {"shm"}}});
    tools::audio_driver driver;
    std::optional<net::descriptor> memory;
    const auto until = soon();
    while (!memory) {
        auto message = line.next(until);
        REQUIRE(message.has_value());
        if (message->method == "audio.attach") {
            memory = line.take_descriptor();
        } else {
            driver.handle(line, *message);
        }
    }
    CHECK(::ftruncate(memory->get(), 0) != 0);
    CHECK(::ftruncate(memory->get(), 1 << 20) != 0);
    CHECK(::fcntl(memory->get(), F_ADD_SEALS, F_SEAL_WRITE) != 0);
}

TEST_CASE("a driver that scribbles over the page and floods the clock is counted, not followed") {
    audio_phone world;
    world.start();
    auto line = world.phone.driver("audio", "card", {{"transports", {"shm"}}});
    tools::audio_driver driver;
    std::optional<net::descriptor> memory, clock;
    const auto until = soon();
    while (!clock) {
        auto message = line.next(until);
        REQUIRE(message.has_value());
        if (message->method == "audio.attach") {
            memory = line.take_descriptor();
            clock = line.take_descriptor();
        } else {
            driver.handle(line, *message);
        }
    }
    const auto layout = net::ring_layout{{8000, 80}, 16};
    const auto block = net::mapped_block::of(memory->get(), layout.total_size());
    REQUIRE(block.has_value());
    for (std::uint32_t lie : {17u, 0x7fffffffu, 0xffffffffu, 1u}) {
        std::memset(block->bytes().data(), 0xFF, 4096);
        for (const std::size_t at : {64u, 256u})
            std::memcpy(block->bytes().data() + at, &lie, sizeof lie);
        const std::uint64_t ticks = 1'000'000'000;
        CHECK(::write(clock->get(), &ticks, sizeof ticks) == sizeof ticks);
        std::this_thread::sleep_for(20ms);
    }
    const auto counted = world.counters();
    CHECK(counted.bad_frames > 0);
    CHECK(counted.capture_overruns > 1'000'000);
    CHECK(counted.periods < 200);
    CHECK(world.phone.control().call("ping", {}, 2s).has_value());
}

TEST_CASE("packets of a wrong shape are counted and dropped") {
    audio_phone world;
    world.start();
    auto line = world.phone.driver("audio", "card", {{"transports", {"packet"}}});
    tools::audio_driver driver;
    std::optional<net::descriptor> socket;
    const auto until = soon();
    while (!socket) {
        auto message = line.next(until);
        REQUIRE(message.has_value());
        if (message->method == "audio.attach") {
            socket = line.take_descriptor();
        } else {
            driver.handle(line, *message);
        }
    }
    for (const std::size_t length : {1u, 15u, 17u, 175u, 177u, 5000u}) {
        const std::vector<char> packet(length, 'x');
        CHECK(::send(socket->get(), packet.data(), packet.size(), MSG_NOSIGNAL) > 0);
    }
    std::array<std::byte, 16> only_a_tick{};
    write_audio_header(std::span<std::byte, 16>{only_a_tick}, {});
    CHECK(::send(socket->get(), only_a_tick.data(), only_a_tick.size(), MSG_NOSIGNAL) > 0);
    std::this_thread::sleep_for(50ms);
    const auto counted = world.counters();
    CHECK(counted.bad_frames == 6);
    CHECK(counted.capture_underruns >= 1);
}
