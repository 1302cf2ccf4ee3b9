#pragma once
// A file that was compiled into the binary (tools/embed/embed.bzl), so that the binary works wherever it is copied.
//
//   for (const EmbeddedFile& file : PluginFixtures()) Use(file.path, file.bytes);
//
// The bytes live as long as the program.

#include <string_view>

namespace provdlab {

struct EmbeddedFile {
  std::string_view path;  // relative to the folder that was embedded, with '/' between its parts
  std::string_view bytes;
};

}  // namespace provdlab
