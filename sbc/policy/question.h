#pragma once
// What a handler may ask that takes time. The handler is suspended where it asks and goes on with the answer, as if the
// look-up had been a plain call; meanwhile the thread does other things.

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "media-relay/base/time.h"

namespace sbc::json {
struct Value;
}

namespace sbc::policy {

struct HttpQuestion {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::optional<std::string> json{};  // the body of a POST; nullopt: GET
  base::Duration keep{};              // an answer may be used again for so long; zero: it is not kept
  friend bool operator==(const HttpQuestion&, const HttpQuestion&) = default;
};

// What the DNS knows of a number (RFC 6116).
struct EnumQuestion {
  std::string number;
  std::string suffix{};  // "": the first one that is configured
  friend bool operator==(const EnumQuestion&, const EnumQuestion&) = default;
};

// Records of a name.
struct DnsQuestion {
  std::string name;
  std::string type = "A";  // "A", "AAAA", "SRV" or "TXT"
  friend bool operator==(const DnsQuestion&, const DnsQuestion&) = default;
};

// A command of Redis: its name, and what it works on.
struct RedisQuestion {
  std::vector<std::string> words{};  // "HGET", "routes", "43"
  base::Duration keep{};             // as of HttpQuestion
  friend bool operator==(const RedisQuestion&, const RedisQuestion&) = default;
};

// A query that the configuration holds under a name, with values for its parameters in their order.
using SqlParameter = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
struct SqlQuestion {
  std::string query{};
  std::vector<SqlParameter> parameters{};
  friend bool operator==(const SqlQuestion&, const SqlQuestion&) = default;
};

struct HttpAnswer {
  std::uint16_t status = 0;
  std::string content_type;  // as it came, "" when it did not
  std::string body;
};

struct Question {
  std::variant<HttpQuestion, EnumQuestion, DnsQuestion, RedisQuestion, SqlQuestion> what;
  base::Duration timeout{};  // after that nobody waits for the answer any more
};

// Error: why there is none, in one word that the handler gets: "timeout", "busy", "not_allowed", ...
// Answers of all but HTTP are values as JSON has them.
using Found = std::expected<std::variant<HttpAnswer, std::shared_ptr<const json::Value>>, std::string>;

struct Answer {
  Found found;
  base::Duration waited{};  // since the question; counts against what one invocation may wait (Limits::wait)
};

// An invocation that waits. The facts that it was called with must stay alive and unchanged until it has been resumed
// and has come to a decision, or was abandoned.
struct Pending {
  std::uint64_t ticket = 0;
  Question question;
};

// For people: "GET https://numbers.example.net/v1/43"; "200, 34 bytes", "timeout".
std::string text_of(const Question& question);
// What is asked for alone: the URL, "enum +4312345", "dns SRV _sip._udp.example.net", "redis HGET routes 43", "sql
// route_of 43 true". Words with blanks or quotes in them, and texts that look like other values, are in quotes.
std::string subject_of(const Question& question);
std::string text_of(const Found& found);

// Decided, or waiting.
template <typename Decision>
using Ruling = std::variant<Decision, Pending>;

}  // namespace sbc::policy
