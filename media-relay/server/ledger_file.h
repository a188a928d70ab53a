#pragma once
// The flows' ledgers (flow/ledger.h) in a file: what is written to them is there for a successor however this process
// ends, as long as the machine goes on. It holds no keys, and takes memory for the flows that there have been at once.
//
//   8 bytes "PRPTLEDG" | layout (8) | zeros up to a page | ledgers, by number

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "media-relay/flow/ledger.h"

namespace server {

class LedgerFile {
 public:
  // A new file with nothing in it; one that is there is not taken.
  static std::expected<std::unique_ptr<LedgerFile>, std::string> create(const std::string& path);
  // Of a predecessor: reads, and removes. Null: there is none. Error: it is not what `create` has made.
  static std::expected<std::unique_ptr<LedgerFile>, std::string> take(const std::string& path);
  ~LedgerFile();
  LedgerFile(const LedgerFile&) = delete;
  LedgerFile& operator=(const LedgerFile&) = delete;

  // Zeros, or what was written there. Null: there is no memory for it, or no such ledger.
  flow::Ledger* at(std::uint32_t number);

 private:
  LedgerFile(int fd, std::byte* memory, std::size_t bytes) : fd_(fd), memory_(memory), bytes_(bytes) {}

  const int fd_;
  std::byte* const memory_;
  const std::size_t bytes_;
  std::size_t room_ = 0;  // bytes at the beginning that have memory behind them
};

}  // namespace server
