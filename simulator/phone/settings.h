#pragma once
// The settings of a phone: what its files said, by name.
//
//   Settings settings;
//   settings.Set("sip line1 user name", "je5qtq");
//   std::string flash = settings.Packed();                    // as a phone keeps it that has nothing to do
//   *Settings::Unpacked(flash).Find("sip line1 user name");
//
// Neither names nor values hold NUL bytes. Belongs to one thread.

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace provdlab::phone {

class Settings {
 public:
  void Set(std::string_view name, std::string_view value);
  const std::string* Find(std::string_view name) const;  // null if there is none
  bool empty() const { return values_.empty(); }
  std::size_t size() const { return values_.size(); }

  using Values = std::map<std::string, std::string, std::less<>>;
  const Values& values() const { return values_; }
  void Erase(std::string_view name);

  // One text, in the order of the names: a small part of what the map takes.
  std::string Packed() const;
  static Settings Unpacked(std::string_view packed);

 private:
  Values values_;
};

// Names of settings with a number in them are written with '#': "sip line# user name". Calls `use` with every way in which `name` can be
// written: as it is, and with one of its numbers replaced. False as soon as `use` says so.
bool EachWriting(std::string_view name, const std::function<bool(std::string_view)>& use);

// The number for which `pattern` is `name`: 2 for "sip line# vmail" and "sip line2 vmail"; -1 if it isn't, or has no '#'.
int NumberIn(std::string_view name, std::string_view pattern);

// `text` with each '#' replaced by the number.
std::string WithNumber(std::string_view text, int number);

}  // namespace provdlab::phone
