#pragma once
// Which resource a path names: a table of our own.
//
//   Router router({{"GET", "/provd/configure/{parameter}", GetParameter}, {"PUT", "/provd/configure/{parameter}", SetParameter}});
//   auto found = router.Find("/provd/configure/NA%54");
//   found->methods->…;  found->Parameter("parameter");     // "NAT"
//
// Paths are compared segment by segment after each was percent-decoded: every spelling of a path is the same resource, and an
// encoded slash is a character of its segment. A trailing slash, an empty segment and another letter case are other paths.
// Immutable after construction; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http/message.h"

namespace provdlab::server {

class Call;

// One operation of the API. Everything that it answers is in its return value.
using Handler = http::Response (*)(const Call& call);

struct Route {
  std::string_view method;   // GET also answers HEAD
  std::string_view pattern;  // "/provd/configure/{parameter}"; must outlive the router, as literals do
  Handler handler;
};

// The segments of a request's path, decoded; nullopt if it is no path, or has a '%' that no two hexadecimal digits follow.
// An absolute-form target ("http://host/provd") is its path.
std::optional<std::vector<std::string>> PathSegments(std::string_view raw_path);

class Router {
 public:
  struct Resource {
    std::string_view pattern;
    std::vector<std::string_view> segments;
    std::vector<std::pair<std::string_view, Handler>> handlers;  // by method
    std::string allow;                                           // "GET, HEAD, PUT"

    Handler Find(std::string_view method) const;  // null: not allowed
  };
  struct Match {
    const Resource* resource = nullptr;
    std::vector<std::pair<std::string_view, std::string>> parameters;
  };

  // Routes of one pattern make one resource. Of two patterns that fit a path the earlier one counts.
  explicit Router(const std::vector<Route>& routes);

  std::optional<Match> Find(std::string_view raw_path) const;
  const std::vector<Resource>& resources() const { return resources_; }

 private:
  std::vector<Resource> resources_;
};

}  // namespace provdlab::server
