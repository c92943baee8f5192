#include "controllers/program_text.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace bootstrap {
namespace {

struct Interpreter {
  std::string_view name;         // of its file, without a version
  std::string_view text;         // option letters whose argument is program text
  std::string_view with_value;   // option letters that take a value
  bool value_attaches;           // "-Wignore"; shells always take the next argument
  std::string_view ends;         // option letters behind which everything is the program's own
  std::string_view long_prefix;  // of long options whose argument is program text
};

constexpr std::array<Interpreter, 16> kInterpreters{{
    {"sh", "c", "oO", false, "", ""},
    {"bash", "c", "oO", false, "", ""},
    {"rbash", "c", "oO", false, "", ""},
    {"dash", "c", "oO", false, "", ""},
    {"ash", "c", "oO", false, "", ""},
    {"ksh", "c", "oO", false, "", ""},
    {"mksh", "c", "oO", false, "", ""},
    {"zsh", "c", "oO", false, "", ""},
    {"fish", "cC", "", true, "", "--command"},
    {"python", "c", "WX", true, "m", ""},
    {"pypy", "c", "WX", true, "m", ""},
    {"perl", "eE", "I", true, "", ""},
    {"ruby", "e", "rICE", true, "", ""},
    {"node", "ep", "rC", true, "", "--eval"},
    {"nodejs", "ep", "rC", true, "", "--eval"},
    {"env", "S", "uC", true, "", "--split-string"},
}};
// Long options of shells that take the next argument.
constexpr std::array<std::string_view, 2> kLongWithValue{"--rcfile", "--init-file"};

// "/usr/bin/python3.11" → python. Null: no interpreter.
const Interpreter* interpreter(std::string_view argument) {
  const auto slash = argument.rfind('/');
  if (slash != std::string_view::npos) argument.remove_prefix(slash + 1);
  const auto last = argument.find_last_not_of("0123456789.");
  argument = argument.substr(0, last == std::string_view::npos ? 0 : last + 1);
  const auto* const found = std::ranges::find(kInterpreters, argument, &Interpreter::name);
  return found == kInterpreters.end() ? nullptr : found;
}

bool is_option(std::string_view argument) {
  return argument.size() >= 2 && (argument[0] == '-' || argument[0] == '+');
}

bool is_long(std::string_view argument) {
  return argument.starts_with("--");
}

// "-c", letters together with it as in "-ec", text together with it as in "-eprint", "--eval=…".
bool begins_text(const Interpreter& of, std::string_view option) {
  if (is_long(option)) return !of.long_prefix.empty() && option.starts_with(of.long_prefix);
  return option.find_first_of(of.text) != std::string_view::npos;
}

// How many of the next arguments belong to this option.
std::size_t values_of(const Interpreter& of, std::string_view option) {
  if (is_long(option)) return std::ranges::count(kLongWithValue, option) > 0 ? 1 : 0;
  if (of.value_attaches) return option.find_first_of(of.with_value) == option.size() - 1 ? 1 : 0;
  return static_cast<std::size_t>(std::ranges::count_if(option.substr(1), [&](char letter) {
    return of.with_value.find(letter) != std::string_view::npos;
  }));
}

// Everything from the option that announces the text to the first argument that is no option (nor
// an option's value): the text may stand behind further options, as in "sh -c -e text".
void add_text(const Interpreter& of, const std::vector<std::string>& all, std::size_t from,
              std::set<std::size_t>& texts) {
  std::size_t values = 0;
  for (std::size_t i = from; i < all.size(); ++i) {
    texts.insert(i);
    if (is_option(all[i]))
      values += values_of(of, all[i]);
    else if (values > 0)
      --values;
    else
      return;
  }
}

void add_texts_of(const Interpreter& of, const std::vector<std::string>& all, std::size_t at,
                  std::set<std::size_t>& texts) {
  for (std::size_t i = at + 1; i < all.size() && is_option(all[i]); ++i) {
    const std::string& option = all[i];
    if (option == "--") return;
    if (!is_long(option) && option.find_first_of(of.ends) != std::string::npos) return;
    if (begins_text(of, option)) return add_text(of, all, i, texts);
    i += values_of(of, option);
  }
}

// Neither a text nor a file is given.
bool reads_stdin(const Interpreter& of, const std::vector<std::string>& all, std::size_t at) {
  if (of.name == "env") return false;  // what it starts is looked at by itself
  const bool shell = !of.value_attaches;
  std::size_t i = at + 1;
  for (; i < all.size() && is_option(all[i]); ++i) {
    const std::string& option = all[i];
    if (option == "--") {
      ++i;
      break;
    }
    if (begins_text(of, option)) return false;
    if (!is_long(option) && option.find_first_of(of.ends) != std::string::npos) return false;
    if (shell && !is_long(option) && option.find('s') != std::string::npos) return true;
    i += values_of(of, option);
  }
  return i >= all.size() || all[i] == "-" || all[i] == "/dev/stdin";
}

}  // namespace

bool reads_program_from_stdin(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (const Interpreter* found = interpreter(arguments[i]); found != nullptr)
      if (reads_stdin(*found, arguments, i)) return true;
  return false;
}

std::vector<std::size_t> program_texts(const std::vector<std::string>& arguments) {
  std::set<std::size_t> texts;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (const Interpreter* found = interpreter(arguments[i]))
      add_texts_of(*found, arguments, i, texts);
  return {texts.begin(), texts.end()};
}

}  // namespace bootstrap
