#include "server/provisioning/outcome.h"

namespace provdlab::server::provisioning {

int HttpStatusOf(FileRoute route) {
  switch (route) {
    case FileRoute::kFile:
      return 200;
    case FileRoute::kFolder:
    case FileRoute::kEmptyName:
      return 403;
    case FileRoute::kNotRead:
      return 405;
    case FileRoute::kNotUnderstood:
      return 400;
    case FileRoute::kFailed:
      return 503;
    case FileRoute::kNoFile:
    case FileRoute::kNotConfigured:
    case FileRoute::kNotMade:
    case FileRoute::kNotServed:
    case FileRoute::kNotLoaded:
    case FileRoute::kNoPlugin:
    case FileRoute::kNoKey:
    case FileRoute::kNobody:
      break;
  }
  return 404;
}

tftp::ErrorCode TftpErrorOf(FileRoute route) {
  switch (route) {
    case FileRoute::kNotRead:
    case FileRoute::kNotUnderstood:
    case FileRoute::kFailed:
      return tftp::ErrorCode::kUndefined;
    default:
      return tftp::ErrorCode::kNotFound;
  }
}

std::string_view SentenceFor(FileRoute route) {
  switch (route) {
    case FileRoute::kFile:
      return "Here it is.";
    case FileRoute::kFolder:
      return "This is a folder, and folders are not listed.";
    case FileRoute::kEmptyName:
      return "A part of this path has no name.";
    case FileRoute::kNotRead:
      return "Files are only read here.";
    case FileRoute::kNotUnderstood:
      return "Who asks can't be told.";
    case FileRoute::kFailed:
      return "The server can't do this now.";
    case FileRoute::kNoFile:
    case FileRoute::kNotMade:
      return "There is no such file for this phone.";
    case FileRoute::kNotConfigured:
      return "This phone is not configured.";
    case FileRoute::kNotServed:
    case FileRoute::kNotLoaded:
    case FileRoute::kNoPlugin:
    case FileRoute::kNobody:
      break;
    case FileRoute::kNoKey:
      return "The URL begins with no provisioning key.";
  }
  return "There are no files here for a phone like this.";
}

}  // namespace provdlab::server::provisioning
