#pragma once
// A file of lines that shards write into and go on: a thread of its own makes the lines and writes them. What it cannot
// keep up with is dropped, and counted.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace sbc::app {

class LineFile {
 public:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using Handle = std::unique_ptr<std::FILE, Close>;
  // Makes the line, without its end, in the thread of the file.
  using Line = std::move_only_function<std::string()>;

  // `most`: of the weights of all lines that wait for the disk.
  explicit LineFile(std::size_t most) : most_(most) {}
  ~LineFile();  // writes what is queued
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // A file of mode 0600 to append to; nullptr for "". The error names the path.
  static std::expected<Handle, std::string> open(const std::string& path);
  // From now on into this file; nullptr: no more. From one thread.
  void use(Handle file);
  bool wanted() const { return wanted_.load(std::memory_order_relaxed); }

  // Any thread.
  void write(Line line, std::size_t weight);

  std::uint64_t dropped_full() const { return full_.load(std::memory_order_relaxed); }
  std::uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }

 private:
  // What is to be written, or the file for what comes after it.
  using Item = std::variant<Line, Handle>;
  using Queue = std::vector<Item>;

  void run();
  void write_out(Queue& queue);

  const std::size_t most_;
  std::atomic<bool> wanted_{false};
  std::atomic<std::uint64_t> full_{0}, failed_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  Queue queue_;
  std::size_t queued_ = 0;  // weight
  bool ends_ = false;

  Handle file_;  // the thread's own
  std::thread thread_;
};

}  // namespace sbc::app
