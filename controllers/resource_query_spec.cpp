#include "controllers/resource_query_spec.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "controllers/jsonpath.h"
#include "controllers/spec_reader.h"

namespace bootstrap {

using nlohmann::json;

namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;
constexpr const char* kLabelPart =
    "at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit";

// --- reading ---

using Operator = LabelRequirement::Operator;

struct OperatorName {
  std::string_view name;
  Operator op;
};
constexpr OperatorName kOperators[] = {{"In", Operator::In},
                                       {"NotIn", Operator::NotIn},
                                       {"Exists", Operator::Exists},
                                       {"DoesNotExist", Operator::DoesNotExist}};

LabelRequirement read_expression(SpecReader& in, const json& entry, const std::string& at) {
  LabelRequirement requirement;
  requirement.key = in.text(entry, "key", at);
  requirement.values = in.texts(entry, "values", at);
  const std::string name = in.text(entry, "operator", at);
  const auto* known = std::ranges::find(kOperators, name, &OperatorName::name);
  if (known == std::end(kOperators))
    in.problem(at + "operator", "must be one of In, NotIn, Exists, DoesNotExist");
  else
    requirement.op = known->op;
  return requirement;
}

std::vector<LabelRequirement> read_labels(SpecReader& in, const json& selector,
                                          const std::string& at) {
  std::vector<LabelRequirement> labels;
  for (const auto& [key, value] : in.object(selector, "matchLabels", at).items())
    labels.push_back(
        {key, Operator::In, {in.text(selector["matchLabels"], key.c_str(), at + "matchLabels.")}});
  in.each_entry(selector, "matchExpressions", at,
                [&](const json& entry, const std::string& entry_at) {
                  labels.push_back(read_expression(in, entry, entry_at));
                });
  if (labels.empty()) in.problem(at.substr(0, at.size() - 1), "needs at least one label");
  return labels;
}

ResourceRef read_resource(SpecReader& in, const json& object, const std::string& at) {
  ResourceRef resource;
  resource.api_version = in.text(object, "apiVersion", at);
  resource.kind = in.text(object, "kind", at);
  resource.name = in.text(object, "name", at);
  const bool by_labels = SpecReader::has(object, "labelSelector");
  if (SpecReader::has(object, "name") == by_labels)
    in.problem(at.substr(0, at.size() - 1), "needs exactly one of name, labelSelector");
  if (by_labels)
    resource.labels =
        read_labels(in, in.object(object, "labelSelector", at), at + "labelSelector.");
  const auto match = in.optional_text(object, "match", at);
  if (match && !by_labels) in.problem(at + "match", "goes with labelSelector only");
  if (match && *match != "All" && *match != "Any")
    in.problem(at + "match", "must be one of All, Any");
  if (match == "Any") resource.match = ResourceRef::Match::Any;
  return resource;
}

ResourceTest read_test(SpecReader& in, const json& object, const std::string& at) {
  const auto has = [&](const char* key) { return SpecReader::has(object, key); };
  if (static_cast<int>(has("condition")) + static_cast<int>(has("exists")) +
          static_cast<int>(has("jsonPath")) !=
      1)
    in.problem(at.substr(0, at.size() - 1), "needs exactly one of condition, exists, jsonPath");
  if (has("value") && !has("jsonPath")) in.problem(at + "value", "goes with jsonPath only");
  if (has("jsonPath"))
    return JsonPathTest{in.text(object, "jsonPath", at), in.optional_text(object, "value", at)};
  if (has("condition")) {
    const json& condition = in.object(object, "condition", at);
    return ConditionTest{in.text(condition, "type", at + "condition."),
                         in.optional_text(condition, "status", at + "condition.").value_or("True")};
  }
  return ExistsTest{in.flag(object, "exists", at)};
}

// --- texts with references ---

template <class Query, class F>
void each_text(Query& query, const std::string& at, F&& use) {
  use(at + "resource.name", query.resource.name);
  for (auto& label : query.resource.labels)
    for (auto& value : label.values)
      use(fmt::format("{}resource.labelSelector[{}]", at, label.key), value);
  if (auto* test = std::get_if<JsonPathTest>(&query.test))
    if (test->value) use(at + "value", *test->value);
}

// --- rules ---

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// What the names of objects of any kind have in common: one part of a URL's path.
bool is_path_segment(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name != "." && name != ".." &&
         name.find_first_of("/%") == std::string_view::npos;
}

bool is_api_version(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view version = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const std::string_view group = slash == std::string_view::npos ? "x" : text.substr(0, slash);
  return !version.empty() && !group.empty() && version.front() == 'v' &&
         std::ranges::all_of(version, is_letter_or_digit) && std::ranges::all_of(group, [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '.';
         });
}

bool is_label_part(std::string_view text) {
  return !text.empty() && text.size() <= kLongestLabel && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back()) && std::ranges::all_of(text, [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

bool is_label_key(std::string_view key) {
  const auto slash = key.find('/');
  if (slash == std::string_view::npos) return is_label_part(key);
  const std::string_view prefix = key.substr(0, slash);
  return !prefix.empty() && prefix.size() <= kLongestName &&
         std::ranges::all_of(
             prefix, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; }) &&
         is_label_part(key.substr(slash + 1));
}

class Rules {
 public:
  explicit Rules(std::string at) : at_(std::move(at)) {}

  Problems check(const ResourceQuery& query) {
    const ResourceRef& resource = query.resource;
    if (!is_api_version(resource.api_version))
      add("resource.apiVersion",
          "must be a version such as v1, or a group and version such as "
          "apps/v1");
    if (resource.kind.empty() || resource.kind.front() < 'A' || resource.kind.front() > 'Z' ||
        !std::ranges::all_of(resource.kind, is_letter_or_digit))
      add("resource.kind", "must be the name of a kind such as Deployment");
    if (resource.labels.empty() && !is_path_segment(resource.name))
      add("resource.name",
          fmt::format("\"{}\" cannot be the name of an object: at most {} characters, without '/' "
                      "and '%'",
                      resource.name, kLongestName));
    for (const LabelRequirement& label : resource.labels) check_label(label);
    check_test(query.test);
    return std::move(problems_);
  }

 private:
  void add(const std::string& field, std::string message) {
    problems_.push_back({at_ + field, std::move(message)});
  }

  void check_label(const LabelRequirement& label) {
    const std::string field = fmt::format("resource.labelSelector[{}]", label.key);
    if (!is_label_key(label.key))
      add(field, fmt::format("\"{}\" cannot be the key of a label: {}, perhaps behind a domain and "
                             "'/', such as app or example.com/app",
                             label.key, kLabelPart));
    for (const std::string& value : label.values)
      if (!value.empty() && !is_label_part(value))
        add(field, fmt::format("\"{}\" cannot be the value of a label: {}", value, kLabelPart));
    const bool needs = label.op == Operator::In || label.op == Operator::NotIn;
    if (needs != !label.values.empty())
      add(field, needs ? "operators In and NotIn need values"
                       : "operators Exists and DoesNotExist take no values");
  }

  void check_test(const ResourceTest& test) {
    if (const auto* condition = std::get_if<ConditionTest>(&test)) {
      if (condition->type.empty()) add("condition.type", "must not be empty");
      if (condition->status != "True" && condition->status != "False" &&
          condition->status != "Unknown")
        add("condition.status", "must be one of \"True\", \"False\", \"Unknown\"");
    } else if (const auto* path = std::get_if<JsonPathTest>(&test)) {
      check_path(path->path);
    }
  }

  // What the parser would say of a reference is of no help.
  void check_path(const std::string& path) {
    if (const auto references = references_in(path); !references.empty())
      add("jsonPath", fmt::format("$({}) cannot be used here; a path is taken as it is written",
                                  references.front()));
    else if (const auto parsed = JsonPath::parse(path); !parsed)
      add("jsonPath", parsed.error());
  }

  std::string at_;
  Problems problems_;
};

}  // namespace

ResourceQuery read_resource_query(SpecReader& in, const json& object, const std::string& at) {
  ResourceQuery query;
  query.resource = read_resource(in, in.object(object, "resource", at), at + "resource.");
  query.test = read_test(in, object, at);
  return query;
}

std::vector<std::pair<std::string, std::string>> reference_texts(const ResourceQuery& query,
                                                                 const std::string& at) {
  std::vector<std::pair<std::string, std::string>> texts;
  each_text(query, at, [&](std::string field, const std::string& text) {
    texts.emplace_back(std::move(field), text);
  });
  return texts;
}

tl::expected<ResourceQuery, std::string> resolved(ResourceQuery query, const Lookup& lookup) {
  std::string unknown;
  each_text(query, "", [&](const std::string&, std::string& text) {
    auto filled = substitute(text, lookup, Quoting::Plain);
    if (filled)
      text = std::move(*filled);
    else if (unknown.empty())
      unknown = filled.error();
  });
  if (!unknown.empty()) return tl::unexpected(unknown);
  return query;
}

Problems check_resource_query(const ResourceQuery& query, const std::string& at) {
  return Rules(at).check(query);
}

}  // namespace bootstrap
