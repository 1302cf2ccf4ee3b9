#pragma once
// Devices and configs as folders of JSON documents, which is how provd keeps them in the field: DIR/devices/ID and DIR/configs/ID.
//
//   auto folders = ReadDocumentFolders("/var/lib/provd/jsondb");
//   folders->devices;      // those that may be imported, each with its id in it
//   folders->set_aside;    // {{"devices/0a1b", "It is empty"}}
//   auto left_out = CopySetAside("/var/lib/provd/jsondb", folders->set_aside, "/var/lib/provdlab/set-aside", "/var/lib/provdlab/staging");
//   auto written = WriteDocumentFolders("/tmp/site", {devices, configs});
//
// What is read is never changed. What is written appears as a whole or not at all, and what was there before is never removed. Any thread.

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/store/documents.h"

namespace provdlab::server {

struct SetAside {
  std::string file;  // below the folder, in whatever bytes its name has
  std::string why;   // what is wrong with it
};

// For the operator: the file, what is wrong with it, and what to do.
std::string SentenceOf(const SetAside& file);
// That there is no copy of it.
std::string SentenceWithoutCopy(const SetAside& file);

struct ReadDocuments {
  std::vector<Json> devices, configs;
  std::vector<SetAside> set_aside;   // truncated, not JSON, or refused by the rules of documents
  std::vector<std::string> ignored;  // what lies beside the two folders
};

// A file is named as the id of its document; a document that has no id gets that one. One of the two folders may be missing. kNotFound:
// both are; kInvalid: an export to the folder did not end; kForbidden, kInternal: one can't be listed.
Result<ReadDocuments> ReadDocumentFolders(const std::string& folder);

// Copies those files, of any size, to a new folder `to`, in place of an older one; it grows in `staging`, on the same disk. What is no
// file, or can't be read, is left out and returned.
Result<std::vector<SetAside>> CopySetAside(const std::string& folder, const std::vector<SetAside>& files, const std::string& to,
                                           const std::string& staging);

struct WrittenDocuments {
  std::vector<DocumentPointer> devices, configs;
};

// The folder must be empty or not there: kConflict otherwise. It may be a link to one, or where a disk is mounted. All is on the disk when
// this returns.
Result<> WriteDocumentFolders(const std::string& folder, const WrittenDocuments& documents);

}  // namespace provdlab::server
