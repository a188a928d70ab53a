#include "sbc/transaction/matching.h"

#include "media-relay/base/text.h"

namespace sbc::transaction {
namespace {

// Parts are separated by a byte that cannot stand in any of them.
void append_part(std::string& out, std::string_view part) {
  out.append(part);
  out.push_back('\0');
}

// Keys of different meaning never meet.
constexpr std::uint64_t kServer = 1;
constexpr std::uint64_t kClient = 2;
constexpr std::uint64_t kMerge = 3;
constexpr std::uint64_t kTag = 4;

}  // namespace

Matching::Matching(base::Random& random)
    : first_{random.next(), random.next()}, second_{random.next(), random.next()} {}

Fingerprint Matching::digest(std::uint64_t purpose) const {
  Fingerprint result{base::siphash({first_.k0 ^ purpose, first_.k1}, scratch_),
                     base::siphash({second_.k0 ^ purpose, second_.k1}, scratch_)};
  if (!result) result.b = 1;
  return result;
}

Fingerprint Matching::server_base(const sip::Message& request) const {
  const sip::Via& via = request.top_via();
  scratch_.clear();
  if (via.has_magic_cookie()) {
    append_part(scratch_, via.branch);
    append_part(scratch_, via.host);
    base::append_number(scratch_, via.port_or_default());
    return digest(kServer);
  }
  append_part(scratch_, request.request_uri_text());
  append_part(scratch_, request.from_tag());
  append_part(scratch_, request.call_id());
  base::append_number(scratch_, request.cseq().number);
  scratch_.push_back('\0');
  append_part(scratch_, via.text);
  const sip::Method method = request.method();
  if (method != sip::Method::Invite && method != sip::Method::Ack && method != sip::Method::Cancel)
    append_part(scratch_, request.to_tag());
  return digest(kServer);
}

Fingerprint Matching::client_base(std::string_view branch) const {
  scratch_.assign(branch);
  return digest(kClient);
}

Fingerprint Matching::with_method(const Fingerprint& base, sip::Method method, std::string_view text) const {
  // The base is secret, so a known difference is enough to keep the methods of one branch apart.
  std::uint64_t difference = (static_cast<std::uint64_t>(method) + 1) * 0x9e37'79b9'7f4a'7c15;
  if (method == sip::Method::Other) difference ^= base::siphash(first_, text);
  Fingerprint result{base.a ^ difference, base.b};
  if (!result) result.b = 1;
  return result;
}

Fingerprint Matching::merge(const sip::Message& request) const {
  scratch_.clear();
  append_part(scratch_, request.from_tag());
  append_part(scratch_, request.call_id());
  append_part(scratch_, request.cseq().method_text);
  base::append_number(scratch_, request.cseq().number);
  return digest(kMerge);
}

std::string Matching::stateless_tag(const sip::Message& request) const {
  scratch_.clear();
  append_part(scratch_, request.from_tag());
  append_part(scratch_, request.call_id());
  base::append_number(scratch_, request.cseq().number);
  const Fingerprint value = digest(kTag);
  std::string bytes;
  for (unsigned shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(value.a >> shift));
  return base::to_hex(bytes);
}

}  // namespace sbc::transaction
