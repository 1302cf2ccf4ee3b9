#pragma once
// The answer to a query, document by document, however long it is.
//
//   Finding finding(devices, std::move(query));
//   while (auto document = finding.Next()) Send(document->text);
//
// Looks only at the documents that an index offers if the selector names one of its texts; otherwise walks through the collection in the
// order of ids. Without sorting it holds a few hundred documents at a time; what is added or removed meanwhile may or may not be found,
// what stays is found exactly once. With sorting it holds a pointer to each match.
//
// Belongs to one thread at a time. The collection outlives it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/application/faults.h"
#include "server/documents/query.h"
#include "server/store/documents.h"

namespace provdlab::server {

class Finding {
 public:
  // Which documents are there at all for whom it is; empty: all.
  using Only = std::function<bool(const Json& document)>;
  // `faults` may be null: none.
  Finding(const DocumentCollection& collection, Query query, Faults* faults = nullptr, Only only = {});

  // The next one, with nothing but the wanted members; null at the end.
  DocumentPointer Next();

  // For faults: the server that is played would have failed at what it compares.
  bool fails() const { return fails_; }

 private:
  DocumentPointer NextCandidate();
  DocumentPointer NextMatch();
  void Sort();
  // Whether the document matches; where a fault has it otherwise, what the fault says.
  bool Matches(const Json& document) const;
  bool MeetsTypes() const;
  // By the index that offers the fewest. False if none is of use.
  bool UseIndex();

  const DocumentCollection* collection_;
  Faults* faults_;
  Query query_;
  Only only_;
  bool fails_ = false;
  bool walks_ = true;  // fetches further candidates itself
  std::vector<DocumentPointer> candidates_;
  std::size_t next_ = 0;  // of candidates_
  std::string last_;      // id of the last candidate of a walk
  std::uint64_t skipped_ = 0;
  std::uint64_t given_ = 0;
};

}  // namespace provdlab::server
