#include "sbc/call/leak_guard.h"

namespace sbc::call {

std::string_view written_value(std::string_view message, std::string_view line_start) {
  const auto at = message.find(line_start);
  if (at == std::string_view::npos) return {};
  const auto value = at + line_start.size();
  return message.substr(value, message.find('\r', value) - value);
}

std::unique_ptr<leak::Watch> LeakGuard::watch(const Settings& settings) {
  return settings.leak_guard == leak::Mode::Off ? nullptr : std::make_unique<leak::Watch>();
}

void LeakGuard::heard(const std::shared_ptr<const Settings>& settings, leak::Watch* watch, leak::End from,
                      const sip::Message& message, const sip::Source& source) {
  if (watch != nullptr && message.status() != 100) watch->heard(from, message, source.hop.remote.ip, ours(settings));
}

base::SharedBytes LeakGuard::checked(const Settings& settings, leak::Watch* watch, leak::End to,
                                     base::SharedBytes bytes, std::string_view call,
                                     std::span<const std::string_view> passed) {
  const leak::Mode mode = settings.leak_guard;
  if (mode == leak::Mode::Off || watch == nullptr) return bytes;
  const auto found = watch->leaks_in(to, *bytes, passed);
  counters_.limits.add(limit::Reached::LeakWords, watch->take_unlearned());
  counters_.limits.add(limit::Reached::LeakHits, watch->take_overfull());
  if (found.empty()) return bytes;
  for (const auto& leak : found) {
    ++counters_.by_kind[static_cast<std::size_t>(leak.kind)];
    ++counters_.by_place[static_cast<std::size_t>(leak.place.where)];
    if (mode == leak::Mode::Count || !watch->may_tell()) continue;
    std::string text = "leak: a word of the other side (";
    text.append(leak::name_of(leak.kind)).append(") in ").append(leak::name_of(leak.place.where));
    if (!leak.place.name.empty()) text.append(" ").append(leak.place.name);
    // The word itself stays out of the log, which others read.
    text.append(", Call-ID ").append(written_value(*bytes, "\r\nCall-ID: "));
    notes_.push_back({Note::Level::Warning, std::string(call), {}, std::move(text)});
  }
  if (mode != leak::Mode::Scrub) return bytes;
  auto scrubbed = leak::scrub(*bytes, watch->leaky_places(to, *bytes, passed));
  counters_.removed += scrubbed.removed;
  counters_.kept += scrubbed.kept;
  return base::share(std::move(scrubbed.message));
}

const leak::Ours& LeakGuard::ours(const std::shared_ptr<const Settings>& settings) {
  if (ours_of_ != settings) {
    ours_of_ = settings;
    ours_ = {};
    for (const Face& face : settings->faces) {
      ours_.add(face.host);
      ours_.add(face.address.text());
    }
    for (const auto& [realm, domain] : settings->domains) ours_.add(domain);
    for (const auto& host : settings->own_hosts) ours_.add(host);
  }
  return ours_;
}

}  // namespace sbc::call
