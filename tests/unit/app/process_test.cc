#include "sbc/app/process.h"

#include "temp_config.h"

namespace sbc::app {
namespace {

TEST(Doubts, NameTheDirectoryThatTheControlSocketLacks) {
  const TempConfig none(kSmall);
  EXPECT_EQ(doubts(none.path()), "");
  const TempConfig there(std::string(kSmall) + "[admin]\ncontrol = \"/tmp/control\"\n");
  EXPECT_EQ(doubts(there.path()), "");
  const TempConfig gone(std::string(kSmall) + "[admin]\ncontrol = \"/tmp/there is none/control\"\n");
  EXPECT_TRUE(doubts(gone.path()).starts_with("admin.control: there is no directory /tmp/there is none ("));
}

}  // namespace
}  // namespace sbc::app
