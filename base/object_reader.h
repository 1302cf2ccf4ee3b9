#pragma once
// Reads a JSON object by its members, remembering the first mistake, so that a reader of a description is not mostly checks.
//
//   Mistakes mistakes;
//   ObjectReader rule(json, "rule 3", mistakes);
//   const std::string protocol = rule.Text("protocol");            // "" after a mistake
//   rule.NothingElse({"protocol", "about"});                       // "rule 3: 'protcol' is not a member that is known here"
//   if (mistakes.first()) return Fail(ErrorKind::kInvalid, *mistakes.first());
//
// Lives on one thread. The JSON must outlive the reader.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace provdlab {

// Lists and objects with more members are a mistake.
inline constexpr std::size_t kMostMembersRead = 1000;

class Mistakes {
 public:
  void Add(std::string sentence) {
    if (!first_) first_ = std::move(sentence);
  }
  const std::optional<std::string>& first() const { return first_; }

 private:
  std::optional<std::string> first_;
};

class ObjectReader {
 public:
  // Something else than an object is a mistake, and read as an empty one.
  ObjectReader(const Json& json, std::string where, Mistakes& mistakes);

  const std::string& where() const { return where_; }
  Mistakes& mistakes() const { return mistakes_; }
  const Json* Find(const char* name) const;  // null if absent
  const Json& json() const { return *object_; }

  std::string Text(const char* name) const;  // a mistake if it is absent, empty or no string
  std::string Text(const char* name, std::string_view otherwise) const;
  bool Boolean(const char* name, bool otherwise) const;
  std::int64_t Integer(const char* name, std::int64_t least, std::int64_t most, std::int64_t otherwise) const;
  std::vector<std::string> Texts(const char* name) const;        // empty if absent
  std::vector<std::string> TextOrTexts(const char* name) const;  // "x" is read as ["x"]
  // Calls `read` for each member of the list of that name, with where it is: "phones, identification 2".
  void EachOf(const char* name, const std::function<void(const Json&, const std::string&)>& read) const;
  // For each member of the object of that name, with its name and where it is: "phones, models.X1".
  void EachIn(const char* name, const std::function<void(const std::string&, const Json&, const std::string&)>& read) const;

  // Members that begin with "about" are for people, those that begin with "X_" for whoever put them there.
  void NothingElse(std::initializer_list<std::string_view> known) const;
  void Mistake(const std::string& sentence) const { mistakes_.Add(where_ + ": " + sentence); }

 private:
  const Json* object_;
  const std::string where_;
  Mistakes& mistakes_;
};

}  // namespace provdlab
