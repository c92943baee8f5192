#pragma once
// The compiled form of a JSONPath, between its parser and jsonpath.h, which is what users include.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

namespace bootstrap::jsonpath {

using nlohmann::json;

struct Comparison;

struct Name {
  std::string name;
};
struct Children {  // of a list; of an object as well when written as ".*"
  bool of_objects = false;
};
struct Anywhere {};  // the value and all that is below it
struct Index {
  std::ptrdiff_t index = 0;  // negative: from the end
};
struct Slice {
  std::optional<std::ptrdiff_t> begin;
  std::optional<std::ptrdiff_t> end;
  std::ptrdiff_t step = 1;
};
struct Filter {
  std::vector<Comparison> all;  // must hold
};
using Step = std::variant<Name, Children, Anywhere, Index, Slice, Filter>;

enum class Operator { Exists, Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual };

struct Operand {
  std::vector<Step> path;
  std::optional<json> literal;
};
struct Comparison {
  Operand left;
  Operator op = Operator::Exists;
  Operand right;
};

// Error: where, counted from 1, and what is expected there.
tl::expected<std::vector<Step>, std::string> read_steps(std::string_view text);

}  // namespace bootstrap::jsonpath
