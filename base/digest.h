#pragma once
// Message digests, fed piece by piece.
//
//   Digest digest(Digest::Algorithm::kSha1);
//   while (more) digest.Update(bytes);
//   if (digest.Hex() != entry.sha1sum) Refuse();
//
// A Digest belongs to one thread at a time.

#include <memory>
#include <string>
#include <string_view>

namespace provdlab {

class Digest {
 public:
  enum class Algorithm { kMd5, kSha1, kSha256 };  // MD5 for digest authentication alone: it proves nothing about content

  explicit Digest(Algorithm algorithm);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void Update(std::string_view bytes);
  // The digest of everything so far in lower-case hexadecimal; more may follow.
  std::string Hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Md5Hex(std::string_view bytes);
std::string Sha1Hex(std::string_view bytes);
std::string Sha256Hex(std::string_view bytes);

}  // namespace provdlab
