#pragma once
// The file between a relay that stops and its successor. It holds keys: readable by its owner only, best on a file
// system in memory, and removed before anything in it is used, so that nothing is used twice.

#include <expected>
#include <string>
#include <string_view>

namespace server {

// Whether files beside this one are kept in memory (tmpfs, ramfs): keys on a disk outlive their file.
bool is_in_memory(const std::string& path);

// Replaces what is there. Error: why not; nothing is left then.
std::expected<void, std::string> leave_snapshot(const std::string& path, std::string_view bytes);

// Reads and removes. Empty: there is none. Error: it is not what `leave_snapshot` has left, or cannot be removed; it is
// removed if it can be.
std::expected<std::string, std::string> take_snapshot(const std::string& path);

}  // namespace server
