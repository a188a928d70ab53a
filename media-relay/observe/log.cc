#include "media-relay/observe/log.h"

#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>

#include "media-relay/observe/quote.h"

namespace observe {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::Debug:
      return spdlog::level::debug;
    case Level::Info:
      return spdlog::level::info;
    case Level::Warn:
      return spdlog::level::warn;
    case Level::Error:
      return spdlog::level::err;
    case Level::Off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

const char* name_of(Level level) {
  switch (level) {
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warn:
      return "warn";
    case Level::Error:
      return "error";
    case Level::Off:
      break;
  }
  return "off";
}

struct AppendValue {
  std::string& out;
  LogOptions::Format format;

  void operator()(std::string_view text) const {
    format == LogOptions::Format::Json ? append_json_text(out, text) : append_logfmt_text(out, text);
  }
  void operator()(std::int64_t v) const { fmt::format_to(std::back_inserter(out), "{}", v); }
  void operator()(std::uint64_t v) const { fmt::format_to(std::back_inserter(out), "{}", v); }
  void operator()(double v) const {
    if (format == LogOptions::Format::Json && !(v - v == 0.0))
      out += "null";  // JSON knows neither infinity nor NaN
    else
      fmt::format_to(std::back_inserter(out), "{}", v);
  }
  void operator()(bool v) const { out += v ? "true" : "false"; }
  // Seconds: a number in JSON, with the unit in logfmt.
  void operator()(base::Duration v) const {
    fmt::format_to(std::back_inserter(out), "{:.6f}", base::to_seconds(v));
    if (format == LogOptions::Format::Logfmt) out += 's';
  }
};

void append_field(std::string& out, LogOptions::Format format, const Field& field) {
  if (format == LogOptions::Format::Json) {
    out += ",\"";
    out += field.key;
    out += "\":";
  } else {
    out += ' ';
    out += field.key;
    out += '=';
  }
  std::visit(AppendValue{out, format}, field.value);
}

void append_message(std::string& out, LogOptions::Format format, std::string_view message) {
  out += format == LogOptions::Format::Json ? "\"msg\":" : "msg=";
  AppendValue{out, format}(message);
}

}  // namespace

std::expected<Level, std::string> level_from(std::string_view text) {
  for (const Level level : {Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Off})
    if (text == name_of(level)) return level;
  std::string got;
  append_logfmt_text(got, text);
  return std::unexpected("expected debug, info, warn, error or off, got " + got);
}

bool RateLimit::allow(base::Instant now, std::uint64_t& suppressed) {
  suppressed = 0;
  if (tokens_ == burst_) {
    refilled_ = now;
  } else if (interval_ > base::Duration::zero() && now > refilled_) {
    const auto earned = (now - refilled_) / interval_;
    refilled_ += earned * interval_;
    tokens_ = static_cast<unsigned>(std::min<std::int64_t>(burst_, static_cast<std::int64_t>(tokens_) + earned));
  }
  if (tokens_ == 0) {
    ++suppressed_;
    return false;
  }
  --tokens_;
  suppressed = std::exchange(suppressed_, 0);
  return true;
}

struct Log::Inner {
  LogOptions::Format format = LogOptions::Format::Logfmt;
  std::string process;  // ready to append
  std::shared_ptr<spdlog::async_logger> logger;
  std::shared_ptr<spdlog::details::thread_pool> writer;  // goes first: writes what is queued, then joins its thread
};

std::expected<std::unique_ptr<Log>, std::string> Log::open(const LogOptions& options) {
  auto inner = std::make_unique<Inner>();
  inner->format = options.format;
  if (!options.process.empty()) append_field(inner->process, options.format, Field("process", options.process));
  try {
    spdlog::sink_ptr sink;
    if (options.file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    inner->writer = std::make_shared<spdlog::details::thread_pool>(kMostQueuedLines, 1);
    inner->logger = std::make_shared<spdlog::async_logger>("log", std::move(sink), inner->writer,
                                                           spdlog::async_overflow_policy::overrun_oldest);
    const char* const pattern = options.format == LogOptions::Format::Json ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ",%v})"
                                                                           : "ts=%Y-%m-%dT%H:%M:%S.%fZ %v";
    inner->logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
    inner->logger->set_level(to_spdlog(options.level));
    inner->logger->flush_on(spdlog::level::info);  // by the writer's thread
  } catch (const spdlog::spdlog_ex& error) {
    return std::unexpected(std::string(error.what()));
  }
  return std::unique_ptr<Log>(new Log(std::move(inner)));
}

Log::Log(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}

Log::~Log() = default;

bool Log::enabled(Level level) const {
  return level != Level::Off && inner_->logger->should_log(to_spdlog(level));
}

void Log::set_level(Level level) {
  inner_->logger->set_level(to_spdlog(level));
}

namespace {

void append_fields(std::string& out, LogOptions::Format format, std::string_view message,
                   std::span<const Field> fields) {
  append_message(out, format, message);
  for (const Field& field : fields) append_field(out, format, field);
}

// The line between the time stamp and the end: level, message, fields, process.
std::string line_of(LogOptions::Format format, Level level, std::string_view message, std::span<const Field> fields,
                    std::string_view tail) {
  std::string line;
  line.reserve(256);
  if (format == LogOptions::Format::Json) {
    line += "\"level\":\"";
    line += name_of(level);
    line += "\",";
  } else {
    line += "level=";
    line += name_of(level);
    line += ' ';
  }
  append_fields(line, format, message, fields);
  line += tail;
  return line;
}

}  // namespace

void Log::write(Level level, std::string_view message, std::span<const Field> fields) {
  if (!enabled(level)) return;
  const std::string line = line_of(inner_->format, level, message, fields, inner_->process);
  inner_->logger->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

void Log::limited(RateLimit& limit, base::Instant now, Level level, std::string_view message, Fields fields) {
  if (!enabled(level)) return;
  std::uint64_t suppressed = 0;
  if (!limit.allow(now, suppressed)) return;
  std::string tail;
  if (suppressed > 0) append_field(tail, inner_->format, Field("suppressed", suppressed));
  tail += inner_->process;
  const std::string line = line_of(inner_->format, level, message, std::span(fields.begin(), fields.size()), tail);
  inner_->logger->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

void Log::flush() {
  inner_->logger->flush();
}

std::uint64_t Log::lost_lines() const {
  return inner_->writer->overrun_counter();
}

void append_line(std::string& out, LogOptions::Format format, std::string_view message, Fields fields) {
  append_fields(out, format, message, std::span(fields.begin(), fields.size()));
}

}  // namespace observe
