#pragma once
// Which database is asked, and what.

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/lookup/rules.h"

namespace sbc::database {

// A value for a parameter of a query.
using Parameter = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct Query {
  std::string name{};
  std::string sql{};                                 // one statement; parameters are ? or ?1 (SQLite), $1 (PostgreSQL)
  base::Duration keep{};                             // the rows may be used again for so long
  base::Duration timeout = base::milliseconds(500);  // for everything; a policy may wait for less
  std::size_t most_rows = 100;
  friend bool operator==(const Query&, const Query&) = default;
};

struct Settings {
  std::string name{};
  std::string path{};  // of a file of SQLite; "": PostgreSQL
  // What libpq is told, "host", "10.0.0.5"; addresses instead of names ("hostaddr"), since it would wait for the DNS.
  std::vector<std::pair<std::string, std::string>> connection{};
  std::size_t connections = 2;  // to PostgreSQL
  std::size_t answer_bytes = 64U << 10;
  lookup::Rules rules{};
  std::vector<Query> queries{};
  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace sbc::database
