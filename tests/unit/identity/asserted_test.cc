#include "sbc/identity/asserted.h"

#include "sample.h"

namespace sbc::identity {
namespace {

using test::invite;

const char* const kClaim =
    "P-Asserted-Identity: \"Ann\" <sip:+4311@10.1.1.1;user=phone>, <tel:+4311>\r\nP-Preferred-Identity: "
    "<sip:carol@10.1.1.1>\r\n";

TEST(Asserted, AStrangersClaimIsWorthNothing) {  // trap 80
  EXPECT_TRUE(asserted_by(*invite(kClaim), {}).empty());
}

TEST(Asserted, ATrustedSenderIsBelievedWithOneSipAndOneTelUri) {
  const auto people = asserted_by(*invite(std::string(kClaim) + "P-Asserted-Identity: <sip:third@x>\r\n"),
                                  {.trusted = true, .proven = {}});
  ASSERT_EQ(people.size(), 2U);
  EXPECT_EQ(value_of(people[0], "border.example"), "\"Ann\" <sip:+4311@border.example>");
  EXPECT_EQ(value_of(people[1], "border.example"), "<tel:+4311>");
}

TEST(Asserted, AnAuthenticatedUserIsAssertedWhateverItClaims) {  // RFC 3325 5, 6
  const auto people = asserted_by(*invite(kClaim), {.trusted = false, .proven = {"sip:alice@example.net"}});
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(value_of(people[0], "b"), "<sip:alice@b>");
}

TEST(Asserted, ThePreferredIdentityChoosesAmongTheProvenOnes) {
  const auto people =
      asserted_by(*invite(kClaim), {.trusted = false, .proven = {"sip:alice@example.net", "sip:carol@example.net"}});
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(value_of(people[0], "b"), "<sip:carol@b>");
}

TEST(Asserted, ALocalNumberAndItsContextStayInTheirNetwork) {
  const auto people = asserted_by(*invite("P-Asserted-Identity: <tel:4711;phone-context=10.1.1.1>\r\n"),
                                  {.trusted = true, .proven = {}});
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(value_of(people[0], "b"), "<sip:4711@b>");
  const auto params = asserted_by(*invite("P-Asserted-Identity: <sip:4711;phone-context=10.1.1.1@x>\r\n"),
                                  {.trusted = true, .proven = {}});
  ASSERT_EQ(params.size(), 1U);
  EXPECT_EQ(value_of(params[0], "b"), "<sip:4711@b>");
}

TEST(Asserted, APartThatIsTooLongIsLeftOut) {
  const auto fits = invite("P-Asserted-Identity: <sip:" + std::string(128, '1') + "@x>\r\n");
  const auto exceeds = invite("P-Asserted-Identity: <sip:" + std::string(129, '1') + "@x>\r\n");
  EXPECT_EQ(asserted_by(*fits, {.trusted = true, .proven = {}}).size(), 1U);
  EXPECT_EQ(asserted_by(*exceeds, {.trusted = true, .proven = {}}).size(), 0U);
}

}  // namespace
}  // namespace sbc::identity
