#include "base/object_reader.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace provdlab {
namespace {

const Json& Empty() {
  static const Json empty = Json::object();
  return empty;
}

constexpr std::size_t kLongestCandidate = 255;

}  // namespace

void Mistakes::Add(std::string sentence) {
  if (sentence.size() > kLongestSentence) {
    std::size_t end = kLongestSentence;
    while (end > 0 && (static_cast<unsigned char>(sentence[end]) & 0xc0) == 0x80) --end;
    sentence.resize(end);
    sentence += "...";
  }
  std::replace_if(
      sentence.begin(), sentence.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  if (std::find(told_.begin(), told_.end(), sentence) != told_.end()) return;
  if (told_.size() < kMostTold)
    told_.push_back(std::move(sentence));
  else
    more_ = true;
}

std::optional<std::string> Mistakes::first() const { return told_.empty() ? std::nullopt : std::optional(told_.front()); }

std::string Mistakes::Sentence() const {
  if (told_.size() == 1) return told_.front();
  std::string all;
  for (std::size_t index = 0; index < told_.size(); ++index)
    all += (index == 0 ? "" : "; ") + std::to_string(index + 1) + ". " + told_[index];
  return more_ ? all + "; and more" : all;
}

std::string Meaning(std::string_view name, const std::vector<std::string>& candidates) {
  std::vector<std::string> fit;
  for (const std::string& candidate : candidates)
    if (candidate.size() <= kLongestCandidate) fit.push_back(candidate);
  const auto nearest = NearestTexts(name, fit, fit.size());
  if (nearest.empty()) return "";
  // Of those that contain the name, the shortest has the least besides.
  const auto contains = [&](const std::string& candidate) { return candidate.find(name) != std::string::npos; };
  const auto meant = std::min_element(nearest.begin(), nearest.end(), [&](const std::string& a, const std::string& b) {
    return contains(a) && contains(b) && a.size() < b.size();
  });
  return "; is it '" + *meant + "'?";
}

bool IsRemark(std::string_view name) { return name.starts_with("about") || name.starts_with("x-"); }

ObjectReader::ObjectReader(const Json& json, std::string where, Mistakes& mistakes)
    : object_(json.is_object() ? &json : &Empty()), where_(std::move(where)), mistakes_(mistakes) {
  if (!json.is_object()) mistakes_.Add(where_ + " is not an object");
}

const Json* ObjectReader::Find(const char* name) const {
  const auto member = object_->find(name);
  return member == object_->end() ? nullptr : &*member;
}

std::string ObjectReader::Text(const char* name) const {
  const Json* member = Find(name);
  if (member == nullptr) {
    Mistake(std::string("there is no ") + name);
    return "";
  }
  std::string text = Text(name, "");
  if (text.empty() && member->is_string()) Mistake(std::string(name) + " is empty");
  return text;
}

std::string ObjectReader::Text(const char* name, std::string_view otherwise) const {
  const Json* member = Find(name);
  if (member == nullptr) return std::string(otherwise);
  if (member->is_string()) return member->get<std::string>();
  Mistake(std::string(name) + " is not a string");
  return "";
}

bool ObjectReader::Boolean(const char* name, bool otherwise) const {
  const Json* member = Find(name);
  if (member == nullptr) return otherwise;
  if (member->is_boolean()) return member->get<bool>();
  Mistake(std::string(name) + " is not true or false");
  return otherwise;
}

std::int64_t ObjectReader::Integer(const char* name, std::int64_t least, std::int64_t most, std::int64_t otherwise) const {
  const Json* member = Find(name);
  if (member == nullptr) return otherwise;
  const bool beyond = member->is_number_unsigned() && member->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
  if (member->is_number_integer() && !beyond) {
    const std::int64_t number = member->get<std::int64_t>();
    if (number >= least && number <= most) return number;
  }
  Mistake(std::string(name) + " is not an integer from " + std::to_string(least) + " to " + std::to_string(most));
  return otherwise;
}

std::vector<std::string> ObjectReader::Texts(const char* name) const {
  std::vector<std::string> texts;
  EachOf(name, [&](const Json& text, const std::string& where) {
    if (text.is_string())
      texts.push_back(text.get<std::string>());
    else
      mistakes_.Add(where + " is not a string");
  });
  return texts;
}

std::vector<std::string> ObjectReader::TextOrTexts(const char* name) const {
  const Json* member = Find(name);
  if (member != nullptr && member->is_string()) return {member->get<std::string>()};
  return Texts(name);
}

void ObjectReader::EachOf(const char* name, const std::function<void(const Json&, const std::string&)>& read) const {
  const Json* list = Find(name);
  if (list == nullptr) return;
  if (!list->is_array()) return Mistake(std::string(name) + " is not a list");
  if (list->size() > kMostMembersRead)
    return Mistake(std::string(name) + " has more than " + std::to_string(kMostMembersRead) + " members");
  for (std::size_t index = 0; index < list->size(); ++index) read((*list)[index], where_ + ", " + name + " " + std::to_string(index + 1));
}

void ObjectReader::EachIn(const char* name, const std::function<void(const std::string&, const Json&, const std::string&)>& read) const {
  const Json* object = Find(name);
  if (object == nullptr) return;
  if (!object->is_object()) return Mistake(std::string(name) + " is not an object");
  if (object->size() > kMostMembersRead)
    return Mistake(std::string(name) + " has more than " + std::to_string(kMostMembersRead) + " members");
  for (const auto& [member, value] : object->items()) {
    if (IsRemark(member)) continue;
    read(member, value, where_ + ", " + name + "." + member);
  }
}

void ObjectReader::NothingElse(std::initializer_list<std::string_view> known) const {
  for (const auto& [name, value] : object_->items()) {
    if (IsRemark(name) || std::find(known.begin(), known.end(), name) != known.end() || mistakes_.full()) continue;
    Mistake("'" + name + "' is not a member that is known here" + Meaning(name, {known.begin(), known.end()}));
  }
}

}  // namespace provdlab
