#pragma once
// What tests of real processes need: a directory of their own, and a loop that turns until something is so.

#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <string>

#include "media-relay/base/clock.h"
#include "media-relay/loop/event_loop.h"

namespace tests {

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "parapet-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline bool run_until(loop::EventLoop& loop, const std::function<bool()>& done,
                      base::Duration most = base::seconds(10)) {
  const base::Instant end = base::monotonic_now() + most;
  while (!done()) {
    if (base::monotonic_now() > end) return false;
    loop.run_once(base::milliseconds(5));
  }
  return true;
}

}  // namespace tests
