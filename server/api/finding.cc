#include "server/api/finding.h"

#include <memory>
#include <optional>
#include <utility>

#include "server/api/errors.h"
#include "server/api/limits.h"
#include "server/api/media_type.h"

namespace provdlab::server {
namespace {

http::Response JsonAnswer(std::string body) {
  http::Response response;
  response.headers.Add("Content-Type", std::string(kProvdMediaType));
  response.body = std::move(body);
  return response;
}

// The text of a list, piece by piece.
class ListText {
 public:
  ListText(std::string_view member, Finding finding) : finding_(std::move(finding)) { text_ = "{\"" + std::string(member) + "\":["; }

  // The next piece; ended() says whether it is the last one.
  std::string Next() {
    while (text_.size() < limits::kListPiece) {
      const auto document = finding_.Next();
      if (!document) {
        ended_ = true;
        text_ += "]}";
        break;
      }
      if (!first_) text_ += ',';
      first_ = false;
      text_ += document->text;
    }
    return std::exchange(text_, std::string());
  }
  bool ended() const { return ended_; }

 private:
  Finding finding_;
  std::string text_;
  bool first_ = true;
  bool ended_ = false;
};

class ListBody : public http::BodySource {
 public:
  ListBody(std::string begun, ListText rest) : begun_(std::move(begun)), rest_(std::move(rest)) {}

  void Next(std::function<void(Piece)> ready) override {
    Piece piece;
    piece.bytes = begun_ ? std::move(*std::exchange(begun_, std::nullopt)) : rest_.Next();
    if (rest_.ended()) piece.then = Piece::Then::kEnd;
    ready(std::move(piece));
  }

 private:
  std::optional<std::string> begun_;
  ListText rest_;
};

}  // namespace

Or<Query> QueryOf(const Call& call, const std::vector<std::string_view>& text_keys) {
  auto query = Query::Parse(call.raw_query(), text_keys);
  if (!query) return Refuse(errors::FromApplication(query.error()));
  return std::move(*query);
}

http::Response DocumentEntity(std::string_view member, const Document& document) {
  std::string body;
  body.reserve(member.size() + document.text.size() + 5);
  body.append("{\"").append(member).append("\":").append(document.text).append("}");
  return JsonAnswer(std::move(body));
}

http::Response DocumentList(std::string_view member, Finding finding) {
  if (finding.fails()) return errors::FromApplication(FailureOfThatServer());
  ListText list(member, std::move(finding));
  std::string begun = list.Next();
  if (list.ended()) return JsonAnswer(std::move(begun));
  http::Response response = JsonAnswer("");
  response.source = std::make_shared<ListBody>(std::move(begun), std::move(list));
  return response;
}

http::Response DocumentCreated(const std::string& location, const std::string& id) {
  http::Response response = Entity({{"id", id}});
  response.status = 201;
  response.headers.Add("Location", location);
  return response;
}

}  // namespace provdlab::server
