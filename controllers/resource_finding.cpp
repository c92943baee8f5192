#include "controllers/resource_finding.h"

#include <fmt/format.h>

namespace bootstrap {
namespace {

using Reading = ResourceFinding::Reading;
using Remark = TestResult::Remark;

bool holds(const ResourceQuery& query, std::size_t objects, std::size_t holding) {
  if (const auto* test = std::get_if<ExistsTest>(&query.test))
    return test->exists ? objects > 0 : objects == 0;
  if (query.resource.match == ResourceRef::Match::Any) return holding > 0;
  return objects > 0 && holding == objects;
}

// Whoever reads the workflow is not always one who may read Secrets.
bool is_secret(const ResourceRef& resource) {
  return resource.api_version == "v1" && resource.kind == "Secret";
}

// A wait hopes that what is not may still come; a condition takes it as it is.
struct Words {
  const char* yet;
  const char* still;
};
constexpr Words kWaiting{" yet", "still "};
constexpr Words kAsItIs{"", ""};

std::string value_text(const TestResult& result, const std::string& wanted, const Words& words) {
  if (result.remark == Remark::SeveralValues) return "matches several values, and one is needed";
  if (result.remark == Remark::NotPlain) return "is a list or an object, not a plain value";
  if (!result.compared) return fmt::format("is not there{}", words.yet);
  if (wanted.empty()) return fmt::format("is \"{}\"", *result.compared);
  return fmt::format("is \"{}\", not \"{}\"", *result.compared, wanted);
}

std::string test_text(const ResourceQuery& query, const TestResult& result, const Words& words) {
  if (const auto* condition = std::get_if<ConditionTest>(&query.test)) {
    if (result.remark == Remark::Outdated)
      return fmt::format("condition {} is of an older generation of it", condition->type);
    return fmt::format(
        "condition {} {}", condition->type,
        value_text(result, condition->status == "True" ? "" : condition->status, words));
  }
  const auto* path = std::get_if<JsonPathTest>(&query.test);
  if (path == nullptr) return fmt::format("it {}exists", words.still);
  return fmt::format(
      "{} {}", path->path,
      value_text(result, is_secret(query.resource) ? "" : path->value.value_or(""), words));
}

std::string read_text(const ResourceQuery& query, const ResourceFinding& finding,
                      const Words& words) {
  const bool one = !query.resource.name.empty();
  if (finding.objects == 0)
    return fmt::format("{}{}", one ? "it does not exist" : "there is none", words.yet);
  if (std::holds_alternative<ExistsTest>(query.test))
    return one ? fmt::format("it {}exists", words.still)
               : fmt::format("{} {}exist", finding.objects, words.still);
  std::string test = test_text(query, finding.result, words);
  if (one) return test;
  return fmt::format("{} of {}; {}: {}", finding.holding, finding.objects, finding.object, test);
}

std::string missing_text(const ResourceQuery& query, const ResourceFinding& finding,
                         const Words& words) {
  const ResourceRef& resource = query.resource;
  const std::string name = to_text(resource);
  switch (finding.reading) {
    case Reading::NoSuchKind:
      return fmt::format("{}: there is no kind {} in {}{}", name, resource.kind,
                         resource.api_version, words.yet);
    case Reading::Forbidden:
      return fmt::format(
          "{}: the operator may not read {}; an administrator can allow it with a ClusterRole that "
          "has verbs list and watch on them and the label {}=true",
          name, finding.permission, kAggregateToOperator);
    case Reading::Unwatchable:
      return fmt::format(
          "{}: {} of {} cannot be watched, only read, so nothing tells when it changes; let a step "
          "with a command wait for it",
          name, resource.kind, resource.api_version);
    case Reading::WatchLimit:
      return fmt::format(
          "{}: the operator watches as many resources as it may; it goes on when "
          "another wait has ended",
          name);
    case Reading::Read:
      break;
  }
  return fmt::format("{}: {}", name, read_text(query, finding, words));
}

}  // namespace

ResourceFinding finding_of(const ResourceQuery& query,
                           const std::map<std::string, TestResult>& results) {
  ResourceFinding finding;
  finding.objects = results.size();
  for (const auto& [name, result] : results) {
    if (result.holds) {
      ++finding.holding;
    } else if (finding.object.empty()) {
      finding.object = name;
      finding.result = result;
    }
  }
  if (is_secret(query.resource) && finding.result.compared) finding.result.compared = "(not shown)";
  finding.holds = holds(query, finding.objects, finding.holding);
  return finding;
}

ResourceFinding finding_without_kind(const ResourceQuery& query) {
  ResourceFinding finding = finding_of(query, {});
  finding.reading = Reading::NoSuchKind;
  return finding;
}

std::string what_is_missing(const ResourceQuery& query, const ResourceFinding& finding) {
  return missing_text(query, finding, kWaiting);
}

std::string why_not(const ResourceQuery& query, const ResourceFinding& finding) {
  return missing_text(query, finding, kAsItIs);
}

}  // namespace bootstrap
