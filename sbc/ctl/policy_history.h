#pragma once
// `sbcctl policy history`, `diff` and `rollback`: the policies that ran, what changed between them, and the way back.

#include <string>

#include "sbc/ctl/policy.h"

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
};
// Writes the files of an entry over those on the disk. A reload then applies them.
int roll_back(const RollbackOptions& options);

}  // namespace sbc::ctl
