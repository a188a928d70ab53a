#include "sbc/policy/parcel.h"

#include <gtest/gtest.h>

#include "sbc/policy/limits.h"

namespace sbc::policy {
namespace {

TEST(Parcel, CarriesEveryByteAndTheOrderOfABundle) {
  const std::string odd("\xff\0\n3 x.lua\n", 11);
  const Bundle bundle("z.lua", {{"z.lua", "return {}"}, {"lib/a.lua", odd}, {"lib/b c.lua", ""}});
  const auto back = unpacked(packed(bundle));
  ASSERT_TRUE(back.has_value()) << back.error();
  EXPECT_EQ(back->main(), "z.lua");
  ASSERT_EQ(back->files().size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back->files()[i].name, bundle.files()[i].name);
    EXPECT_EQ(back->files()[i].text, bundle.files()[i].text);
  }
}

TEST(Parcel, SortsLibrariesAsAFolderIsRead) {
  const auto got = unpacked("1 m.lua\nm1 lib/z.lua\nz1 lib/a.lua\na");
  ASSERT_TRUE(got.has_value()) << got.error();
  EXPECT_EQ(got->files()[0].name, "m.lua");
  EXPECT_EQ(got->files()[1].name, "lib/a.lua");
  EXPECT_EQ(got->files()[2].name, "lib/z.lua");
}

TEST(Parcel, RefusesWhatIsNone) {
  for (const char* text : {"", "x", "1 m.lua", "2 m.lua\nm", "-1 m.lua\n", "1 m.lua\nm1 m.lua\nm", "1\nm", "1 \nm",
                           "1 /etc/m.lua\nm", "1 ../m.lua\nm", "1 a/../m.lua\nm", "1 m.txt\nm", "1 a//m.lua\nm",
                           "1 a/b/c/d/e/m.lua\nm", "99999999999999999999 m.lua\nm"})
    EXPECT_FALSE(unpacked(text).has_value()) << text;
  EXPECT_FALSE(unpacked("1 " + std::string(300, 'x') + ".lua\nm").has_value());
}

TEST(Parcel, HasTheLimitsOfABundle) {
  std::string most;
  for (std::size_t i = 0; i < kMaxFiles; ++i) most += "1 f" + std::to_string(i) + ".lua\nx";
  EXPECT_TRUE(unpacked(most).has_value());
  EXPECT_FALSE(unpacked(most + "1 more.lua\nx").has_value());
  EXPECT_TRUE(unpacked(std::to_string(kMaxFileBytes) + " m.lua\n" + std::string(kMaxFileBytes, 'x')).has_value());
  EXPECT_FALSE(
      unpacked(std::to_string(kMaxFileBytes + 1) + " m.lua\n" + std::string(kMaxFileBytes + 1, 'x')).has_value());
}

}  // namespace
}  // namespace sbc::policy
