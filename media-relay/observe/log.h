#pragma once
// Structured logs: one line per event, key=value (logfmt) or one JSON object. On spdlog.
//
//   log.info("call ended", {{"call", id}, {"status", 486}, {"after", duration}});
//   ts=2026-01-31T10:00:00.123456Z level=info msg="call ended" call=c1-7f status=486 after=1.250s
//
// Writing never blocks: lines go through a bounded queue to a thread of its own; when the queue is full the oldest line
// is lost and counted. All functions may be called from any thread, except where said.

#include <concepts>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "media-relay/base/time.h"

namespace observe {

enum class Level : std::uint8_t { Debug, Info, Warn, Error, Off };
std::expected<Level, std::string> level_from(std::string_view text);  // "debug", "info", "warn", "error", "off"

// One value of a line. Views must live until the call returns. Text may come from strangers: it is cut at
// kMostValueBytes, and whatever could break a line, a terminal or JSON is escaped.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool, base::Duration>;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  Field(std::string_view k, base::Duration v) : key(k), value(v) {}
  Field(std::string_view k, std::signed_integral auto v) : key(k), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view k, std::unsigned_integral auto v) : key(k), value(static_cast<std::uint64_t>(v)) {}

  std::string_view key;  // written by us: [a-z0-9_]+
  Value value;
};
using Fields = std::initializer_list<Field>;

// The longest text value that is logged in full; a SIP message must not become a log line.
inline constexpr std::size_t kMostValueBytes = 512;
// Lines waiting for the disk or the journal.
inline constexpr std::size_t kMostQueuedLines = 8192;

struct LogOptions {
  enum class Format : std::uint8_t { Logfmt, Json };
  Level level = Level::Info;
  Format format = Format::Logfmt;
  std::string file{};     // empty: standard error. A file is opened for appending.
  std::string process{};  // when not empty every line carries process=...
};

// Thins out a repeating line. Belongs to one thread, or is guarded by its owner.
class RateLimit {
 public:
  // At most `burst` lines at once and one more each `interval`.
  explicit RateLimit(base::Duration interval = base::seconds(1), unsigned burst = 5)
      : interval_(interval), burst_(burst), tokens_(burst) {}
  // True when the line may be written; `suppressed` is then the number swallowed since the last one.
  bool allow(base::Instant now, std::uint64_t& suppressed);

 private:
  base::Duration interval_;
  unsigned burst_;
  unsigned tokens_;
  base::Instant refilled_{};
  std::uint64_t suppressed_ = 0;
};

class Log {
 public:
  static std::expected<std::unique_ptr<Log>, std::string> open(const LogOptions& options);
  ~Log();  // writes out what is queued

  bool enabled(Level level) const;
  void set_level(Level level);

  void write(Level level, std::string_view message, Fields fields = {}) {
    write(level, message, std::span(fields.begin(), fields.size()));
  }
  void write(Level level, std::string_view message, std::span<const Field> fields);
  void debug(std::string_view message, Fields fields = {}) { write(Level::Debug, message, fields); }
  void info(std::string_view message, Fields fields = {}) { write(Level::Info, message, fields); }
  void warn(std::string_view message, Fields fields = {}) { write(Level::Warn, message, fields); }
  void error(std::string_view message, Fields fields = {}) { write(Level::Error, message, fields); }
  // As write, thinned out; adds suppressed=N when lines were swallowed.
  void limited(RateLimit& limit, base::Instant now, Level level, std::string_view message, Fields fields = {});

  void flush();                      // asks the writer to write through
  std::uint64_t lost_lines() const;  // dropped because the queue was full

 private:
  struct Inner;
  explicit Log(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

// The formatting alone: `msg="..." key=value` or `"msg":"...","key":value`, without time and level. For tests.
void append_line(std::string& out, LogOptions::Format format, std::string_view message, Fields fields);

}  // namespace observe
