// What is beyond a limit is left out, and counted.

#include "sbc/identity/limits.h"

#include "sbc/identity/asserted.h"
#include "sbc/identity/emergency.h"
#include "sbc/identity/privacy.h"
#include "sbc/identity/redirect.h"

#include "sample.h"

namespace sbc::identity {
namespace {

using limit::Reached;
using test::invite;

std::string repeated(const std::string& line, std::size_t times) {
  std::string lines;
  for (std::size_t i = 0; i < times; ++i) lines += line + "\r\n";
  return lines;
}

TEST(IdentityLimits, AtEachLimitAndOnePast) {
  for (const std::size_t past : {0U, 1U}) {
    limit::Counts counts;
    EXPECT_EQ(
        redirects_of(*invite(repeated("Diversion: <sip:1@h>;reason=user-busy", kMaxRedirects + past)), &counts).size(),
        kMaxRedirects);
    EXPECT_EQ(counts[Reached::Redirects], past);
    EXPECT_EQ(resource_priorities(*invite(repeated("Resource-Priority: ets.0", kMaxPriorities + past)), &counts).size(),
              kMaxPriorities);
    EXPECT_EQ(counts[Reached::Priorities], past);
    (void)privacy_of(*invite(repeated("Privacy: id", kMaxPrivacyWords + past)), &counts);
    EXPECT_EQ(counts[Reached::PrivacyWords], past);
  }
}

// RFC 3325 9.1: one of each kind, sip and tel.
TEST(IdentityLimits, AThirdAssertedIdentityIsCounted) {
  limit::Counts counts;
  const std::string two = "P-Asserted-Identity: <sip:a@h>\r\nP-Asserted-Identity: <tel:+431>\r\n";
  EXPECT_EQ(asserted_by(*invite(two), {.trusted = true, .proven = {}}, &counts).size(), kMaxIdentities);
  EXPECT_EQ(counts[Reached::Identities], 0U);
  EXPECT_EQ(
      asserted_by(*invite(two + "P-Asserted-Identity: <sip:b@h>\r\n"), {.trusted = true, .proven = {}}, &counts).size(),
      kMaxIdentities);
  EXPECT_EQ(counts[Reached::Identities], 1U);
}

}  // namespace
}  // namespace sbc::identity
