#include "sbc/policy/question.h"

namespace sbc::policy {
std::string subject_of(const Question& question) {
  if (const auto* http = std::get_if<HttpQuestion>(&question.what)) return http->url;
  const auto& asked = std::get<EnumQuestion>(question.what);
  return "enum " + asked.number + (asked.suffix.empty() ? "" : " " + asked.suffix);
}

std::string text_of(const Question& question) {
  const auto* http = std::get_if<HttpQuestion>(&question.what);
  if (http == nullptr) return subject_of(question);
  return (http->json ? "POST " : "GET ") + http->url;
}

std::string text_of(const Found& found) {
  if (!found) return found.error();
  const auto* answer = std::get_if<HttpAnswer>(&*found);
  if (answer == nullptr) return "answered";
  return std::to_string(answer->status) + ", " + std::to_string(answer->body.size()) + " bytes";
}

}  // namespace sbc::policy
