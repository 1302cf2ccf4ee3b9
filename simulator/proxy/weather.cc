#include "simulator/proxy/weather.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/object_reader.h"
#include "base/text.h"
#include "simulator/network/random_stream.h"

namespace provdlab::proxy {
namespace {

using network::RandomStream;
using std::chrono::milliseconds;

// Pieces of a sliced connection: tiny where the head of a message is, so that every part of it is cut somewhere, then larger, so that
// long bodies take seconds, not minutes.
constexpr std::size_t kTinyUntil = 256;  // bytes of a direction
constexpr std::size_t kTinyPiece = 8;
constexpr std::size_t kSmallPiece = 1024;
constexpr milliseconds kBetweenPieces{1};

// Whether what meets it does not come to its end.
bool Loses(Fate fate) { return fate != Fate::kFair && fate != Fate::kSlow && fate != Fate::kSliced; }

}  // namespace

std::string_view FateName(Fate fate) {
  switch (fate) {
    case Fate::kFair:
      return "fair";
    case Fate::kSlow:
      return "slow";
    case Fate::kSliced:
      return "sliced";
    case Fate::kResetBeforeRequest:
      return "reset before the request was forwarded";
    case Fate::kResetWithinRequest:
      return "reset within the request";
    case Fate::kResetAtAnswer:
      return "reset at the first byte of the answer";
    case Fate::kResetWithinAnswer:
      return "reset within the answer";
    case Fate::kRequestHalfClosed:
      return "half-closed within the request";
    case Fate::kAnswerHalfClosed:
      return "half-closed within the answer";
    case Fate::kRequestHeld:
      return "request held";
    case Fate::kAnswerHeld:
      return "answer held";
  }
  return "";
}

const std::vector<WeatherKind>& WeatherKinds() {
  static const std::vector<WeatherKind> kinds = {
      {"slow", "every piece comes later, both ways", 1, {Fate::kSlow}},
      {"sliced", "everything comes in small pieces, both ways", 1, {Fate::kSliced}},
      {"resets",
       "a reset before the request is forwarded, within it, at the first byte of the answer, or within that",
       4,
       {Fate::kResetBeforeRequest, Fate::kResetWithinRequest, Fate::kResetAtAnswer, Fate::kResetWithinAnswer}},
      {"half-closed",
       "an orderly end within the request, for the upstream, or within the answer, for the client",
       4,
       {Fate::kRequestHalfClosed, Fate::kAnswerHalfClosed}},
      {"hanging",
       "the request does not get through, or the answer does not, and nobody is told",
       8,
       {Fate::kRequestHeld, Fate::kAnswerHeld}},
  };
  return kinds;
}

std::uint64_t WeatherCounts::struck() const { return std::accumulate(of.begin(), of.end(), std::uint64_t{0}) - Of(Fate::kFair); }

class Weather::Connection : public Passage {
 public:
  Connection(Weather& weather, Fate fate, std::uint64_t number)
      : weather_(weather),
        fate_(fate),
        share_(RandomStream(weather.options_.seed, "weather cut", number).Fraction()),
        ways_{Way(weather.options_.seed, "weather request", number), Way(weather.options_.seed, "weather answer", number)} {}

  std::vector<Act> Take(Direction direction, std::string_view bytes) override {
    const bool request = direction == Direction::kRequest;
    switch (fate_) {
      case Fate::kFair:
        return Met({Act::Forward(bytes)});
      case Fate::kSlow:
        return Met({Act::Forward(bytes, Latency(ways_[request ? 0 : 1]))});
      case Fate::kSliced:
        return Met(Slices(ways_[request ? 0 : 1], bytes));
      case Fate::kResetBeforeRequest:
        return Met({Act::Reset()});
      case Fate::kResetWithinRequest:
        return request ? Met(Cut(bytes, Act::Reset())) : Pass(bytes);
      case Fate::kResetAtAnswer:
        return request ? Pass(bytes) : Met({Act::Reset()});
      case Fate::kResetWithinAnswer:
        return request ? Pass(bytes) : Met(Cut(bytes, Act::Reset()));
      case Fate::kRequestHalfClosed:
        return request ? Met(Cut(bytes, Act::HalfClose())) : Pass(bytes);
      case Fate::kAnswerHalfClosed:
        return request ? Pass(bytes) : Met(Cut(bytes, Act::HalfClose()));
      case Fate::kRequestHeld:
        return request ? Met({Act::Hold()}) : Pass(bytes);
      case Fate::kAnswerHeld:
        return request ? Pass(bytes) : Met({Act::Hold()});
    }
    return {};
  }

