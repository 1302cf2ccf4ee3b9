#include "server/provisioning/file_body.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "server/provisioning/limits.h"

namespace provdlab::server::provisioning {

void FileBody::Next(std::function<void(Piece)> ready) {
  auto bytes = file_.Read(offset_, static_cast<std::size_t>(std::min<std::uint64_t>(left_, limits::kPieceBytes)));
  Piece piece;
  if (bytes) {
    offset_ += bytes->size();
    left_ -= bytes->size();
    piece.bytes = std::move(*bytes);
    piece.then = left_ > 0 ? Piece::Then::kMore : Piece::Then::kEnd;
  } else {
    spdlog::error("{}", bytes.error().message);
    piece.then = Piece::Then::kCut;
  }
  ready(std::move(piece));
}

}  // namespace provdlab::server::provisioning
