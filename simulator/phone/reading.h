#pragma once
// What becomes of the files that a phone reads: settings, and then knowledge.
//
//   BeginReading(body);
//   Result<int> settings = ReadFile(body, {.name = "aastra.cfg", .text = fetched.body, …});
//   …
//   ApplyReading(body);                       // what was read counts from now on
//   EndReading(body);
//
// Belongs to the phone's thread.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "simulator/phone/body.h"

namespace provdlab::phone {

void BeginReading(Body& body);

// A file that came: as the steps name it, with as much of it as was kept.
struct ReadableFile {
  std::string name;
  const std::string& text;
  std::uint64_t size = 0;
  const std::string& digest;
  bool wins = false;  // over what other files say
};

// Takes over the settings of a file. kInvalid: it is broken, and nothing of it is taken over. The number of its settings.
Result<int> ReadFile(Body& body, const ReadableFile& file);

// Notes that a file came of which nothing is read.
void NoteFile(Body& body, const std::string& name, const std::string& digest);

// Makes what was read the phone's settings and knowledge, by the profile's rules; the lines of the knowledge are not registered then. If
// nothing was read, everything stays as it was.
void ApplyReading(Body& body);

void EndReading(Body& body);

// As it came from the factory, but for its firmware and for what lasts by the profile. Ends the reading.
void ForgetSettings(Body& body);

}  // namespace provdlab::phone
