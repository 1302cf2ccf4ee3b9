#pragma once
// Reads a JSON object by its members, remembering the mistakes, so that a reader of a description is not mostly checks.
//
//   Mistakes mistakes;
//   ObjectReader rule(json, "rule 3", mistakes);
//   const std::string protocol = rule.Text("protocol");            // "" after a mistake
//   rule.NothingElse({"protocol", "about"});                       // "rule 3: 'protcol' is not a member that is known here; is it
//   'protocol'?" if (!mistakes.none()) return Fail(ErrorKind::kInvalid, mistakes.Sentence());
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

// What is wrong with a description, a sentence each. Whoever wrote it sees all of it at once, up to kMostTold.
class Mistakes {
 public:
  static constexpr std::size_t kMostTold = 20;
  static constexpr std::size_t kLongestSentence = 500;  // bytes; names in it are as long as somebody made them

  // The same sentence counts once. Control characters in it become '?'.
  void Add(std::string sentence);

  bool none() const { return told_.empty(); }
  bool full() const { return more_; }  // what is added now is not told any more
  const std::vector<std::string>& all() const { return told_; }
  std::optional<std::string> first() const;
  // In one line: the sentence, or "1. …; 2. …" if there are several, with "; and more" behind the last that is told.
  std::string Sentence() const;

 private:
  std::vector<std::string> told_;
  bool more_ = false;
};

// "; is it 'model'?" for the candidate that comes nearest to `name`, or nothing if none is like it.
std::string Meaning(std::string_view name, const std::vector<std::string>& candidates);

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
  // For each member of the object of that name, with its name and where it is: "phones, models.X1". Remarks are left out.
  void EachIn(const char* name, const std::function<void(const std::string&, const Json&, const std::string&)>& read) const;

  // All other members are mistakes, but for remarks.
  void NothingElse(std::initializer_list<std::string_view> known) const;
  void Mistake(const std::string& sentence) const { mistakes_.Add(where_ + ": " + sentence); }

 private:
  const Json* object_;
  const std::string where_;
  Mistakes& mistakes_;
};

// Members whose names begin with "about" are for people, those with "x-" for whoever put them there.
bool IsRemark(std::string_view name);

}  // namespace provdlab
