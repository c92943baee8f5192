#include "cli/answer.h"

#include <memory>
#include <ostream>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/change.h"
#include "cli/gates.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kFooter =
    R"(Writes into spec.answers. Without a step: the only one that waits for answers; when there are
several they are listed, and nothing is written. Answers that the step would not take are refused,
and what is allowed is said. Until the step has succeeded another answer takes the place of one.

Exit code: 0 it is done, or was so already; 1 it is refused; 2 it could not be done.

Examples:
  kubectl bootstrap answer full-setup clusterName=east-1
  kubectl bootstrap answer full-setup cluster/ask clusterName=east-1 size=large
)";

struct Options {
  ChangeOptions change;
  std::vector<std::string> words;  // a step, perhaps, and answers
};

struct Asked {
  std::string step;
  GivenAnswers answers;
};

tl::expected<Asked, std::string> asked_from(const std::vector<std::string>& words) {
  Asked asked;
  for (const std::string& word : words) {
    if (&word == &words.front() && word.find('=') == std::string::npos) {
      asked.step = word;
      continue;
    }
    auto answer = answer_from(word);
    if (!answer) return tl::unexpected(answer.error());
    asked.answers.push_back(std::move(*answer));
  }
  if (asked.answers.empty()) return tl::unexpected(std::string("which answer? NAME=VALUE"));
  return asked;
}

Result<Change> decide(Cluster& cluster, const SeenWorkflow& workflow, const Asked& asked) {
  const auto gate = find_gate(workflow, GateKind::Answers, asked.step);
  if (!gate) return tl::unexpected(gate.error());
  const auto step = cluster.pinned_step(workflow, gate->step);
  return answer_change(workflow, *gate, asked.answers,
                       step ? std::get_if<AskWork>(&step->work) : nullptr);
}

Exit answer(const Options& options, const Streams& streams) {
  const auto asked = asked_from(options.words);
  if (!asked) {
    streams.err << "error: " << asked.error() << '\n';
    return Exit::Failed;
  }
  return run_change(options.change, streams, [&](Cluster& cluster) -> Deciding {
    return [&](const SeenWorkflow& workflow) { return decide(cluster, workflow, *asked); };
  });
}

}  // namespace

void add_answer(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("answer", "Answer a step that asks");
  add_change_options(*command, options->change);
  command->add_option("ANSWERS", options->words, "[PHASE/STEP] NAME=VALUE ...")
      ->required()
      ->type_name("");
  command->footer(kFooter);
  command->callback([options, &run] {
    run = [options](const Streams& streams) { return answer(*options, streams); };
  });
}

}  // namespace bootstrap::cli
