#include "cli/watch.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cluster.h"
#include "cli/history_text.h"
#include "cli/log_tail.h"
#include "cli/screen.h"
#include "cli/status_text.h"
#include "cli/text_table.h"
#include "cli/workflow_feed.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kFooter =
    R"(On a terminal: a tree of phases and steps that is drawn anew where it stands, with the newest line
of the log of the step that runs. Elsewhere: a line for each transition of the present run, from its
beginning.

Ends when the workflow does.

Exit code: 0 it has succeeded, 1 it is Failed, Cancelled or Invalid, or was deleted, 2 it could not
be watched.

Examples:
  kubectl bootstrap watch full-setup
  kubectl apply -f full-setup.yaml && kubectl bootstrap watch full-setup | tee setup.log
)";

// How often clocks on the screen go on.
constexpr std::chrono::seconds kTick{1};

// What a reader sees.
class View {
 public:
  virtual ~View() = default;
  virtual void show(const SeenWorkflow&) = 0;
  virtual void tick() = 0;  // time has passed, or there is a line of the log
  virtual void trouble(const std::string& message) = 0;
  virtual void end(const SeenWorkflow&) = 0;  // after the last show()
};

class Lines final : public View {
 public:
  explicit Lines(const Streams& streams) : streams_(streams) {}

  void show(const SeenWorkflow& workflow) override {
    const Status& status = workflow.status;
    if (run_ != status.run) {  // those of the runs before are not asked for
      run_ = status.run;
      std::erase_if(shown_, [&](const HistoryEntry& entry) { return entry.run != run_; });
    }
    std::vector<HistoryEntry> of_run;
    std::ranges::copy_if(status.history, std::back_inserter(of_run),
                         [&](const HistoryEntry& entry) { return entry.run == run_; });
    streams_.out << transition_lines(workflow, new_entries(shown_, of_run)) << std::flush;
    shown_ = std::move(of_run);
  }
  void tick() override {}
  void trouble(const std::string& message) override {
    streams_.err << "the connection is tried again: " << message << '\n';
  }
  void end(const SeenWorkflow&) override {}

 private:
  const Streams& streams_;
  int run_ = 0;
  std::vector<HistoryEntry> shown_;
};

class Drawing final : public View {
 public:
  Drawing(Cluster& cluster, const runtime::Clock& clock, const Streams& streams,
          std::function<void()> wake)
      : clock_(clock), screen_(streams.out), tail_(cluster, std::move(wake)) {}

  void show(const SeenWorkflow& workflow) override {
    workflow_ = workflow;
    trouble_.clear();
    target_ = running_target(workflow);
    tail_.follow(workflow, target_);
    tick();
  }
  void tick() override {
    if (!workflow_) return;
    const ScreenSize size = terminal_size();
    StatusLook look{.width = size.columns};
    if (target_) {
      look.log_step = to_text(target_->step);
      look.log_line = tail_.line();
    }
    std::string text = status_text(*workflow_, clock_.now(), look);
    if (static_cast<std::size_t>(std::ranges::count(text, '\n')) >= size.rows) {
      look.is_short = true;
      text = status_text(*workflow_, clock_.now(), look);
    }
    screen_.draw(text + trouble_, size);
  }
  void trouble(const std::string& message) override {
    trouble_ = fmt::format("\nthe connection is tried again: {}\n", message);
    tick();
  }
  // All of it, also what the screen had no room for.
  void end(const SeenWorkflow& workflow) override {
    const ScreenSize size = terminal_size();
    screen_.finish(status_text(workflow, clock_.now(), {.width = size.columns}));
  }

 private:
  const runtime::Clock& clock_;
  Screen screen_;
  LogTail tail_;
  std::optional<SeenWorkflow> workflow_;
  std::optional<LogTarget> target_;
  std::string trouble_;
};

// Empty: it goes on.
std::optional<Result<Exit>> take(const News& news, const std::string& name, View& view) {
  if (const auto* changed = std::get_if<news::Changed>(&news)) {
    view.show(changed->workflow);
    if (!has_ended(changed->workflow)) return std::nullopt;
    view.end(changed->workflow);
    return is_not_fine(changed->workflow) ? Exit::Problems : Exit::Fine;
  }
  if (std::holds_alternative<news::Deleted>(news)) return refused(name + " was deleted");
  if (const auto* over = std::get_if<news::Over>(&news)) return tl::unexpected(over->failure);
  view.trouble(std::get<news::Trouble>(news).message);
  return std::nullopt;
}

Result<Exit> watch(Cluster& cluster, const runtime::Clock& clock, const std::string& name,
                   const Streams& streams) {
  const auto first = cluster.workflow(name);
  if (!first) return tl::unexpected(first.error());
  WorkflowFeed feed(cluster, clock, *first);
  std::unique_ptr<View> view;
  if (streams.out_is_terminal)
    view = std::make_unique<Drawing>(cluster, clock, streams, [&feed] { feed.wake(); });
  else
    view = std::make_unique<Lines>(streams);
  if (const auto end = take(news::Changed{*first}, name, *view)) return *end;
  while (true) {
    const auto news = feed.next(kTick);
    if (!streams.out.good()) return not_done("nobody reads what is written");
    if (!news) {
      view->tick();
    } else if (const auto end = take(*news, name, *view)) {
      return *end;
    }
  }
}

}  // namespace

void add_watch(CLI::App& app, Run& run) {
  struct Options {
    ClusterOptions cluster;
    std::string name;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("watch", "Follow a workflow to its end");
  command->add_option("NAME", options->name, "name of the workflow")->required()->type_name("");
  add_cluster_options(*command, options->cluster);
  command->footer(kFooter);
  command->callback([options, &run] {
    run = [options](const Streams& streams) {
      return on_cluster(options->cluster, streams,
                        [&](Cluster& cluster, const runtime::Clock& clock) {
                          return watch(cluster, clock, options->name, streams);
                        });
    };
  });
}

}  // namespace bootstrap::cli
