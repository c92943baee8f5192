#include "controllers/resource_test.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "controllers/texts.h"

namespace bootstrap {

using nlohmann::json;

namespace {

const json& part(const json& object, const char* key) {
  static const json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool same_word(const std::string& a, const std::string& b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// What a message may quote.
std::string quotable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return cut(std::move(text), PreparedTest::kLongestCompared);
}

std::optional<std::int64_t> number(const json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  return value.get<std::int64_t>();
}

bool is_outdated(const json& object, const json& condition) {
  const auto generation = number(part(part(object, "metadata"), "generation"));
  auto observed = number(part(condition, "observedGeneration"));
  if (!observed) observed = number(part(part(object, "status"), "observedGeneration"));
  return generation && observed && *observed < *generation;
}

}  // namespace

tl::expected<PreparedTest, std::string> PreparedTest::prepare(const ResourceTest& test) {
  PreparedTest prepared(test);
  if (const auto* wanted = std::get_if<JsonPathTest>(&test)) {
    auto path = JsonPath::parse(wanted->path);
    if (!path) return tl::unexpected(path.error());
    prepared.path_ = std::move(*path);
  }
  return prepared;
}

TestResult PreparedTest::operator()(const json& object) const {
  return std::visit([&](const auto& test) { return run(test, object); }, test_);
}

TestResult PreparedTest::run(const ExistsTest& test, const json&) const {
  return {test.exists, std::nullopt, TestResult::Remark::None};
}

TestResult PreparedTest::run(const ConditionTest& test, const json& object) const {
  TestResult result;
  const json& conditions = part(part(object, "status"), "conditions");
  if (!conditions.is_array()) return result;
  for (const json& condition : conditions) {
    const json& type = part(condition, "type");
    const json& status = part(condition, "status");
    if (!type.is_string() || !status.is_string() || !same_word(text_of(type), test.type)) continue;
    result.compared = quotable(text_of(status));
    if (is_outdated(object, condition))
      result.remark = TestResult::Remark::Outdated;
    else
      result.holds = same_word(text_of(status), test.status);
    break;
  }
  return result;
}

TestResult PreparedTest::run(const JsonPathTest& test, const json& object) const {
  TestResult result;
  auto values = path_->find(object);
  std::erase_if(values, [](const json* value) { return value->is_null(); });
  if (values.empty()) return result;
  const json& value = *values.front();
  if (values.size() > 1)
    result.remark = TestResult::Remark::SeveralValues;
  else if (value.is_structured())
    result.remark = TestResult::Remark::NotPlain;
  else
    result.compared = quotable(text_of(value));
  if (!test.value)
    result.holds = true;
  else if (result.compared)
    result.holds = trimmed(text_of(value)) == trimmed(*test.value);
  return result;
}

std::vector<std::string> PreparedTest::fields() const {
  if (std::holds_alternative<ConditionTest>(test_))
    return {"status.observedGeneration", "status.conditions.type", "status.conditions.status",
            "status.conditions.observedGeneration"};
  if (!path_) return {};
  std::string path;
  for (const std::string& name : path_->leading_names()) {
    if (!path.empty()) path += '.';
    for (const char c : name) {
      if (c == '.' || c == '\\') path += '\\';
      path += c;
    }
  }
  return {path};
}

}  // namespace bootstrap
