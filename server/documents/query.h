#pragma once
// What a client wants of a list: which documents, which of their members, in what order, how many.
//
//   auto query = Query::Parse("q=%7B%22plugin%22%3A%22acme%22%7D&fields=mac,ip&sort=mac&limit=10", {"id", "mac"});
//   if (!query) return Fail(query.error());       // kInvalid, a sentence that names the parameter
//   query->selector.Matches(document); query->Project(document);
//
//   q         a selector as JSON        q64       the same in base64 (RFC 4648 §4, padded); wins over q
//   fields    names joined by commas, dotted ones reach into objects; id always comes along
//   skip      how many of the matching documents are left out at the beginning
//   limit     how many are given at most; 0: all
//   sort      the key to sort by        sort_ord  ASC (default) or DESC
//
// Of a repeated parameter the first counts, unknown ones mean nothing. A '+' is a blank, as in forms. A malformed value is refused rather
// than ignored, because a typo must not turn "these" into "all".
//
// An immutable value once parsed; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/documents/selector.h"

namespace provdlab::server {

class Query {
 public:
  // All documents as they are.
  Query() = default;
  // `raw_query` is what follows the '?', as sent. `text_keys` as for Selector.
  static Result<Query> Parse(std::string_view raw_query, const std::vector<std::string_view>& text_keys);

  Selector selector;
  std::uint64_t skip = 0;
  std::uint64_t limit = 0;  // 0: none
  bool recurse = false;     // also what belongs to tenants below

  bool sorts() const { return !sort_path_.empty(); }
  // What the sort key leads to in the document, which must outlive it; null if to nothing.
  const Json* SortValueOf(const Json& document) const;
  // Whether a document with the value comes before one with the other: nothing first, then as base/json_order.h has it; in DESC the other
  // way round. Neither comes first if they are equal.
  bool Precedes(const Json* value, const Json* other) const;

  bool projects() const { return fields_.has_value(); }
  // The document with nothing but the wanted members.
  Json Project(const Json& document) const;

 private:
  std::vector<std::string> sort_path_;  // empty: not sorted
  bool descending_ = false;
  std::optional<std::vector<std::vector<std::string>>> fields_;
};

// Bytes of base64 with its padding and nothing else; nullopt if it is none.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace provdlab::server
