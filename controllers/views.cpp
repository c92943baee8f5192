#include "controllers/views.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <tuple>

#include "controllers/approve_spec.h"
#include "controllers/attempt.h"
#include "controllers/child_workflow.h"
#include "controllers/json_fields.h"

namespace bootstrap {
namespace {

using nlohmann::json;

std::vector<ObjectCondition> conditions(const json& status,
                                        std::initializer_list<std::string_view> wanted) {
  std::vector<ObjectCondition> all;
  for (const json& c : field(status, "conditions"))
    if (std::ranges::find(wanted, text_field(c, "type")) != wanted.end())
      all.push_back({text_field(c, "type"), text_field(c, "status"), text_field(c, "reason"),
                     text_field(c, "message")});
  return all;
}

ContainerView container(const json& from) {
  ContainerView view;
  view.name = text_field(from, "name");
  const json& state = field(from, "state");
  if (const json& terminated = field(state, "terminated"); terminated.is_object()) {
    view.state = ContainerState::Terminated;
    view.reason = text_field(terminated, "reason");
    view.message = text_field(terminated, "message");
    const json& code = field(terminated, "exitCode");
    view.exit_code = code.is_number_integer() ? code.get<int>() : -1;
    view.started = time_field(terminated, "startedAt");
    view.finished = time_field(terminated, "finishedAt");
  } else if (const json& running = field(state, "running"); running.is_object()) {
    view.state = ContainerState::Running;
    view.started = time_field(running, "startedAt");
  } else {
    const json& waiting = field(state, "waiting");
    view.reason = text_field(waiting, "reason");
    view.message = text_field(waiting, "message");
  }
  return view;
}

std::vector<ContainerView> containers(const json& status, const char* key) {
  std::vector<ContainerView> all;
  for (const json& c : field(status, key)) all.push_back(container(c));
  return all;
}

FieldFilter fields(std::vector<std::string_view> own) {
  own.insert(own.end(), kMetaFields.begin(), kMetaFields.end());
  return FieldFilter(own);
}

// Of the labels of Jobs and pods only those that say whose attempt it is, and below which workflow:
// thousands are kept.
FieldFilter fields_of_attempt(std::vector<std::string_view> own) {
  std::vector<std::string> labels;
  for (const std::string_view field : kMetaFields)
    if (field != "metadata.labels") own.push_back(field);
  for (const char* label :
       {"workflow", "workflow-uid", "root-uid", "phase", "step", "attempt", "run"})
    labels.push_back(std::string("metadata.labels.bootstrap\\.openshift\\.io/") + label);
  own.insert(own.end(), labels.begin(), labels.end());
  return FieldFilter(own);
}

// A finished workflow whose definition has been looked at needs it no more, unless a resume may
// take it up: thousands of them may be kept in memory.
bool needs_its_spec(const Workflow& workflow) {
  const Status& status = workflow.status;
  if (!status.state || !is_final(*status.state)) return true;
  if (status.observed_generation != workflow.meta.generation) return true;
  if (workflow.steering.resume.run > status.run) return true;
  return *status.state == WorkflowState::Failed &&
         workflow.steering.resume_policy == ResumePolicy::OnDefinitionChange;
}

tl::expected<Workflow, std::string> read_workflow(const json& object) {
  auto status = read_status(field(object, "status"));
  if (!status) return tl::unexpected("status: " + status.error());
  Workflow workflow{read_meta(object), "{}", std::move(*status)};
  const json& annotations = field(field(object, "metadata"), "annotations");
  workflow.ancestors = ancestors_from(text_field(annotations, annotations::kAncestors));
  workflow.stop = read_stop(annotations);
  const json& spec = field(object, "spec");
  workflow.steering = read_steering(spec);
  workflow.template_name = text_field(field(spec, "templateRef"), "name");
  if (needs_its_spec(workflow) && !spec.is_null()) {
    workflow.spec = spec.dump();
    workflow.approvals = read_approvals(spec);
    for (const json& answer : field(spec, "answers"))
      workflow.answers.push_back({text_field(answer, "name"), text_field(answer, "value")});
  }
  return workflow;
}

tl::expected<JobView, std::string> read_job(const json& object) {
  const json& suspend = field(field(object, "spec"), "suspend");
  return JobView{read_meta(object), suspend.is_boolean() && suspend.get<bool>(),
                 read_stop(field(field(object, "metadata"), "annotations")),
                 conditions(field(object, "status"), {"Complete", "Failed"})};
}

tl::expected<PodView, std::string> read_pod(const json& object) {
  const json& status = field(object, "status");
  PodView pod;
  pod.meta = read_meta(object);
  pod.node = text_field(field(object, "spec"), "nodeName");
  const json& deadline = field(field(object, "spec"), "activeDeadlineSeconds");
  if (deadline.is_number_integer()) pod.deadline = std::chrono::seconds(deadline.get<int>());
  pod.phase = text_field(status, "phase");
  pod.reason = text_field(status, "reason");
  pod.message = text_field(status, "message");
  pod.conditions = conditions(status, {"PodScheduled", "DisruptionTarget"});
  pod.init_containers = containers(status, "initContainerStatuses");
  pod.containers = containers(status, "containerStatuses");
  return pod;
}

tl::expected<EventView, std::string> read_event(const json& object) {
  EventView event{
      text_field(object, "type"), text_field(object, "reason"), text_field(object, "message"), {}};
  // Old and new writers of core/v1 Events fill different fields; the newest time counts.
  for (const auto& at : {time_field(object, "lastTimestamp"), time_field(object, "eventTime"),
                         time_field(field(object, "series"), "lastObservedTime"),
                         time_field(field(object, "metadata"), "creationTimestamp")})
    if (at && (!event.time || *at > *event.time)) event.time = at;
  return event;
}

tl::expected<ServiceAccountView, std::string> read_service_account(const json& object) {
  return ServiceAccountView{read_meta(object)};
}

tl::expected<PlanView, std::string> read_plan(const json& object) {
  const json& run = field(object, "revision");
  return PlanView{read_meta(object), run.is_number_integer() ? run.get<int>() : 0};
}

tl::expected<LeaseView, std::string> read_lease(const json& object) {
  return LeaseView{read_meta(object), text_field(field(object, "spec"), "holderIdentity")};
}

tl::expected<ClaimView, std::string> read_claim(const json& object) {
  return ClaimView{read_meta(object)};
}

tl::expected<TemplateView, std::string> read_template(const json& object) {
  const json& spec = field(object, "spec");
  return TemplateView{read_meta(object), spec.is_null() ? "{}" : spec.dump()};
}

}  // namespace

const Projection<Workflow> kWorkflowProjection{
    fields({"spec", "status", "metadata.annotations.bootstrap\\.openshift\\.io/ancestors",
            "metadata.annotations.bootstrap\\.openshift\\.io/stop-reason",
            "metadata.annotations.bootstrap\\.openshift\\.io/stop-run"}),
    read_workflow};

const Projection<JobView> kJobProjection{
    fields_of_attempt(
        {"spec.suspend", "metadata.annotations.bootstrap\\.openshift\\.io/stop-reason",
         "metadata.annotations.bootstrap\\.openshift\\.io/stop-run", "status.conditions.type",
         "status.conditions.status", "status.conditions.reason", "status.conditions.message"}),
    read_job};

const Projection<PodView> kPodProjection{
    fields_of_attempt({"spec.nodeName", "spec.activeDeadlineSeconds", "status.phase",
                       "status.reason", "status.message", "status.conditions.type",
                       "status.conditions.status", "status.conditions.reason",
                       "status.conditions.message", "status.containerStatuses.name",
                       "status.containerStatuses.state", "status.initContainerStatuses.name",
                       "status.initContainerStatuses.state"}),
    read_pod};

const Projection<EventView> kEventProjection{
    FieldFilter({"type", "reason", "message", "lastTimestamp", "eventTime", "series",
                 "metadata.creationTimestamp"}),
    read_event};

const Projection<ServiceAccountView> kServiceAccountProjection{fields({}), read_service_account};

const Projection<ClaimView> kClaimProjection{fields({}), read_claim};

const Projection<LeaseView> kLeaseProjection{fields({"spec.holderIdentity"}), read_lease};

const Projection<PlanView> kPlanProjection{fields({"revision"}), read_plan};

const Projection<TemplateView> kTemplateProjection{fields({"spec"}), read_template};

bool says_the_same(const JobView& a, const JobView& b) {
  return same_but_version(a.meta, b.meta) && a.suspended == b.suspended && a.stop == b.stop &&
         a.conditions == b.conditions;
}

namespace {

// Nothing runs yet and nothing is wrong: what comes of it if that stays so is a matter of time.
bool is_starting(const PodView& pod) {
  const auto waits = [](const ContainerView& c) {
    return c.state == ContainerState::Waiting &&
           (c.reason.empty() || c.reason == "ContainerCreating" || c.reason == "PodInitializing");
  };
  const auto is_well = [](const ObjectCondition& c) {
    return c.type == "PodScheduled" && c.status == "True";
  };
  return pod.phase == "Pending" && pod.reason.empty() &&
         std::ranges::all_of(pod.conditions, is_well) &&
         std::ranges::all_of(pod.init_containers, waits) &&
         std::ranges::all_of(pod.containers, waits);
}

}  // namespace

bool says_the_same(const PodView& a, const PodView& b) {
  if (is_starting(a) && is_starting(b)) return same_but_version(a.meta, b.meta);
  const auto rest = [](const PodView& p) {
    return std::tie(p.node, p.deadline, p.phase, p.reason, p.message, p.conditions,
                    p.init_containers, p.containers);
  };
  return same_but_version(a.meta, b.meta) && rest(a) == rest(b);
}

const ObjectCondition* find_condition(const std::vector<ObjectCondition>& all,
                                      std::string_view type) {
  const auto found = std::ranges::find(all, type, &ObjectCondition::type);
  return found == all.end() ? nullptr : &*found;
}

bool has_condition(const std::vector<ObjectCondition>& all, std::string_view type) {
  const auto* found = find_condition(all, type);
  return found != nullptr && found->status == "True";
}

bool has_ended(const PodView& pod) {
  if (pod.phase == "Succeeded" || pod.phase == "Failed") return true;
  return !pod.containers.empty() && std::ranges::all_of(pod.containers, [](const ContainerView& c) {
    return c.state == ContainerState::Terminated;
  });
}

namespace {

// 0: not a number above that.
int number_of(std::string_view text) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::max(number, 0) : 0;
}

}  // namespace

std::optional<AttemptRef> attempt_of(const ObjectMeta& meta) {
  const auto label = [&](const char* key) -> std::string_view {
    const auto found = meta.labels.find(std::string_view(key));
    return found == meta.labels.end() ? std::string_view() : found->second;
  };
  const std::string_view phase = label(labels::kPhase), step = label(labels::kStep);
  const int attempt = number_of(label(labels::kAttempt));
  if (phase.empty() || step.empty() || attempt == 0) return std::nullopt;
  return AttemptRef{
      {std::string(phase), std::string(step)}, attempt, number_of(label(labels::kRun))};
}

}  // namespace bootstrap
