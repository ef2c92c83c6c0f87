#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pugixml.hpp>

#include "conformance/reports/entry.hpp"
#include "conformance/wording.hpp"

namespace conformance {

namespace {

class suite {
public:
    suite(pugi::xml_node parent, const report_entry& entry) : node_(parent.append_child("testsuite")), entry_(entry) {
        name_ = fmt::format("{} {}", entry.f.name, entry.f.title);
        for (const auto& m : entry.result.messages)
            if (m.what != verdict::outside)
                add(text_of(m) + ' ' + hop_of(m), m.what, m.explanation, m.observed.has_value());
        for (const auto& m : entry.result.media)
            add(fmt::format("{} {} {} {}", text_of(m.expected), m.expected.from, m.expected.to, m.expected.third),
                m.what, m.explanation, false);
        if (!entry.trouble.empty()) add("played to its end", verdict::wrong, entry.trouble, true);
        if (!entry.network.empty())
            node_.append_child("system-out").text() =
                fmt::format("a bad network: {}", fmt::join(entry.network, "; ")).c_str();
        node_.append_attribute("name") = name_.c_str();
        node_.append_attribute("package") = entry.setting.c_str();
        node_.append_attribute("tests") = tests_;
        node_.append_attribute("failures") = failures_;
        node_.append_attribute("time") = fmt::format("{:.3f}", entry.took).c_str();
    }

private:
    static std::string hop_of(const message_result& m) {
        return m.observed ? fmt::format("{} -> {}", m.observed->from, m.observed->to)
                          : fmt::format("{} -> {}", m.expected->from, m.expected->to);
    }
    void add(const std::string& name, verdict what, const std::string& text, bool came) {
        ++tests_;
        auto test = node_.append_child("testcase");
        test.append_attribute("classname") = name_.c_str();
        test.append_attribute("name") = fmt::format("{} in step {}", name, tests_).c_str();
        if (is_mismatch(what)) {
            ++failures_;
            test.append_child("failure").append_attribute("message") = text.c_str();
        } else if (what == verdict::not_seen_but_allowed && !came) {
            test.append_child("skipped").append_attribute("message") = text.c_str();
        }
    }

    pugi::xml_node node_;
    const report_entry& entry_;
    std::string name_;
    unsigned tests_ = 0, failures_ = 0;
};

}  // namespace

std::string junit_of(const std::vector<report_entry>& entries) {
    pugi::xml_document document;
    auto root = document.append_child("testsuites");
    for (const auto& each : entries)
        suite(root, each);
    std::ostringstream out;
    document.save(out, "  ");
    return out.str();
}

}  // namespace conformance
