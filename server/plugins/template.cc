#include "server/plugins/template.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace provdlab::server {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// What comes behind a dot may be an id of the plugin's: installed.6731i-fw.
bool IsName(std::string_view name) {
  if (name == ".") return true;
  if (IsDigit(name[0])) return false;
  const auto parts = Split(name, '.');
  for (std::size_t index = 0; index < parts.size(); ++index) {
    if (parts[index].empty() || parts[index][0] == '-') return false;
    for (char c : parts[index])
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || (c == '-' && index > 0))) return false;
  }
  return true;
}

bool IsNothing(const Json* value) {
  if (value == nullptr || value->is_null()) return true;
  if (value->is_boolean()) return !value->get<bool>();
  if (value->is_string()) return value->get_ref<const std::string&>().empty();
  return value->is_structured() && value->empty();
}

}  // namespace

class TemplateParser {
 public:
  explicit TemplateParser(std::string_view text) : text_(text) {}

  Result<Template> Parse() {
    if (text_.size() > Template::kLongestTemplate)
      return Fail(ErrorKind::kInvalid, "a template has at most " + std::to_string(Template::kLongestTemplate) + " bytes");
    while (at_ < text_.size() && !error_) {
      if (text_.substr(at_).starts_with("{{"))
        Tag();
      else
        Text();
    }
    if (!error_) EndLine();
    if (!error_ && !open_.empty()) {
      at_ = open_.back().at;
      Mistake("the section '" + open_.back().name + "' is not closed");
    }
    if (error_) return Fail(*error_);
    return std::move(template_);
  }

 private:
  using Part = Template::Part;
  struct Open {
    std::string name;
    std::size_t part, at;
  };

  void Mistake(std::string sentence) { error_ = Error{ErrorKind::kInvalid, std::move(sentence), PositionAt(text_, at_)}; }

  // Up to the next tag or through the end of the line.
  void Text() {
    const std::size_t tag = std::min(text_.find("{{", at_), text_.size());
    const std::size_t line_break = text_.find('\n', at_);
    const bool ends_line = line_break < tag;
    const std::size_t end = ends_line ? line_break + 1 : tag;
    line_texts_.push_back(template_.parts_.size());
    const std::string_view text = text_.substr(at_, end - at_);
    if (!Trim(text).empty()) line_shows_ = true;
    Part part;
    part.text = text;
    template_.parts_.push_back(std::move(part));
    at_ = end;
    if (ends_line) EndLine();
  }

  // A line of nothing but sections' ends and comments leaves nothing, not even its break.
  void EndLine() {
    if (line_has_silent_tag_ && !line_shows_)
      for (std::size_t index : line_texts_) template_.parts_[index].text.clear();
    line_texts_.clear();
    line_has_silent_tag_ = line_shows_ = false;
  }

  void Tag() {
    const bool triple = text_.substr(at_).starts_with("{{{");
    const std::string_view close = triple ? "}}}" : "}}";
    const std::size_t begin = at_ + (triple ? 3 : 2), end = text_.find(close, begin);
    if (end == std::string_view::npos) return Mistake("a tag is not closed");
    std::string_view content = Trim(text_.substr(begin, end - begin));
    const char kind = content.empty() || triple ? '\0' : content[0];
    if (kind == '>' || kind == '=') return Mistake("there are no partials and no other delimiters in these templates");
    if (kind == '!') {
      line_has_silent_tag_ = true;
      at_ = end + close.size();
      return;
    }
    const bool marked = kind == '#' || kind == '^' || kind == '/' || kind == '&';
    if (marked) content = Trim(content.substr(1));
    if (content.empty() || !IsName(content)) return Mistake("'" + std::string(content) + "' is not a name");
    if (kind == '/') {
      if (!Close(content)) return;
    } else {
      Name(triple ? '&' : kind, content);
    }
    if (error_) return;
    (kind == '#' || kind == '^' || kind == '/' ? line_has_silent_tag_ : line_shows_) = true;
    at_ = end + close.size();
  }

