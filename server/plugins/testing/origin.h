#pragma once
// A web server for tests of downloads: answers what it was told to, can hold a transfer at a byte, remembers what it was asked.
//
//   Origin origin;
//   origin.Serve("/plugins.db", "{}");
//   origin.Hold("/a.tar.bz2", 100);
//   … origin.AwaitHeld("/a.tar.bz2"); … origin.Release("/a.tar.bz2");
//   origin.Requests("/plugins.db").size();
//
// Any thread.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/http/message.h"

namespace provdlab::server::testing {

class Origin {
 public:
  Origin();
  ~Origin();
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  std::string url() const;  // "http://127.0.0.1:PORT"
  std::uint16_t port() const;

  void Serve(const std::string& path, std::string body);
  void Answer(const std::string& path, http::Response response);
  void Forget(const std::string& path);  // 404 again
  // The next transfers of the path stop after so many bytes until Release.
  void Hold(const std::string& path, std::size_t bytes);
  void Release(const std::string& path);
  // True once a transfer stands at the hold; false if none does within ten seconds.
  bool AwaitHeld(const std::string& path);
  // Ends the body after so many bytes and closes the connection.
  void Cut(const std::string& path, std::size_t bytes);

  std::vector<http::Request> Requests(const std::string& path) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace provdlab::server::testing
