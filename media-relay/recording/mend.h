#pragma once
// What a crash leaves in the directory.

#include <cstddef>
#include <string>

namespace recording {

// Makes every file that was being written readable up to where it was cut, and gives it its name. Returns how many.
std::size_t mend_all(const std::string& directory);

}  // namespace recording
