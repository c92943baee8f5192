#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "controllers/jsonpath.h"
#include "controllers/jsonpath_steps.h"

namespace bootstrap::jsonpath {
namespace {

constexpr std::string_view kSpace = " \t";
constexpr int kDeepestFilter = 3;

struct Spelling {
  std::string_view text;
  Operator op;
};
constexpr Spelling kOperators[] = {{"==", Operator::Equal},       {"!=", Operator::NotEqual},
                                   {"<=", Operator::LessOrEqual}, {">=", Operator::GreaterOrEqual},
                                   {"<", Operator::Less},         {">", Operator::Greater}};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  tl::expected<std::vector<Step>, std::string> whole() {
    std::vector<Step> steps;
    if (!read_whole(steps)) return tl::unexpected(error_);
    return steps;
  }

 private:
  bool fail(std::size_t position, const std::string& what) {
    if (error_.empty()) error_ = fmt::format("position {}: {}", position + 1, what);
    return false;
  }
  bool fail(const std::string& what) { return fail(at_, what); }

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool looking_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool take(std::string_view what) {
    if (!looking_at(what)) return false;
    at_ += what.size();
    return true;
  }
  void skip_space() {
    while (!at_end() && kSpace.find(peek()) != std::string_view::npos) ++at_;
  }

  bool read_whole(std::vector<Step>& steps) {
    if (text_.size() > JsonPath::kLongest)
      return fail(0, fmt::format("a path has at most {} characters", JsonPath::kLongest));
    skip_space();
    const bool braces = take("{");
    skip_space();
    if (looking_at("range ") || looking_at("end}"))
      return fail("range is for printing; [*] means every entry of a list");
    if (!read_path(steps)) return false;
    skip_space();
    if (braces && !take("}")) return fail("a name, '[' or '}' is expected");
    skip_space();
    if (!at_end()) return braces ? fail_behind_braces() : fail_without_braces();
    if (steps.empty()) return fail("a path such as {.status.phase} is expected");
    return true;
  }

  bool fail_behind_braces() {
    return fail(looking_at("{") ? "a second path begins; one value can be tested only"
                                : "text stands behind the braces; a path is such as "
                                  "{.status.phase}, with nothing around it");
  }

  // Text such as "is {.a}" has been read as a name up to here.
  bool fail_without_braces() {
    return text_.find('{', at_) != std::string_view::npos
               ? fail(0,
                      "text stands before the braces; a path is such as {.status.phase}, with "
                      "nothing around it")
               : fail("'.', '[' or the end is expected");
  }

  bool read_path(std::vector<Step>& steps) {
    const bool rooted = take("$") || take("@");
    if (!rooted && !at_end() && std::string_view(".[}").find(peek()) == std::string_view::npos &&
        !read_names(steps, is_end_of_name(), ""))
      return false;
    for (;;) {
      if (looking_at("..")) {
        if (!read_anywhere(steps)) return false;
      } else if (take(".")) {
        if (!read_after_dot(steps)) return false;
      } else if (looking_at("[")) {
        if (!read_brackets(steps)) return false;
      } else {
        return true;
      }
    }
  }

  bool read_anywhere(std::vector<Step>& steps) {
    if (filters_ > 0) return fail("'..' cannot be used in a filter");
    if (anywhere_) return fail("'..' can be used once only");
    at_ += 2;
    anywhere_ = true;
    steps.emplace_back(Anywhere{});
    return looking_at("[") || read_after_dot(steps);
  }

  bool read_after_dot(std::vector<Step>& steps) {
    if (take("*")) {
      steps.emplace_back(Children{true});
      return true;
    }
    const std::size_t begin = at_;
    if (!read_names(steps, is_end_of_name(), "")) return false;
    return at_ > begin || fail("a name is expected after '.'");
  }

  // kubectl's, and within a filter what may follow an operand.
  std::string_view is_end_of_name() const {
    return filters_ > 0 ? ".,[]$@{} \t\r\n!<>=&|)(" : ".,[]$@{} \t\r\n";
  }

  // One name, or with `separators` several. A backslash makes the next character a part of it.
  bool read_names(std::vector<Step>& steps, std::string_view ends, std::string_view separators) {
    std::string name;
    const auto close = [&] {
      if (name.empty()) return fail("a name is expected");
      steps.emplace_back(Name{std::move(name)});
      name.clear();
      return true;
    };
    for (; !at_end() && ends.find(peek()) == std::string_view::npos; ++at_) {
      if (separators.find(peek()) != std::string_view::npos) {
        if (!close()) return false;
        continue;
      }
      if (peek() == '\\' && ++at_ >= text_.size())
        return fail("a character is expected after '\\'");
      name += peek();
    }
    return close();
  }