  std::vector<Act> End(Direction direction) override {
    if (fate_ != Fate::kSlow) return {Act::HalfClose()};
    return {Act::HalfClose(Latency(ways_[direction == Direction::kRequest ? 0 : 1]))};
  }

 private:
  // One direction, with draws of its own: how requests and answers interleave shifts nothing.
  struct Way {
    Way(std::uint64_t seed, std::string_view purpose, std::uint64_t number) : random(seed, purpose, number) {}
    RandomStream random;
    std::size_t carried = 0;
  };

  static std::vector<Act> Pass(std::string_view bytes) { return {Act::Forward(bytes)}; }

  std::vector<Act> Met(std::vector<Act> acts) {
    if (!std::exchange(met_, true)) weather_.Count(fate_);
    return acts;
  }

  milliseconds Latency(Way& way) {
    const WeatherOptions& options = weather_.options_;
    return options.latency + milliseconds(way.random.Below(static_cast<std::uint64_t>(options.jitter.count()) + 1));
  }

  // Some of the bytes, never all: what was cut is not whole.
  std::vector<Act> Cut(std::string_view bytes, Act end) const {
    const std::size_t most = bytes.size() - 1;
    const std::size_t size = std::min(most, 1 + static_cast<std::size_t>(share_ * static_cast<double>(most)));
    if (size == 0) return {std::move(end)};
    return {Act::Forward(bytes.substr(0, size)), std::move(end)};
  }

  static std::vector<Act> Slices(Way& way, std::string_view bytes) {
    std::vector<Act> acts;
    for (milliseconds after{0}; !bytes.empty(); after += kBetweenPieces) {
      const std::size_t limit = way.carried < kTinyUntil ? kTinyPiece : kSmallPiece;
      const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + way.random.Below(limit));
      acts.push_back(Act::Forward(bytes.substr(0, size), after));
      way.carried += size;
      bytes.remove_prefix(size);
    }
    return acts;
  }

  Weather& weather_;
  const Fate fate_;
  const double share_;  // of the first piece, what goes through before a cut
  Way ways_[2];
  bool met_ = false;
};

Result<std::unique_ptr<Weather>> Weather::Make(const WeatherOptions& options) {
  std::unique_ptr<Weather> weather(new Weather(options));
  if (options.one_in == 0u) return Fail(ErrorKind::kInvalid, "one connection in 0 is no rate; the least is 1, which is every connection");
  if (options.latency.count() < 0 || options.jitter.count() < 0) return Fail(ErrorKind::kInvalid, "latency and jitter can't be below 0");
  const auto add = [&](const WeatherKind& kind) {
    if (std::find(weather->kinds_.begin(), weather->kinds_.end(), &kind) == weather->kinds_.end()) weather->kinds_.push_back(&kind);
  };
  std::vector<std::string> names = {std::string(kStorm)};
  for (const WeatherKind& kind : WeatherKinds()) names.emplace_back(kind.name);
  for (const std::string& name : options.kinds) {
    bool known = false;
    for (const WeatherKind& kind : WeatherKinds()) {
      if (name != kind.name && name != kStorm) continue;
      known = true;
      add(kind);
    }
    if (!known)
      return Fail(ErrorKind::kInvalid, "'" + name + "' is no kind of weather" + Meaning(name, names) + "; there are " + Join(names, ", "));
  }
  if (weather->kinds_.empty()) return Fail(ErrorKind::kInvalid, "no kind of weather is named; there are " + Join(names, ", "));
  return weather;
}

Fate Weather::FateOf(std::uint64_t connection) const {
  // Always three draws: another rate changes how many are struck, not by what.
  RandomStream random(options_.seed, "weather", connection);
  const WeatherKind& kind = *kinds_[random.Below(kinds_.size())];
  const Fate fate = kind.fates[random.Below(kind.fates.size())];
  return random.Below(options_.one_in.value_or(kind.one_in)) == 0 ? fate : Fate::kFair;
}

double Weather::ShareLost() const {
  double share = 0;
  for (const WeatherKind* const kind : kinds_) {
    const auto losing = std::count_if(kind->fates.begin(), kind->fates.end(), Loses);
    share += static_cast<double>(losing) / static_cast<double>(kind->fates.size() * options_.one_in.value_or(kind->one_in));
  }
  return share / static_cast<double>(kinds_.size());
}

std::unique_ptr<Passage> Weather::Open(std::uint64_t connection) {
  return std::make_unique<Connection>(*this, FateOf(connection), connection);
}

WeatherCounts Weather::counts() const {
  WeatherCounts counts;
  std::transform(counts_.begin(), counts_.end(), counts.of.begin(), [](const auto& count) { return count.load(); });
  return counts;
}

}  // namespace provdlab::proxy
