#pragma once
// What the parts of one phone share: who it is, its flash, its memory, and the actions of the event that it is handling.
//
//   body.Tell(Tell::What::kPause, "1s between the groups");
//   body.timer = body.StartTimer(1s);
//
// Belongs to the phone, and to its thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/phone/condition.h"
#include "simulator/phone/knowledge.h"
#include "simulator/phone/location.h"
#include "simulator/phone/phone.h"
#include "simulator/phone/profile_data.h"
#include "simulator/phone/settings.h"

namespace provdlab::phone {

// What is being read of the files at the moment; gone when the phone has nothing to do.
struct Reading {
  Settings fresh{};                                          // of files that were understood
  Settings old{};                                            // of the flash
  std::vector<std::pair<std::string, std::string>> files{};  // names and digests of those that came
  bool own_fetched = false, own_understood = false;
  bool failed = false;     // a file was broken, or couldn't be fetched
  bool unapplied = false;  // something was understood since it was last applied
  bool changed = false;    // another file, or other firmware, than before
};

struct Body : Circumstances {
  // The unit's model has to be the profile's.
  Body(const ProfileData& data, Unit of);

  const ProfileData& profile;
  const Model& model;
  Unit unit;

  // Of the event at hand.
  Milliseconds now{0};
  std::vector<Action> actions{};

  // Flash.
  std::string flash{};                                       // Settings::Packed
  std::vector<std::pair<std::string, std::string>> files{};  // names and digests of the files that were last read
  std::string application_image{}, boot_image{};             // digests, where one is known
  bool factory = true;
  Knowledge knowledge{};
  std::vector<std::uint32_t> expiries{};  // seconds, of knowledge.lines

  // Memory.
  Stage stage = Stage::kOff;
  std::string ip{};
  std::optional<Location> base{};
  std::string server_file{};  // the file that the URL itself names
  std::string display{};
  bool in_boot_program = false;
  int upload_failures = 0;
  std::optional<Milliseconds> last_upload_failure{};
  std::unique_ptr<Reading> reading{};

  // What a word means now.
  std::optional<std::string> Word(std::string_view word, std::string_view argument) const override;
  std::string ApplicationVersion() const override { return unit.firmware; }
  std::string BootVersion() const override { return unit.boot_firmware; }
  bool Factory() const override { return factory; }
  // What files said; nothing if they said "".
  std::optional<std::string> Setting(std::string_view name) const;
  // A text that names files, with the profile's variables replaced.
  std::string WithVariables(std::string text) const;
  std::int64_t Number(const Quantity& quantity) const;
  Milliseconds Time(const Quantity& quantity) const { return Milliseconds(Number(quantity)); }

  void Do(Action action) { actions.push_back(std::move(action)); }
  void Tell(phone::Tell::What what, std::string text) { Do(phone::Tell{what, std::move(text)}); }
  void Show(std::string text);
  void Reach(Stage reached, const std::string& detail = "");  // tells it, if it is a new one
  int StartTimer(Milliseconds after);
  // Nothing happens if it is 0; the caller's note of it is emptied.
  void StopTimer(int& timer);
  int NextFetch() { return ++last_number_; }
  // How long it takes over something by itself: nothing, if it is not to take time.
  Milliseconds Pause(Milliseconds takes) const { return unit.pauses ? takes : Milliseconds(0); }

  std::uint64_t Random();     // the next number of the phone's own sequence
  std::string RandomToken();  // 16 hex digits

 private:
  std::uint64_t random_;
  int last_number_ = 0;
};

// 16 hex digits.
std::string Hex(std::uint64_t number);

// A text from outside as people may see it: not too long, and without control characters.
std::string Shown(std::string_view text);

}  // namespace provdlab::phone
