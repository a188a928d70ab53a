#include "sbc/app/policy_pages.h"

#include <fstream>
#include <map>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/app/policy_check.h"
#include "sbc/app/policy_tests.h"
#include "sbc/app/replaying.h"
#include "sbc/app/scene_input.h"
#include "sbc/app/tool_reports.h"
#include "sbc/history/history.h"
#include "sbc/json/write.h"
#include "sbc/policy/parcel.h"
#include "sbc/replay/report.h"
#include "sbc/simulate/play.h"

namespace sbc::app {
namespace {

using admin::Control;
using loop::HttpRequest;
using loop::HttpResponse;
using Found = Workbench::Found;
using Tool = Workbench::Tool;

// A candidate, and the border that it is for.
struct Asked {
  std::shared_ptr<const Config> config;
  policy::Bundle bundle;
};

std::expected<Asked, HttpResponse> asked_in(const HttpRequest& request, PolicyNow now) {
  if (request.body.empty()) {
    if (!now.bundle) return std::unexpected(Control::refuse(409, "no policy runs yet"));
    return Asked{std::move(now.config), *std::move(now.bundle)};
  }
  auto sent = policy::unpacked(request.body);
  if (!sent) return std::unexpected(Control::refuse(422, sent.error()));
  return Asked{std::move(now.config), *std::move(sent)};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (end != 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Arguments by the names of the options; what may be given several times has a line for each.
std::expected<SceneInput, std::string> scene_in(const HttpRequest& request) {
  SceneInput scene;
  const std::map<std::string_view, std::string SceneInput::*> words{{"to", &SceneInput::to},
                                                                    {"from", &SceneInput::from},
                                                                    {"realm", &SceneInput::realm},
                                                                    {"trunk", &SceneInput::trunk},
                                                                    {"source", &SceneInput::source},
                                                                    {"transport", &SceneInput::transport},
                                                                    {"authenticated", &SceneInput::authenticated},
                                                                    {"registered", &SceneInput::registered},
                                                                    {"user-agent", &SceneInput::user_agent},
                                                                    {"sip", &SceneInput::message},
                                                                    {"at", &SceneInput::at},
                                                                    {"gives-up", &SceneInput::gives_up},
                                                                    {"talks", &SceneInput::talks}};
  const std::map<std::string_view, std::vector<std::string> SceneInput::*> lists{{"header", &SceneInput::headers},
                                                                                 {"phone", &SceneInput::phones},
                                                                                 {"answer", &SceneInput::answers},
                                                                                 {"at-once", &SceneInput::at_once},
                                                                                 {"lookup", &SceneInput::lookups}};
  for (const auto& [name, value] : loop::arguments_of(request.query)) {
    if (const auto word = words.find(name); word != words.end()) {
      scene.*word->second = value;
    } else if (const auto list = lists.find(name); list != lists.end()) {
      scene.*list->second = lines_of(value);
    } else if (name == "seed") {
      const auto seed = base::parse_unsigned<std::uint64_t>(value);
      if (!seed) return std::unexpected("seed: expected a number, got \"" + base::printable(value) + "\"");
      scene.seed = *seed;
    } else if (name == "behind-nat") {
      scene.behind_nat = value != "false";
    } else {
      return std::unexpected("no argument is called " + base::printable(name) +
                             ": expected the options of `sbcctl policy simulate`");
    }
  }
  return scene;
}

Found simulated(const Asked& asked, const SceneInput& input) {
  const auto host = load_alone(*asked.config, asked.bundle);
  if (!host) return std::unexpected(host.error());
  const auto scene = read_scene(input, *asked.config);
  if (!scene) return std::unexpected(scene.error());
  return json::text_of(json_of(simulate::play(setting_of(*asked.config), **host, *scene)));
}

Found tested(const Asked& asked) {
  const auto run = run_own_tests(*asked.config, asked.bundle);
  if (!run) return std::unexpected(run.error());
  if (run->files == 0) return std::unexpected("there are no tests beside " + asked.config->policy_file);
  return json::text_of(json_of(*run));
}

Found replayed(const Asked& asked, const std::atomic<bool>& stop) {
  const auto& file = asked.config->policy_record.file;
  const auto host = load_alone(*asked.config, asked.bundle);
  if (!host) return std::unexpected(host.error());
  replay::Comparison comparison;
  // The one that was full is the older one; there may be none yet.
  for (const auto& part : {file + ".1", file}) {
    std::ifstream in(part, std::ios::binary);
    if (!in.is_open() && part != file) continue;
    if (!in.is_open()) return std::unexpected(part + ": cannot be opened");
    if (auto done = replay_recording(in, **host, comparison, &stop); !done)
      return std::unexpected(part + ": " + done.error());
  }
  if (stop.load()) return std::unexpected("the border stops");
  const replay::Subject subject{.input = file, .policy = asked.bundle.main(), .hash = (*host)->hash()};
  return report_json(comparison, subject);
}

class Pages {
 public:
  Pages(Workbench& workbench, std::function<PolicyNow()> now) : workbench_(workbench), now_(std::move(now)) {}

  // `work` gets what was asked about, in the workbench's thread.
  template <typename Work>
  HttpResponse take(const HttpRequest& request, Tool tool, Work work) const {
    auto asked = asked_in(request, now_());
    if (!asked) return std::move(asked.error());
    const auto shared = std::make_shared<const Asked>(*std::move(asked));
    const auto job =
        workbench_.take(tool, [shared, work](const std::atomic<bool>& stop) { return work(*shared, stop); });
    if (!job) return Control::refuse(429, "too many questions wait: ask again in a while");
    return {.status = 202, .content_type = "application/json", .body = "{\"job\": " + std::to_string(*job) + "}\n"};
  }

  HttpResponse job(const HttpRequest& request) const {
    const auto arguments = loop::arguments_of(request.query);
    const auto given = arguments.find("number");
    const auto number = given == arguments.end() ? std::nullopt : base::parse_unsigned<std::uint64_t>(given->second);
    if (!number) return Control::refuse(400, "expected ?number=<that of the job>");
    const auto json = workbench_.json(*number);
    if (!json) return Control::refuse(404, "no job " + std::to_string(*number) + " is kept");
    return Control::json(*json);
  }

  HttpResponse simulate(const HttpRequest& request) const {
    const auto scene = scene_in(request);
    if (!scene) return Control::refuse(400, scene.error());
    return take(request, Tool::Simulate,
                [scene = *scene](const Asked& asked, const auto&) { return simulated(asked, scene); });
  }

  HttpResponse replay(const HttpRequest& request) const {
    if (now_().config->policy_record.file.empty())
      return Control::refuse(409, "policy.record is not set: no decisions are recorded");
    return take(request, Tool::Replay, replayed);
  }

 private:
  Workbench& workbench_;
  std::function<PolicyNow()> now_;
};

}  // namespace

void add_policy_pages(Control& control, Workbench& workbench, std::function<PolicyNow()> now) {
  const auto pages = std::make_shared<const Pages>(workbench, std::move(now));
  control.post("/policy/check", [pages](const HttpRequest& request) {
    return pages->take(request, Tool::Check, [](const Asked& asked, const auto&) -> Found {
      return json::text_of(json_of(check_bundle(asked.bundle, asked.config.get())));
    });
  });
  control.post("/policy/test", [pages](const HttpRequest& request) {
    return pages->take(request, Tool::Test, [](const Asked& asked, const auto&) { return tested(asked); });
  });
  control.post("/policy/simulate", [pages](const HttpRequest& request) { return pages->simulate(request); });
  control.post("/policy/replay", [pages](const HttpRequest& request) { return pages->replay(request); });
  control.get("/policy/job", [pages](const HttpRequest& request) { return pages->job(request); });
}

}  // namespace sbc::app
