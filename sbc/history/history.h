#pragma once
// Every policy that ran here: its text, when it began to run, how it came and through whom. Kept in a folder of files
// that an operator can read without us:
//
//   log.jsonl           a line for each policy that began to run, the oldest first
//   <hash>/default.lua  its files
//   <hash>/lib/...
//   notes/<hash>.json   what somebody has said about a policy that is still to run
//
// The text is written before its line, and both are on the disk before add() returns: a line never names what is not
// there. One process writes; any number may read.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/history/limits.h"
#include "sbc/policy/bundle.h"

namespace sbc::history {

// SHA-256 over names, lengths and texts, in hexadecimal: two policies have one hash only when they are one.
std::string hash_of(const policy::Bundle& bundle);

// How a policy came to run.
struct Coming {
  std::string how;     // "start", "reload", "rollback", "promote"; "canary": tried for a part of the calls only
  std::string author;  // who asked; "": nobody said
  std::string note;    // why; "" likewise
  std::string by{};    // who gave the order: the author when nobody has said who it is
};

struct Entry {
  std::uint64_t number = 0;  // counts from 1, also over what is no longer kept
  std::int64_t at = 0;       // seconds since 1970
  std::string hash;
  std::string main;  // "default.lua"
  Coming coming;
};

class History {
 public:
  // Reads what is there; the folder is made when it is missing. What cannot be read of the list is left out and counted
  // (unreadable): a line that was cut off by a crash.
  static std::expected<History, std::string> open(const std::string& folder, std::size_t keep = kUsualEntries);
  // Without making anything, for tools.
  static std::expected<History, std::string> read(const std::string& folder);

  // Who wrote a policy, and why: kept until it runs, and then with its entry. By whoever deploys it; a word about one
  // text is no word about another.
  std::expected<void, std::string> say(const policy::Bundle& bundle, const std::string& author,
                                       const std::string& note) const;

  // The policy runs from now on; author and note are those that were said, unless `coming` has its own. Nothing is
  // written, and false comes, when it is the last entry's: a restart is no
  // change. Entries beyond `keep` go, the oldest first. Error: what could not be written; the list is as before.
  std::expected<bool, std::string> add(const policy::Bundle& bundle, Coming coming, std::int64_t now);

  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t unreadable() const { return unreadable_; }
  const Entry* find(std::uint64_t number) const;
  // By the beginning of a hash, at least four digits: the newest entry, if all that match have one hash.
  const Entry* find(std::string_view hash) const;
  // By what an operator types: a number, or the beginning of a hash.
  const Entry* named(std::string_view text) const;
  // What ran before that which runs: what was tried and taken back is not that. Null: nothing did.
  const Entry* before_last() const;

  std::string folder_of(const Entry& entry) const { return folder_ + "/" + entry.hash; }
  // The text as it ran. Error: somebody has changed it since, or it cannot be read.
  std::expected<policy::Bundle, std::string> bundle(const Entry& entry) const;

 private:
  History(std::string folder, std::size_t keep) : folder_(std::move(folder)), keep_(keep) {}
  std::expected<void, std::string> read_log();
  std::expected<void, std::string> drop_old();

  std::string folder_;
  std::size_t keep_;
  std::vector<Entry> entries_;
  std::size_t unreadable_ = 0;
  bool torn_ = false;  // the last line has no end
};

// The entries as a list of objects, the oldest first, as they stand in log.jsonl.
std::string to_json(const History& history);

}  // namespace sbc::history
