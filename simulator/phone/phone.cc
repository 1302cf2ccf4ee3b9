#include "simulator/phone/phone.h"

#include <algorithm>
#include <utility>

#include "simulator/phone/addressing.h"
#include "simulator/phone/answering.h"
#include "simulator/phone/body.h"
#include "simulator/phone/procedure.h"
#include "simulator/phone/profile.h"
#include "simulator/phone/profile_data.h"
#include "simulator/phone/reading.h"
#include "simulator/phone/registration.h"

namespace provdlab::phone {
namespace {

constexpr Milliseconds kShortestRenewal{1'000};  // of an address

// A look at the files while in service, and what is to come of it.
struct Look {
  const std::vector<Step>* steps = nullptr;
  AfterCheck after = AfterCheck::kNothing;
  bool always_restarts = false;
  std::string why{};
};

}  // namespace

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kOff:
      return "off";
    case Stage::kStarting:
      return "starting";
    case Stage::kAddressed:
      return "addressed";
    case Stage::kFetched:
      return "fetched";
    case Stage::kParsed:
      return "parsed";
    case Stage::kRegistered:
      return "registered";
  }
  return "";
}

struct Phone::State {
  enum class Phase {
    kOff,
    kWaiting,     // for `timer`, and then does `next`
    kAddressing,  // for an address
    kStarting,    // its programs run
    kInService,
    kHalted,
  };
  enum class Next { kAsk, kRestart, kApplication };

  State(const Profile& shared, Unit unit) : profile(shared), body(profile.data(), std::move(unit)), registration(body), answering(body) {}

  // ---- Power

  void On(const PowerOn&) {
    if (phase != Phase::kOff) return;
    restarts = in_a_row = 0;
    Begin(Milliseconds(0));
  }

  void On(const PowerOff&) {
    if (phase == Phase::kOff) return;
    Sweep();
    body.Do(Restart{.off = true});
    phase = Phase::kOff;
    body.Reach(Stage::kOff);
  }

  // What does not outlive a restart. Timers are over with the Restart that comes next.
  void Sweep() {
    procedure.reset();
    EndReading(body);
    registration.Forget();
    answering.Forget();
    body.ip.clear();
    body.base.reset();
    body.server_file.clear();
    body.display.clear();
    body.upload_failures = 0;
    body.last_upload_failure.reset();
    timer = lease_timer = 0;
    periodic_timers.clear();
    renewing = in_call = false;
    look = waiting_look = std::nullopt;
    waiting_restart.clear();
  }

  void Begin(Milliseconds takes) {
    body.Reach(Stage::kStarting);
    body.in_boot_program = body.profile.boot_program.has_value();
    const Program& first = body.in_boot_program ? *body.profile.boot_program : body.profile.application;
    Wait(body.Pause(takes + first.starts_after), Next::kAsk);
  }

  void RestartNow(const std::string& why) {
    body.Tell(Tell::What::kRestart, why);
    Sweep();
    body.Do(Restart{});
    body.Reach(Stage::kStarting);
    if (in_a_row >= body.profile.restarts.most)
      return Halt("it restarted " + std::to_string(in_a_row) + " times without coming into service; the last time because " + why);
    ++restarts, ++in_a_row;
    Begin(body.profile.restarts.takes);
  }

  void RestartWhenIdle(const std::string& why) {
    if (!in_call) return RestartNow(why);
    body.Tell(Tell::What::kPause, "it restarts when the call is over: " + why);
    waiting_restart = why;
  }

  void Halt(std::string text) {
    procedure.reset();
    EndReading(body);
    body.StopTimer(timer);
    phase = Phase::kHalted;
    body.Show(Shown(text));
  }

  // ---- Timers

  void Wait(Milliseconds time, Next what) {
    phase = Phase::kWaiting;
    next = what;
    if (time == Milliseconds(0)) return Waited();
    timer = body.StartTimer(time);
  }

  void Waited() {
    switch (next) {
      case Next::kAsk:
        phase = Phase::kAddressing;
        body.Do(AskForAddress{.mac = body.unit.mac, .options = OptionsToSend(body)});
        break;
      case Next::kRestart:
        RestartNow(why_restart);
        break;
      case Next::kApplication:
        body.in_boot_program = false;
        Run(body.profile.application);
        break;
    }
  }

