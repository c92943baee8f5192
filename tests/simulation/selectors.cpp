#include "tests/simulation/selectors.h"

#include <algorithm>

namespace bootstrap::simulation {
namespace {

using Operator = Requirement::Operator;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Splits at commas outside parentheses.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == ',' && depth == 0)) {
      parts.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')') {
      --depth;
    }
  }
  return parts;
}

bool is_key(std::string_view text) {
  return !text.empty() && text.find_first_of(" =!(),") == std::string_view::npos;
}

std::optional<Requirement> equality(std::string_view text) {
  const auto at = text.find('=');
  if (at == std::string_view::npos) return std::nullopt;
  const bool negated = at > 0 && text[at - 1] == '!';
  auto key = trimmed(text.substr(0, negated ? at - 1 : at));
  auto value = text.substr(at + 1);
  if (!negated && value.starts_with('=')) value.remove_prefix(1);
  value = trimmed(value);
  if (!is_key(key) || value.find_first_of(" =!()") != std::string_view::npos) return std::nullopt;
  return Requirement{
      std::string(key), negated ? Operator::NotIn : Operator::In, {std::string(value)}};
}

std::optional<Requirement> set_based(std::string_view text) {
  const auto open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')') return std::nullopt;
  const auto head = trimmed(text.substr(0, open));
  const auto space = head.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto key = head.substr(0, space);
  const auto word = trimmed(head.substr(space));
  if (!is_key(key) || (word != "in" && word != "notin")) return std::nullopt;
  Requirement r{std::string(key), word == "in" ? Operator::In : Operator::NotIn, {}};
  for (const auto value : split(text.substr(open + 1, text.size() - open - 2)))
    r.values.emplace_back(value);
  return r;
}

std::optional<Requirement> requirement(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.find('(') != std::string_view::npos) return set_based(text);
  if (text.find('=') != std::string_view::npos) return equality(text);
  const bool absent = text.starts_with('!');
  if (absent) text = trimmed(text.substr(1));
  if (!is_key(text)) return std::nullopt;
  return Requirement{std::string(text), absent ? Operator::DoesNotExist : Operator::Exists, {}};
}

bool holds(const Requirement& r, const std::string* value) {
  const bool in =
      value != nullptr && std::find(r.values.begin(), r.values.end(), *value) != r.values.end();
  switch (r.op) {
    case Operator::In:
      return in;
    case Operator::NotIn:
      return !in;
    case Operator::Exists:
      return value != nullptr;
    case Operator::DoesNotExist:
      return value == nullptr;
  }
  return false;
}

}  // namespace

std::optional<Selector> parse_label_selector(std::string_view text) {
  Selector selector;
  if (trimmed(text).empty()) return selector;
  for (const auto part : split(text)) {
    auto r = requirement(part);
    if (!r) return std::nullopt;
    selector.push_back(std::move(*r));
  }
  return selector;
}

std::optional<Selector> parse_field_selector(std::string_view text) {
  Selector selector;
  if (trimmed(text).empty()) return selector;
  for (const auto part : split(text)) {
    auto r = equality(part);
    if (!r) return std::nullopt;
    selector.push_back(std::move(*r));
  }
  return selector;
}

bool matches_labels(const Selector& selector, const nlohmann::json& object) {
  static const nlohmann::json kNone = nlohmann::json::object();
  const auto& metadata = object.at("metadata");
  const auto found = metadata.find("labels");
  const auto& labels = found == metadata.end() ? kNone : *found;
  return std::all_of(selector.begin(), selector.end(), [&](const Requirement& r) {
    const auto label = labels.find(r.key);
    return holds(r, label == labels.end() ? nullptr : label->get_ptr<const std::string*>());
  });
}

bool matches_fields(const Selector& selector, const nlohmann::json& object) {
  return std::all_of(selector.begin(), selector.end(), [&](const Requirement& r) {
    const nlohmann::json* at = &object;
    std::string_view path = r.key;
    while (at != nullptr && !path.empty()) {
      const auto dot = std::min(path.find('.'), path.size());
      const auto next = at->is_object() ? at->find(std::string(path.substr(0, dot))) : at->end();
      at = next == at->end() ? nullptr : &*next;
      path.remove_prefix(std::min(dot + 1, path.size()));
    }
    const std::string value = at != nullptr && at->is_string() ? at->get<std::string>() : "";
    return holds(r, &value);
  });
}

}  // namespace bootstrap::simulation
