#include "simulator/phone/procedure.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "simulator/phone/addressing.h"
#include "simulator/phone/reading.h"
#include "simulator/phone/syntax/setting.h"

namespace provdlab::phone {
namespace {

constexpr std::size_t kImageHead = 256;  // bytes of a firmware image that are looked at
constexpr int kMostStepsDone = 5'000;    // of one procedure
constexpr std::size_t kMostItems = 100;  // of one each

bool MayComeYet(Fetched::How how) {
  return how == Fetched::How::kServerError || how == Fetched::How::kTimedOut || how == Fetched::How::kUnreachable ||
         how == Fetched::How::kCut;
}

// What may stand in a User-Agent.
bool IsVersion(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

std::string Outcome(const Fetched& fetched) {
  const std::string status = fetched.status == 0 ? "" : " (" + std::to_string(fetched.status) + ")";
  switch (fetched.how) {
    case Fetched::How::kWhole:
      return std::to_string(fetched.size) + " bytes";
    case Fetched::How::kMissing:
      return "missing" + status;
    case Fetched::How::kRefused:
      return "refused" + status;
    case Fetched::How::kServerError:
      return "the server failed" + status;
    case Fetched::How::kTimedOut:
      return "no answer";
    case Fetched::How::kUnreachable:
      return "no connection";
    case Fetched::How::kCut:
      return "cut off after " + std::to_string(fetched.size) + " bytes";
    case Fetched::How::kStopped:
      return "stopped";
  }
  return "";
}

std::string Seconds(Milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + "s" : std::to_string(time.count()) + "ms";
}

std::string_view LastPart(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

Procedure::Procedure(Body& body, const std::vector<Step>& steps, Purpose purpose)
    : body_(body),
      purpose_(purpose),
      user_agent_(body.Say((body.in_boot_program ? *body.profile.boot_program : body.profile.application).user_agent).value_or("")) {
  Enter(steps, nullptr);
}

void Procedure::Enter(const std::vector<Step>& steps, const std::string* group) {
  if (!steps.empty()) frames_.push_back({.steps = &steps, .group = group});
}

void Procedure::EnterEach(const Step& step) {
  Frame frame{.steps = &step.steps};
  const std::string list = NormalSetting(body_.profile.settings, step.list);
  if (list.find('#') != std::string::npos) {
    std::vector<std::pair<int, std::string>> numbered;
    const auto add = [&](const Settings& settings) {
      for (const auto& [name, value] : settings.values()) {
        const int number = NumberIn(name, list);
        if (number < 0) continue;
        if (const std::optional<std::string> text = body_.Setting(name)) numbered.emplace_back(number, *text);
      }
    };
    add(body_.reading->fresh);
    add(body_.reading->old);
    std::stable_sort(numbered.begin(), numbered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    numbered.erase(std::unique(numbered.begin(), numbered.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
                   numbered.end());
    for (auto& [number, text] : numbered) frame.items.push_back(std::move(text));
  } else if (const std::optional<std::string> text = body_.Setting(list)) {
    for (const std::string_view item : Split(*text, step.separator)) frame.items.emplace_back(Trim(item));
  }
  std::erase(frame.items, "");
  if (frame.items.size() > kMostItems) frame.items.resize(kMostItems);
  for (std::string& item : frame.items) item = body_.WithVariables(std::move(item));
  if (!frame.items.empty()) frames_.push_back(std::move(frame));
}

void Procedure::Leave(const std::string& group) {
  const auto done =
      std::find_if(frames_.rbegin(), frames_.rend(), [&](const Frame& frame) { return frame.group != nullptr && *frame.group == group; });
  if (done != frames_.rend()) frames_.erase(std::prev(done.base()), frames_.end());
}

std::optional<std::string> Procedure::Say(const Phrase& phrase) const {
  return phrase.Say([this](std::string_view word, std::string_view argument) -> std::optional<std::string> {
    if (word != "item") return body_.Word(word, argument);
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame)
      if (!frame->items.empty()) return frame->items[frame->item];
    return std::nullopt;
  });
}

std::optional<Procedure::End> Procedure::GoOn() {
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    if (frame.next == frame.steps->size()) {
      if (frame.item + 1 < frame.items.size())
        ++frame.item, frame.next = 0;
      else
        frames_.pop_back();
      continue;
    }
    if (++steps_done_ > kMostStepsDone) return End{End::How::kHalt, "its steps don't come to an end"};
    const Step& step = (*frame.steps)[frame.next++];
    if (!Holds(step.when, body_)) continue;
    if (std::optional<End> end = Do(step)) return end;
    if (asked_ || timer_ != 0) return std::nullopt;
  }
  return End{};
}

std::optional<Procedure::End> Procedure::Do(const Step& step) {
  const bool boots = purpose_ == Purpose::kBoot;
  switch (step.kind) {
    case Step::Kind::kGet:
    case Step::Kind::kHead:
    case Step::Kind::kPut:
    case Step::Kind::kFirmware:
      Ask(step);
      break;
    case Step::Kind::kPause:
      if (body_.Pause(step.takes) == Milliseconds(0)) break;
      body_.Tell(Tell::What::kPause, Seconds(step.takes) + ": " + Say(step.text).value_or(""));
      timer_ = body_.StartTimer(step.takes);
      break;
    case Step::Kind::kDo: {
      const auto group = body_.profile.groups.find(step.name);
      Enter(group->second, &group->first);
      break;
    }
    case Step::Kind::kEach:
      EnterEach(step);
      break;
    case Step::Kind::kLeave:
      Leave(step.name);
      break;
    case Step::Kind::kApply:
      if (boots) ApplyReading(body_);
      break;
    case Step::Kind::kShow:
      if (boots) body_.Show(Say(step.text).value_or(""));
      break;
    case Step::Kind::kHalt:
      if (boots) return End{End::How::kHalt, Say(step.text).value_or("")};
      break;
    case Step::Kind::kRestart:
      if (boots) return End{End::How::kRestart, Say(step.text).value_or(""), body_.Pause(step.takes)};
      break;
  }
  return std::nullopt;
}

bool Procedure::MayUpload() const {
  const UploadRules& rules = body_.profile.uploads;
  if (rules.most_failures != 0 && body_.upload_failures > rules.most_failures) return false;
  return !body_.last_upload_failure || body_.now - *body_.last_upload_failure >= rules.rest;
}

void Procedure::Ask(const Step& step) {
  const std::optional<std::string> said = Say(step.text);
  if (!said || said->empty()) {
    Branch(step, &Step::missing);
    return;
  }
  Asked asked{.step = &step, .name = body_.WithVariables(*said)};
  if (step.kind == Step::Kind::kPut && !MayUpload()) {
    body_.Tell(Tell::What::kGot, Shown(asked.name) + ": not sent after " + std::to_string(body_.upload_failures) + " failures");
    return;
  }
  std::optional<Location> location = body_.base;
  std::string elsewhere;
  for (const Phrase& server : step.servers) {
    const std::optional<std::string> url = Say(server);
    if (!url || url->empty()) continue;
    elsewhere = *url;
    const std::optional<Place> place = ReadPlace(body_, *url);
    location = place ? std::optional(place->location) : std::nullopt;
    break;
  }
  std::optional<std::string> path;
  if (asked.name.find("://") != std::string::npos) {
    elsewhere = asked.name;
    location = ReadLocation(asked.name);
    if (location) path = location->PathAsWritten();
  } else if (location) {
    if (step.from_root) location->folder.clear();
    path = location->PathOf(asked.name, body_.profile.fetching.keeps_double_slashes);
  }
  if (!location || !path) {
    body_.Tell(Tell::What::kGot, Shown(asked.name) + ": it can't be asked for" + (elsewhere.empty() ? "" : " at " + Shown(elsewhere)));
    if (step.kind == Step::Kind::kGet && step.as == Step::As::kSettings) body_.reading->failed = true;
    Branch(step, &Step::failed);
    return;
  }
  asked.location = std::move(*location);
  asked.path = std::move(*path);
  asked_ = std::move(asked);
  SendFetch();
}

void Procedure::SendFetch() {
  Asked& asked = *asked_;
  const Step& step = *asked.step;
  const bool http = asked.location.protocol != Fetch::Protocol::kTftp;
  const bool firmware = step.kind == Step::Kind::kFirmware;
  asked.fetch = body_.NextFetch();
  asked.stopped = false;
  Fetch fetch{.id = asked.fetch, .protocol = asked.location.protocol};
  fetch.method = step.kind == Step::Kind::kPut ? "PUT" : step.kind == Step::Kind::kHead ? "HEAD" : "GET";
  fetch.host = asked.location.host;
  fetch.port = asked.location.port;
  fetch.path = asked.path;
  if (http) {
    fetch.user_agent = user_agent_;
    fetch.headers = body_.profile.fetching.headers;
  } else {
    fetch.tftp_options = body_.profile.fetching.tftp_options;
  }
  if (step.kind == Step::Kind::kPut) fetch.body = Say(step.body).value_or("");
  fetch.head = firmware && step.head_only ? kImageHead : 0;
  fetch.keep = firmware ? kImageHead : step.as == Step::As::kSettings ? kLargestFile : 0;
  fetch.patience = body_.profile.fetching.patience;
  Location whole = asked.location;
  whole.folder = (http ? "" : "/") + asked.path;
  body_.Tell(Tell::What::kAsked, fetch.method + " " + Shown(whole.Text()));
  body_.Do(std::move(fetch));
}

std::optional<Procedure::End> Procedure::Handle(const TimerRang& rang) {
  if (timer_ == 0 || rang.timer != timer_) return std::nullopt;
  timer_ = 0;
  if (!std::exchange(timer_is_retry_, false)) return GoOn();
  SendFetch();
  return std::nullopt;
}

std::optional<Procedure::End> Procedure::Handle(const Began& began) {
  if (!asked_ || timer_ != 0 || began.fetch != asked_->fetch || !asked_->head.empty() || asked_->stopped) return std::nullopt;
  const Step& step = *asked_->step;
  if (step.kind != Step::Kind::kFirmware || !step.head_only) return std::nullopt;
  asked_->head = began.head.substr(0, kImageHead);
  const Image image = Look(step, asked_->head, Sha1Hex(asked_->head));
  const bool reads_on = image.other && image.fits && purpose_ == Purpose::kBoot;
  if (image.other && image.fits) body_.reading->changed = true;
  asked_->stopped = !reads_on;
  body_.Do(phone::GoOn{began.fetch, reads_on});
  return std::nullopt;
}

std::optional<Procedure::End> Procedure::Handle(const Fetched& fetched) {
  if (!asked_ || timer_ != 0 || fetched.fetch != asked_->fetch) return std::nullopt;
  const Step& step = *asked_->step;
  const bool stopped = asked_->stopped && fetched.how == Fetched::How::kStopped;
  const std::string name = Shown(asked_->name);
  body_.Tell(Tell::What::kGot, name + ": " + (stopped ? "read no further than its head" : Outcome(fetched)));
  if (stopped || fetched.how == Fetched::How::kWhole) {
    const Asked asked = *std::exchange(asked_, std::nullopt);
    if (std::optional<End> end = Take(asked, fetched)) return end;
    return GoOn();
  }
  const bool asks_again = step.kind == Step::Kind::kGet || step.kind == Step::Kind::kFirmware;
  if (asks_again && MayComeYet(fetched.how) && asked_->attempt < body_.Number(body_.profile.fetching.attempts)) {
    ++asked_->attempt;
    asked_->head.clear();
    const Milliseconds wait = body_.Time(body_.profile.fetching.wait_ms);
    body_.Tell(Tell::What::kPause, Seconds(wait) + " before attempt " + std::to_string(asked_->attempt) + " at " + name);
    timer_ = body_.StartTimer(wait);
    timer_is_retry_ = true;
    return std::nullopt;
  }
  asked_.reset();
  if (step.kind == Step::Kind::kPut) {
    ++body_.upload_failures;
    body_.last_upload_failure = body_.now;
  }
  if (fetched.how == Fetched::How::kMissing) {
    Branch(step, &Step::missing);
  } else if (fetched.how == Fetched::How::kRefused) {
    Branch(step, step.refused ? &Step::refused : &Step::missing);
  } else {
    if (step.kind == Step::Kind::kGet && step.as == Step::As::kSettings) body_.reading->failed = true;
    Branch(step, &Step::failed);
  }
  return GoOn();
}

void Procedure::Branch(const Step& step, const std::optional<std::vector<Step>> Step::*branch) {
  const std::optional<std::vector<Step>>& own = step.*branch;
  if (own)
    Enter(*own, nullptr);
  else if (branch != &Step::found && branch != &Step::broken && step.otherwise)
    Enter(*step.otherwise, nullptr);
}

std::optional<Procedure::End> Procedure::Take(const Asked& asked, const Fetched& fetched) {
  const Step& step = *asked.step;
  switch (step.kind) {
    case Step::Kind::kGet:
      Branch(step, Read(asked, fetched) ? &Step::found : &Step::broken);
      return std::nullopt;
    case Step::Kind::kFirmware: {
      const bool by_head = step.head_only;
      const std::string head = asked.head.empty() ? fetched.body.substr(0, kImageHead) : asked.head;
      const std::string digest = by_head ? Sha1Hex(head) : fetched.digest;
      const Image image = Look(step, head, digest);
      if (!image.fits) body_.Tell(Tell::What::kFirmware, Shown(asked.name) + ": it is not for this phone");
      if (image.fits && image.other) body_.reading->changed = true;
      if (image.fits && image.other && purpose_ == Purpose::kBoot) return Load(asked, image, digest);
      Branch(step, &Step::found);
      return std::nullopt;
    }
    case Step::Kind::kPut:
      body_.upload_failures = 0;
      body_.last_upload_failure.reset();
      Branch(step, &Step::found);
      return std::nullopt;
    default:
      Branch(step, &Step::found);
      return std::nullopt;
  }
}

// False: the file is broken.
bool Procedure::Read(const Asked& asked, const Fetched& fetched) {
  if (asked.step->as == Step::As::kFile) {
    NoteFile(body_, asked.name, fetched.digest);
    return true;
  }
  const bool own = std::any_of(body_.profile.settings.own_files.begin(), body_.profile.settings.own_files.end(),
                               [&](const Phrase& phrase) { return Say(phrase) == std::optional<std::string>(LastPart(asked.name)); });
  if (own) {
    body_.reading->own_fetched = true;
    if (purpose_ == Purpose::kBoot && body_.stage < Stage::kFetched) body_.Reach(Stage::kFetched);
  }
  const Result<int> settings =
      ReadFile(body_, {.name = asked.name, .text = fetched.body, .size = fetched.size, .digest = fetched.digest, .wins = asked.step->wins});
  if (!settings) {
    body_.Tell(Tell::What::kBroken, Shown(asked.name + ": " + settings.error().message));
    body_.Show(Shown(asked.name + " can't be read: " + settings.error().message));
    return false;
  }
  if (own) body_.reading->own_understood = true;
  body_.Tell(Tell::What::kRead, Shown(asked.name) + ": " + std::to_string(*settings) + (*settings == 1 ? " setting" : " settings"));
  return true;
}

Procedure::Image Procedure::Look(const Step& step, const std::string& head, const std::string& digest) const {
  Image image;
  const FirmwareRules& rules = body_.profile.firmware;
  std::string_view line = std::string_view(head).substr(0, head.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (const auto parts = rules.first_line ? rules.first_line->Match(line) : std::nullopt) {
    for (const auto& [part, text] : *parts) {
      if (part == "version" && IsVersion(text)) image.version = text;
      if (part != "for") continue;
      image.fits = std::any_of(rules.fitting.begin(), rules.fitting.end(),
                               [&](const Phrase& phrase) { return body_.Say(phrase) == std::optional(text); });
    }
  }
  if (image.version) {
    image.other = *image.version != (step.of_boot_program ? body_.unit.boot_firmware : body_.unit.firmware);
  } else {
    image.other = digest != (step.of_boot_program ? body_.boot_image : body_.application_image);
    image.fits = !head.empty();
  }
  return image;
}

Procedure::End Procedure::Load(const Asked& asked, const Image& image, const std::string& digest) {
  const Step& step = *asked.step;
  std::string& version = step.of_boot_program ? body_.unit.boot_firmware : body_.unit.firmware;
  (step.of_boot_program ? body_.boot_image : body_.application_image) = digest;
  const std::string was = version;
  if (image.version) version = *image.version;
  body_.Tell(Tell::What::kFirmware,
             Shown(asked.name + ": " + (image.version ? *image.version : "other firmware, of unknown version,")) + " instead of " + was);
  if (step.formats) ForgetSettings(body_);
  return {.how = End::How::kRestart, .text = "other firmware was loaded", .after = body_.Pause(body_.profile.firmware.loading_takes)};
}

}  // namespace provdlab::phone
