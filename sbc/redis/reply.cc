#include "sbc/redis/reply.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sbc/redis/limits.h"

namespace sbc::redis {
namespace {

class Reader {
 public:
  explicit Reader(const Settings& settings) : bytes_(settings.answer_bytes), elements_(settings.elements) {}

  std::optional<json::Value> value(const redisReply& reply, std::size_t depth) {
    switch (reply.type) {
      case REDIS_REPLY_INTEGER:
        return json::Value{static_cast<std::int64_t>(reply.integer)};
      case REDIS_REPLY_STRING:
      case REDIS_REPLY_STATUS:
      case REDIS_REPLY_ERROR:  // inside of a list
        return text(reply);
      case REDIS_REPLY_ARRAY:
        return list(reply, depth);
      default:
        return json::Value{};
    }
  }

  std::optional<json::Value> pairs(const redisReply& reply) {
    if (!take_elements(reply.elements / 2)) return std::nullopt;
    json::Members members;
    members.reserve(reply.elements / 2);
    for (std::size_t i = 0; i + 1 < reply.elements; i += 2) {
      auto name = value(*reply.element[i], 1);
      auto held = value(*reply.element[i + 1], 1);
      if (!name || !held) return std::nullopt;
      if (auto* word = std::get_if<std::string>(&name->what)) members.emplace_back(std::move(*word), *std::move(held));
    }
    return json::Value{std::move(members)};
  }

 private:
  bool take_elements(std::size_t count) {
    if (count > elements_) return false;
    elements_ -= count;
    return true;
  }
  std::optional<json::Value> text(const redisReply& reply) {
    const auto size = static_cast<std::size_t>(reply.len);
    if (size > bytes_) return std::nullopt;
    bytes_ -= size;
    return json::Value{std::string(reply.str, size)};
  }
  std::optional<json::Value> list(const redisReply& reply, std::size_t depth) {
    if (depth >= kMaxNesting || !take_elements(reply.elements)) return std::nullopt;
    json::List list;
    list.reserve(reply.elements);
    for (std::size_t i = 0; i < reply.elements; ++i) {
      auto one = value(*reply.element[i], depth + 1);
      if (!one) return std::nullopt;
      list.push_back(*std::move(one));
    }
    return json::Value{std::move(list)};
  }

  std::size_t bytes_;
  std::size_t elements_;
};

}  // namespace

lookup::Reply read_reply(const redisReply& reply, bool pairs, const Settings& settings) {
  if (reply.type == REDIS_REPLY_ERROR)
    return std::unexpected(problem_of({reply.str, static_cast<std::size_t>(reply.len)}));
  Reader reader(settings);
  auto value = pairs && reply.type == REDIS_REPLY_ARRAY ? reader.pairs(reply) : reader.value(reply, 0);
  if (!value) return std::unexpected(lookup::Problem::TooLarge);
  return std::make_shared<const json::Value>(*std::move(value));
}

lookup::Problem problem_of(std::string_view error) {
  // The server cannot now, whatever it is asked.
  constexpr std::array<std::string_view, 9> kUnwell = {"LOADING",  "BUSY",    "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN",
                                                       "READONLY", "MISCONF", "NOREPLICAS", "OOM"};
  const auto word = error.substr(0, error.find(' '));
  return std::ranges::find(kUnwell, word) != kUnwell.end() ? lookup::Problem::Failed : lookup::Problem::Refused;
}

}  // namespace sbc::redis
