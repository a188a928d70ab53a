#pragma once
// Where a table comes from. Whoever looks something up asks for it anew, and keeps what it got for as long as it reads.

#include <memory>
#include <utility>

#include "sbc/table/table.h"

namespace sbc::table {

class Source {
 public:
  virtual ~Source() = default;
  virtual std::shared_ptr<const Table> now() const = 0;
};

// One that never changes.
class Fixed final : public Source {
 public:
  explicit Fixed(Table table) : table_(std::make_shared<const Table>(std::move(table))) {}
  std::shared_ptr<const Table> now() const override { return table_; }

 private:
  std::shared_ptr<const Table> table_;
};

}  // namespace sbc::table
