#pragma once
// Carries out steps of a profile, one file at a time: when a phone starts, and when it looks whether something is new.
//
//   Procedure procedure(body, profile.application.steps, Procedure::Purpose::kBoot);
//   std::optional<Procedure::End> end = procedure.Start();
//   … procedure.Handle(fetched) …                       // until it has ended
//
// It asks for one thing at a time: a file, or a timer. Events about what it didn't ask for are passed over. When it only looks, nothing is
// loaded, applied or restarted; body.reading->changed says what came of it. Belongs to the phone's thread.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "simulator/phone/body.h"

namespace provdlab::phone {

class Procedure {
 public:
  enum class Purpose { kBoot, kLook };
  struct End {
    enum class How { kDone, kRestart, kHalt };
    How how = How::kDone;
    std::string text{};     // why it restarts; what it shows
    Milliseconds after{0};  // before it restarts
  };

  // `steps` outlive it. body.reading is there while it lives.
  Procedure(Body& body, const std::vector<Step>& steps, Purpose purpose);

  std::optional<End> Start() { return GoOn(); }
  std::optional<End> Handle(const Began& began);
  std::optional<End> Handle(const Fetched& fetched);
  std::optional<End> Handle(const TimerRang& rang);

 private:
  // A list of steps that is being done, perhaps once for each item.
  struct Frame {
    const std::vector<Step>* steps;
    std::size_t next = 0;
    const std::string* group = nullptr;  // its name, if it is one
    std::vector<std::string> items{};
    std::size_t item = 0;
  };
  // The file that is under way.
  struct Asked {
    const Step* step = nullptr;
    std::string name{};   // as the steps name it
    Location location{};  // the server, and the whole path
    std::string path{};
    int fetch = 0;
    std::int64_t attempt = 1;
    bool stopped = false;  // the firmware's head was enough
    std::string head{};    // of the firmware
  };

  std::optional<End> GoOn();
  std::optional<End> Do(const Step& step);
  void Ask(const Step& step);
  void SendFetch();
  std::optional<End> Take(const Asked& asked, const Fetched& fetched);
  bool Read(const Asked& asked, const Fetched& fetched);
  void Branch(const Step& step, const std::optional<std::vector<Step>> Step::*branch);
  void Enter(const std::vector<Step>& steps, const std::string* group);
  void EnterEach(const Step& step);
  void Leave(const std::string& group);
  std::optional<std::string> Say(const Phrase& phrase) const;
  bool MayUpload() const;

  // What a firmware image is, as far as can be seen.
  struct Image {
    std::optional<std::string> version;
    bool fits = true;
    bool other = false;  // than the phone has
  };
  Image Look(const Step& step, const std::string& head, const std::string& digest) const;
  End Load(const Asked& asked, const Image& image, const std::string& digest);

  Body& body_;
  const Purpose purpose_;
  const std::string user_agent_;
  std::vector<Frame> frames_;
  std::optional<Asked> asked_;
  int timer_ = 0;
  bool timer_is_retry_ = false;
  int steps_done_ = 0;
};

}  // namespace provdlab::phone
