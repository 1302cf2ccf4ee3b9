#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/phone.h"
#include "simulator/phone/testing/trace.h"
#include "simulator/phone/testing/world.h"

namespace provdlab::phone {
namespace {

TEST(AnAastra, AsksForItsFilesInTheOldOrder) {
  World world(*BuiltInProfile("aastra-67xx"), {.model = "6731i", .mac = "00:08:5d:a1:00:01"});
  world.options[43] = std::string("\x02\x18http://provd:8667/Aastra\x03\x01\x00", 29);
  world.files["http://provd:8667/Aastra/aastra.cfg"] = {.text = "contact rcs: 0\nsip xml notify event: 1\n"};
  world.files["http://provd:8667/Aastra/00085DA10001.cfg"] = {
      .text = "sip line1 registrar ip: 192.0.2.20\nsip line1 user name: k3v9p2\nsip line1 auth name: k3v9p2\nsip line1 password: Zr81mm\n"};
  world.registrars["192.0.2.20"].accounts["k3v9p2"] = "Zr81mm";
  world.Happens(PowerOn{});
  world.Run();
  ExpectTrace("a3-old-67xx", world.trace());
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

}  // namespace
}  // namespace provdlab::phone
