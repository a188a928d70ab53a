#include "sbc/ctl/control_client.h"

#include <CLI/CLI.hpp>

#include "sbc/app/config.h"
#include "sbc/http/local.h"

namespace sbc::ctl {
namespace {

std::expected<std::string, std::string> socket_of(const ControlPlace& place) {
  if (!place.socket.empty()) return place.socket;
  const auto config = app::load_config(place.config);
  if (!config) return std::unexpected(config.error());
  if ((*config)->control.empty())
    return std::unexpected(place.config +
                           ": admin.control is not set: the border listens to nobody. Set it and restart sbc");
  return (*config)->control;
}

std::string words_of(const http::LocalProblem& problem, const std::string& socket) {
  switch (problem.what) {
    case http::LocalProblem::What::Nobody:
      return "no border listens at " + socket + " (" + problem.text +
             "): does sbc run, and was it started with this admin.control?";
    case http::LocalProblem::What::Forbidden:
      return socket + ": " + problem.text + ": only root and the user of sbc may ask";
    case http::LocalProblem::What::Failed:
      return socket + ": " + problem.text;
  }
  return socket;
}

}  // namespace

void add_place(CLI::App& command, ControlPlace& place) {
  auto* config = command.add_option("-c,--config", place.config, "Configuration of sbc, which names admin.control");
  config->capture_default_str();
  command.add_option("--socket", place.socket, "The control socket itself, without a configuration")->excludes(config);
}

std::expected<std::string, std::string> ask_border(const ControlPlace& place, const ControlQuestion& question) {
  const auto socket = socket_of(place);
  if (!socket) return std::unexpected(socket.error());
  std::string target = question.path;
  char before = '?';
  for (const auto& [name, value] : question.query) {
    target.append(1, before).append(http::escaped(name)).append("=").append(http::escaped(value));
    before = '&';
  }
  auto answer =
      http::ask_local({.socket = *socket, .target = target, .body = question.body, .timeout = question.timeout});
  if (!answer) return std::unexpected(words_of(answer.error(), *socket));
  if (answer->status < 300) return std::move(answer->body);
  if (answer->status == 404 && answer->body == "not found\n")
    return std::unexpected("the border at " + *socket + " knows no " + question.path +
                           ": is it older than this sbcctl?");
  while (answer->body.ends_with('\n')) answer->body.pop_back();
  return std::unexpected(answer->body);
}

}  // namespace sbc::ctl
