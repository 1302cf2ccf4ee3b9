#include "conformance/runner/examples.h"

#include "conformance/runner/example_files.h"

namespace provdlab::conformance {

Result<Examples> ReadExamples(const std::vector<std::pair<std::string, std::string>>& files) {
  Examples examples;
  for (const auto& [name, text] : files) {
    if (!name.ends_with(".json")) continue;
    const auto json = ParseJson(text);
    if (!json) return Fail(ErrorKind::kInvalid, RenderError(json.error(), text, name));
    if (!json->is_object() || !json->contains("answer") || !(*json)["answer"].is_object()) {
      return Fail(ErrorKind::kInvalid, name + ": an example has an object \"answer\"");
    }
    const Json& answer = (*json)["answer"];
    if (!answer.contains("body") || answer["body"].is_null()) continue;
    Example example;
    example.expected = answer["body"];
    const Json free = json->value("free", Json::array());
    if (!free.is_array()) return Fail(ErrorKind::kInvalid, name + ": \"free\" is a list of JSON pointers");
    for (const Json& pointer : free) {
      try {
        example.free.emplace_back(pointer.get<std::string>());
      } catch (const Json::exception&) {
        return Fail(ErrorKind::kInvalid, name + ": " + DumpJson(pointer) + " is not a JSON pointer");
      }
    }
    examples.emplace(name.substr(0, name.size() - 5), std::move(example));
  }
  return examples;
}

Result<Examples> EmbeddedExamples() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const EmbeddedFile& file : ExampleFiles()) files.emplace_back(file.path, file.bytes);
  return ReadExamples(files);
}

}  // namespace provdlab::conformance
