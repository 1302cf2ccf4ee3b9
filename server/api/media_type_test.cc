#include "server/api/media_type.h"

#include <gtest/gtest.h>

namespace provdlab::server {
namespace {

TEST(ContentType, IsProvdsInAnyCaseWithAnyParameters) {
  for (const char* value : {"application/vnd.proformatique.provd+json", "Application/VND.Proformatique.Provd+JSON",
                            "application/vnd.proformatique.provd+json;charset=utf-8",
                            " application/vnd.proformatique.provd+json ; charset=\"utf-8\"", "application/vnd.proformatique.provd+json;"}) {
    EXPECT_TRUE(IsProvdMediaType(value)) << value;
  }
}

TEST(ContentType, OfAnyOtherTypeIsNotProvds) {
  for (const char* value :
       {"", " ", ";", "application/json", "text/plain", "application/*", "*/*", "application/vnd.proformatique.provd+jso",
        "application/vnd.proformatique.provd+json2", "application/vnd.proformatique.provd+json, application/json",
        "application/vnd.proformatique.provd json", "x application/vnd.proformatique.provd+json", "application/x-www-form-urlencoded"}) {
    EXPECT_FALSE(IsProvdMediaType(value)) << value;
  }
}

TEST(Accept, AdmitsProvdWhenItSaysSoAnywhere) {
  const std::vector<std::vector<std::string>> cases = {
      {},
      {""},
      {" , "},
      {"application/vnd.proformatique.provd+json"},
      {"APPLICATION/vnd.proformatique.provd+json"},
      {"application/*"},
      {"*/*"},
      {"*/*;q=0.1"},
      {"application/vnd.proformatique.provd+json;q=0"},
      {"text/html, application/xhtml+xml , application/* ; q=0.5"},
      {"text/html", "*/*"},
      {"text/html;note=\"a, b\", */*"},
      {"text/html;note=\"\\\"\", application/vnd.proformatique.provd+json"},
  };
  for (const auto& accept : cases) EXPECT_TRUE(AcceptsProvd(accept)) << (accept.empty() ? "(none)" : accept.front());
}

TEST(Accept, RefusesProvdWhenItNamesOnlyOthers) {
  const std::vector<std::vector<std::string>> cases = {
      {"text/html"},
      {"application/json"},
      {"text/*, image/png"},
      {"text/html", "application/json"},
      {"text/html;note=\"*/*, application/*\""},
      {"application"},
      {"*"},
      {"application/vnd.proformatique.provd+json2"},
      {"text/html;note=\"unclosed, */*"},
      {"text/html;note=\"unclosed\\"},
  };
  for (const auto& accept : cases) EXPECT_FALSE(AcceptsProvd(accept)) << accept.front();
}

}  // namespace
}  // namespace provdlab::server
