#include "sbc/redis/commands.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

namespace sbc::redis {
namespace {

constexpr std::array<std::string_view, 38> kReads = {
    "GET",         "MGET",        "STRLEN",     "GETRANGE", "GETBIT",    "EXISTS",        "TYPE",
    "TTL",         "PTTL",        "HGET",       "HMGET",    "HGETALL",   "HEXISTS",       "HKEYS",
    "HVALS",       "HLEN",        "HSTRLEN",    "LRANGE",   "LINDEX",    "LLEN",          "LPOS",
    "SCARD",       "SISMEMBER",   "SMISMEMBER", "SMEMBERS", "ZSCORE",    "ZMSCORE",       "ZRANK",
    "ZREVRANK",    "ZCARD",       "ZCOUNT",     "ZRANGE",   "ZREVRANGE", "ZRANGEBYSCORE", "ZREVRANGEBYSCORE",
    "ZRANGEBYLEX", "SRANDMEMBER", "HRANDFIELD"};
constexpr std::array<std::string_view, 33> kWrites = {
    "SET",     "SETEX", "PSETEX", "SETNX",       "GETSET",  "GETDEL", "GETEX", "APPEND", "DEL",  "UNLINK",  "EXPIRE",
    "PERSIST", "INCR",  "INCRBY", "INCRBYFLOAT", "DECR",    "DECRBY", "HSET",  "HSETNX", "HDEL", "HINCRBY", "SADD",
    "SREM",    "SPOP",  "ZADD",   "ZREM",        "ZINCRBY", "LPUSH",  "RPUSH", "LPOP",   "RPOP", "LTRIM",   "LREM"};

bool is_among(std::string_view command, const auto& names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return base::equals_ignoring_case(name, command); });
}

}  // namespace

Kind kind_of(std::string_view command) {
  if (is_among(command, kReads)) return Kind::Read;
  return is_among(command, kWrites) ? Kind::Write : Kind::Never;
}

bool is_allowed(std::string_view command, bool writes) {
  switch (kind_of(command)) {
    case Kind::Never:
      return false;
    case Kind::Read:
      return true;
    case Kind::Write:
      return writes;
  }
  return false;
}

bool gives_pairs(std::string_view command) {
  return base::equals_ignoring_case(command, "HGETALL");
}

}  // namespace sbc::redis