  void On(const TimerRang& rang) {
    if (phase == Phase::kOff || rang.timer == 0) return;
    if (rang.timer == timer) {
      timer = 0;
      Waited();
    } else if (rang.timer == lease_timer) {
      lease_timer = 0;
      RenewLease();
    } else if (const auto periodic = std::find(periodic_timers.begin(), periodic_timers.end(), rang.timer);
               periodic != periodic_timers.end()) {
      const auto index = static_cast<std::size_t>(periodic - periodic_timers.begin());
      const Periodic& rule = body.profile.periodic[index];
      *periodic = body.StartTimer(body.Time(rule.every_ms));
      LookWhenIdle({.steps = &rule.steps, .after = rule.after, .why = rule.name});
    } else if (phase == Phase::kStarting || phase == Phase::kInService) {
      if (!registration.Handle(rang)) Pass(rang);
    }
  }

  // ---- The address

  void On(const Leased& leased) {
    if (phase == Phase::kAddressing) {
      body.ip = leased.ip;
      KeepLease(leased.lease);
      place = WhereFilesAre(body, leased.options);
      if (!place) {
        body.Show("nobody says where its files are");
        return ComeIntoService();
      }
      TakePlace();
      return StartPrograms();
    }
    if (!std::exchange(renewing, false)) return;
    KeepLease(leased.lease);
    const bool moved = leased.ip != body.ip;
    body.ip = leased.ip;
    if (phase != Phase::kInService) return;
    if (!body.base && WhereFilesAre(body, leased.options)) return RestartWhenIdle("its files are somewhere now");
    if (moved) registration.Start();
  }

  void On(const NotLeased&) {
    if (phase == Phase::kAddressing) {
      body.Show("no address");
      return Wait(body.profile.addressing.wait, Next::kAsk);
    }
    if (!std::exchange(renewing, false)) return;
    const Milliseconds left = lease_ends - body.now;
    if (left <= Milliseconds(0)) return RestartWhenIdle("its address is no longer its own");
    lease_timer = body.StartTimer(std::max(left / 2, std::min(left, kShortestRenewal)));
  }

  void On(const AskAgain&) {
    if (phase == Phase::kOff || body.ip.empty() || renewing) return;
    body.StopTimer(lease_timer);
    RenewLease();
  }

  void KeepLease(std::chrono::seconds lease) {
    body.StopTimer(lease_timer);
    lease_ends = body.now + std::max<Milliseconds>(lease, kShortestRenewal);
    lease_timer = body.StartTimer(std::max((lease_ends - body.now) / 2, kShortestRenewal));
  }

  void RenewLease() {
    renewing = true;
    body.Do(AskForAddress{.mac = body.unit.mac, .options = OptionsToSend(body), .renew = true});
  }

  void TakePlace() {
    body.base = std::move(place->location);
    body.server_file = std::move(place->file);
    body.display.clear();
    body.Reach(Stage::kAddressed, "its files are at " + Shown(body.base->Text()) + ", " + place->said_by);
    place.reset();
  }

  // ---- Programs

  void StartPrograms() { Run(body.in_boot_program ? *body.profile.boot_program : body.profile.application); }

  void Run(const Program& program) {
    phase = Phase::kStarting;
    body.upload_failures = 0;
    body.last_upload_failure.reset();
    BeginReading(body);
    procedure = std::make_unique<Procedure>(body, program.steps, Procedure::Purpose::kBoot);
    After(procedure->Start());
  }

  template <typename Event>
  void Pass(const Event& event) {
    if (procedure) After(procedure->Handle(event));
  }
  void On(const Began& began) { Pass(began); }
  void On(const Fetched& fetched) { Pass(fetched); }

  void After(const std::optional<Procedure::End>& end) {
    if (!end) return;
    if (phase == Phase::kInService) return AfterLook();
    procedure.reset();
    if (end->how == Procedure::End::How::kHalt) return Halt(end->text);
    if (end->how == Procedure::End::How::kRestart) {
      EndReading(body);
      why_restart = end->text;
      return Wait(end->after, Next::kRestart);
    }
    if (body.in_boot_program) {
      EndReading(body);
      return Wait(body.Pause(body.profile.application.starts_after), Next::kApplication);
    }
    ApplyReading(body);
    EndReading(body);
    ComeIntoService();
  }

  void ComeIntoService() {
    phase = Phase::kInService;
    body.in_boot_program = false;
    in_a_row = 0;
    ShowService();
    registration.Start();
    for (const Periodic& rule : body.profile.periodic)
      periodic_timers.push_back(Holds(rule.when, body) ? body.StartTimer(body.Time(rule.every_ms)) : 0);
  }

  void ShowService() {
    constexpr const char* kNoService = "no service";
    if (body.knowledge.lines.empty() && body.display.empty()) body.Show(kNoService);
    if (!body.knowledge.lines.empty() && body.display == kNoService) body.Show("");
  }

