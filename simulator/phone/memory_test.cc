// What a phone takes of the machine's memory: one thread drives ten thousand of them.

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/phone.h"
#include "simulator/phone/testing/world.h"

namespace {

std::int64_t bytes_in_use = 0;  // with what the allocator adds; tests have one thread

void* Take(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  bytes_in_use += static_cast<std::int64_t>(malloc_usable_size(memory) + sizeof(std::size_t));
  return memory;
}

void Give(void* memory) {
  if (memory != nullptr) bytes_in_use -= static_cast<std::int64_t>(malloc_usable_size(memory) + sizeof(std::size_t));
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return Take(size); }
void* operator new[](std::size_t size) { return Take(size); }
void operator delete(void* memory) noexcept { Give(memory); }
void operator delete[](void* memory) noexcept { Give(memory); }
void operator delete(void* memory, std::size_t) noexcept { Give(memory); }
void operator delete[](void* memory, std::size_t) noexcept { Give(memory); }

namespace provdlab::phone {
namespace {

constexpr std::int64_t kMostBytes = 16 * 1024;  // of a phone that has settled

struct Case {
  const char* profile;
  const char* model;
  const char* mac;
  const char* file;
  const char* url;
};

// With the largest of the files that our plugins make.
TEST(APhoneThatHasSettled, IsSmall) {
  for (const Case& of :
       {Case{"aastra-67xx", "6731i", "00:08:5d:23:74:29", "aastra-6731i/Aastra/00085D237429.cfg", "http://h:80/00085D237429.cfg"},
        Case{"aastra-67xx", "6757i", "00:08:5d:23:74:29", "aastra-6757i/Aastra/00085D237429.cfg", "http://h:80/00085D237429.cfg"},
        Case{"polycom-soundpoint-4.0", "SPIP650", "00:04:f2:a1:b2:c3", "polycom-650/0004f2a1b2c3-user.cfg",
             "http://h:80/0004f2a1b2c3-user.cfg"},
        Case{"acme", "X2", "00:aa:55:00:00:02", "acme-x2/Acme/00aa55000002.cfg", "http://h:80/00aa55000002.cfg"}}) {
    const Result<std::string> text = ReadFile(std::string("fixtures/phones/files/") + of.file);
    ASSERT_TRUE(text) << text.error().message;
    const Profile& profile = *BuiltInProfile(of.profile);
    auto world = std::make_unique<World>(profile, Unit{.model = of.model, .mac = of.mac, .server = "http://h", .pauses = false});
    world->files["http://h:80/aastra.cfg"] = {.text = "sip xml notify event: 1\n"};
    world->files["http://h:80/000000000000.cfg"] = {.text = R"(<APPLICATION CONFIG_FILES="[PHONE_MAC_ADDRESS]-user.cfg"/>)"};
    world->files[of.url] = {.text = *text};
    for (const char* registrar : {"192.0.2.20", "192.0.2.30"})
      world->registrars[registrar].accounts = {{"auth", "Zr81mm"}, {"k3v9p3", "p2"}, {"a;b%", "  ;"}, {"four", ""}};
    world->Happens(PowerOn{});
    world->Run();
    ASSERT_TRUE(world->phone.settled());
    ASSERT_GE(world->phone.stage(), Stage::kParsed) << of.profile;
    const std::size_t lines = world->phone.knowledge().lines.size(), keys = world->phone.knowledge().keys.size();
    auto phone = std::make_unique<Phone>(std::move(world->phone));
    world.reset();
    const std::int64_t before = bytes_in_use;
    phone.reset();
    const std::int64_t bytes = before - bytes_in_use;
    std::cout << of.profile << " " << of.model << ", " << lines << " lines, " << keys << " keys: " << bytes << " bytes\n";
    EXPECT_LE(bytes, kMostBytes) << of.profile;
  }
}

}  // namespace
}  // namespace provdlab::phone
