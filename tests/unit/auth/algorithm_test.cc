#include "sbc/auth/algorithm.h"

#include <gtest/gtest.h>

#include "sbc/auth/secret.h"

namespace sbc::auth {
namespace {

TEST(Algorithm, NamesAreReadInAnyCaseAndWrittenAsRegistered) {
  for (std::string_view name : {"MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"}) {
    const auto algorithm = algorithm_from(name);
    ASSERT_TRUE(algorithm) << name;
    EXPECT_EQ(name_of(*algorithm), name);
  }
  EXPECT_EQ(algorithm_from("sha-256-SESS"), (Algorithm{Hash::Sha256, true}));
  EXPECT_FALSE(algorithm_from("SHA-1"));
  EXPECT_FALSE(algorithm_from(""));
  EXPECT_FALSE(algorithm_from("MD5 "));
}

TEST(Algorithm, HashesMatchTheirPublishedVectors) {
  // RFC 1321 A.5; FIPS 180-4 "abc" for SHA-256 and SHA-512/256.
  EXPECT_EQ(digest_of(Hash::Md5, {"abc"}), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(digest_of(Hash::Sha256, {"abc"}), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of(Hash::Sha512_256, {"abc"}), "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
}

TEST(Algorithm, PartsAreJoinedByColons) {
  EXPECT_EQ(digest_of(Hash::Md5, {"a", "b", ""}), digest_of(Hash::Md5, {"a:b:"}));
  EXPECT_EQ(ha1_of(Hash::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life"), "939e7578ed9e3c518a452acee763bce9");
}

TEST(Algorithm, LaterHashesAreStronger) {
  EXPECT_LT(Hash::Md5, Hash::Sha256);
  EXPECT_LT(Hash::Sha256, Hash::Sha512_256);
}

TEST(Algorithm, ConstantTimeComparisonComparesEverything) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

TEST(Secret, APasswordSupportsEveryHash) {
  const Secret secret = Secret::from_password("pw");
  for (Hash hash : {Hash::Md5, Hash::Sha256, Hash::Sha512_256}) {
    EXPECT_TRUE(secret.supports(hash));
    EXPECT_EQ(secret.ha1(hash, "u", "r"), ha1_of(hash, "u", "r", "pw"));
  }
  EXPECT_FALSE(secret.empty());
}

TEST(Secret, AStoredHa1SupportsItsOwnHashOnly) {
  Secret secret;
  EXPECT_TRUE(secret.empty());
  ASSERT_TRUE(secret.add_ha1(Hash::Md5, "939E7578ED9E3C518A452ACEE763BCE9"));
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(secret.supports(Hash::Md5));
  EXPECT_FALSE(secret.supports(Hash::Sha256));
  EXPECT_EQ(secret.ha1(Hash::Md5, "ignored", "ignored"), "939e7578ed9e3c518a452acee763bce9");
  EXPECT_FALSE(secret.ha1(Hash::Sha256, "u", "r"));
  const std::vector<Algorithm> wanted = {{Hash::Sha256, false}, {Hash::Md5, false}, {Hash::Md5, true}};
  EXPECT_EQ(secret.supported(wanted), (std::vector<Algorithm>{{Hash::Md5, false}, {Hash::Md5, true}}));
}

TEST(Secret, AStoredHa1WinsOverThePassword) {
  Secret secret = Secret::from_password("pw");
  ASSERT_TRUE(secret.add_ha1(Hash::Md5, "939e7578ed9e3c518a452acee763bce9"));
  EXPECT_EQ(secret.ha1(Hash::Md5, "u", "r"), "939e7578ed9e3c518a452acee763bce9");
  EXPECT_EQ(secret.ha1(Hash::Sha256, "u", "r"), ha1_of(Hash::Sha256, "u", "r", "pw"));
}

TEST(Secret, WrongHexIsRefusedWithWhatWasExpected) {
  Secret secret;
  const auto too_short = secret.add_ha1(Hash::Sha256, "939e7578ed9e3c518a452acee763bce9");
  ASSERT_FALSE(too_short);
  EXPECT_EQ(too_short.error(), "expected 64 hex digits for SHA-256, got 32 digits");
  EXPECT_FALSE(secret.add_ha1(Hash::Md5, "939e7578ed9e3c518a452acee763bceg"));
  EXPECT_TRUE(secret.empty());
}

}  // namespace
}  // namespace sbc::auth