  // ---- In service

  void LookWhenIdle(Look wanted) {
    if (!body.base) return body.Tell(Tell::What::kPause, wanted.why + ": it doesn't know where its files are");
    if (in_call || procedure || !waiting_restart.empty()) {
      body.Tell(Tell::What::kPause, wanted.why + ": later, it is busy");
      waiting_look = std::move(wanted);
      return;
    }
    look = std::move(wanted);
    BeginReading(body);
    procedure = std::make_unique<Procedure>(body, *look->steps, Procedure::Purpose::kLook);
    After(procedure->Start());
  }

  void AfterLook() {
    procedure.reset();
    const Look done = *std::exchange(look, std::nullopt);
    const bool changed = body.reading->changed;
    if (done.after == AfterCheck::kApply && changed) {
      const Knowledge before = body.knowledge;
      ApplyReading(body);
      registration.Update(before);
      ShowService();
    }
    EndReading(body);
    const bool restarts_now =
        done.always_restarts || done.after == AfterCheck::kRestart || (done.after == AfterCheck::kRestartIfChanged && changed);
    if (restarts_now) return RestartWhenIdle(done.why + (changed ? ", and something changed" : ""));
    if (!changed && done.after != AfterCheck::kNothing) body.Tell(Tell::What::kRead, done.why + ": nothing changed");
    if (waiting_look) LookWhenIdle(*std::exchange(waiting_look, std::nullopt));
  }

  void On(const SipReceived& received) {
    if (phase != Phase::kInService) return;
    if (!received.message.is_request()) return registration.Handle(received.message);
    const NotifyRule* rule = answering.Answer(received);
    if (rule == nullptr) return;
    const bool always = rule->always_restarts && Holds(*rule->always_restarts, body);
    LookWhenIdle({.steps = &rule->steps, .after = rule->after, .always_restarts = always, .why = rule->event});
  }

  void On(const CallBegan&) {
    if (phase == Phase::kInService) in_call = true;
  }

  void On(const CallEnded&) {
    if (!std::exchange(in_call, false)) return;
    if (!waiting_restart.empty()) return RestartNow(std::exchange(waiting_restart, ""));
    if (waiting_look && !procedure) LookWhenIdle(*std::exchange(waiting_look, std::nullopt));
  }

  bool Settled() const {
    if (phase == Phase::kOff || phase == Phase::kHalted) return true;
    return phase == Phase::kInService && !procedure && !waiting_look && waiting_restart.empty() && !registration.busy();
  }

  const Profile profile;
  Body body;
  Registration registration;
  Answering answering;
  Phase phase = Phase::kOff;
  Next next = Next::kAsk;
  int timer = 0, lease_timer = 0;
  Milliseconds lease_ends{0};
  bool renewing = false, in_call = false;
  std::optional<Place> place;
  std::unique_ptr<Procedure> procedure;
  std::optional<Look> look, waiting_look;
  std::string why_restart, waiting_restart;
  int restarts = 0;
  int in_a_row = 0;  // restarts without coming into service
  std::vector<int> periodic_timers;
};

Phone::Phone(const Profile& profile, Unit unit) : state_(std::make_unique<State>(profile, std::move(unit))) {}
Phone::~Phone() = default;
Phone::Phone(Phone&&) noexcept = default;
Phone& Phone::operator=(Phone&&) noexcept = default;

std::vector<Action> Phone::Handle(const Event& event, Milliseconds now) {
  state_->body.now = now;
  std::visit([&](const auto& happened) { state_->On(happened); }, event);
  return std::exchange(state_->body.actions, {});
}

Stage Phone::stage() const { return state_->body.stage; }
const Unit& Phone::unit() const { return state_->body.unit; }
const std::string& Phone::ip() const { return state_->body.ip; }
const Knowledge& Phone::knowledge() const { return state_->body.knowledge; }
const std::string& Phone::display() const { return state_->body.display; }
bool Phone::settled() const { return state_->Settled(); }
int Phone::restarts() const { return state_->restarts; }

std::string Phone::user_agent() const { return state_->body.Say(state_->body.profile.application.user_agent).value_or(""); }

std::vector<std::string> Phone::own_files() const {
  std::vector<std::string> names;
  for (const Phrase& phrase : state_->body.profile.settings.own_files) {
    if (std::optional<std::string> name = state_->body.Say(phrase)) names.push_back(std::move(*name));
  }
  return names;
}

}  // namespace provdlab::phone
