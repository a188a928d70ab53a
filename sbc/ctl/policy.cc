#include "sbc/ctl/policy.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "sbc/ctl/control_client.h"
#include "sbc/ctl/policy_canary.h"
#include "sbc/ctl/policy_explain.h"
#include "sbc/ctl/policy_history.h"
#include "sbc/ctl/policy_replay.h"
#include "sbc/ctl/policy_shadow.h"
#include "sbc/ctl/policy_simulate.h"
#include "sbc/ctl/policy_test.h"

namespace sbc::ctl {
namespace {

void add_place(CLI::App& command, PolicyPlace& place) {
  command
      .add_option("-c,--config", place.config,
                  "Configuration of sbc, which names the policy, and its trunks, realms and tables")
      ->capture_default_str()
      ->each([&place](const std::string&) { place.with_config = true; });
  command.add_option("-f,--file,file", place.file,
                     "Another policy; without -c the names in it are held against no configuration");
}

void add_simulate(CLI::App& policy, std::function<int()>& chosen) {
  auto* command =
      policy.add_subcommand("simulate", "One call through the policy: each decision, each attempt, the INVITE");
  auto asked = std::make_shared<SimulateOptions>();
  command->add_option("-c,--config", asked->config, "Configuration of sbc")->capture_default_str();
  command->add_option("--policy", asked->policy, "Another policy than the configuration names");
  app::SceneInput& scene = asked->scene;
  auto* to = command->add_option("--to", scene.to, "Whom the call is for: a number, a user or a URI");
  command->add_option("--from", scene.from, "Who calls")->capture_default_str();
  command->add_option("--realm", scene.realm, "Where the call comes in; default: the trunk's, or the first");
  command->add_option("--trunk", scene.trunk, "The call comes from this trunk");
  command->add_option("--source", scene.source, "The address that it comes from");
  command->add_option("--transport", scene.transport, "udp, tcp, tls, ws or wss")->capture_default_str();
  command->add_option("--authenticated", scene.authenticated, "The caller has proved to be this user");
  command->add_option("--registered", scene.registered, "The call comes over the registration of this user");
  command->add_option("--user-agent", scene.user_agent, "Of the caller");
  command->add_flag("--behind-nat", scene.behind_nat, "The caller names a private address of its own");
  command->add_option("--header", scene.headers, "\"Name: value\" in the INVITE; may be given again")->take_all();
  command->add_option("--sip", asked->sip, "File with the INVITE, instead of --from and --to; -: what is pasted")
      ->excludes(to);
  command->add_option("--phone", scene.phones, "A registered phone: USER or USER@DOMAIN=ADDRESS; may be given again");
  command->add_option("--answer", scene.answers,
                      "What somebody who is called says: WHO=STATUS[@SECONDS],... or WHO=silence. WHO is a trunk, "
                      "sip:user@domain or an address. Others ring and answer");
  command->add_option("--at", scene.at, "Local time of the border, \"2026-11-21 08:30\"; default: now");
  command->add_option(
      "--lookup", scene.lookups,
      "What http.get is answered: \"URL 404\", \"URL timeout\", \"URL {...}\" (JSON), \"URL 200ms "
      "{...}\"; and others: \"redis GET key = 200ms \\\"text\\\"\", \"sql name 43 = []\". Those that are not named are "
      "\"unavailable\"");
  command->add_option(
      "--at-once", scene.at_once,
      "Calls that are up besides: \"trunk carrier_a=30\", also of a realm, a user or a class; may be given again");
  command->add_option("--seed", scene.seed, "Of what is drawn by weight")->capture_default_str();
  command->add_option("--gives-up", scene.gives_up, "The caller hangs up after this time without an answer");
  command->add_option("--talks", scene.talks, "How long the call lasts once it is answered")->capture_default_str();
  command->add_flag("--all", asked->all, "Show every INVITE, and what the caller gets");
  command->add_flag("--json", asked->json, "For programs");
  command->callback([&chosen, asked] { chosen = [asked] { return simulate_policy(*asked); }; });
}

void add_test(CLI::App& policy, std::function<int()>& chosen) {
  auto* command = policy.add_subcommand("test", "The tests that lie beside a policy");
  auto asked = std::make_shared<TestOptions>();
  command->add_option("folder", asked->folder,
                      "Folder with files ..._test.lua; default: tests, or policies/tests where there is none");
  command->add_option("-c,--config", asked->config, "Configuration of sbc; default: sbc.toml in the folder");
  command->add_option("--policy", asked->policy, "Another policy than the configuration names");
  command->add_option("--only", asked->only, "Only tests whose name contains this");
  auto* coverage = command->add_flag("--coverage", asked->coverage, "Which lines of the policy no test ran");
  command->add_flag("--json", asked->json, "For programs; without coverage")->excludes(coverage);
  command->add_option("--least", asked->least, "Ends with 1 when less than this many percent of it ran")
      ->check(CLI::Range(0.0, 100.0));
  command->callback([&chosen, asked] { chosen = [asked] { return test_policy(*asked); }; });
}

void add_replay(CLI::App& policy, std::function<int()>& chosen) {
  auto* command = policy.add_subcommand("replay", "Recorded decisions, made again by a policy: what it would change");
  auto asked = std::make_shared<ReplayOptions>();
  command
      ->add_option("input", asked->input,
                   "Recording of sbc (policy.record), or a capture of SIP: pcap, pcapng, or packets of HEP 3")
      ->required();
  command->add_option("-c,--config", asked->config, "Configuration of sbc")->capture_default_str();
  command->add_option("--policy", asked->policy,
                      "The policy that decides again; default: the one of the configuration");
  command->add_flag("--json", asked->json, "For programs");
  command->callback([&chosen, asked] { chosen = [asked] { return replay_policy(*asked); }; });
}

void add_place(CLI::App& command, HistoryPlace& place) {
  auto* config =
      command.add_option("-c,--config", place.config, "Configuration of sbc, which names policy and history");
  config->capture_default_str();
  command.add_option("--folder", place.folder, "The history itself, without a configuration")->excludes(config);
}

void add_history(CLI::App& policy, std::function<int()>& chosen) {
  auto* history = policy.add_subcommand("history", "The policies that ran: number, time, hash, how it came, lines");
  auto asked = std::make_shared<HistoryOptions>();
  add_place(*history, asked->place);
  history->add_option("--last", asked->last, "How many, the newest")->capture_default_str();
  history->callback([&chosen, asked] { chosen = [asked] { return show_history(*asked); }; });

  auto* diff = policy.add_subcommand("diff", "What changed between two policies: numbers, hashes, or disk");
  auto two = std::make_shared<DiffOptions>();
  add_place(*diff, two->place);
  diff->add_option("from", two->from, "The older one; default: what runs");
  diff->add_option("to", two->to, "The newer one; disk: the files as they are now")->capture_default_str();
  diff->callback([&chosen, two] { chosen = [two] { return diff_policies(*two); }; });

  auto* note =
      policy.add_subcommand("note", "Who changed the files on the disk, and why: for the history, once they run");
  auto said = std::make_shared<NoteOptions>();
  add_place(*note, said->place);
  note->add_option("text", said->text, "Why")->required();
  note->add_option("--author", said->author, "Who; default: the user who asks");
  note->callback([&chosen, said] { chosen = [said] { return note_policy(*said); }; });

  auto* back = policy.add_subcommand("rollback", "Writes a policy that ran over the files on the disk");
  auto wanted = std::make_shared<RollbackOptions>();
  add_place(*back, wanted->place);
  back->add_option("to", wanted->to, "Its number, or the beginning of its hash; default: what ran before");
  back->add_flag("--discard", wanted->discard, "Files on the disk that never ran may be lost");
  back->add_flag("!--no-reload", wanted->reload, "Do not order the reload on the control socket");
  back->callback([&chosen, wanted] { chosen = [wanted] { return roll_back(*wanted); }; });
}

void add_explain(CLI::App& policy, std::function<int()>& chosen) {
  auto* command = policy.add_subcommand("explain", "Why a call of the border that runs went its way");
  auto asked = std::make_shared<ExplainOptions>();
  add_place(*command, asked->place);
  command->add_option("call", asked->call_id, "Call-ID of any of its legs")->required();
  command->add_flag("--json", asked->json, "As the border says it, for programs");
  command->callback([&chosen, asked] { chosen = [asked] { return explain_call(*asked); }; });
}

void add_running(CLI::App& policy, std::function<int()>& chosen) {
  auto* command = policy.add_subcommand("running", "What decides of new calls now, asked of the border that runs");
  auto place = std::make_shared<ControlPlace>();
  add_place(*command, *place);
  command->callback([&chosen, place] { chosen = [place] { return show_running(*place); }; });
}

void add_canary(CLI::App& policy, std::function<int()>& chosen) {
  auto* command = policy.add_subcommand(
      "canary", "A candidate for a part of the new calls of the border that runs; taken back when it does worse");
  auto asked = std::make_shared<CanaryOptions>();
  add_place(*command, asked->place);
  auto* file = command->add_option("file", asked->file, "The candidate; without it: how the canary does");
  // What is not said is the border's to choose.
  const auto plan = [command, asked, file](const char* option, const char* name, const char* help) {
    command
        ->add_option_function<std::string>(
            option, [asked, name](const std::string& value) { asked->plan[name] = value; }, help)
        ->needs(file);
  };
  plan("--share", "share", "Of new calls: 0.1% to 50%; default 5%");
  plan("--answer-drop", "answer_drop", "How far the share of answered calls may fall; default 5%");
  plan("--pdd-rise", "pdd_rise", "How far the median of post-dial delays may rise; default 500ms");
  plan("--errors", "errors", "How far failures of handlers may rise, for each decision; default 1%");
  plan("--one-way", "one_way", "How far the share of answered calls with one-way audio may rise; default 2%");
  plan("--least", "least", "Calls of each arm before shares are judged; default 50");
  plan("--for", "for", "How long; default 30m");
  plan("--then", "then", "What comes after it, if the candidate is as good: stop (default) or promote");
  plan("--note", "note", "Why, for log and history");
  plan("--author", "author", "Who; default: the user who asks");
  auto* stop = command->add_flag("--stop", asked->stop, "No further call gets the candidate")->excludes(file);
  auto* promote =
      command->add_flag("--promote", asked->promote, "The candidate runs everywhere, at once")->excludes(file);
  promote->excludes(stop);
  auto* status = command->add_flag("--status", asked->status, "How the canary does, or the last one");
  status->excludes(file)->excludes(stop)->excludes(promote);
  auto* install = command->add_flag("--install", asked->install, "With --promote: write it over the files on the disk");
  install->needs(promote);
  command->add_flag("--discard", asked->discard, "With --install: files on the disk that never ran may be lost")
      ->needs(install);
  command->callback([&chosen, asked] { chosen = [asked] { return canary_policy(*asked); }; });
}

}  // namespace

int show_running(const ControlPlace& place) {
  const auto said = ask_border(place, {.path = "/policy/running"});
  std::fputs((said ? *said : said.error() + "\n").c_str(), said ? stdout : stderr);
  return said ? kGood : kCannotAsk;
}

int reload_border(const ControlPlace& place) {
  const auto said = ask_border(place, {.path = "/reload", .query = {{"author", asking_user()}}, .body = ""});
  std::fputs((said ? *said : said.error() + "\n").c_str(), said ? stdout : stderr);
  return said ? kGood : kBad;
}

void add_reload(CLI::App& options, std::function<int()>& chosen) {
  auto* command =
      options.add_subcommand("reload", "The border that runs reads its configuration and policy again: all or nothing");
  auto place = std::make_shared<ControlPlace>();
  add_place(*command, *place);
  command->callback([&chosen, place] { chosen = [place] { return reload_border(*place); }; });
}

void add_policy_commands(CLI::App& options, std::function<int()>& chosen) {
  auto* policy = options.add_subcommand("policy", "Policies: most questions need no border that runs");
  policy->require_subcommand(1);

  auto* check = policy->add_subcommand("check", "What is wrong with a policy, found without running it");
  auto asked = std::make_shared<CheckOptions>();
  add_place(*check, asked->place);
  check->add_flag("--strict", asked->strict, "Warnings are mistakes, too");
  check->add_flag("--json", asked->json, "For programs");
  check->callback([&chosen, asked] { chosen = [asked] { return check_policy(*asked); }; });

  auto* stubs = policy->add_subcommand("stubs", "What editors (LuaLS) and luacheck want to know of the language");
  auto folder = std::make_shared<std::string>();
  stubs->add_option("--to", *folder, "Folder of policies to write them to; without it they are shown");
  add_simulate(*policy, chosen);
  add_test(*policy, chosen);
  add_replay(*policy, chosen);
  add_history(*policy, chosen);
  add_running(*policy, chosen);
  add_explain(*policy, chosen);
  add_shadow(*policy, chosen);
  add_canary(*policy, chosen);
  stubs->callback([&chosen, folder] { chosen = [folder] { return write_stubs(*folder); }; });
}

}  // namespace sbc::ctl
