#include "server/plugins/view_shape.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"

namespace provdlab::server {
namespace {

const Shape& AnyShape() {
  static const Shape any = Shape::Anything();
  return any;
}

// Null if the name as a whole is not there.
const Shape* Resolve(const Shape& shape, const std::vector<std::string>& name) {
  const Shape* found = &shape;
  for (const std::string& part : name) {
    if (found->anything) return &AnyShape();
    const auto member = found->members.find(part);
    if (member == found->members.end()) return nullptr;
    found = &member->second;
  }
  return found;
}

std::vector<std::string> NamesIn(const Shape& shape) {
  std::vector<std::string> names;
  for (const auto& [name, member] : shape.members) names.push_back(name);
  return names;
}

// Says which part of a dotted name, whose first part is there, is not.
std::string MissingPart(const Shape& shape, const std::vector<std::string>& name) {
  const Shape* found = &shape;
  std::string before;
  for (const std::string& part : name) {
    const auto member = found->members.find(part);
    if (member == found->members.end()) {
      if (!found->items.empty()) return "'" + before + "' is a list, and what its members have is in {{#" + before + "}}";
      if (found->members.empty()) return "'" + before + "' has nothing below it";
      return "'" + before + "' has no '" + part + "'" + Meaning(part, NamesIn(*found));
    }
    before += (before.empty() ? "" : ".") + part;
    found = &member->second;
  }
  return "";
}

// The way to the first list or object that has the name, such as "lines" or "time_zone.summer"; empty if none does.
std::string WhereIs(const Shape& shape, const std::string& name, const std::string& way) {
  const auto inside = [&](const Shape& below, const std::string& path) {
    return below.members.contains(name) ? path : WhereIs(below, name, path);
  };
  for (const auto& [each, member] : shape.members) {
    const std::string path = way.empty() ? each : way + "." + each;
    if (std::string found = inside(member, path); !found.empty()) return found;
    for (const Shape& item : member.items)
      if (std::string found = inside(item, path); !found.empty()) return found;
  }
  return "";
}

class TemplateCheck {
 public:
  TemplateCheck(const Template& content, std::string_view text, const std::string& file, const Shape& view, Mistakes& mistakes)
      : parts_(content.parts()), text_(text), file_(file), view_(view), mistakes_(mistakes), scopes_{&view} {}

  void Run() { Range(0, parts_.size()); }

 private:
  using Part = Template::Part;

  void Range(std::size_t from, std::size_t to) {
    for (std::size_t index = from; index < to && !mistakes_.full();) {
      const Part& part = parts_[index];
      if (part.kind != Part::Kind::kText) Tag(part, index);
      index = part.end > index ? part.end : index + 1;
    }
  }

  void Tag(const Part& part, std::size_t index) {
    const Shape* found = Look(part);
    if (part.kind == Part::Kind::kSection) {
      scopes_.push_back(found == nullptr ? &AnyShape() : Inside(*found));  // a mistake once told is enough
      Range(index + 1, part.end);
      scopes_.pop_back();
    } else if (part.kind == Part::Kind::kInverted) {
      Range(index + 1, part.end);
    } else if (found != nullptr && !found->text) {
      const std::string name = part.name.empty() ? "." : Join(part.name, ".");
      Mistake(part, "'" + name + "' is no text that could be written; {{#" + name + "}} asks whether it is there");
    }
  }

  // What is looked up first in a section of this: in a list's members one after the other, else in the thing itself.
  const Shape* Inside(const Shape& shape) {
    if (shape.items.empty()) return &shape;
    if (shape.members.empty() && !shape.text && !shape.anything) return &shape.items[0];
    auto& inside = merged_[&shape];
    if (!inside) {
      inside = std::make_unique<Shape>(shape);
      inside->items.clear();
      inside->Merge(shape.items[0]);
    }
    return inside.get();
  }

