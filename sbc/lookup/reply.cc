#include "sbc/lookup/reply.h"

namespace sbc::lookup {

std::string_view name_of(Problem problem) {
  switch (problem) {
    case Problem::Timeout:
      return "timeout";
    case Problem::NotAllowed:
      return "not_allowed";
    case Problem::Busy:
      return "busy";
    case Problem::Resting:
      return "resting";
    case Problem::Connect:
      return "connect";
    case Problem::Refused:
      return "refused";
    case Problem::TooLarge:
      return "too_large";
    case Problem::Failed:
      return "failed";
  }
  return "failed";
}

std::size_t bytes_of(const json::Value& value) {
  std::size_t bytes = sizeof value;
  if (const auto* text = std::get_if<std::string>(&value.what)) return bytes + text->size();
  if (const auto* list = std::get_if<json::List>(&value.what))
    for (const json::Value& one : *list) bytes += bytes_of(one);
  if (const auto* members = std::get_if<json::Members>(&value.what))
    for (const auto& [name, one] : *members) bytes += sizeof name + name.size() + bytes_of(one);
  return bytes;
}

}  // namespace sbc::lookup
