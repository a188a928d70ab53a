#include "sbc/resolve/reply.h"

#include <ares.h>

#include <algorithm>
#include <array>
#include <optional>

#include "media-relay/base/text.h"

#include "sbc/resolve/limits.h"
#include "sbc/route/limits.h"

namespace sbc::resolve {
namespace {

using route::DnsAnswer;
using route::Question;

constexpr std::uint16_t kA = 1, kCname = 5, kSoa = 6, kTxt = 16, kAaaa = 28, kSrv = 33, kNaptr = 35, kInternet = 1;

std::uint16_t number_of(Question::Type type) {
  switch (type) {
    case Question::Type::Naptr:
    case Question::Type::Enum:
      return kNaptr;
    case Question::Type::Srv:
      return kSrv;
    case Question::Type::A:
      return kA;
    case Question::Type::Aaaa:
      return kAaaa;
    case Question::Type::Txt:
      return kTxt;
  }
  return 0;
}

// Reads on from one place of a message; after a mistake everything is nothing, and ok() is false.
class Reader {
 public:
  Reader(std::span<const std::uint8_t> message, std::size_t at) : message_(message), at_(at) {}

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  std::uint8_t u8() { return need(1) ? message_[at_++] : std::uint8_t{0}; }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  void skip(std::size_t bytes) {
    if (need(bytes)) at_ += bytes;
  }
  // RFC 1035 3.1, 4.1.4. c-ares bounds the compression.
  std::string name() {
    char* text = nullptr;
    long used = 0;
    if (!need(1) || ares_expand_name(message_.data() + at_, message_.data(), static_cast<int>(message_.size()), &text,
                                     &used) != ARES_SUCCESS) {
      ok_ = false;
      return "";
    }
    std::string result = base::to_lower(text);
    ares_free_string(text);
    skip(static_cast<std::size_t>(used));
    return result;
  }
  // RFC 1035 3.3: <character-string>.
  std::string text() {
    const std::size_t length = u8();
    if (!need(length)) return "";
    std::string result(reinterpret_cast<const char*>(message_.data()) + at_, length);
    at_ += length;
    return result;
  }

