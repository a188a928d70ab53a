#pragma once
// The file of policy.explain_log: one line of JSON for each call that has ended, why it went its way. Shards hand over
// and go on: a thread of its own makes the lines and writes them. What it cannot keep up with is dropped, and counted.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "sbc/explain/explanation.h"

namespace sbc::app {

class ExplanationLog {
 public:
  // Waiting for the disk: what some seconds of a busy border end.
  static constexpr std::size_t kMaxQueued = 2048;

  ExplanationLog() = default;
  ~ExplanationLog();  // writes what is queued
  ExplanationLog(const ExplanationLog&) = delete;
  ExplanationLog& operator=(const ExplanationLog&) = delete;

  // From now on into this file (mode 0600); opened anew each time, for whoever rotates it. "": none. From one thread.
  std::expected<void, std::string> write_to(const std::string& path);
  bool wanted() const { return wanted_.load(std::memory_order_relaxed); }

  // Any thread.
  void write(explain::Explanation call);

  std::uint64_t dropped_full() const { return full_.load(std::memory_order_relaxed); }
  std::uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;
  // What is to be written, or the file for what comes after it.
  using Item = std::variant<explain::Explanation, File>;
  using Queue = std::vector<Item>;

  static std::expected<File, std::string> open(const std::string& path);
  void run();
  void write_line(const explain::Explanation& call);

  std::atomic<bool> wanted_{false};
  std::atomic<std::uint64_t> full_{0}, failed_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  Queue queue_;
  bool ends_ = false;

  File file_;  // the thread's own
  std::thread thread_;
};

}  // namespace sbc::app
