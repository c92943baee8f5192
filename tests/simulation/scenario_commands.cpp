// What people tell the workflow of a random story: to stand still, to stop, to go on.
#include <algorithm>

#include "tests/simulation/outline.h"
#include "tests/simulation/records.h"
#include "tests/simulation/scenario.h"

namespace bootstrap::simulation {

using namespace std::chrono_literals;

void Scenario::plan_commands() {
  if (!commands_.chance(0.6)) return;
  commands_left_ = commands_.between(1, 6);
  next_command();
}

void Scenario::next_command() {
  const Duration pause = commands_.between(50ms, commands_.chance(0.5) ? 20s : 4min);
  world_->scheduler().after(pause, [this] {
    give_command();
    if (--commands_left_ > 0) return next_command();
    // At last whoever held it lets it go.
    commands_left_ = 1;
    world_->scheduler().after(commands_.between(10ms, 3min), [this] {
      tell({{"suspend", nullptr}});
      commands_left_ = 0;
    });
  });
}

void Scenario::tell(const Json& spec) {
  world_->patch_workflow(kName, {{"spec", spec}});
}

Json Scenario::resume_request() {
  const Json status = world_->status_of(kName);
  const int run = status.is_object() ? status.value("run", 0) : 0;
  // People count up; a number that was reached does nothing.
  const int wanted = run + (commands_.chance(0.9) ? 1 : commands_.between(0, 3));
  highest_run_ = std::max(highest_run_, wanted);
  Json request{{"run", wanted > run ? highest_run_ : wanted}, {"from", nullptr}};
  if (!commands_.chance(0.4)) return request;
  const Outline outline = outline_of(spec_);
  const StepRef& ref = outline.steps[commands_.below(outline.steps.size())].ref;
  request["from"] = commands_.chance(0.1)   ? "nowhere"
                    : commands_.chance(0.5) ? ref.phase
                                            : to_text(ref);
  return request;
}

void Scenario::give_command() {
  switch (commands_.below(6)) {
    case 0:
      tell({{"suspend", true}});
      return later([this] { tell({{"suspend", nullptr}}); });
    case 1:
      tell({{"cancel", true}});
      if (commands_.chance(0.2)) tell({{"suspend", true}});
      return later([this] {
        Json spec{{"cancel", nullptr}};
        if (commands_.chance(0.8)) spec["resume"] = resume_request();
        tell(spec);
      });
    case 2:
      return tell({{"suspend", commands_.chance(0.5)}, {"resume", resume_request()}});
    default:
      return tell({{"resume", resume_request()}});
  }
}

// At once, or when it has had its effect.
void Scenario::later(std::function<void()> what) {
  const bool briefly = commands_.chance(0.5);
  world_->scheduler().after(briefly ? commands_.between(1ms, 500ms) : commands_.between(1s, 2min),
                            std::move(what));
}

}  // namespace bootstrap::simulation
