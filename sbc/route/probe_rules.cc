#include "sbc/route/probe_rules.h"

#include "media-relay/base/text.h"

namespace sbc::route {

std::expected<Statuses, std::string> Statuses::read(const std::vector<std::string>& words) {
  Statuses statuses;
  for (const auto& word : words) {
    const bool leads = word.size() == 3 && word[0] >= '1' && word[0] <= '6';
    if (leads && word.ends_with("xx")) {
      const auto first = static_cast<std::size_t>(word[0] - '0') * 100;
      for (std::size_t status = first; status < first + 100; ++status)
        if (status != 408 && status != 503) statuses.set_.set(status);
      continue;
    }
    const auto status = leads ? base::parse_unsigned<std::uint16_t>(word) : std::nullopt;
    if (!status) return std::unexpected(word);
    statuses.set_.set(*status);
  }
  return statuses;
}

}  // namespace sbc::route