  // Null after a mistake.
  const Shape* Look(const Part& part) {
    if (part.name.empty()) return scopes_.back();
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
      if (const Shape* found = Resolve(**scope, part.name)) return found;
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      if (!(*scope)->members.contains(part.name[0])) continue;
      Mistake(part, MissingPart(**scope, part.name));
      return nullptr;
    }
    if (const std::string place = WhereIs(view_, part.name[0], ""); !place.empty()) {
      Mistake(part, "there is no '" + part.name[0] + "' here, only in " + place);
      return nullptr;
    }
    std::set<std::string> names;
    for (const Shape* scope : scopes_)
      for (const auto& [name, member] : scope->members) names.insert(name);
    Mistake(part, "there is no '" + part.name[0] + "' here" + Meaning(part.name[0], {names.begin(), names.end()}));
    return nullptr;
  }

  void Mistake(const Part& part, const std::string& sentence) {
    const Position position = PositionAt(text_, part.offset);
    mistakes_.Add(file_ + ":" + std::to_string(position.line) + ":" + std::to_string(position.column) + ": " + sentence);
  }

  const std::vector<Part>& parts_;
  const std::string_view text_;
  const std::string& file_;
  const Shape& view_;
  Mistakes& mistakes_;
  std::vector<const Shape*> scopes_;
  std::map<const Shape*, std::unique_ptr<Shape>> merged_;
};

}  // namespace

Shape Shape::ListOf(Shape item) {
  item.members["index"] = Text();
  item.members["first"] = item.members["last"] = Flag();
  Shape list;
  list.items.push_back(std::move(item));
  return list;
}

Shape Shape::Of(const Json& value) {
  Shape shape;
  if (value.is_string()) return value.get_ref<const std::string&>().empty() ? shape : OneOf({value.get<std::string>()});
  if (value.is_number_integer()) return Text();
  if (value == true) return Flag();
  if (value.is_object())
    for (const auto& [name, member] : value.items()) shape.members[name] = Of(member);
  if (!value.is_array() || value.empty()) return shape;
  Shape item;
  for (const Json& each : value) {
    if (each.is_object()) {
      item.Merge(Of(each));
    } else {
      item.members["value"].Merge(Of(each));
    }
  }
  return ListOf(std::move(item));
}

void Shape::Merge(const Shape& other) {
  if (!text)
    values = other.values;
  else if (other.text && values && other.values)
    values->insert(other.values->begin(), other.values->end());
  else if (other.text)
    values.reset();
  text = text || other.text;
  flag = flag || other.flag;
  anything = anything || other.anything;
  for (const auto& [name, member] : other.members) members[name].Merge(member);
  if (!other.items.empty() && items.empty()) items.emplace_back();
  for (const Shape& item : other.items) items[0].Merge(item);
}

Result<const Shape*> Shape::Find(const std::vector<std::string>& name) const {
  if (const Shape* found = Resolve(*this, name)) return found;
  if (!members.contains(name[0]))
    return Fail(ErrorKind::kInvalid, "there is no '" + name[0] + "' in the view" + Meaning(name[0], NamesIn(*this)));
  return Fail(ErrorKind::kInvalid, MissingPart(*this, name));
}

Result<const Shape*> Shape::FindInLists(const std::vector<std::string>& name) const {
  const auto list = members.find(name[0]);
  if (name.size() != 2 || list == members.end() || list->second.items.empty()) return Find(name);
  if (const Shape* found = Resolve(list->second.items[0], {name[1]})) return found;
  return Fail(ErrorKind::kInvalid, "'" + name[0] + "' has no '" + name[1] + "'" + Meaning(name[1], NamesIn(list->second.items[0])));
}

void CheckTemplate(const Template& content, std::string_view text, const std::string& file, const Shape& view, Mistakes& mistakes) {
  TemplateCheck(content, text, file, view, mistakes).Run();
}

}  // namespace provdlab::server
