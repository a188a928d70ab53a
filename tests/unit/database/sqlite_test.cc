#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/clock.h"

#include "sbc/database/database.h"

namespace sbc::database {
namespace {

using base::milliseconds;
using base::seconds;

void run(const std::string& path, const std::string& sql) {
  sqlite3* file = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &file), SQLITE_OK);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(file, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << (error != nullptr ? error : "");
  sqlite3_close(file);
}

class SqliteDatabase : public testing::Test {
 protected:
  SqliteDatabase() {
    static std::atomic<int> number = 0;
    path = testing::TempDir() + "parapet_sqlite_" + std::to_string(::getpid()) + "_" + std::to_string(++number) + ".db";
    std::filesystem::remove(path);
    run(path,
        "CREATE TABLE routes (number TEXT PRIMARY KEY, trunk TEXT, cost REAL, tries INTEGER);"
        "INSERT INTO routes VALUES ('43', 'carrier_a', 0.5, 3), ('49', 'carrier_b', 1, NULL);");
  }
  ~SqliteDatabase() override {
    database.reset();
    std::filesystem::remove(path);
  }

  void use(std::vector<std::string> queries, Settings settings = {}) {
    settings.name = "numbers";
    settings.path = path;
    for (auto& sql : queries)
      settings.queries.push_back({.name = "q" + std::to_string(settings.queries.size()),
                                  .sql = std::move(sql),
                                  .timeout = seconds(20),
                                  .most_rows = 3});
    database = open(loop, std::move(settings), counters,
                    [this](lookup::Problem, const std::string& text) { troubles.push_back(text); });
  }
  void ask(std::size_t query, std::vector<Parameter> parameters, base::Duration timeout = seconds(20)) {
    const std::size_t at = replies.size();
    replies.emplace_back();
    database->ask({.query = query, .parameters = std::move(parameters), .timeout = timeout},
                  [this, at](const lookup::Reply& reply) { replies[at] = reply; });
  }
  lookup::Reply reply_to(std::size_t query, std::vector<Parameter> parameters = {},
                         base::Duration timeout = seconds(20)) {
    ask(query, std::move(parameters), timeout);
    const auto end = base::monotonic_now() + seconds(30);
    while (!replies.back() && base::monotonic_now() < end) loop.run_once(milliseconds(100));
    EXPECT_TRUE(replies.back());
    return replies.back().value_or(std::unexpected(lookup::Problem::Failed));
  }
  std::string problem(const lookup::Reply& reply) {
    return reply ? "none" : std::string(lookup::name_of(reply.error()));
  }
  const json::Members& row(const lookup::Reply& reply, std::size_t at) {
    return std::get<json::Members>(std::get<json::List>((*reply)->what).at(at).what);
  }
  std::size_t rows(const lookup::Reply& reply) { return reply ? std::get<json::List>((*reply)->what).size() : 99; }

  std::string path;
  loop::EventLoop loop;
  lookup::Counters counters;
  std::vector<std::optional<lookup::Reply>> replies;
  std::vector<std::string> troubles;
  std::unique_ptr<Database> database;
};

TEST_F(SqliteDatabase, GivesRowsByColumn) {
  use({"SELECT trunk, cost, tries FROM routes WHERE number = ?", "SELECT ?1 AS a, ?2 AS b, ?3 AS c, ?4 AS d"});
  const auto found = reply_to(0, {"43"});
  ASSERT_EQ(rows(found), 1U);
  EXPECT_EQ(row(found, 0).at(0).name, "trunk");
  EXPECT_EQ(std::get<std::string>(row(found, 0).at(0).value.what), "carrier_a");
  EXPECT_EQ(std::get<double>(row(found, 0).at(1).value.what), 0.5);
  EXPECT_EQ(std::get<std::int64_t>(row(found, 0).at(2).value.what), 3);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(row(reply_to(0, {"49"}), 0).at(2).value.what));
  EXPECT_EQ(rows(reply_to(0, {"44"})), 0U);
  const auto same = reply_to(1, {std::monostate{}, true, std::int64_t{-7}, 1.5});
  EXPECT_TRUE(std::holds_alternative<std::monostate>(row(same, 0).at(0).value.what));
  EXPECT_EQ(std::get<std::int64_t>(row(same, 0).at(1).value.what), 1);
  EXPECT_EQ(std::get<std::int64_t>(row(same, 0).at(2).value.what), -7);
  EXPECT_EQ(std::get<double>(row(same, 0).at(3).value.what), 1.5);
}

