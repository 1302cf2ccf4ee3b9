// Any bytes as a profile: it is read, or refused with a sentence. One that is read makes a phone that starts, gets its files and comes to
// rest, or waits.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/phone.h"

namespace {

using namespace provdlab::phone;  // a phone's life is made of many of its names

void Live(const Profile& profile) {
  Phone phone(profile, {.model = profile.models().front(), .mac = MintMac(profile, 1), .server = "http://h/x", .pauses = false});
  std::vector<Action> actions = phone.Handle(PowerOn{}, Milliseconds(0));
  for (int turn = 1; turn < 200 && !actions.empty(); ++turn) {
    std::vector<Action> next;
    for (const Action& action : actions) {
      std::vector<Action> more;
      const Milliseconds now(turn);
      if (std::holds_alternative<AskForAddress>(action)) more = phone.Handle(Leased{.ip = "127.0.0.9"}, now);
      if (const auto* fetch = std::get_if<Fetch>(&action))
        more = phone.Handle(Fetched{.fetch = fetch->id, .how = Fetched::How::kWhole, .body = "a: 1\n", .size = 5, .digest = "d"}, now);
      if (const auto* timer = std::get_if<SetTimer>(&action)) more = phone.Handle(TimerRang{timer->timer}, now);
      next.insert(next.end(), more.begin(), more.end());
    }
    actions = std::move(next);
  }
  phone.Handle(PowerOff{}, Milliseconds(1000));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto profile = ReadProfile(text, "fuzz");
  if (!profile) {
    if (profile.error().message.empty()) __builtin_trap();
    return 0;
  }
  Live(*profile);
  return 0;
}
