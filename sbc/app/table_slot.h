#pragma once
// A place for a table that is replaced by a newer one while threads read it: each look-up sees one of the two, whole.

#include <memory>
#include <mutex>
#include <utility>

#include "sbc/table/source.h"

namespace sbc::app {

class TableSlot final : public table::Source {
 public:
  explicit TableSlot(table::Table first) : now_(std::make_shared<const table::Table>(std::move(first))) {}
  TableSlot(const TableSlot&) = delete;
  TableSlot& operator=(const TableSlot&) = delete;

  std::shared_ptr<const table::Table> now() const override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  void replace(std::shared_ptr<const table::Table> next) {
    const std::scoped_lock lock(mutex_);
    now_.swap(next);  // the old one goes, or does not, after the lock
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const table::Table> now_;
};

}  // namespace sbc::app
