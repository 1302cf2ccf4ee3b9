#include "server/application/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace provdlab::server {
namespace {

constexpr std::chrono::seconds kDeadline{20};

// Somebody who is done with one document and wants the next does not overtake who asked meanwhile.
TEST(TurnsTest, ComeInTheOrderOfAsking) {
  Turns turns;
  std::string order;  // written in turns
  std::vector<std::thread> others;
  {
    const auto first = turns.Take();
    for (const char name : {'b', 'c', 'd'}) {
      others.emplace_back([&turns, &order, name] {
        const auto turn = turns.Take();
        order += name;
      });
      const auto deadline = std::chrono::steady_clock::now() + kDeadline;
      while (turns.waiting() < others.size() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
      ASSERT_EQ(turns.waiting(), others.size());
    }
    order += 'a';
  }
  {
    const auto second = turns.Take();
    order += 'a';
  }
  for (std::thread& other : others) other.join();
  EXPECT_EQ(order, "abcda");
  EXPECT_EQ(turns.waiting(), 0u);
}

TEST(TurnsTest, AreGivenOn) {
  Turns turns;
  {
    auto turn = turns.Take();
    const auto moved = std::move(turn);
  }
  const auto next = turns.Take();
}

TEST(TurnsTest, AreOneAtATime) {
  Turns turns;
  int inside = 0, most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const auto turn = turns.Take();
        most = std::max(most, ++inside);
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
}

}  // namespace
}  // namespace provdlab::server
