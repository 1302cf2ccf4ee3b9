#include "base/digest.h"

#include <openssl/evp.h>

#include <array>
#include <new>

namespace provdlab {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context NewContext() {
  Context context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

}  // namespace

// The calls below fail only for want of memory, or where a policy of the machine forbids MD5 or SHA-1; then every digest is empty
// and matches none.
struct Digest::State {
  Context context = NewContext();
  bool works = false;
};

Digest::Digest(Algorithm algorithm) : state_(std::make_unique<State>()) {
  const EVP_MD* const type = algorithm == Algorithm::kMd5 ? EVP_md5() : algorithm == Algorithm::kSha1 ? EVP_sha1() : EVP_sha256();
  state_->works = EVP_DigestInit_ex(state_->context.get(), type, nullptr) == 1;
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::Update(std::string_view bytes) {
  state_->works = state_->works && EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1;
}

std::string Digest::Hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  // Finishing a digest ends it, so a copy is finished.
  const Context copy = NewContext();
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned int size = 0;
  if (!state_->works || EVP_MD_CTX_copy_ex(copy.get(), state_->context.get()) != 1 ||
      EVP_DigestFinal_ex(copy.get(), bytes.data(), &size) != 1) {
    return {};
  }
  std::string hex;
  hex.reserve(2 * size);
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[bytes[i] >> 4];
    hex += kDigits[bytes[i] & 15];
  }
  return hex;
}

namespace {

std::string HexOf(Digest::Algorithm algorithm, std::string_view bytes) {
  Digest digest(algorithm);
  digest.Update(bytes);
  return digest.Hex();
}

}  // namespace

std::string Md5Hex(std::string_view bytes) { return HexOf(Digest::Algorithm::kMd5, bytes); }
std::string Sha1Hex(std::string_view bytes) { return HexOf(Digest::Algorithm::kSha1, bytes); }
std::string Sha256Hex(std::string_view bytes) { return HexOf(Digest::Algorithm::kSha256, bytes); }

}  // namespace provdlab
