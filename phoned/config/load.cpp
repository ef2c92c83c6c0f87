#include "phoned/config/load.hpp"

#include "phoned/config/parameter_name.hpp"
#include "phoned/config/text_encoding.hpp"
#include "phoned/config/value.hpp"
#include "rtp/codec/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace phoned {
namespace {

using namespace config;

constexpr std::string_view version_line = "#!version:1.0.0.1";

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Reads one file after the other into the settings, and remembers what it must to explain itself.
class loader {
public:
    explicit loader(loaded_config& into) : into_(into) {}

    void read(const config_source& file) {
        file_ = file.name;
        line_ = 0;
        seen_.clear();
        auto text = file.text;
        if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
        for (bool first = true; first || !text.empty(); first = false) {
            ++line_;
            const auto end = text.find('\n');
            const auto line = text.substr(0, end);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            if (first && trimmed(line) != version_line) {
                report(
                    severity::warning, {}, fmt::format("the first line is not {}", version_line),
                    "the file is read all the same"
                );
            }
            read_line(line);
        }
    }

    void check_whole() {
        line_ = 0;
        auto& values = into_.values;
        if (values.max_rtp_port < values.min_rtp_port) {
            const auto standard = default_settings();
            report(
                severity::error, "network.port.max_rtpport",
                fmt::format("{} is below network.port.min_rtpport, {}", values.max_rtp_port, values.min_rtp_port),
                fmt::format("{}-{}", standard.min_rtp_port, standard.max_rtp_port)
            );
            values.min_rtp_port = standard.min_rtp_port;
            values.max_rtp_port = standard.max_rtp_port;
        }
        for (unsigned number = 1; number <= max_accounts; ++number)
            check_account(number, values.accounts[number - 1]);
    }

private:
    void read_line(std::string_view raw) {
        const auto line = trimmed(raw);
        if (line.empty() || line.front() == '#') return;
        if (line.size() > max_config_line) {
            report(
                severity::error, {}, fmt::format("the line is longer than {} bytes", max_config_line),
                "the line is left out"
            );
            return;
        }
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) {
            report(severity::error, {}, "the line is not `name = value`", "the line is left out");
            return;
        }
        read_parameter(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
    }

    void read_parameter(std::string_view name, std::string_view raw_value) {
        const auto found = find_parameter(name);
        if (!found) {
            auto reason = found.error().reason;
            // Looking for similar names is slow: a file of nonsense gets it for its first lines only.
            if (found.error().may_be_slip && suggestions_ > 0) {
                --suggestions_;
                if (const auto similar = similar_name(name); !similar.empty())
                    reason += "; did you mean " + similar + "?";
            }
            report(severity::warning, name, std::move(reason), "the line is left out");
            return;
        }
        if (const auto earlier = note(*found, name); earlier != 0) {
            report(severity::warning, name, fmt::format("was set in line {} already", earlier), "the later value");
        }
        // The guide: an empty value leaves the old setting, %NULL% clears it.
        if (raw_value.empty()) return;
        const auto text = raw_value == "%NULL%" ? std::string{default_for(*found)} : to_utf8(raw_value);
        apply(*found, name, text);
    }

    void apply(const found_parameter& found, std::string_view name, const std::string& text) {
        const auto& type = found.row->type;
        const auto quoted = type.is_secret ? std::string{"the value"} : fmt::format("\"{}\"", text);
        const auto parsed = parse_value(type, text);
        if (!parsed) {
            report(severity::error, name, quoted + " " + parsed.error().reason, in_force(found));
            return;
        }
        const auto& [value, remark] = *parsed;
        if (!remark.empty())
            report(severity::warning, name, quoted + " " + remark, fmt::format("{:.15g}", value.number));
        if (found.row->apply == nullptr) {
            if (!found.is_whole_family && text != default_for(found)) {
                report(severity::note, name, "is known, but not acted on yet", {});
            }
            return;
        }
        if (!found.row->apply(into_.values, found.at, value)) {
            report(
                severity::warning, name, fmt::format("\"{}\" is not among the account's codecs", found.at.name),
                "the line is left out"
            );
            return;
        }
        if (!type.is_secret) values_[key(found)] = fmt::format("\"{}\"", text);
    }

    void check_account(unsigned number, account_settings& account) {
        for (std::size_t slot = 0; slot < account.codecs.size(); ++slot)
            check_codec(number, slot, account.codecs[slot]);
        if (account.timer_t2 < account.timer_t1) {
            report(
                severity::warning, fmt::format("account.{}.advanced.timer_t2", number), "is below timer_t1",
                fmt::format("{} ms for both", account.timer_t1.count())
            );
            account.timer_t2 = account.timer_t1;
        }
        if (!account.enabled) return;
        const auto missing = [&](std::string_view what) {
            report(
                severity::error, fmt::format("account.{}.{}", number, what), "is not set, but the account is enabled",
                "the account stays off"
            );
            account.enabled = false;
        };
        if (account.user_name.empty()) missing("user_name");
        if (account.servers[0].host.empty()) missing("sip_server.1.address");
        if (account.outbound_proxy_enabled && account.outbound_proxy.host.empty()) {
            report(
                severity::warning, fmt::format("account.{}.outbound_host", number),
                "is not set, but outbound_proxy_enable is 1", "no outbound proxy"
            );
            account.outbound_proxy_enabled = false;
        }
    }

