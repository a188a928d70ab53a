#include "sbc/ctl/policy_canary.h"

#include <cstdio>
#include <filesystem>

#include "sbc/ctl/candidate.h"
#include "sbc/ctl/policy_history.h"
#include "sbc/json/write.h"
#include "sbc/policy/bundle.h"
#include "sbc/policy/parcel.h"

namespace sbc::ctl {
namespace {

int not_possible(const std::string& why) {
  std::fprintf(stderr, "%s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
  return kCannotAsk;
}

// A member of an object, as text, shares as percentages; "" when it is not there.
std::string text_in(const json::Value& object, std::string_view name) {
  const json::Value* value = json::member(object, name);
  if (value == nullptr) return {};
  if (const auto* text = std::get_if<std::string>(&value->what)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value->what)) return std::to_string(*number);
  if (const auto* share = std::get_if<double>(&value->what)) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", *share * 100);
    return text;
  }
  return {};
}

void show_arm(const json::Value& canary, const char* name) {
  const json::Value* arm = json::member(canary, name);
  if (arm == nullptr) return;
  const auto text = [arm](std::string_view key) { return text_in(*arm, key); };
  const auto or_dash = [](const std::string& value) { return value.empty() ? std::string("-") : value; };
  std::printf("%-10s %8s %8s %8s %8s %8s %8s %8s\n", name, text("calls").c_str(), text("answered").c_str(),
              or_dash(text("answer_ratio")).c_str(), text("refused").c_str(), text("failures").c_str(),
              or_dash(text("post_dial_ms")).c_str(), text("one_way").c_str());
}

// kBad: the candidate was taken back.
int show_canary(const std::string& said) {
  const auto canary = json::parse(said);
  if (!canary) return not_possible("the border's answer cannot be read: " + canary.error());
  const std::string state = text_in(*canary, "state");
  if (state.empty()) {
    std::printf("no canary since the border started\n");
    return kGood;
  }
  std::printf("%s: policy %s, %s %% of new calls", state.c_str(), text_in(*canary, "hash").substr(0, 12).c_str(),
              text_in(*canary, "share").c_str());
  if (const auto left = text_in(*canary, "seconds_left"); !left.empty())
    std::printf(", %s s left, then %s", left.c_str(), text_in(*canary, "then").c_str());
  std::printf("\n");
  if (const auto why = text_in(*canary, "why"); !why.empty())
    std::printf("%s: %s\n", text_in(*canary, "reason").c_str(), why.c_str());
  std::printf("%-10s %8s %8s %8s %8s %8s %8s %8s\n", "", "calls", "answered", "%", "refused", "failures", "pdd ms",
              "one-way");
  show_arm(*canary, "candidate");
  show_arm(*canary, "control");
  return state == "rolled_back" ? kBad : kGood;
}

int begin(const CanaryOptions& options) {
  const auto running = ask_border(options.place, {.path = "/policy/running"});
  if (!running) return not_possible(running.error());
  const auto told = json::parse(*running);
  const std::string main = told ? text_in(*told, "main") : "";
  if (main.empty()) return not_possible("the border does not say what runs");
  const auto read = policy::Bundle::read(policy_file(options.file, main));
  if (!read) return not_possible(read.error().message());
  // It is to be what the configured file would be: one text has one hash, however its copy is called.
  auto files = read->files();
  files.front().name = main;
  auto plan = options.plan;
  plan.try_emplace("author", asking_user());
  const auto begun = ask_border(
      options.place, {.path = "/policy/canary", .query = plan, .body = policy::packed(policy::Bundle(main, files))});
  return begun ? show_canary(*begun) : not_possible(begun.error());
}

int promote(const CanaryOptions& options) {
  const Installation installation{.config = options.place.config, .discard = options.discard};
  if (options.install)
    if (const auto may = may_install(installation); !may) return not_possible(may.error());
  const auto done = ask_border(options.place, {.path = "/policy/canary/promote", .body = ""});
  if (!done) return not_possible(done.error());
  const int shown = show_canary(*done);
  if (!options.install) {
    std::printf(
        "no file has changed: a reload or a restart brings back the policy on the disk (--install writes it)\n");
    return shown;
  }
  const auto parcel = ask_border(options.place, {.path = "/policy/canary/policy"});
  if (!parcel) return not_possible(parcel.error());
  const auto bundle = policy::unpacked(*parcel);
  if (!bundle) return not_possible(bundle.error());
  if (auto written = install(installation, *bundle); !written) return not_possible(written.error());
  return shown;
}

}  // namespace

int canary_policy(const CanaryOptions& options) {
  if (!options.file.empty()) return begin(options);
  if (options.promote) return promote(options);
  const auto said = options.stop ? ask_border(options.place, {.path = "/policy/canary/stop", .body = ""})
                                 : ask_border(options.place, {.path = "/policy/canary"});
  return said ? show_canary(*said) : not_possible(said.error());
}

}  // namespace sbc::ctl