 private:
  bool need(std::size_t bytes) {
    ok_ = ok_ && message_.size() - at_ >= bytes;
    return ok_;
  }
  std::span<const std::uint8_t> message_;
  std::size_t at_;
  bool ok_ = true;
};

struct Record {
  std::string owner;
  std::uint16_t type = 0;
  base::Duration ttl{};
  std::size_t body = 0;  // where its data begins
  std::size_t end = 0;   // and what comes behind it
};

std::optional<Record> read_record(Reader& reader) {
  Record record;
  record.owner = reader.name();
  record.type = reader.u16();
  const std::uint16_t kind = reader.u16();
  const std::uint32_t ttl = reader.u32();
  // RFC 2181 8: with the highest bit set it counts as 0.
  record.ttl = ttl > 0x7fffffff ? base::Duration::zero() : base::Duration(base::seconds{ttl});
  const std::uint16_t length = reader.u16();
  record.body = reader.at();
  reader.skip(length);
  record.end = reader.at();
  if (!reader.ok()) return std::nullopt;
  if (kind != kInternet) record.type = 0;
  return record;
}

template <typename T>
void keep(std::vector<T>& records, T record, std::size_t most, DnsAnswer& answer) {
  if (records.size() < most) {
    records.push_back(std::move(record));
  } else {
    ++answer.left_out;
  }
}

void take_data(std::span<const std::uint8_t> message, const Record& record, DnsAnswer& answer) {
  Reader data(message, record.body);
  switch (record.type) {
    case kA:
      if (const std::uint32_t ip = data.u32(); data.ok())
        keep(answer.addresses, base::IpAddress::v4(ip), route::kMaxAddresses, answer);
      break;
    case kAaaa: {
      std::array<std::uint8_t, 16> ip{};
      for (auto& byte : ip) byte = data.u8();
      if (data.ok()) keep(answer.addresses, base::IpAddress::v6(ip), route::kMaxAddresses, answer);
      break;
    }
    case kSrv: {
      route::SrvRecord srv;
      srv.priority = data.u16();
      srv.weight = data.u16();
      srv.port = data.u16();
      srv.target = data.name();
      if (!data.ok() || (!srv.target.empty() && route::host_name(srv.target).empty())) break;
      keep(answer.srv, std::move(srv), route::kMaxSrvRecords, answer);
      break;
    }
    case kNaptr: {
      route::NaptrRecord naptr;
      naptr.order = data.u16();
      naptr.preference = data.u16();
      const std::string flags = data.text();
      naptr.service = data.text();
      const std::string pattern = data.text();
      const std::string replacement = data.name();
      if (data.ok() && base::equals_ignoring_case(flags, "u") && replacement.empty() && !pattern.empty()) {
        keep(answer.rules, {naptr.order, naptr.preference, std::move(naptr.service), pattern}, route::kMaxNaptrRecords,
             answer);
        break;
      }
      naptr.replacement = route::host_name(replacement);
      if (!data.ok() || !base::equals_ignoring_case(flags, "s") || !pattern.empty() || naptr.replacement.empty()) break;
      keep(answer.naptr, std::move(naptr), route::kMaxNaptrRecords, answer);
      break;
    }
    case kTxt: {
      std::string text;
      while (data.ok() && data.at() < record.end) text += data.text();
      if (data.ok() && data.at() == record.end) keep(answer.texts, std::move(text), route::kMaxTextRecords, answer);
      break;
    }
    default:
      break;
  }
}

// The name at the end of the aliases; nullopt when there is no end.
std::optional<std::string> canonical(std::span<const std::uint8_t> message, const std::vector<Record>& records,
                                     std::string name, base::Duration& ttl) {
  for (std::size_t hops = 0; hops <= kMaxAliases; ++hops) {
    const auto alias = std::ranges::find_if(
        records, [&](const Record& record) { return record.type == kCname && record.owner == name; });
    if (alias == records.end()) return name;
    ttl = std::min(ttl, alias->ttl);
    name = Reader(message, alias->body).name();
  }
  return std::nullopt;
}

// RFC 2308 5: the lesser of the SOA's own time and its MINIMUM.
base::Duration negative_ttl(std::span<const std::uint8_t> message, const Record& soa) {
  Reader data(message, soa.body);
  data.name();
  data.name();
  data.skip(16);
  const std::uint32_t minimum = data.u32();
  if (!data.ok() || minimum > 0x7fffffff) return {};
  return std::min<base::Duration>(soa.ttl, base::seconds{minimum});
}

}  // namespace

DnsAnswer read_reply(std::span<const std::uint8_t> message, const Question& question) {
  DnsAnswer answer{.outcome = DnsAnswer::Outcome::Failed};
  Reader reader(message, 0);
  reader.skip(4);
  const std::uint16_t questions = reader.u16();
  const std::uint16_t answers = reader.u16();
  const std::uint16_t authorities = reader.u16();
  reader.skip(2);
  for (std::uint16_t i = 0; i < questions && reader.ok(); ++i) {
    reader.name();
    reader.skip(4);
  }
  if (answers > kMaxRecords) answer.left_out = answers - kMaxRecords;
  std::vector<Record> records;
  for (std::uint16_t i = 0; i < answers && i < kMaxRecords; ++i) {
    auto record = read_record(reader);
    if (!record) return answer;
    records.push_back(*std::move(record));
  }
  base::Duration ttl = base::Duration::max();
  const auto name = canonical(message, records, question.name, ttl);
  if (!reader.ok() || !name) return answer;
  bool any = false;
  for (const Record& record : records) {
    if (record.owner != *name || record.type != number_of(question.type)) continue;
    any = true;
    ttl = std::min(ttl, record.ttl);
    take_data(message, record, answer);
  }
  const bool found = question.type == Question::Type::Enum ? !answer.rules.empty()
                                                           : !answer.addresses.empty() || !answer.srv.empty() ||
                                                                 !answer.naptr.empty() || !answer.texts.empty();
  answer.outcome = found ? DnsAnswer::Outcome::Found : DnsAnswer::Outcome::Nothing;
  if (answer.outcome == DnsAnswer::Outcome::Found) answer.ttl = ttl;
  if (any || answers > kMaxRecords) return answer;
  for (std::uint16_t i = 0; i < authorities && i < kMaxRecords; ++i) {
    const auto record = read_record(reader);
    if (!record) break;
    if (record->type == kSoa) answer.ttl = negative_ttl(message, *record);
  }
  return answer;
}

}  // namespace sbc::resolve
