#include "simulator/phone/pattern.h"

#include <cstddef>

namespace provdlab::phone {

Result<Pattern> Pattern::Read(std::string_view text) {
  const auto mistaken = [&](const std::string& what) { return Fail(ErrorKind::kInvalid, "\"" + std::string(text) + "\": " + what); };
  Pattern pattern;
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '}') return mistaken("there is a '}' without its '{'");
    if (text[at] != '{') {
      plain += text[at++];
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return mistaken("there is no '}' for its '{'");
    Part part{.before = plain, .name = std::string(text.substr(at + 1, end - at - 1))};
    if (part.name.ends_with("...")) part.greedy = true, part.name.resize(part.name.size() - 3);
    if (part.name.empty() || part.name.find('{') != std::string::npos) return mistaken("a part in braces has no name");
    if (plain.empty() && !pattern.parts_.empty())
      return mistaken("nothing stands between {" + pattern.parts_.back().name + "} and {" + part.name + "}");
    pattern.parts_.push_back(std::move(part));
    plain.clear();
    at = end + 1;
  }
  pattern.end_ = plain;
  if (pattern.parts_.empty()) return mistaken("it has no part in braces");
  return pattern;
}

std::optional<Pattern::Parts> Pattern::Match(std::string_view text) const {
  if (!text.starts_with(parts_[0].before)) return std::nullopt;
  text.remove_prefix(parts_[0].before.size());
  Parts matched;
  for (std::size_t number = 0; number < parts_.size(); ++number) {
    const Part& part = parts_[number];
    const bool last = number + 1 == parts_.size();
    const std::string& behind = last ? end_ : parts_[number + 1].before;
    std::size_t length = text.size();
    if (last) {
      if (!text.ends_with(behind)) return std::nullopt;
      length -= behind.size();
    } else {
      length = part.greedy ? text.rfind(behind) : text.find(behind);
      if (length == std::string_view::npos) return std::nullopt;
    }
    matched.emplace_back(part.name, std::string(text.substr(0, length)));
    text.remove_prefix(length + behind.size());
  }
  return matched;
}

std::vector<std::string> Pattern::names() const {
  std::vector<std::string> names;
  for (const Part& part : parts_) names.push_back(part.name);
  return names;
}

}  // namespace provdlab::phone