  bool read_brackets(std::vector<Step>& steps) {
    const std::size_t begin = at_++;
    skip_space();
    bool good = false;
    if (take("?(")) {
      good = read_filter(steps);
    } else if (take("*")) {
      steps.emplace_back(Children{false});
      good = true;
    } else if (peek() == '\'' || peek() == '"') {
      good = read_quoted_names(steps);
    } else {
      good = read_numbers(steps);
    }
    if (!good) return false;
    skip_space();
    if (looking_at(",")) return fail("[a,b] selects several values; one can be tested only");
    return take("]") || fail(fmt::format("']' is expected for '[' at position {}", begin + 1));
  }

  bool read_quoted_names(std::vector<Step>& steps) {
    const char quote = text_[at_++];
    if (!read_names(steps, std::string_view(&quote, 1), ".")) return false;
    return take(std::string_view(&quote, 1)) || fail("the closing quote is missing");
  }

  // An index, or begin:end:step with any of them left out.
  bool read_numbers(std::vector<Step>& steps) {
    const std::size_t begin = at_;
    std::optional<std::ptrdiff_t> numbers[3];
    std::size_t colons = 0;
    for (;; ++colons) {
      if (!read_integer(numbers[colons])) return false;
      skip_space();
      if (colons == 2 || !take(":")) break;
    }
    if (colons == 0) {
      if (!numbers[0]) return fail(begin, "an index, '*', a quoted name or ?(…) is expected");
      steps.emplace_back(Index{*numbers[0]});
      return true;
    }
    if (numbers[2] && *numbers[2] < 1) return fail(begin, "the step of a slice must be at least 1");
    steps.emplace_back(Slice{numbers[0], numbers[1], numbers[2].value_or(1)});
    return true;
  }

  bool read_integer(std::optional<std::ptrdiff_t>& number) {
    skip_space();
    if (peek() != '-' && (peek() < '0' || peek() > '9')) return true;
    int value = 0;
    const auto [end, failed] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (failed != std::errc{}) return fail("not a number");
    at_ = static_cast<std::size_t>(end - text_.data());
    number = value;
    return true;
  }

  bool read_filter(std::vector<Step>& steps) {
    if (++filters_ > kDeepestFilter) return fail("filters are nested too deeply");
    Filter filter;
    do {
      if (!read_comparison(filter.all.emplace_back())) return false;
      skip_space();
    } while (take("&&"));
    if (looking_at("||")) return fail("'||' is not supported; && is");
    if (!take(")")) return fail("a comparison (== != < <= > >=), && or ')' is expected");
    --filters_;
    steps.emplace_back(std::move(filter));
    return true;
  }

  bool read_comparison(Comparison& comparison) {
    if (!read_operand(comparison.left)) return false;
    skip_space();
    const auto* found = std::ranges::find_if(
        kOperators, [this](const Spelling& spelling) { return looking_at(spelling.text); });
    if (found == std::end(kOperators)) {
      if (peek() == '=' || peek() == '!') return fail("operators are == != < <= > >=");
      return !comparison.left.literal || fail("a comparison (== != < <= > >=) is expected");
    }
    at_ += found->text.size();
    comparison.op = found->op;
    if (peek() == '=' || peek() == '~') return fail("operators are == != < <= > >=");
    return read_operand(comparison.right);
  }

  bool read_operand(Operand& operand) {
    skip_space();
    if (peek() == '"' || peek() == '\'') return read_text(operand.literal.emplace());
    if (peek() == '-' || (peek() >= '0' && peek() <= '9'))
      return read_number(operand.literal.emplace());
    if (peek() == '@' || peek() == '$' || peek() == '.' || peek() == '[') {
      const std::size_t begin = at_;
      if (!read_path(operand.path)) return false;
      return at_ > begin || fail("a value or a path that begins with @ is expected");
    }
    const std::size_t begin = at_;
    while (!at_end() && is_end_of_name().find(peek()) == std::string_view::npos) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word != "true" && word != "false")
      return fail(begin,
                  "a quoted text, a number, true, false or a path that begins with @ is "
                  "expected");
    operand.literal = word == "true";
    return true;
  }

  bool read_text(json& literal) {
    const char quote = text_[at_++];
    std::string text;
    for (; !at_end() && peek() != quote; ++at_) {
      if (peek() != '\\') {
        text += peek();
        continue;
      }
      if (++at_ >= text_.size()) break;
      text += peek() == 'n' ? '\n' : peek() == 't' ? '\t' : peek();
    }
    literal = std::move(text);
    return take(std::string_view(&quote, 1)) || fail("the closing quote is missing");
  }

  bool read_number(json& literal) {
    const std::size_t begin = at_;
    while (!at_end() && std::string_view("+-.0123456789eE").find(peek()) != std::string_view::npos)
      ++at_;
    literal = json::parse(text_.substr(begin, at_ - begin), nullptr, false);
    return literal.is_number() || fail(begin, "not a number");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int filters_ = 0;        // that we are in
  bool anywhere_ = false;  // ".." was there
  std::string error_;
};

}  // namespace

tl::expected<std::vector<Step>, std::string> read_steps(std::string_view text) {
  return Parser(text).whole();
}

}  // namespace bootstrap::jsonpath
