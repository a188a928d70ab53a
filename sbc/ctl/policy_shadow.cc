#include "sbc/ctl/policy_shadow.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "sbc/ctl/candidate.h"
#include "sbc/ctl/policy.h"
#include "sbc/json/write.h"
#include "sbc/policy/bundle.h"
#include "sbc/policy/parcel.h"

namespace sbc::ctl {
namespace {

constexpr const char* kPath = "/policy/shadow";
// Loading costs at most what the limits of the configuration allow, at a low priority.
constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kLook = std::chrono::milliseconds(50);
// A report: kinds and examples are bounded (sbc/replay/limits.h), and each is some values.
constexpr std::size_t kMostValues = 1'000'000;

int complain(const std::string& why) {
  std::fprintf(stderr, "%s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
  return kCannotAsk;
}

std::map<std::string, std::string> form(const ShadowOptions& options) {
  return options.json ? std::map<std::string, std::string>{} : std::map<std::string, std::string>{{"form", "text"}};
}

// The name of the file that runs; "": it is not said.
std::string main_of(const std::string& running) {
  const auto told = json::parse(running);
  const auto* name = told ? json::member(*told, "main") : nullptr;
  const auto* text = name != nullptr ? std::get_if<std::string>(&name->what) : nullptr;
  return text != nullptr ? *text : "";
}

struct Standing {
  std::string state, error, hash;
  std::int64_t order = 0;
};

std::expected<Standing, std::string> read_standing(const std::string& text) {
  const auto value = json::parse(text, kMostValues);
  if (!value) return std::unexpected("the border's answer cannot be read: " + value.error());
  Standing standing;
  const auto read = [&value](std::string_view name, auto& into) {
    const auto* member = json::member(*value, name);
    if (member == nullptr) return;
    if (const auto* found = std::get_if<std::remove_reference_t<decltype(into)>>(&member->what)) into = *found;
  };
  read("state", standing.state);
  read("error", standing.error);
  read("hash", standing.hash);
  read("order", standing.order);
  return standing;
}

// Until the border has loaded it, or has not.
std::expected<Standing, std::string> wait_for(const ControlPlace& place, std::int64_t order) {
  const auto ends = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < ends) {
    const auto said = ask_border(place, {.path = kPath});
    if (!said) return std::unexpected(said.error());
    auto standing = read_standing(*said);
    if (!standing) return standing;
    if (standing->order != order) return std::unexpected("somebody else has begun another shadow meanwhile");
    if (standing->state != "loading") return standing;
    std::this_thread::sleep_for(kLook);
  }
  return std::unexpected("the border is still loading it: ask with --status");
}

int begin(const ShadowOptions& options) {
  const std::string share = share_of(options.share);
  if (share.empty()) return complain("--share: expected a share such as 10% or 0.1, above 0 and up to 100%");
  const auto running = ask_border(options.place, {.path = "/policy/running"});
  if (!running) return complain(running.error());
  const auto candidate = policy::Bundle::read(policy_file(options.candidate, main_of(*running)));
  if (!candidate) return complain(candidate.error().message());
  const auto said =
      ask_border(options.place, {.path = kPath, .query = {{"share", share}}, .body = policy::packed(*candidate)});
  if (!said) return complain(said.error());
  const auto given = read_standing(*said);
  if (!given) return complain(given.error());
  const auto standing = wait_for(options.place, given->order);
  if (!standing) return complain(standing.error());
  if (standing->state != "running") {
    std::fprintf(stderr, "%s\n", standing->error.empty() ? "somebody has stopped it" : standing->error.c_str());
    return kBad;
  }
  std::printf("%s (policy %s) shadows the policy that decides: `sbcctl policy shadow --status` tells how they differ\n",
              options.candidate.c_str(), standing->hash.substr(0, 12).c_str());
  return kGood;
}

}  // namespace

std::string share_of(const std::string& text) {
  const bool percent = text.ends_with('%');
  const char* const last = text.data() + text.size() - (percent ? 1 : 0);
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), last, share);
  if (percent) share /= 100;
  if (error != std::errc{} || end != last || !(share > 0) || !(share <= 1)) return "";
  char out[64];
  const auto written = std::to_chars(std::begin(out), std::end(out), share);
  return {out, written.ptr};
}

int shadow_policy(const ShadowOptions& options) {
  const int asked = (options.candidate.empty() ? 0 : 1) + (options.status ? 1 : 0) + (options.stop ? 1 : 0);
  if (asked != 1) return complain("expected one of these: a candidate, --status, or --stop");
  if (!options.candidate.empty()) return begin(options);
  const auto said =
      options.stop ? ask_border(options.place,
                                {.path = std::string(kPath) + "/stop", .query = form(options), .body = std::string()})
                   : ask_border(options.place, {.path = kPath, .query = form(options)});
  if (!said) return complain(said.error());
  std::fputs(said->c_str(), stdout);
  return kGood;
}

void add_shadow(CLI::App& policy, std::function<int()>& chosen) {
  auto* command = policy.add_subcommand(
      "shadow", "A candidate beside the policy that decides: told the same, it acts on nothing, and is compared");
  auto asked = std::make_shared<ShadowOptions>();
  command->add_option("candidate", asked->candidate, "The policy that is tried; it replaces the one before");
  command->add_option("--share", asked->share, "Of all decisions, those that it is told of")->capture_default_str();
  command->add_flag("--status", asked->status, "What differed so far, and what it costs");
  command->add_flag("--stop", asked->stop, "It ends; shows the last report");
  command->add_flag("--json", asked->json, "The report for programs");
  add_place(*command, asked->place);
  command->callback([&chosen, asked] { chosen = [asked] { return shadow_policy(*asked); }; });
}

}  // namespace sbc::ctl
