#include "sbc/http/local.h"

#include <curl/curl.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

namespace sbc::http {
namespace {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > kMaxLocalAnswer) return 0;  // libcurl gives up
  body.append(bytes, size * count);
  return size * count;
}

LocalProblem problem_of(CURL* easy, CURLcode code) {
  long error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
  using enum LocalProblem::What;
  if (code != CURLE_COULDNT_CONNECT) return {Failed, curl_easy_strerror(code)};
  const bool forbidden = error == EACCES || error == EPERM;
  return {forbidden ? Forbidden : Nobody, error != 0 ? std::strerror(static_cast<int>(error)) : "nobody listens"};
}

}  // namespace

std::expected<LocalAnswer, LocalProblem> ask_local(const LocalRequest& request) {
  const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
  if (!easy) return std::unexpected(LocalProblem{LocalProblem::What::Failed, "libcurl cannot start"});
  LocalAnswer answer;
  const std::string url = "http://localhost" + request.target;
  // No "Expect: 100-continue": a large body is sent at once. An empty one says nothing of its type.
  std::unique_ptr<curl_slist, FreeList> headers(curl_slist_append(nullptr, "Expect:"));
  headers.reset(curl_slist_append(headers.release(), "Content-Type: application/octet-stream"));
  CURL* const curl = easy.get();
  curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request.socket.c_str());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::chrono::duration_cast<base::milliseconds>(request.timeout).count()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  if (request.body) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body->data());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  }
  if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK) return std::unexpected(problem_of(curl, code));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

std::string escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      (out += '%').append({kDigits[byte >> 4U], kDigits[byte & 15U]});
  }
  return out;
}

}  // namespace sbc::http
