#pragma once
// Which kinds of requests a target leaves without an answer, so that the next of a kind need not be waited for as long, nor asked twice.
//
//   Silence silence(3s);
//   const Silence::Wait wait = silence.WaitFor("GET", "/dev_mgr/devices", 10s);
//   http::Exchange exchange = target.Send(request, wait.time);
//   silence.Note(wait, exchange);          // says in its problem that it was waited for 3 s only
//   silence.Expects("GET", "/dev_mgr/devices")   // kMostInRow in a row got no answer: one more would not either
//
// A kind is a method and a path whose ids are left open. Paths have no prefix. Any thread may call.

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/client.h"

namespace provdlab::conformance {

// "GET /dev_mgr/devices/…": words of lower-case letters stay, all else is an id.
std::string KindOfRequest(std::string_view method, std::string_view path);

class Silence {
 public:
  // So many requests of a kind, each sent after the one before had been given up, make it known for its silence. Those that are sent at
  // once may all meet the same bad moment, and count as one.
  static constexpr int kMostInRow = 3;
  // The so-manieth wait for a silent kind, and those twice, four times … as late, take as long as any other: one that has only become slow
  // is heard again.
  static constexpr unsigned kFirstInFull = 8;

  struct Wait {
    std::chrono::milliseconds time{0};
    std::string kind{};
    int row = 0;  // of the kind, when it was sent
    bool shortened = false;
  };

  explicit Silence(std::chrono::milliseconds shortened) : shortened_(shortened) {}

  // How long to wait for an answer that may take `full`.
  Wait WaitFor(std::string_view method, std::string_view path, std::chrono::milliseconds full);
  void Note(const Wait& wait, http::Exchange& exchange);
  bool Expects(std::string_view method, std::string_view path) const;
  // The target is another one, or begun anew.
  void Forget();
  // One sentence for each kind that was ever silent so long; "GET /dev_mgr/devices/…: 12 requests got no answer in time, …".
  std::vector<std::string> Sentences() const;

 private:
  struct Kind {
    int row = 0;         // without an answer, up to now
    unsigned waits = 0;  // since it is known for its silence
    int lost = 0;        // in all
    bool told = false;   // it was silent once

    void EndRow() { row = 0, waits = 0; }
  };

  const std::chrono::milliseconds shortened_;
  mutable std::mutex mutex_;
  std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace provdlab::conformance