TEST_F(SqliteDatabase, AParameterIsNeverSql) {
  use({"SELECT trunk FROM routes WHERE number = ?"});
  EXPECT_EQ(rows(reply_to(0, {"43' OR '1'='1"})), 0U);
}

TEST_F(SqliteDatabase, NothingIsChanged) {
  use({"DELETE FROM routes", "SELECT 1; DELETE FROM routes", "ATTACH '/tmp/x.db' AS x", "SELECT number FROM routes"});
  EXPECT_EQ(problem(reply_to(0)), "refused");
  EXPECT_EQ(troubles.back(), "the query is not one that only reads");
  EXPECT_EQ(problem(reply_to(1)), "refused");
  EXPECT_EQ(troubles.back(), "the query is more than one statement");
  EXPECT_EQ(problem(reply_to(2)), "refused");
  EXPECT_EQ(rows(reply_to(3)), 2U);
}

TEST_F(SqliteDatabase, WhatIsWrongWithAQueryIsRefused) {
  use({"SELECT * FROM nowhere", "SELECT ?, ?", ""});
  EXPECT_EQ(problem(reply_to(0)), "refused");
  EXPECT_EQ(troubles.back(), "no such table: nowhere");
  EXPECT_EQ(problem(reply_to(1, {std::int64_t{1}})), "refused");
  EXPECT_EQ(troubles.back(), "the query has 2 parameters, got 1");
  EXPECT_EQ(problem(reply_to(2)), "refused");
}

TEST_F(SqliteDatabase, RowsAreBounded) {
  const std::string numbers =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n";
  use({numbers, "SELECT hex(zeroblob(?)) AS text"}, {.answer_bytes = 1000});
  EXPECT_EQ(rows(reply_to(0, {std::int64_t{3}})), 3U);
  EXPECT_EQ(problem(reply_to(0, {std::int64_t{4}})), "too_large");
  EXPECT_EQ(rows(reply_to(1, {std::int64_t{250}})), 1U);
  EXPECT_EQ(problem(reply_to(1, {std::int64_t{500}})), "too_large");
  EXPECT_EQ(problem(reply_to(1, {std::int64_t{100'000'000}})), "too_large") << "and is not built";
}

TEST_F(SqliteDatabase, OneThatTakesTooLongIsEnded) {
  use({"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", "SELECT 1"});
  EXPECT_EQ(problem(reply_to(0, {}, milliseconds(50))), "timeout");
  EXPECT_EQ(rows(reply_to(1)), 1U) << "the thread is free again";
}

TEST_F(SqliteDatabase, OneThatNeverEndsDoesNotOutliveIt) {
  use({"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"});
  ask(0, {});
  loop.run_once(milliseconds(20));
  database.reset();
  EXPECT_FALSE(replies[0].has_value());
}

TEST_F(SqliteDatabase, AFileThatIsReplacedIsReadAnew) {
  use({"SELECT trunk FROM routes WHERE number = '43'"});
  EXPECT_EQ(rows(reply_to(0)), 1U);
  run(path + ".new", "CREATE TABLE routes (number TEXT, trunk TEXT)");
  std::filesystem::rename(path + ".new", path);
  EXPECT_EQ(rows(reply_to(0)), 0U);
  std::filesystem::remove(path);
  EXPECT_EQ(problem(reply_to(0)), "connect");
  run(path, "CREATE TABLE routes (number TEXT, trunk TEXT); INSERT INTO routes VALUES ('43', 'x')");
  EXPECT_EQ(rows(reply_to(0)), 1U);
}

TEST_F(SqliteDatabase, AFileThatIsWrittenIsWaitedFor) {
  use({"SELECT number FROM routes"});
  sqlite3* writer = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &writer), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(writer, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(problem(reply_to(0, {}, milliseconds(50))), "timeout");
  ask(0, {});
  sqlite3_exec(writer, "COMMIT", nullptr, nullptr, nullptr);
  EXPECT_EQ(rows(reply_to(0)), 2U);
  sqlite3_close(writer);
}

TEST_F(SqliteDatabase, WhatIsNoDatabaseFails) {
  if (FILE* file = std::fopen((path + ".no").c_str(), "w")) {
    std::fputs("this is a text, and not at all a short one, that SQLite cannot read as a file of its own", file);
    std::fclose(file);
  }
  std::filesystem::rename(path + ".no", path);
  use({"SELECT 1 FROM routes"});
  EXPECT_EQ(problem(reply_to(0)), "failed");
}

}  // namespace
}  // namespace sbc::database
