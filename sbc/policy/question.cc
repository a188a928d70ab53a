#include "sbc/policy/question.h"

namespace sbc::policy {

std::string text_of(const Question& question) {
  const auto& http = std::get<HttpQuestion>(question.what);
  return (http.json ? "POST " : "GET ") + http.url;
}

std::string text_of(const Found& found) {
  if (!found) return found.error();
  const auto& answer = std::get<HttpAnswer>(*found);
  return std::to_string(answer.status) + ", " + std::to_string(answer.body.size()) + " bytes";
}

}  // namespace sbc::policy
