#include "controllers/ask_message.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "controllers/texts.h"

namespace bootstrap {
namespace {

using json = nlohmann::ordered_json;

enum class Detail { Full, Rules, Names };

constexpr std::size_t kLongestReason = 160;  // bytes of why one answer was refused

std::string hint(const Parameter& p, Detail detail) {
  std::vector<std::string> parts;
  if (detail == Detail::Full && !p.description.empty()) parts.push_back(p.description);
  if (detail != Detail::Names && !p.allowed.empty())
    parts.push_back(fmt::format("one of {}", fmt::join(p.allowed, ", ")));
  if (detail != Detail::Names && !p.pattern.empty())
    parts.push_back(fmt::format("matching {}", p.pattern));
  return parts.empty() ? "" : fmt::format(" ({})", fmt::join(parts, "; "));
}

std::string question(const OpenQuestion& open, Detail detail) {
  if (open.refused.empty()) return open.parameter->name + hint(*open.parameter, detail);
  const std::string text = fmt::format("{} {}", open.parameter->name, open.refused);
  return detail == Detail::Names ? cut(text, kLongestReason) : text;
}

std::string questions(const std::vector<OpenQuestion>& open, Detail detail, std::size_t named) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < named; ++i) texts.push_back(question(open[i], detail));
  if (named < open.size()) texts.push_back(fmt::format("{} more", open.size() - named));
  const std::string count = open.size() == 1 ? "an answer" : fmt::format("{} answers", open.size());
  return fmt::format("{}: {}", count, fmt::join(texts, ", "));
}

json answer(const OpenQuestion& open) {
  const std::string& name = open.parameter->name;
  return {{"name", name}, {"value", placeholder(name)}};
}

// Answers to the first questions. Merging replaces a list as a whole, so it will do only while
// there is none.
std::string command(const std::vector<OpenQuestion>& open, std::size_t how_many,
                    const GivenAnswers& answers, const RunIdentity& run) {
  json patch;
  if (answers.empty()) {
    for (std::size_t i = 0; i < how_many; ++i) patch["spec"]["answers"].push_back(answer(open[i]));
  } else {
    for (std::size_t i = 0; i < how_many; ++i) {
      const auto there = std::ranges::find(answers, open[i].parameter->name, &GivenAnswer::name);
      const bool add = there == answers.end();
      patch.push_back({{"op", add ? "add" : "replace"},
                       {"path", add ? std::string("/spec/answers/-")
                                    : fmt::format("/spec/answers/{}", there - answers.begin())},
                       {"value", answer(open[i])}});
    }
  }
  return fmt::format("kubectl patch bwf {} -n {} --type {} -p '{}'", run.name, run.ns,
                     answers.empty() ? "merge" : "json", patch.dump());
}

}  // namespace

std::string placeholder(const std::string& parameter) {
  return fmt::format("<{}>", parameter);
}

std::string missing_text(const std::vector<OpenQuestion>& open) {
  return questions(open, Detail::Names, open.size());
}

std::string question_message(const std::vector<OpenQuestion>& open, const GivenAnswers& answers,
                             const RunIdentity& run, const std::string& note, std::size_t limit) {
  const auto text = [&](Detail detail, std::size_t named, const std::string& more) {
    return fmt::format("waits for {}{}. Answer with: {}", questions(open, detail, named), more,
                       command(open, named, answers, run));
  };
  for (const std::string& more : {note.empty() ? "" : "; " + note, std::string()})
    for (const Detail detail : {Detail::Full, Detail::Rules, Detail::Names})
      if (std::string all = text(detail, open.size(), more); all.size() <= limit) return all;
  for (std::size_t named = open.size() - 1; named > 0; --named)
    if (std::string some = text(Detail::Names, named, ""); some.size() <= limit) return some;
  return with_end(fmt::format("waits for {}", questions(open, Detail::Names, 1)),
                  ". Answer with: " + command(open, 1, answers, run), limit);
}

}  // namespace bootstrap
