#include "sbc/redis/commands.h"

#include <gtest/gtest.h>

namespace sbc::redis {
namespace {

TEST(Commands, ThoseThatReadAreAllowed) {
  for (const char* name : {"GET", "get", "HGETALL", "mget", "SISMEMBER", "ZSCORE", "LRANGE", "TTL", "EXISTS"})
    EXPECT_TRUE(is_allowed(name, false)) << name;
}

TEST(Commands, ThoseThatChangeOneKeyAreAllowedWhereItIsSaid) {
  for (const char* name : {"SET", "incr", "HSET", "EXPIRE", "DEL"}) {
    EXPECT_FALSE(is_allowed(name, false)) << name;
    EXPECT_TRUE(is_allowed(name, true)) << name;
  }
}

TEST(Commands, ThoseThatWaitRunScriptsOrTouchTheServerNever) {
  for (const char* name : {"BLPOP", "SUBSCRIBE", "MONITOR", "EVAL", "FCALL", "KEYS", "SCAN", "FLUSHALL", "CONFIG",
                           "SHUTDOWN", "MULTI", "WAIT", "AUTH", "SELECT", "DEBUG", "CLIENT", "SORT", "", "GET\r\nSET"})
    EXPECT_FALSE(is_allowed(name, true)) << name;
}

}  // namespace
}  // namespace sbc::redis
