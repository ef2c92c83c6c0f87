#include "conformance/run/side_by_side.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "conformance/run/session.hpp"

namespace conformance {

namespace {

class players {
public:
    players(const std::vector<task>& tasks, unsigned jobs) : tasks_(tasks), done_(tasks.size()) {
        const auto most = std::min<std::size_t>(jobs, done_.size());
        for (unsigned number = 0; number != most; ++number)
            threads_.emplace_back([this, number] { work(number); });
    }
    ~players() {
        next_ = done_.size();  // no further flow is begun
        for (auto& thread : threads_)
            thread.join();
    }
    players(const players&) = delete;
    players& operator=(const players&) = delete;

    /// What became of this flow. Waits for it.
    std::variant<performance, std::string> take(std::size_t index) {
        std::unique_lock lock(guard_);
        news_.wait(lock, [&] { return done_[index].has_value() || !trouble_.empty(); });
        if (!done_[index]) return trouble_;
        return std::move(*done_[index]);
    }

private:
    void work(unsigned number) {
        std::optional<session> here;
        for (auto index = next_++; index < done_.size(); index = next_++) {
            const auto& f = *tasks_[index].f;
            const auto& setting = *tasks_[index].setting;
            if (!here || !here->setting().shares_proxy_with(setting)) {
                here.reset();
                if (auto problem = here.emplace(setting, number).start()) return fail(std::move(*problem));
            }
            const auto begin = std::chrono::steady_clock::now();
            auto outcome = here->play(setting, f);
            if (auto* reason = std::get_if<std::string>(&outcome)) {
                if (!setting.has("baresip") && !setting.has("linphone") && !setting.has_device())
                    return fail(std::move(*reason));
                played nothing;
                nothing.trouble = std::move(*reason);
                outcome = std::move(nothing);
            }
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
            auto& result = std::get<played>(outcome);
            const std::lock_guard lock(guard_);
            done_[index].emplace(performance{
                setting,
                {f, std::move(result.result), setting.in_words(f), std::move(result.trouble), took.count(),
                 in_lines(result.impaired)},
                std::move(result.captured),
                std::move(result.impaired)});
            news_.notify_all();
        }
    }
    void fail(std::string reason) {
        const std::lock_guard lock(guard_);
        if (trouble_.empty()) trouble_ = std::move(reason);
        news_.notify_all();
    }

    const std::vector<task>& tasks_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex guard_;
    std::condition_variable news_;
    std::vector<std::optional<performance>> done_;
    std::string trouble_;
    std::vector<std::thread> threads_;
};

}  // namespace

std::optional<std::string> play_side_by_side(
    const std::vector<task>& tasks, unsigned jobs, const std::function<void(performance&&)>& use
) {
    players all(tasks, jobs);
    for (std::size_t index = 0; index != tasks.size(); ++index) {
        auto outcome = all.take(index);
        if (auto* reason = std::get_if<std::string>(&outcome)) return std::move(*reason);
        use(std::get<performance>(std::move(outcome)));
    }
    return std::nullopt;
}

}  // namespace conformance
