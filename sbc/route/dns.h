#pragma once
// Questions to the DNS and their answers, as values. Who asks them is the business of `resolve`.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"

namespace sbc::route {

struct Question {
  // Enum: NAPTR, of which the UriRules are wanted.
  enum class Type : std::uint8_t { Naptr, Srv, A, Aaaa, Enum, Txt };
  Type type = Type::A;
  std::string name;  // lower case, without a final dot
  friend auto operator<=>(const Question&, const Question&) = default;
};

std::string_view name_of(Question::Type type);  // "NAPTR"
// Makes the name of a question: lower case, no final dot. "" for what is no host name (RFC 1123 2.1, and '_' for SRV).
std::string host_name(std::string_view text);

// RFC 3403 4.1; only terminal rules to an SRV name are kept ("s" flag, no regular expression), as RFC 3263 4.1 wants.
struct NaptrRecord {
  std::uint16_t order = 0;
  std::uint16_t preference = 0;
  std::string service;      // "SIP+D2U"
  std::string replacement;  // the name to ask SRV for
};

// RFC 3403 4.1, as ENUM uses it (RFC 6116 3.4): terminal rules that make a URI ("u" flag).
struct UriRule {
  std::uint16_t order = 0;
  std::uint16_t preference = 0;
  std::string service;       // "E2U+sip"
  std::string substitution;  // "!^.*$!sip:info@example.com!"
};

// RFC 2782.
struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;  // "" for ".": decidedly not available
};

struct DnsAnswer {
  enum class Outcome : std::uint8_t {
    Found,    // the records of the question's type, CNAMEs already followed
    Nothing,  // the name or the type does not exist
    Failed,   // a server answered that it cannot say
    Silent,   // no server answered in time
  };
  Outcome outcome = Outcome::Nothing;
  std::vector<NaptrRecord> naptr{};
  std::vector<UriRule> rules{};
  std::vector<SrvRecord> srv{};
  std::vector<base::IpAddress> addresses{};
  std::vector<std::string> texts{};  // RFC 1035 3.3.14, the parts of each joined
  std::size_t left_out = 0;          // records beyond the limits
  base::Duration ttl{};              // as received; of a negative answer with SOA: RFC 2308 5; 0: not said
};

// What is known at the moment.
class Knowledge {
 public:
  virtual ~Knowledge() = default;
  virtual const DnsAnswer* find(const Question& question) const = 0;  // nullptr: has to be asked
};

}  // namespace sbc::route
