#pragma once
// A file descriptor that is closed when it goes out of scope.
//
//   const Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
//   if (!file) return Fail(…);     // errno says why
//   ::read(file.get(), …);
//
// Belongs to one thread at a time, as what is done with the descriptor does.

#include <unistd.h>

#include <utility>

namespace provdlab {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}  // below 0: none
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  explicit operator bool() const { return number_ >= 0; }
  int get() const { return number_; }
  // Gives it up: somebody else closes it.
  int Release() { return std::exchange(number_, -1); }
  // Whether closing went well: some file systems tell of a failed write only here.
  bool Close() { return number_ < 0 || ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

}  // namespace provdlab
