#pragma once
// The file that decisions of policies are recorded into (policy.record): a line for each, up to a size, then it becomes
// <file>.1 and a new one is begun. Only the user of this process may read either: they hold numbers and names of
// subscribers.

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "sbc/app/config.h"

namespace sbc::app {

class RecordFile {
 public:
  // Null when none is wanted. What is there already is kept, and written on. Error: what the system says, with the
  // name.
  static std::expected<std::unique_ptr<RecordFile>, std::string> open(const RecordSettings& settings);
  // Opens it once more: another one of the same name may have become <file>.1 meanwhile.
  std::expected<void, std::string> begin();
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  // Writes a line and its end; begins a new file before, when it would not fit. After an error the next line begins on
  // a line of its own.
  std::expected<void, std::string> write(std::string_view line);

  std::uint64_t turned() const { return turned_; }  // files that were full

 private:
  explicit RecordFile(const RecordSettings& settings) : settings_(settings) {}
  std::expected<void, std::string> examine();
  std::expected<void, std::string> turn();
  std::unexpected<std::string> wrong(const char* doing) const;

  RecordSettings settings_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t turned_ = 0;
  bool torn_ = false;  // the last line has no end
};

}  // namespace sbc::app