    // A file that renames a codec's slot but not its number would offer one codec under another's number (RFC 3551 6
    // fixes these).
    void check_codec(unsigned number, std::size_t slot, codec_setting& codec) {
        constexpr std::array<std::pair<std::string_view, unsigned>, 7> fixed{{
            {"PCMU", 0},
            {"GSM", 3},
            {"G723_53", 4},
            {"G723_63", 4},
            {"PCMA", 8},
            {"G722", 9},
            {"G729", 18},
        }};
        for (const auto& [name, payload_type] : fixed) {
            if (codec.payload_type != name || codec.rtpmap == payload_type) continue;
            if (codec.enabled) {
                report(
                    severity::note, fmt::format("account.{}.codec.{}.rtpmap", number, slot),
                    fmt::format("{} has the fixed payload type {}, not {}", name, payload_type, codec.rtpmap),
                    std::to_string(payload_type)
                );
            }
            codec.rtpmap = payload_type;
        }
        // The guide's defaults switch on what not every build has; only who asks for it by name is told.
        const auto enable = fmt::format("account.{}.codec.{}.enable", number, slot);
        if (!codec.enabled || !values_.contains(enable)) return;
        if (const auto why = rtp::why_missing(codec.payload_type); !why.empty())
            report(
                severity::warning, enable, fmt::format("{} cannot be used: {}", codec.payload_type, why),
                "the codec is not offered"
            );
    }

    [[nodiscard]] static std::string key(const found_parameter& found) {
        return written_out(found.row->name, found.at);
    }

    [[nodiscard]] static std::string_view default_for(const found_parameter& found) {
        const auto& row = *found.row;
        if (row.defaults_by_y.empty()) return row.default_value;
        return row.defaults_by_y[found.at.y() - row.indices[1].first];
    }

    // What counts when the new value does not: an earlier line's value, or the default.
    [[nodiscard]] std::string in_force(const found_parameter& found) const {
        if (const auto earlier = values_.find(key(found)); earlier != values_.end()) return earlier->second;
        const auto standard = default_for(found);
        return found.row->type.is_secret || standard.empty() ? std::string{"the earlier value"} : std::string{standard};
    }

    // The line in this file that set the same parameter before; 0 if none did.
    std::size_t note(const found_parameter& found, std::string_view name) {
        auto id = found.is_whole_family ? std::string{name} : key(found);
        const auto [entry, is_new] = seen_.try_emplace(std::move(id), line_);
        return is_new ? 0 : std::exchange(entry->second, line_);
    }

    void report(severity level, std::string_view name, std::string message, std::string used) {
        if (into_.diagnostics.size() >= max_diagnostics) return;
        into_.diagnostics.push_back(
            {file_, line_, level, std::string{to_utf8(name)}, std::move(message), std::move(used)}
        );
    }

    loaded_config& into_;
    std::string file_;
    std::size_t line_ = 0;
    int suggestions_ = 20;
    std::map<std::string, std::size_t> seen_;    // in this file: parameter and line
    std::map<std::string, std::string> values_;  // in all files: parameter and the text that counts
};

}  // namespace

namespace {

settings make_default_settings() {
    settings values{};
    for (const auto& chapter : parameter_table()) {
        for (const auto& row : chapter.rows) {
            if (row.apply == nullptr || row.name.find("NAME") != std::string_view::npos) continue;
            const auto each = [](const index_range& range, auto&& visit) {
                for (unsigned i = range.first; i <= std::max(range.first, range.last); ++i)
                    visit(i);
            };
            each(row.indices[0], [&](unsigned x) {
                each(row.indices[1], [&](unsigned y) {
                    const auto text =
                        row.defaults_by_y.empty() ? row.default_value : row.defaults_by_y[y - row.indices[1].first];
                    if (const auto parsed = parse_value(row.type, text))
                        row.apply(values, place{{x, y, 0}, {}}, parsed->value);
                });
            });
        }
    }
    return values;
}

}  // namespace

settings default_settings() {
    static const settings standard = make_default_settings();
    return standard;
}

std::vector<codec_setting> codec_preference(const account_settings& account) {
    std::vector<codec_setting> chosen;
    for (const auto& codec : account.codecs) {
        if (codec.enabled && !codec.payload_type.empty()) chosen.push_back(codec);
    }
    std::ranges::stable_sort(chosen, {}, [](const codec_setting& codec) {
        return codec.priority == 0 ? 1000U : codec.priority;
    });
    // One codec in two slots (a file that counts from 0 over defaults that count from 1): the better place counts.
    std::vector<codec_setting> unique;
    for (auto& codec : chosen) {
        const auto same = [&](const codec_setting& other) { return other.payload_type == codec.payload_type; };
        if (std::ranges::none_of(unique, same)) unique.push_back(std::move(codec));
    }
    return unique;
}

std::string_view digest_user(const account_settings& account) noexcept {
    return account.auth_name.empty() ? account.user_name : account.auth_name;
}

std::string to_string(const diagnostic& what) {
    constexpr std::array<std::string_view, 3> names{"note", "warning", "error"};
    std::string text = what.file;
    if (what.line != 0) text += fmt::format(":{}", what.line);
    text += fmt::format(": {}: ", names[static_cast<std::size_t>(what.level)]);
    if (!what.parameter.empty()) text += what.parameter + ": ";
    text += what.message;
    if (!what.used.empty()) text += fmt::format(" (used: {})", what.used);
    return text;
}

bool loaded_config::has_errors() const noexcept {
    return std::ranges::any_of(diagnostics, [](const diagnostic& one) { return one.level == severity::error; });
}

loaded_config load_config(std::span<const config_source> files) {
    loaded_config loaded{default_settings(), {}, files.size()};
    loader reader{loaded};
    for (const auto& file : files)
        reader.read(file);
    reader.check_whole();
    return loaded;
}

}  // namespace phoned
