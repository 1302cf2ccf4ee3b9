#include "base/object_reader.h"

#include <algorithm>
#include <utility>

namespace provdlab {
namespace {

const Json& Empty() {
  static const Json empty = Json::object();
  return empty;
}

}  // namespace

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
  if (member->is_number_integer()) {
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
    if (member.starts_with("about")) continue;
    read(member, value, where_ + ", " + name + "." + member);
  }
}

void ObjectReader::NothingElse(std::initializer_list<std::string_view> known) const {
  for (const auto& [name, value] : object_->items()) {
    if (name.starts_with("about") || name.starts_with("X_")) continue;
    if (std::find(known.begin(), known.end(), name) == known.end()) Mistake("'" + name + "' is not a member that is known here");
  }
}

}  // namespace provdlab
