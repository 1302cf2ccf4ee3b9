#pragma once
// What a fault does to an answer: the JSON objects of docs/repository.md, checked and read.
//
//   Result<Action> action = ReadAction({{"status", 503}, {"retry_after", 1}});
//   Json both = Combine({{"cut", 100}}, {{"bandwidth", 1000}});      // of two faults that apply to one request
//
// Values without state; any thread.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::repository {

// What becomes of an entry of plugins.db.
struct EntryPatch {
  std::string id;  // "*": of every entry
  Json set = Json::object();
  std::vector<std::string> drop = {};
};

struct Action {
  enum class Connection { kServe, kHang, kClose, kReset };
  enum class Content { kRight, kHtml, kEmpty, kNotJson, kHalf, kOther, kDocumented };

  Connection connection = Connection::kServe;
  std::optional<int> status;
  std::optional<std::int64_t> retry_after;  // seconds
  std::optional<std::string> redirect;      // a path or URL
  bool redirect_loop = false;
  Content content = Content::kRight;
  std::optional<std::string> body;  // instead of the right content
  std::vector<EntryPatch> entries;
  std::optional<std::uint64_t> corrupt_from, corrupt_bytes;
  std::optional<std::uint64_t> length;        // Content-Length that is sent
  std::optional<std::int64_t> length_change;  // added to the right one instead
  bool chunked = false;
  std::map<std::string, std::string> headers;
  std::chrono::milliseconds delay{0};       // before the first byte
  std::optional<std::uint64_t> bandwidth;   // bytes a second
  std::optional<std::uint64_t> cut;         // bytes of the body after which the connection is closed
  std::optional<std::uint64_t> hang_after;  // bytes of the body after which nothing comes
};

// kInvalid with a sentence that names the member and what it should have been.
Result<Action> ReadAction(const Json& action);

// Both at once; where they contradict, `second` counts.
Json Combine(const Json& first, const Json& second);

// What there is: a list of {"name", "breaks", "sentence"}.
Json AvailableActions();

// plugins.db, patched. Entries that are not there are left alone.
void Patch(Json& database, const std::vector<EntryPatch>& patches);

}  // namespace provdlab::repository
