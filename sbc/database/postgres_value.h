#pragma once
// Values to and from PostgreSQL's text format. Internal to the room.

#include <libpq-fe.h>

#include <optional>
#include <string>

#include "sbc/database/settings.h"
#include "sbc/json/value.h"

namespace sbc::database {

// nullopt: NULL. The server gives it the type that the query wants.
std::optional<std::string> text_of(const Parameter& parameter);
// Of a column of the first row: booleans, integers and floating-point numbers as such, all others as texts.
json::Value value_of(const PGresult& result, int column);

}  // namespace sbc::database
