#pragma once
// Which Redis is asked, and how much.

#include <memory>
#include <string>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"

#include "sbc/lookup/rules.h"
#include "sbc/tls/context.h"

namespace sbc::redis {

// How the connection is protected.
struct Tls {
  std::shared_ptr<const tls::Context> context{};  // null: not at all
  std::string name{};                             // that the server's certificate must have; "": its address
  std::string given{};                            // all files that the context is made of: a reload compares them
  bool wanted() const { return context != nullptr; }
  friend bool operator==(const Tls& a, const Tls& b) {
    return a.wanted() == b.wanted() && a.name == b.name && a.given == b.given;
  }
};

struct Settings {
  std::vector<base::Endpoint> servers{};  // of one store: the first one that lets us in; empty with a path, or for none
  std::string path{};                     // of a Unix socket
  Tls tls{};
  std::string username{};  // "": only the password is said
  std::string password{};  // "": none is asked for
  int database = 0;
  bool writes = false;                               // commands that change something, too
  base::Duration timeout = base::milliseconds(500);  // of a look-up; a policy may wait for less
  std::size_t connections = 2;
  std::size_t answer_bytes = 64U << 10;
  std::size_t elements = 1000;  // of lists
  lookup::Rules rules{};

  bool configured() const { return !servers.empty() || !path.empty(); }
  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace sbc::redis
