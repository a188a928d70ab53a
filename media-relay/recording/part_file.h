#pragma once
// A file that is being written: "<name>.part" until it is whole, so that whoever collects recordings never takes half a
// one. Mode 0600. What is appended is collected, and written in large pieces.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/time.h"

namespace recording {

inline constexpr std::string_view kPartSuffix = ".part";

class PartFile {
 public:
  // "<directory>/<name>.<extension>.part"; with "-2", "-3" ... behind the name where such a file is there already:
  // nothing is ever written over. Error: why not.
  static std::expected<PartFile, std::string> create(const std::string& directory, const std::string& name,
                                                     std::string_view extension, base::Instant now);
  // One that a process that is no more has left.
  static std::expected<PartFile, std::string> reopen(const std::string& path);
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&& other) noexcept;
  ~PartFile();  // unfinished: stays as it is

  void append(std::span<const std::byte> bytes) { waiting_.insert(waiting_.end(), bytes.begin(), bytes.end()); }
  // Whether enough has been collected, or long ago.
  bool is_due(base::Instant now) const;
  // Writes what was collected. Error: why not; the file is of no more use then but to be finished.
  std::expected<void, std::string> write(base::Instant now);
  // Over what was written before.
  std::expected<void, std::string> patch(std::uint64_t offset, std::span<const std::byte> bytes);
  // Cuts off what is behind.
  std::expected<void, std::string> cut(std::uint64_t size);
  // Fills `out` from there; the number of bytes.
  std::size_t read(std::uint64_t offset, std::span<std::byte> out) const;

  // Gives it its name and closes it. Returns the name, without the directory.
  std::expected<std::string, std::string> finish();

  // Takes it away.
  std::expected<void, std::string> remove();

  // With what waits to be written.
  std::uint64_t size() const { return size_ + waiting_.size(); }

 private:
  PartFile(int descriptor, std::string path, std::uint64_t size)
      : descriptor_(descriptor), path_(std::move(path)), size_(size) {}

  int descriptor_ = -1;
  std::string path_;  // as it will be
  std::uint64_t size_ = 0;
  std::vector<std::byte> waiting_;
  base::Instant written_{};
};

}  // namespace recording
