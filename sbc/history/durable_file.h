#pragma once
// Files that are on the disk when a call returns. Internal to the room.

#include <expected>
#include <string>
#include <string_view>

namespace sbc::history {

// The errors name the file and what the system says.
std::expected<void, std::string> write_file(const std::string& path, std::string_view text);  // made, or written anew
std::expected<void, std::string> append_to_file(const std::string& path, std::string_view text);
// The names in a folder, after files have been made or renamed there.
std::expected<void, std::string> settle_folder(const std::string& path);

}  // namespace sbc::history
