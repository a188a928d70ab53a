#pragma once
// `sbcctl policy history`, `diff` and `rollback`: the policies that ran, what changed between them, and the way back.

#include <expected>
#include <string>

#include "sbc/ctl/policy.h"
#include "sbc/policy/bundle.h"

namespace sbc::ctl {

// Where the history is: `folder`, or else what the configuration names.
struct HistoryPlace {
  std::string config = "/etc/parapet/sbc.toml";
  std::string folder;
};

struct HistoryOptions {
  HistoryPlace place;
  std::size_t last = 20;  // entries shown, the newest
};
int show_history(const HistoryOptions& options);

// A policy: the number of an entry, the beginning of a hash, or "disk": the files as they are now.
struct DiffOptions {
  HistoryPlace place;
  std::string from;  // "": the newest entry
  std::string to = "disk";
};
// Prints what changed as `diff -u` does. kBad: they differ.
int diff_policies(const DiffOptions& options);

struct NoteOptions {
  HistoryPlace place;
  std::string text;
  std::string author;  // "": who asks, behind sudo, too
};
// Says of the files on the disk who changed them and why, for the history, once they run.
int note_policy(const NoteOptions& options);

struct RollbackOptions {
  HistoryPlace place;
  std::string to;        // "": what ran before the newest entry
  bool discard = false;  // files on the disk that never ran may be lost
  bool reload = true;    // order the reload, too, where the configuration has a control socket
};
// Writes the files of an entry over those on the disk, and lets the border that runs apply them.
int roll_back(const RollbackOptions& options);

// Who asks, behind sudo, too.
std::string asking_user();

// A policy that comes from elsewhere, to take the place of the files that the configuration names.
struct Installation {
  std::string config = "/etc/parapet/sbc.toml";
  bool discard = false;  // files on the disk that are in no history may be lost
};
// Whether that may be done: what lies on the disk is kept in the history, or may be lost. Error: why not.
std::expected<void, std::string> may_install(const Installation& installation);
// Writes the files of `bundle`; others beside them stay. Says what it does.
std::expected<void, std::string> install(const Installation& installation, const policy::Bundle& bundle);

}  // namespace sbc::ctl
