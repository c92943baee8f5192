#pragma once
// Walks the JSON of a spec and collects what is wrong with it instead of stopping at the first
// mistake.
//
//   Problems problems;
//   SpecReader in(problems);
//   in.text(step, "name", "phases[a].steps[0].");
//
// `at` is the path of the object with a dot at its end. Wrong types become Problems and the value
// that an absent field has. One thread; nothing throws.

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "controllers/definition.h"

namespace bootstrap {

class SpecReader {
 public:
  using json = nlohmann::json;

  explicit SpecReader(Problems& problems) : problems_(problems) {}

  void problem(std::string field, std::string message) {
    problems_.push_back({std::move(field), std::move(message)});
  }

  static bool has(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && !found->is_null();
  }

  std::optional<std::string> optional_text(const json& object, const char* key,
                                           const std::string& at);
  std::string text(const json& object, const char* key, const std::string& at) {
    return optional_text(object, key, at).value_or("");
  }
  std::vector<std::string> texts(const json& object, const char* key, const std::string& at);

  // The array or object under `key`, an empty one when it is absent.
  const json& array(const json& object, const char* key, const std::string& at);
  const json& object(const json& parent, const char* key, const std::string& at);

  // From 1s to 168h.
  std::optional<Duration> optional_duration(const json& object, const char* key,
                                            const std::string& at);
  Duration duration(const json& object, const char* key, const std::string& at, Duration absent) {
    return optional_duration(object, key, at).value_or(absent);
  }

  bool flag(const json& object, const char* key, const std::string& at);

  // From `least` to `most`.
  int number(const json& object, const char* key, const std::string& at, int absent, int least,
             int most);
  std::vector<int> numbers(const json& object, const char* key, const std::string& at, int least,
                           int most);

  // The entries of a list that must be objects, each with its path: "list[name]." of an entry,
  // "list[3]." when it has no name.
  template <class F>
  void each_entry(const json& parent, const char* key, const std::string& at, F&& use) {
    std::size_t index = 0;
    for (const json& entry : array(parent, key, at)) {
      if (entry.is_object())
        use(entry, entry_path(at + key, entry, index));
      else
        problem(fmt::format("{}{}[{}]", at, key, index), "must be an object");
      ++index;
    }
  }

  std::size_t problems() const { return problems_.size(); }

 private:
  static std::string entry_path(const std::string& list, const json& entry, std::size_t index);

  Problems& problems_;
};

}  // namespace bootstrap
