#include "sbc/ctl/policy_history.h"

#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "media-relay/base/text.h"

#include "sbc/app/config.h"
#include "sbc/app/policy_load.h"
#include "sbc/ctl/control_client.h"
#include "sbc/history/history.h"

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace sbc::ctl {
namespace {

namespace fs = std::filesystem;
using history::Entry;
using history::History;

constexpr std::size_t kShownHash = 12;

int cannot(const std::string& why) {
  std::fprintf(stderr, "%s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
  return kCannotAsk;
}

// The history, and the configuration that names the policy; null where only a folder was given.
struct Asked {
  std::shared_ptr<const app::Config> config;
  History history;
};

std::expected<Asked, std::string> ask(const HistoryPlace& place) {
  std::shared_ptr<const app::Config> config;
  std::string folder = place.folder;
  if (folder.empty()) {
    auto loaded = app::load_config(place.config);
    if (!loaded) return std::unexpected(loaded.error());
    config = *std::move(loaded);
    folder = config->policy_history;
    if (folder.empty()) return std::unexpected(place.config + ": policy.history is not set: nothing is kept");
  }
  auto history = History::read(folder);
  if (!history) return std::unexpected(history.error());
  return Asked{std::move(config), *std::move(history)};
}

std::string time_of(std::int64_t at) {
  const std::time_t seconds = at;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &parts);
  return text;
}

// Lines that one text has and the other has not, however they moved.
struct Lines {
  std::size_t added = 0;
  std::size_t removed = 0;
};

Lines changed(const policy::Bundle* before, const policy::Bundle& after) {
  std::map<std::pair<std::string, std::string>, int> count;
  const auto tally = [&count](const policy::Bundle& bundle, int by) {
    for (const auto& file : bundle.files())
      for (std::string_view rest = file.text; !rest.empty();) {
        const auto end = rest.find('\n');
        count[{file.name, std::string(rest.substr(0, end))}] += by;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      }
  };
  tally(after, 1);
  if (before != nullptr) tally(*before, -1);
  Lines lines;
  for (const auto& [line, times] : count)
    (times > 0 ? lines.added : lines.removed) += static_cast<std::size_t>(std::abs(times));
  return lines;
}

std::string summary(const History& history, std::size_t index) {
  const auto now = history.bundle(history.entries()[index]);
  if (!now) return "text lost";
  const auto before = index == 0 ? std::unexpected(std::string()) : history.bundle(history.entries()[index - 1]);
  const Lines lines = changed(before ? &*before : nullptr, *now);
  return "+" + std::to_string(lines.added) + " -" + std::to_string(lines.removed);
}

// A policy by the name that an operator gave it.
struct Named {
  std::string name;  // "12-3fa94c12b7e0", "disk": a folder of this name holds it in a diff
  policy::Bundle bundle;
};

std::expected<const Entry*, std::string> entry_of(const History& history, const std::string& name) {
  const Entry* entry = history.named(name);
  if (entry == nullptr)
    return std::unexpected("no policy " + base::printable(name) +
                           " is kept: expected a number or the beginning of a hash, at least 4 digits, as "
                           "`sbcctl policy history` shows them");
  return entry;
}

std::expected<Named, std::string> named(const Asked& asked, const std::string& name) {
  if (name == "disk") {
    if (!asked.config) return std::unexpected("the files on the disk are those that a configuration names: give -c");
    auto bundle = policy::Bundle::read(asked.config->policy_file);
    if (!bundle) return std::unexpected(bundle.error().message());
    return Named{"disk", *std::move(bundle)};
  }
  const auto entry = entry_of(asked.history, name);
  if (!entry) return std::unexpected(entry.error());
  auto bundle = asked.history.bundle(**entry);
  if (!bundle) return std::unexpected(bundle.error());
  return Named{std::to_string((*entry)->number) + "-" + (*entry)->hash.substr(0, kShownHash), *std::move(bundle)};
}

std::expected<void, std::string> write_file(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  const fs::path part = path.string() + ".part";
  {
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out << text;
    out.flush();
    if (!out) return std::unexpected(part.string() + ": cannot be written");
  }
  // An old file keeps its mode.
  if (const auto old = fs::status(path, error); fs::exists(old)) fs::permissions(part, old.permissions(), error);
  fs::rename(part, path, error);
  if (error) return std::unexpected(path.string() + ": " + error.message());
  return {};
}

// A folder that goes with its owner.
struct Scratch {
  std::string path = (fs::temp_directory_path() / "sbcctl-XXXXXX").string();
  Scratch() {
    if (::mkdtemp(path.data()) == nullptr) path.clear();
  }
  ~Scratch() {
    std::error_code error;
    if (!path.empty()) fs::remove_all(path, error);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

// diff's own exit status, or nullopt: it cannot be run.
std::optional<int> run_diff(const std::string& folder, const std::string& from, const std::string& to) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::string words[] = {"diff", "-ruN", from, to};
  char* const arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  std::fflush(stdout);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, "diff", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed != 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return std::nullopt;
  return WEXITSTATUS(status);
}

void show(const Entry& entry, const std::string& lines) {
  std::printf("%6llu  %s  %s  %-8s  %-11s %s%s%s\n", static_cast<unsigned long long>(entry.number),
              time_of(entry.at).c_str(), entry.hash.substr(0, kShownHash).c_str(), entry.coming.how.c_str(),
              lines.c_str(), entry.coming.author.empty() ? "" : base::printable(entry.coming.author).c_str(),
              entry.coming.note.empty() ? "" : ": ", base::printable(entry.coming.note).c_str());
}

// The libraries first: a reload in between has the new ones with the old main file, as in any deployment.
std::expected<void, std::string> write_files(const policy::Bundle& target, const policy::Bundle& disk,
                                             const fs::path& folder) {
  for (auto file = target.files().rbegin(); file != target.files().rend(); ++file) {
    const auto* old = disk.find(file->name);
    if (old != nullptr && old->text == file->text) continue;
    if (auto written = write_file(folder / file->name, file->text); !written) return written;
    std::printf("%s %s\n", old == nullptr ? "made   " : "changed", (folder / file->name).c_str());
  }
  return {};
}

int say_how_to_reload() {
  std::printf("a reload applies them: systemctl reload parapet-sbc\n");
  return kGood;
}

// A border that does not run reads them when it starts.
int reload_after(const std::string& config) {
  const auto done = ask_border({.config = config, .socket = {}}, {.path = "/reload", .body = ""});
  if (done) {
    std::printf("the border has reloaded, and runs them\n");
    return kGood;
  }
  std::printf("the border has not reloaded\n");
  return cannot(done.error());
}

}  // namespace

// The person, not the account that has the rights.
std::string asking_user() {
  if (const char* behind = std::getenv("SUDO_USER"); behind != nullptr && *behind != '\0') return behind;
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_name : std::to_string(::getuid());
}

int show_history(const HistoryOptions& options) {
  const auto asked = ask(options.place);
  if (!asked) return cannot(asked.error());
  const auto& entries = asked->history.entries();
  if (entries.empty()) std::printf("nothing has run yet\n");
  const std::size_t first = entries.size() > options.last ? entries.size() - options.last : 0;
  for (std::size_t i = first; i < entries.size(); ++i) show(entries[i], summary(asked->history, i));
  if (asked->history.unreadable() > 0)
    std::fprintf(stderr, "%zu lines of the list cannot be read\n", asked->history.unreadable());
  return kGood;
}

int diff_policies(const DiffOptions& options) {
  const auto asked = ask(options.place);
  if (!asked) return cannot(asked.error());
  if (options.from.empty() && asked->history.entries().empty()) return cannot("nothing has run yet");
  const std::string from = options.from.empty() ? std::to_string(asked->history.entries().back().number) : options.from;
  Scratch scratch;
  if (scratch.path.empty()) return cannot("no temporary folder can be made");
  std::string names[2];
  for (int i = 0; i < 2; ++i) {
    const auto one = named(*asked, i == 0 ? from : options.to);
    if (!one) return cannot(one.error());
    names[i] = one->name;
    for (const auto& file : one->bundle.files())
      if (auto written = write_file(fs::path(scratch.path) / one->name / file.name, file.text); !written)
        return cannot(written.error());
  }
  if (names[0] == names[1]) return kGood;
  const auto status = run_diff(scratch.path, names[0], names[1]);
  if (!status || *status > 1) return cannot("diff (package diffutils) cannot be run");
  return *status == 0 ? kGood : kBad;
}

int note_policy(const NoteOptions& options) {
  const auto asked = ask(options.place);
  if (!asked) return cannot(asked.error());
  const auto disk = named(*asked, "disk");
  if (!disk) return cannot(disk.error());
  const std::string author = options.author.empty() ? asking_user() : options.author;
  if (auto noted = asked->history.say(disk->bundle, author, options.text); !noted) return cannot(noted.error());
  std::printf("noted of the files as they are now, by %s\n", author.c_str());
  return kGood;
}

int roll_back(const RollbackOptions& options) {
  const auto asked = ask(options.place);
  if (!asked) return cannot(asked.error());
  const Entry* before = options.to.empty() ? asked->history.before_last() : nullptr;
  if (options.to.empty() && before == nullptr) return cannot("nothing ran before what runs now");
  const auto target = named(*asked, before != nullptr ? std::to_string(before->number) : options.to);
  if (!target) return cannot(target.error());
  const auto disk = named(*asked, "disk");
  if (!disk) return cannot(disk.error());
  const std::string hash = history::hash_of(disk->bundle);
  if (hash == history::hash_of(target->bundle)) {
    std::printf("the files are those of %s already\n", target->name.c_str());
    return kGood;
  }
  if (target->bundle.main() != disk->bundle.main())
    return cannot(target->name + " began with " + target->bundle.main() + ", and the configuration names " +
                  disk->bundle.main() + ": set policy.file first");
  if (!options.discard && asked->history.find(std::string_view(hash)) == nullptr)
    return cannot("the files on the disk never ran, and would be lost: see `sbcctl policy diff`, and say --discard");
  const fs::path folder = fs::path(asked->config->policy_file).parent_path();
  if (auto written = write_files(target->bundle, disk->bundle, folder); !written) return cannot(written.error());
  for (const auto& file : disk->bundle.files()) {
    if (target->bundle.find(file.name) != nullptr) continue;
    std::error_code error;
    if (!fs::remove(folder / file.name, error)) return cannot((folder / file.name).string() + ": " + error.message());
    std::printf("removed %s\n", (folder / file.name).c_str());
  }
  // It runs anyway, whoever is said to have asked for it.
  if (auto noted = asked->history.say(target->bundle, asking_user(), "back to " + target->name); !noted)
    std::fprintf(stderr, "the history will not say who asked: %s\n", noted.error().c_str());
  if (const auto good = app::load_policy(*asked->config); !good)
    return cannot(good.error() + "\nthe files are those of " + target->name +
                  ", but do not fit this configuration: a reload would be refused");
  std::printf("the files are those of %s; ", target->name.c_str());
  std::fflush(stdout);
  return options.reload && !asked->config->control.empty() ? reload_after(options.place.config) : say_how_to_reload();
}

std::expected<void, std::string> may_install(const Installation& installation) {
  if (installation.discard) return {};
  const auto asked = ask({.config = installation.config, .folder = {}});
  if (!asked)
    return std::unexpected(asked.error() + "\nthe files on the disk would be lost: --discard says that they may");
  const auto disk = named(*asked, "disk");
  if (!disk) return std::unexpected(disk.error());
  if (asked->history.find(std::string_view(history::hash_of(disk->bundle))) != nullptr) return {};
  return std::unexpected(
      "the files on the disk never ran, and would be lost: see `sbcctl policy diff`, and say --discard");
}

std::expected<void, std::string> install(const Installation& installation, const policy::Bundle& bundle) {
  const auto config = app::load_config(installation.config);
  if (!config) return std::unexpected(config.error());
  const fs::path main = (*config)->policy_file;
  if (main.filename() != bundle.main())
    return std::unexpected("the policy begins with " + bundle.main() + ", and the configuration names " +
                           main.string());
  const auto disk = policy::Bundle::read(main.string());
  return write_files(bundle, disk ? *disk : policy::Bundle(bundle.main(), {}), main.parent_path());
}

}  // namespace sbc::ctl
