// Generated trees: what is written is read again as the same tree, and is written the same.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "grammar/status/status.h"

namespace rc {

template <>
struct Arbitrary<provdlab::status::Status> {
  static Gen<provdlab::status::Status> arbitrary() { return OfDepth(0); }

 private:
  using Status = provdlab::status::Status;
  using State = provdlab::status::State;

  static Gen<std::string> Label() {
    const auto character = gen::element<std::string>("a", "z", "Q", "0", "9", "_", "\u00E9", "\u0416", "\u0663", "\u4E00", "\U0001D7D8");
    return gen::map(gen::scale(0.3, gen::container<std::vector<std::string>>(character)), [](const std::vector<std::string>& characters) {
      std::string label;
      for (const std::string& c : characters) label += c;
      return label;
    });
  }

  static Gen<Status> OfDepth(int depth) {
    const auto number = gen::oneOf(gen::inRange<std::uint64_t>(0, 200), gen::arbitrary<std::uint64_t>());
    const auto parts = depth == 4
                           ? gen::just(std::vector<Status>{})
                           : gen::scale(0.25, gen::container<std::vector<Status>>(gen::lazy([depth] { return OfDepth(depth + 1); })));
    return gen::map(gen::tuple(Label(), gen::element(State::kWaiting, State::kProgress, State::kSuccess, State::kFail), gen::maybe(number),
                               gen::maybe(number), parts),
                    [](std::tuple<std::string, State, Maybe<std::uint64_t>, Maybe<std::uint64_t>, std::vector<Status>> made) {
                      auto& [label, state, current, end, children] = made;
                      Status status{.label = label, .state = state, .parts = std::move(children)};
                      if (current) status.current = *current;
                      if (current && end) status.end = *end;
                      return status;
                    });
  }
};

}  // namespace rc

namespace provdlab::status {
namespace {

RC_GTEST_PROP(RoundTrip, WhatIsWrittenIsReadAgain, (const Status& status)) {
  const std::string text = Format(status);
  for (const Strictness strictness : {Strictness::kStrict, Strictness::kLenient}) {
    const auto read = Parse(text, strictness);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == status);
  }
}

RC_GTEST_PROP(RoundTrip, OneByteChangedIsReadFaithfullyOrRefusedThere, (const Status& status, std::size_t at, char byte)) {
  std::string text = Format(status);
  text[at % text.size()] = byte;
  const auto read = Parse(text);
  if (read) {
    RC_ASSERT(Format(*read) == text);
  } else {
    RC_ASSERT(read.error().position.has_value());
    RC_ASSERT(read.error().position->offset <= text.size());
  }
}

}  // namespace
}  // namespace provdlab::status
