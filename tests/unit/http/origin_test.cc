#include "sbc/http/origin.h"

#include <gtest/gtest.h>

namespace sbc::http {
namespace {

bool allows(const char* prefix, const char* url) {
  const auto list = AllowList::of({prefix});
  EXPECT_TRUE(list) << list.error();
  const auto target = parse_url(url);
  return list && target && list->allows(*target);
}

TEST(AllowList, TakesWhatLiesBelowAPrefix) {
  EXPECT_TRUE(allows("https://db.example/v1/", "https://db.example/v1/"));
  EXPECT_TRUE(allows("https://db.example/v1/", "https://db.example/v1/a/b?c=d"));
  EXPECT_TRUE(allows("https://db.example/v1/", "https://DB.example:443/v1/a"));
  EXPECT_TRUE(allows("https://db.example/v1", "https://db.example/v1"));
  EXPECT_TRUE(allows("https://db.example/v1", "https://db.example/v1/a"));
  EXPECT_TRUE(allows("https://db.example/v1", "https://db.example/v1?a=b"));
  EXPECT_TRUE(allows("https://db.example", "https://db.example/anything"));
  EXPECT_TRUE(allows("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/a"));
}

TEST(AllowList, RefusesWhatOnlyLooksLikeIt) {
  for (const char* url : {"http://db.example/v1/",
                          "https://db.example:444/v1/a",
                          "https://db.example.evil/v1/a",
                          "https://evil.example/v1/a",
                          "https://db.example/v10/a",
                          "https://db.example/v1/../admin",
                          "https://db.example/v1/%2e%2e/admin",
                          "https://db.example/v1/%2E./admin",
                          "https://db.example/V1/",
                          "https://db.example@evil.example/v1/a",
                          "https://user@db.example/v1/a",
                          "https://user:pass@db.example/v1/",
                          "https://db.example/v1/a#b",
                          "https://db.example/v1\\..\\admin",
                          "https://db.example/",
                          "file:///v1/",
                          "https:///v1/",
                          "db.example/v1/",
                          "https://db.example\t/v1/",
                          ""})
    EXPECT_FALSE(allows("https://db.example/v1", url)) << url;
}

TEST(AllowList, IsEmptyUnlessSomethingIsNamed) {
  EXPECT_FALSE(AllowList{}.allows(*parse_url("http://127.0.0.1/")));
}

TEST(AllowList, PrefixesAreChecked) {
  EXPECT_EQ(AllowList::of({"ftp://db.example/"}).error(),
            "\"ftp://db.example/\" begins neither with http:// nor with https://");
  EXPECT_EQ(AllowList::of({"http://db.example/?a"}).error(),
            "\"http://db.example/?a\" has a query; a prefix ends with its path");
  EXPECT_FALSE(AllowList::of({"db.example"}));
  EXPECT_FALSE(AllowList::of({"http://a b/"}));
}

}  // namespace
}  // namespace sbc::http
