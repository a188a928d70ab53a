#pragma once
// Bytes that several owners keep until the last one lets go: a message on its way out is held by its transaction for
// retransmission and by a socket for writing.

#include <memory>
#include <string>

namespace base {

using SharedBytes = std::shared_ptr<const std::string>;

inline SharedBytes share(std::string&& bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace base
