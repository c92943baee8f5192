#include "controllers/jsonpath.h"

#include <algorithm>

#include "controllers/jsonpath_steps.h"

namespace bootstrap {

using nlohmann::json;

struct JsonPath::Steps {
  std::vector<jsonpath::Step> all;
};

namespace jsonpath {
namespace {

using Values = std::vector<const json*>;

Values follow(const std::vector<Step>& steps, const json& from);

const json* single(const Operand& operand, const json& element) {
  if (operand.literal) return &*operand.literal;
  const Values found = follow(operand.path, element);
  return found.size() == 1 ? found.front() : nullptr;
}

// What cannot be compared is neither equal, nor different, nor less.
bool comparable(const json& left, const json& right, bool ordered) {
  if (left.is_number() && right.is_number()) return true;
  if (left.is_string() && right.is_string()) return true;
  return !ordered && left.is_boolean() && right.is_boolean();
}

bool holds(const Comparison& comparison, const json& element) {
  if (comparison.op == Operator::Exists) return !follow(comparison.left.path, element).empty();
  const json* left = single(comparison.left, element);
  const json* right = single(comparison.right, element);
  if (left == nullptr || right == nullptr) return false;
  const bool ordered = comparison.op != Operator::Equal && comparison.op != Operator::NotEqual;
  if (!comparable(*left, *right, ordered)) return false;
  switch (comparison.op) {
    case Operator::Equal:
      return *left == *right;
    case Operator::NotEqual:
      return *left != *right;
    case Operator::Less:
      return *left < *right;
    case Operator::LessOrEqual:
      return *left <= *right;
    case Operator::Greater:
      return *left > *right;
    case Operator::GreaterOrEqual:
      return *left >= *right;
    case Operator::Exists:
      break;
  }
  return false;
}

// All that has something below it, from `value` down.
void collect(const json& value, Values& out) {
  if (!value.is_structured() || value.empty()) return;
  out.push_back(&value);
  for (const json& child : value) collect(child, out);
}

struct Take {
  const json& value;
  Values& out;

  void operator()(const Name& step) const {
    if (!value.is_object()) return;
    const auto found = value.find(step.name);
    if (found != value.end()) out.push_back(&*found);
  }
  void operator()(const Children& step) const {
    if (!value.is_array() && !(step.of_objects && value.is_object())) return;
    for (const json& child : value) out.push_back(&child);
  }
  void operator()(const Anywhere&) const { collect(value, out); }
  void operator()(const Index& step) const {
    if (!value.is_array()) return;
    const auto size = static_cast<std::ptrdiff_t>(value.size());
    const std::ptrdiff_t index = step.index < 0 ? step.index + size : step.index;
    if (index >= 0 && index < size) out.push_back(&value[static_cast<std::size_t>(index)]);
  }
  void operator()(const Slice& step) const {
    if (!value.is_array()) return;
    const auto size = static_cast<std::ptrdiff_t>(value.size());
    const auto place = [size](std::ptrdiff_t at) {
      return std::clamp<std::ptrdiff_t>(at < 0 ? at + size : at, 0, size);
    };
    const std::ptrdiff_t end = place(step.end.value_or(size));
    for (std::ptrdiff_t i = place(step.begin.value_or(0)); i < end; i += step.step)
      out.push_back(&value[static_cast<std::size_t>(i)]);
  }
  void operator()(const Filter& step) const {
    if (!value.is_array()) return;
    for (const json& element : value)
      if (std::ranges::all_of(step.all, [&](const Comparison& c) { return holds(c, element); }))
        out.push_back(&element);
  }
};

Values follow(const std::vector<Step>& steps, const json& from) {
  Values values{&from};
  for (const Step& step : steps) {
    Values next;
    for (const json* value : values) std::visit(Take{*value, next}, step);
    values = std::move(next);
  }
  return values;
}

}  // namespace
}  // namespace jsonpath

tl::expected<JsonPath, std::string> JsonPath::parse(std::string_view text) {
  auto steps = jsonpath::read_steps(text);
  if (!steps) return tl::unexpected(steps.error());
  return JsonPath(std::make_shared<const Steps>(Steps{std::move(*steps)}));
}

std::vector<const json*> JsonPath::find(const json& object) const {
  return jsonpath::follow(steps_->all, object);
}

std::vector<std::string> JsonPath::leading_names() const {
  std::vector<std::string> names;
  for (const jsonpath::Step& step : steps_->all) {
    const auto* name = std::get_if<jsonpath::Name>(&step);
    if (name == nullptr) break;
    names.push_back(name->name);
  }
  return names;
}

}  // namespace bootstrap
