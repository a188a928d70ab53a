#pragma once
// A file of SQLite, read by whoever may wait: one thread of its own at a time. Internal to the room.

#include <sqlite3.h>

#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "sbc/database/settings.h"
#include "sbc/database/wrong.h"

namespace sbc::database {

class SqliteReader {
 public:
  // `stop` ends what is under way.
  SqliteReader(const Settings& settings, const std::atomic<bool>& stop) : settings_(settings), stop_(stop) {}
  ~SqliteReader();
  SqliteReader(const SqliteReader&) = delete;
  SqliteReader& operator=(const SqliteReader&) = delete;

  // The rows, or why not. Takes until `until` at most. A file that was replaced by another one is opened anew.
  std::expected<json::Value, Wrong> query(const Query& query, const std::vector<Parameter>& parameters,
                                          base::Instant until);

 private:
  struct CloseFile {
    void operator()(sqlite3* file) const { sqlite3_close_v2(file); }
  };
  struct EndStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, EndStatement>;

  static int on_steps(void* self);
  static int on_locked(void* self, int times);
  bool over() const;
  std::expected<void, Wrong> open();
  std::expected<sqlite3_stmt*, Wrong> prepared(const Query& query);
  std::expected<json::Value, Wrong> rows(sqlite3_stmt* statement, const Query& query);
  Wrong wrong(int code) const;

  const Settings& settings_;
  const std::atomic<bool>& stop_;
  base::Instant until_{};
  std::unique_ptr<sqlite3, CloseFile> file_;
  std::pair<std::uint64_t, std::uint64_t> identity_{};       // device and inode of what is open
  std::unordered_map<std::string, Statement> statements_{};  // by name of the query; gone before the file
};

}  // namespace sbc::database
