#include "sbc/database/sqlite_reader.h"

#include <sys/stat.h>

#include "media-relay/base/clock.h"

#include "sbc/database/limits.h"

namespace sbc::database {
namespace {

using lookup::Problem;

Problem problem_of(int code) {
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Problem::Timeout;  // until then it was tried again and again
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Problem::Connect;
    case SQLITE_TOOBIG:
      return Problem::TooLarge;
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_READONLY:
      return Problem::Refused;
    default:
      return Problem::Failed;
  }
}

struct Bind {
  sqlite3_stmt* statement;
  int at;
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, at); }
  int operator()(bool value) const { return sqlite3_bind_int(statement, at, value ? 1 : 0); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, at, value); }
  int operator()(double value) const { return sqlite3_bind_double(statement, at, value); }
  int operator()(const std::string& value) const {
    return sqlite3_bind_text64(statement, at, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
};

json::Value cell(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return {std::int64_t{sqlite3_column_int64(statement, column)}};
    case SQLITE_FLOAT:
      return {sqlite3_column_double(statement, column)};
    case SQLITE_NULL:
      return {};
    default: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
      return {bytes != nullptr ? std::string(bytes, size) : std::string()};
    }
  }
}

// Puts a statement back, with nothing of the caller's left in it.
struct Rewind {
  sqlite3_stmt* statement;
  ~Rewind() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

}  // namespace

SqliteReader::~SqliteReader() {
  statements_.clear();
}

bool SqliteReader::over() const {
  return stop_.load(std::memory_order_relaxed) || base::monotonic_now() >= until_;
}

int SqliteReader::on_steps(void* self) {
  return static_cast<SqliteReader*>(self)->over() ? 1 : 0;
}

int SqliteReader::on_locked(void* self, int /*times*/) {
  if (static_cast<SqliteReader*>(self)->over()) return 0;
  sqlite3_sleep(kLockedPauseMs);
  return 1;
}

Wrong SqliteReader::wrong(int code) const {
  return {problem_of(code), file_ != nullptr ? sqlite3_errmsg(file_.get()) : sqlite3_errstr(code)};
}

std::expected<void, Wrong> SqliteReader::open() {
  struct stat now{};
  if (::stat(settings_.path.c_str(), &now) != 0) {
    statements_.clear();
    file_.reset();
    return std::unexpected(Wrong{Problem::Connect, "there is no such file, or it may not be read: " + settings_.path});
  }
  const std::pair<std::uint64_t, std::uint64_t> identity{now.st_dev, now.st_ino};
  if (file_ != nullptr && identity == identity_) return {};
  statements_.clear();
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(settings_.path.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  file_.reset(opened);
  if (code != SQLITE_OK) {
    const Wrong said = wrong(code);
    file_.reset();
    return std::unexpected(said);
  }
  identity_ = identity;
  sqlite3_progress_handler(opened, kStepsPerLook, on_steps, this);
  sqlite3_busy_handler(opened, on_locked, this);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);  // what a file says is not run
  sqlite3_limit(opened, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, kMaxBuilt);
  return {};
}

std::expected<sqlite3_stmt*, Wrong> SqliteReader::prepared(const Query& query) {
  if (const auto found = statements_.find(query.name); found != statements_.end()) return found->second.get();
  sqlite3_stmt* made = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(file_.get(), query.sql.data(), static_cast<int>(query.sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &made, &rest);
  Statement statement(made);
  if (code != SQLITE_OK) return std::unexpected(wrong(code));
  if (statement == nullptr) return std::unexpected(Wrong{Problem::Refused, "the query is empty"});
  const std::string_view behind(rest, static_cast<std::size_t>(query.sql.data() + query.sql.size() - rest));
  if (behind.find_first_not_of(" \t\r\n;") != std::string_view::npos)
    return std::unexpected(Wrong{Problem::Refused, "the query is more than one statement"});
  if (sqlite3_stmt_readonly(made) == 0)
    return std::unexpected(Wrong{Problem::Refused, "the query is not one that only reads"});
  return statements_.emplace(query.name, std::move(statement)).first->second.get();
}

std::expected<json::Value, Wrong> SqliteReader::rows(sqlite3_stmt* statement, const Query& query) {
  json::List list;
  std::size_t bytes = 0;
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return json::Value{std::move(list)};
    if (code != SQLITE_ROW) return std::unexpected(wrong(code));
    if (list.size() >= query.most_rows)
      return std::unexpected(Wrong{Problem::TooLarge, "more than " + std::to_string(query.most_rows) + " rows"});
    json::Members row;
    for (int i = 0; i < sqlite3_column_count(statement); ++i)
      row.emplace_back(sqlite3_column_name(statement, i), cell(statement, i));
    list.push_back({std::move(row)});
    bytes += lookup::bytes_of(list.back());
    if (bytes > settings_.answer_bytes) return std::unexpected(Wrong{Problem::TooLarge, "the rows are too long"});
  }
}

std::expected<json::Value, Wrong> SqliteReader::query(const Query& query, const std::vector<Parameter>& parameters,
                                                      base::Instant until) {
  until_ = until;
  if (auto done = open(); !done) return std::unexpected(done.error());
  const auto statement = prepared(query);
  if (!statement) return std::unexpected(statement.error());
  const Rewind rewind{*statement};
  const auto wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(*statement));
  if (wanted != parameters.size())
    return std::unexpected(Wrong{Problem::Refused, "the query has " + std::to_string(wanted) + " parameters, got " +
                                                       std::to_string(parameters.size())});
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (const int code = std::visit(Bind{*statement, static_cast<int>(i) + 1}, parameters[i]); code != SQLITE_OK)
      return std::unexpected(wrong(code));
  return rows(*statement, query);
}

}  // namespace sbc::database
