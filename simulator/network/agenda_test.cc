#include "simulator/network/agenda.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace provdlab::network {
namespace {

using namespace std::chrono_literals;

void DoDue(Agenda& agenda, Instant now) {
  while (const auto due = agenda.TakeDue(now)) due();
}

TEST(Agenda, IsKeptByInstantAndThenInTheOrderOfAdding) {
  Agenda agenda;
  std::string done;
  agenda.Add(2ms, [&] { done += 'c'; });
  agenda.Add(1ms, [&] { done += 'a'; });
  agenda.Add(2ms, [&] { done += 'd'; });
  agenda.Add(1ms, [&] { done += 'b'; });
  EXPECT_EQ(agenda.next(), 1ms);
  DoDue(agenda, 1ms);
  EXPECT_EQ(done, "ab");
  DoDue(agenda, 5ms);
  EXPECT_EQ(done, "abcd");
  EXPECT_EQ(agenda.next(), std::nullopt);
}

TEST(Agenda, DoesNotDoWhatWasRemoved) {
  Agenda agenda;
  std::string done;
  Appointment first = agenda.Add(1ms, [&] { done += 'a'; });
  Appointment second = agenda.Add(1ms, [&] { done += 'b'; });
  agenda.Remove(first);
  EXPECT_EQ(first, Appointment());
  agenda.Remove(first);  // once more does nothing
  DoDue(agenda, 1ms);
  agenda.Remove(second);  // it is past
  EXPECT_EQ(done, "b");
}

TEST(Agenda, WhatIsDoneMayAddAndRemove) {
  Agenda agenda;
  std::string done;
  Appointment later;
  agenda.Add(1ms, [&] {
    done += 'a';
    agenda.Remove(later);
    agenda.Add(1ms, [&] { done += 'b'; });
    agenda.Add(3ms, [&] { done += 'c'; });
  });
  later = agenda.Add(1ms, [&] { done += 'x'; });
  DoDue(agenda, 2ms);
  EXPECT_EQ(done, "ab");
  EXPECT_EQ(agenda.size(), 1u);
}

// Appointments may own what removes other ones when it goes.
TEST(Agenda, IsEmptiedInPeace) {
  struct Owner {
    Agenda& agenda;
    Appointment other;
    ~Owner() { agenda.Remove(other); }
  };
  Agenda agenda;
  auto owner = std::make_shared<Owner>(Owner{agenda, {}});
  agenda.Add(1ms, [owner] {});
  owner->other = agenda.Add(2ms, [] {});
  owner.reset();
  agenda.Clear();
  EXPECT_EQ(agenda.size(), 0u);
}

}  // namespace
}  // namespace provdlab::network
