#pragma once
// What both kinds of databases make of a question. Internal to the room.

#include "sbc/database/database.h"

namespace sbc::database {

lookup::Order order_of(const Ask& ask, const Query& query);

std::unique_ptr<Database> open_sqlite(loop::EventLoop& loop, Settings settings, lookup::Counters& counters,
                                      Database::Trouble trouble);
std::unique_ptr<Database> open_postgres(loop::EventLoop& loop, Settings settings, lookup::Counters& counters,
                                        Database::Trouble trouble);

}  // namespace sbc::database
