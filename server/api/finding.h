#pragma once
// Documents as answers: one, or all that a query finds.
//
//   const auto query = QueryOf(call, Devices::TextKeys());        // validate
//   if (!query) return query.error();
//   return DocumentList("devices", Finding(collection, *query));
//
// A list that does not fit one piece (limits::kListPiece) is made while it is sent, chunk by chunk, so that the server's memory does not
// grow with it. Any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/http/message.h"
#include "server/api/call.h"
#include "server/application/finding.h"
#include "server/documents/query.h"
#include "server/store/documents.h"

namespace provdlab::server {

// What the query string asks for, or the 400 that says what is wrong with it.
Or<Query> QueryOf(const Call& call, const std::vector<std::string_view>& text_keys);

// 200 {"device": {…}}
http::Response DocumentEntity(std::string_view member, const Document& document);
// 200 {"devices": [{…}, …]}
http::Response DocumentList(std::string_view member, Finding finding);
// 201 with Location and {"id": …}
http::Response DocumentCreated(const std::string& location, const std::string& id);

}  // namespace provdlab::server
