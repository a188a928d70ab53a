#pragma once
// How PostgreSQL is reached, from what an operator writes.

#include <expected>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "media-relay/base/ip.h"

namespace sbc::database {

// The addresses of a host name; may wait.
using Resolve = std::function<std::vector<base::IpAddress>(const std::string& name)>;

// `text` is a connection string of libpq (PostgreSQL's documentation, 34.1.1), key words or a URI, without a password.
// Names of hosts become addresses beside them, so that nothing waits for the DNS later. Error: what is wrong with it.
std::expected<std::vector<std::pair<std::string, std::string>>, std::string> read_conninfo(const std::string& text,
                                                                                           const std::string& password,
                                                                                           const Resolve& resolve);

}  // namespace sbc::database