  bool Close(std::string_view name) {
    if (open_.empty()) return Mistake("no section '" + std::string(name) + "' is open"), false;
    if (open_.back().name != name) return Mistake("the section '" + open_.back().name + "' is to be closed first"), false;
    template_.parts_[open_.back().part].end = template_.parts_.size();
    open_.pop_back();
    return true;
  }

  void Name(char kind, std::string_view name) {
    Part part;
    part.kind = kind == '#'   ? Part::Kind::kSection
                : kind == '^' ? Part::Kind::kInverted
                : kind == '&' ? Part::Kind::kRawValue
                              : Part::Kind::kValue;
    part.offset = at_;
    if (name != ".")
      for (std::string_view each : Split(name, '.')) part.name.emplace_back(each);
    if (kind == '#' || kind == '^') {
      if (open_.size() >= Template::kDeepestSection)
        return Mistake("sections stand in at most " + std::to_string(Template::kDeepestSection) + " others");
      open_.push_back({std::string(name), template_.parts_.size(), at_});
    }
    template_.parts_.push_back(std::move(part));
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
  std::vector<Open> open_;
  std::vector<std::size_t> line_texts_;
  bool line_has_silent_tag_ = false, line_shows_ = false;
  Template template_;
};

class TemplateRendering {
 public:
  TemplateRendering(const Template& source, const Escaping& escaping) : parts_(source.parts()), escaping_(escaping) {}

  Result<std::string> Run(const Json& view) {
    scopes_.push_back(&view);
    if (!Range(0, parts_.size())) {
      return Fail(ErrorKind::kInvalid, "the file would have more than " + std::to_string(Template::kLongestRendering) +
                                           " bytes, or take more than " + std::to_string(Template::kMostSteps) + " steps");
    }
    return std::move(output_);
  }

 private:
  using Part = Template::Part;

  // False as soon as a limit is passed.
  bool Range(std::size_t from, std::size_t to) {
    for (std::size_t index = from; index < to;) {
      const Part& part = parts_[index];
      if (++steps_ > Template::kMostSteps || output_.size() > Template::kLongestRendering) return false;
      if (part.kind == Part::Kind::kText) {
        output_ += part.text;
      } else {
        const Json* value = Find(part.name);
        if (part.kind == Part::Kind::kSection) {
          if (!IsNothing(value) && !Section(*value, index + 1, part.end)) return false;
        } else if (part.kind == Part::Kind::kInverted) {
          if (IsNothing(value) && !Range(index + 1, part.end)) return false;
        } else if (value != nullptr && value->is_string()) {
          const auto& text = value->get_ref<const std::string&>();
          output_ += part.kind == Part::Kind::kRawValue ? text : escaping_.Apply(text);
        }
      }
      index = part.end > index ? part.end : index + 1;
    }
    return output_.size() <= Template::kLongestRendering;
  }

  bool Section(const Json& value, std::size_t from, std::size_t to) {
    const auto in_scope = [&](const Json& scope) {
      if (++steps_ > Template::kMostSteps) return false;
      scopes_.push_back(&scope);
      const bool fine = Range(from, to);
      scopes_.pop_back();
      return fine;
    };
    if (!value.is_array()) return in_scope(value);
    return std::all_of(value.begin(), value.end(), in_scope);
  }

  // The innermost scope that has all of a dotted name.
  const Json* Find(const std::vector<std::string>& name) const {
    if (name.empty()) return scopes_.back();
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const Json* value = *scope;
      for (const std::string& part : name) {
        if (!value->is_object()) {
          value = nullptr;
        } else {
          const auto member = value->find(part);
          value = member == value->end() ? nullptr : &*member;
        }
        if (value == nullptr) break;
      }
      if (value != nullptr) return value;
    }
    return nullptr;
  }

  const std::vector<Part>& parts_;
  const Escaping& escaping_;
  std::vector<const Json*> scopes_;
  std::string output_;
  std::size_t steps_ = 0;
};

Result<Template> Template::Parse(std::string_view text) { return TemplateParser(text).Parse(); }

Result<std::string> Template::Render(const Json& view, const Escaping& escaping) const {
  return TemplateRendering(*this, escaping).Run(view);
}

}  // namespace provdlab::server
