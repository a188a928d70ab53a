#include "sbc/sip/message.h"

#include <algorithm>

#include "media-relay/base/text.h"

namespace sbc::sip {

std::optional<std::string_view> Message::find(HeaderId id) const {
  for (const HeaderField& field : headers())
    if (field.id == id) return field.value;
  return std::nullopt;
}

std::optional<std::string_view> Message::find(std::string_view name) const {
  const HeaderId id = header_id_from(name);
  if (id != HeaderId::Other) return find(id);
  for (const HeaderField& field : headers())
    if (field.id == HeaderId::Other && base::equals_ignoring_case(field.name, name)) return field.value;
  return std::nullopt;
}

std::size_t Message::count(HeaderId id) const {
  const auto fields = headers();
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(), [id](const HeaderField& field) { return field.id == id; }));
}

}  // namespace sbc::sip
