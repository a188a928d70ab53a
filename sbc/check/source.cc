// The files of a policy, from the main one on along `require`.

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/check/limits.h"
#include "sbc/check/program.h"
#include "sbc/syntax/parser.h"

namespace sbc::check {
namespace {

using syntax::Kind;
using syntax::Node;

// Files that `node` requires, each with the line.
void find_required(const Node& node, std::vector<std::pair<std::string, int>>& out) {
  if (node.kind == Kind::Call && node.parts.size() == 2 && node.part(0).kind == Kind::Name &&
      node.part(0).text == "require" && node.part(1).kind == Kind::String)
    out.emplace_back(module_path(node.part(1).text), node.line);
  for (const auto& part : node.parts) find_required(*part, out);
}

bool read_file(Program& program, const policy::BundleFile& source, std::set<std::string>& begun) {
  if (!begun.insert(source.name).second) return true;
  auto tree = syntax::parse(source.text);
  if (!tree) {
    program.report.add(Finding::Level::Error, source.name, tree.error().line, tree.error().text);
    return false;
  }
  std::vector<std::pair<std::string, int>> required;
  find_required(**tree, required);
  bool good = true;
  for (const auto& [path, line] : required) {
    if (const auto* library = program.bundle.find(path)) {
      good = read_file(program, *library, begun) && good;
      continue;
    }
    std::vector<std::string_view> there;
    for (const auto& file : program.bundle.files())
      if (file.name != program.bundle.main()) there.push_back(file.name);
    program.report.add(Finding::Level::Error, source.name, line,
                       unknown("require: the policy folder has no file", path, there));
  }
  File& file = program.files.emplace_back();
  file.source = &source;
  file.tree = *std::move(tree);
  file.module.file = &file;
  return good;
}

}  // namespace

std::string module_path(std::string_view name) {
  std::string path(name);
  std::ranges::replace(path, '.', '/');
  return path + ".lua";
}

std::string unknown(std::string_view lacks, std::string_view word, std::span<const std::string_view> options) {
  std::string text = std::string(lacks) + " \"" + base::printable(word, 60) + "\"";
  if (const auto nearest = base::nearest(word, options))
    return text + "; did you mean \"" + std::string(*nearest) + "\"?";
  if (options.empty() || options.size() > 16) return text;
  text += "; there is ";
  for (std::size_t i = 0; i < options.size(); ++i) text += (i == 0 ? "" : ", ") + std::string(options[i]);
  return text;
}

void Report::add(Finding::Level level, const std::string& file, int line, const std::string& text) {
  if (findings_.size() >= kMaxFindings) return;
  if (!said_.insert(file + ":" + std::to_string(line) + ":" + text).second) return;
  findings_.push_back({.level = level, .file = file, .line = line, .text = text});
}

const File* Program::find(std::string_view name) const {
  const auto found = std::ranges::find_if(files, [name](const File& file) { return file.name() == name; });
  return found != files.end() ? &*found : nullptr;
}

bool read_files(Program& program) {
  const auto* main = program.bundle.find(program.bundle.main());
  std::set<std::string> begun;
  return main != nullptr && read_file(program, *main, begun);
}

}  // namespace sbc::check
