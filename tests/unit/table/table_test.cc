#include "sbc/table/table.h"

#include <gmock/gmock.h>

namespace sbc::table {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string text_at(const Table& table, std::string_view key, std::size_t column) {
  const auto row = table.find(key);
  if (!row) return "no row";
  const Cell cell = table.cell(*row, column);
  const auto* text = std::get_if<std::string_view>(&cell);
  return text != nullptr ? std::string(*text) : "no text";
}

TEST(Csv, RowsAreFoundByTheirKey) {
  const auto table = read_csv("prefix,trunk,price\n43,carrier_a,0.02\n4366,carrier_b,\n1,world,0.1\n", "");
  ASSERT_TRUE(table) << table.error();
  EXPECT_THAT(table->columns(), ElementsAre("prefix", "trunk", "price"));
  EXPECT_EQ(table->rows(), 3U);
  EXPECT_EQ(text_at(*table, "43", 1), "carrier_a");
  EXPECT_EQ(text_at(*table, "4366", 1), "carrier_b");
  EXPECT_EQ(table->cell(*table->find("4366"), 2), Cell{}) << "an empty cell is no value";
  EXPECT_FALSE(table->find("436"));
  EXPECT_FALSE(table->find(""));
}

// RFC 4180 2: quotes around separators, quotes and ends of lines; CRLF or LF; the last line may have no end.
TEST(Csv, QuotedCellsAreTakenApart) {
  const auto table =
      read_csv("\xef\xbb\xbfname;text\r\n\r\na;\"one; \"\"two\"\"\r\nthree\"\r\n\"b\";last", "name", ';');
  ASSERT_TRUE(table) << table.error();
  EXPECT_EQ(text_at(*table, "a", 1), "one; \"two\"\r\nthree");
  EXPECT_EQ(text_at(*table, "b", 1), "last");
}

TEST(Csv, SaysWhatIsWrongAndWhere) {
  const auto error = [](std::string_view text, std::string_view key = "") {
    const auto table = read_csv(text, key);
    return table ? std::string("none") : table.error();
  };
  EXPECT_EQ(error(""), "line 1: expected the names of the columns, got nothing");
  EXPECT_EQ(error("a,b\n1,2\n3\n"), "line 3: expected 2 cells, got 1");
  EXPECT_EQ(error("a,b\n1,2,3\n"), "line 2: expected 2 cells, got 3");
  EXPECT_EQ(error("a,a\n"), "line 1: two columns are called \"a\"");
  EXPECT_EQ(error("a,b\n", "c"), "line 1: there is no column \"c\"");
  EXPECT_EQ(error("a,b\n1,2\n,3\n"), "line 3: the key, a, is empty");
  EXPECT_EQ(error("a,b\n1,\"2\n3"), "line 2: a quotation mark is not closed");
  EXPECT_EQ(error("a,b\n\"x\ny\",2\n1,2\"3\n"), "line 4: a quotation mark in a cell that does not begin with one");
  EXPECT_EQ(error("a,b\n1,2\n1,3\n"), "two rows have the key \"1\"");
  EXPECT_THAT(error("a,b\n1," + std::string(kMaxCellBytes + 1, 'x')), HasSubstr("line 2: a cell has 4097 bytes"));
  EXPECT_EQ(error("a,b\n1," + std::string(kMaxCellBytes, 'x')), "none");
  EXPECT_EQ(error("a\n" + std::string(kMaxKeyBytes, 'x')), "none");
  EXPECT_THAT(error("a\n" + std::string(kMaxKeyBytes + 1, 'x')), HasSubstr("the key is longer than 256 bytes"));
}

TEST(LongestPrefix, IsFoundWhateverElseIsThere) {
  const auto table = read_csv("prefix\n+4\n+43\n+4366\n+43660\n+44\n+5\n", "");
  ASSERT_TRUE(table) << table.error();
  const auto longest = [&](std::string_view number) {
    const auto row = table->longest_prefix(number);
    return row ? std::string(table->key(*row)) : "none";
  };
  EXPECT_EQ(longest("+436601234567"), "+43660");
  EXPECT_EQ(longest("+43669"), "+4366");
  EXPECT_EQ(longest("+4399"), "+43");
  EXPECT_EQ(longest("+43"), "+43");
  EXPECT_EQ(longest("+49"), "+4");
  EXPECT_EQ(longest("+439999999"), "+43") << "past longer keys";
  EXPECT_EQ(longest("+1"), "none");
  EXPECT_EQ(longest("+"), "none");
  EXPECT_EQ(longest(""), "none");
  EXPECT_EQ(longest("9"), "none");
}

// Every answer is that of a search through all keys.
TEST(LongestPrefix, AgreesWithASearchThroughAll) {
  std::string text = "prefix\n";
  std::vector<std::string> keys;
  for (unsigned i = 1; i < 4000; i += 7) keys.push_back(std::to_string(i * 2654435761U % (i * 13 + 1)));
  std::ranges::sort(keys);
  const auto same = std::ranges::unique(keys);
  keys.erase(same.begin(), same.end());
  for (const auto& key : keys) text += key + "\n";
  const auto table = read_csv(text, "");
  ASSERT_TRUE(table) << table.error();
  for (unsigned i = 0; i < 3000; ++i) {
    const std::string number = std::to_string(i * 40503U % 99991U);
    std::string expected;
    for (const auto& key : keys)
      if (number.starts_with(key) && key.size() > expected.size()) expected = key;
    const auto row = table->longest_prefix(number);
    EXPECT_EQ(row ? table->key(*row) : "", expected) << number;
  }
}

TEST(Json, ListsAndObjectsKeepTheirKinds) {
  for (const char* text : {R"([{"key":"43","price":0.5,"count":7,"open":true,"shut":false,"note":null,"trunk":"a"}])",
                           R"({"43":{"price":0.5,"count":7,"open":true,"shut":false,"note":null,"trunk":"a"}})"}) {
    const auto table = read_json(text, "key");
    ASSERT_TRUE(table) << table.error();
    const auto row = table->find("43");
    ASSERT_TRUE(row);
    EXPECT_THAT(table->columns(), ElementsAre("key", "price", "count", "open", "shut", "note", "trunk"));
    EXPECT_EQ(table->cell(*row, 0), Cell{std::string_view("43")});
    EXPECT_EQ(table->cell(*row, 1), Cell{0.5});
    EXPECT_EQ(table->cell(*row, 2), Cell{std::int64_t{7}});
    EXPECT_EQ(table->cell(*row, 3), Cell{true});
    EXPECT_EQ(table->cell(*row, 4), Cell{false});
    EXPECT_EQ(table->cell(*row, 5), Cell{});
    EXPECT_EQ(table->cell(*row, 6), Cell{std::string_view("a")});
  }
}

TEST(Json, RowsMayHaveDifferentMembers) {
  const auto table = read_json(R"([{"n":"1","a":"x"},{"b":2,"n":"2"}])", "n");
  ASSERT_TRUE(table) << table.error();
  EXPECT_THAT(table->columns(), ElementsAre("n", "a", "b"));
  EXPECT_EQ(table->cell(*table->find("2"), 1), Cell{});
  EXPECT_EQ(table->cell(*table->find("2"), 2), Cell{std::int64_t{2}});
}

TEST(Json, SaysWhatIsWrong) {
  const auto error = [](std::string_view text, std::string_view key) {
    const auto table = read_json(text, key);
    return table ? std::string("none") : table.error();
  };
  EXPECT_THAT(error("{", "n"), HasSubstr("this is no JSON"));
  EXPECT_EQ(error("7", "n"), "expected a list of objects, or an object of objects");
  EXPECT_EQ(error("[{\"n\":\"1\"},7]", "n"), "row 2: expected an object");
  EXPECT_EQ(error("[{\"n\":\"1\"},{}]", "n"), "row 2: the key, n, is empty");
  EXPECT_EQ(error("[{\"n\":\"1\",\"a\":[]}]", "n"), "row 1: a: a list is no cell");
  EXPECT_EQ(error("[{\"n\":\"1\"}]", ""), "expected to be told which member is the key");
  EXPECT_EQ(error("{\"1\":7}", ""), "\"1\": expected an object");
}

// What the header says about memory.
TEST(Table, AMillionRowsTakeWhatIsSaid) {
  std::string text = "prefix,trunk,price,name\n";
  for (int i = 1'000'000; i < 2'000'000; ++i) text += std::to_string(i) + ",carrier_a,0.0123,some place\n";
  const auto table = read_csv(text, "");
  ASSERT_TRUE(table) << table.error();
  EXPECT_EQ(table->rows(), 1'000'000U);
  EXPECT_LT(table->bytes(), 60'000'000U);
  EXPECT_EQ(table->key(*table->longest_prefix("1234567890")), "1234567");
}

}  // namespace
}  // namespace sbc::table
