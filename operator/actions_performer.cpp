#include "operator/actions_performer.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/attempt.h"
#include "controllers/child_workflow.h"
#include "controllers/lock.h"
#include "controllers/projection.h"
#include "controllers/workspace.h"

namespace bootstrap {

using nlohmann::json;
using Kind = kube::ApiError::Kind;

namespace {

const FieldFilter kMetaOnly{std::span<const std::string_view>(kMetaFields)};

ObjectMeta meta_of(const std::string& text) {
  const auto kept = parse_kept(text, kMetaOnly);
  return kept ? read_meta(*kept) : ObjectMeta{};
}

int run_of(const ObjectMeta& meta) {
  const auto attempt = attempt_of(meta);
  return attempt ? attempt->run : 0;
}

std::string owner_text(const ObjectMeta& meta) {
  return meta.controller_uid.empty() ? "nobody" : "an owner with UID " + meta.controller_uid;
}

// Admission policies and webhooks may answer with any code, 422 too; but what they forbid today
// they may allow tomorrow.
bool denied_by_admission(const std::string& message) {
  return message.find("denied") != std::string::npos;
}

}  // namespace

Outcome outcome_of(const kube::ApiError& error) {
  switch (error.kind) {
    case Kind::Invalid:
      return Refused{error.reason, error.message, denied_by_admission(error.message)};
    case Kind::NotFound:
    case Kind::Forbidden:
    case Kind::AlreadyExists:
    case Kind::Conflict:
    case Kind::Expired:
      return Refused{error.reason, error.message, true};
    case Kind::Unavailable:
      // An answer all the same, e.g. "failed calling webhook": users must see it.
      if (error.code == 500 && !error.message.empty())
        return Refused{error.reason, error.message, true};
      break;
    case Kind::Unauthorized:
    case Kind::TooManyRequests:
    case Kind::NoAnswer:
    case Kind::Cancelled:
      break;
  }
  return NotKnown{fmt::format("the API server did not do it: {}", error.message)};
}

Outcome ActionsPerformer::perform(const Action& action) const {
  return std::visit([this](const auto& a) { return perform(a); }, action);
}

Outcome ActionsPerformer::perform(const CreatePlan& action) const {
  const auto created = client_.create(kube::resources::kControllerRevisions, workflow_.ns,
                                      to_revision(workflow_, action.record).dump());
  if (created) {
    hooks_.plan_stored(action.record);
    return Done{};
  }
  if (created.error().kind == Kind::AlreadyExists) return adopt_plan(action.name);
  return outcome_of(created.error());
}

Outcome ActionsPerformer::adopt_plan(const std::string& name) const {
  const auto stored = client_.get(kube::resources::kControllerRevisions, workflow_.ns, name);
  if (!stored) return NotKnown{stored.error().message};
  const json revision = json::parse(*stored, nullptr, false);
  const ObjectMeta meta = read_meta(revision);
  if (meta.controller_uid != workflow_.uid) return NameTaken{owner_text(meta)};
  auto record = read_revision(revision);
  if (!record)
    return Refused{reasons::kPlanUnreadable, "its stored plan cannot be read: " + record.error(),
                   true};
  hooks_.plan_stored(std::move(*record));
  return Done{};
}

Outcome ActionsPerformer::perform(const CreateClaim& action) const {
  const auto created = client_.create(kube::resources::kClaims, workflow_.ns,
                                      build_claim(workflow_, action.workspace).dump());
  if (created) return Done{meta_of(*created).uid};
  if (created.error().kind != Kind::AlreadyExists) return outcome_of(created.error());
  const auto found = client_.get(kube::resources::kClaims, workflow_.ns, action.name);
  if (!found) return NotKnown{found.error().message};
  const ObjectMeta meta = meta_of(*found);
  if (meta.controller_uid != workflow_.uid) return NameTaken{owner_text(meta)};
  return Done{meta.uid};
}

Outcome ActionsPerformer::perform(const CreateJob& action) const {
  const auto step = std::ranges::find(plan_->steps, action.step, &PlanStep::ref);
  const json job =
      build_job(workflow_, *plan_, *step, action.attempt, action.values, platform_, action.result);
  const auto created = client_.create(kube::resources::kJobs, workflow_.ns, job.dump());
  if (created) {
    const ObjectMeta meta = meta_of(*created);
    hooks_.wrote_job(meta.resource_version);
    return Done{meta.uid};
  }
  if (created.error().kind == Kind::AlreadyExists) return adopt_job(action.name);
  return outcome_of(created.error());
}

// A Job of this name: ours from before a crash or a lost answer, or somebody else's.
Outcome ActionsPerformer::adopt_job(const std::string& name) const {
  const auto found = client_.get(kube::resources::kJobs, workflow_.ns, name);
  if (!found) return NotKnown{found.error().message};
  const ObjectMeta meta = meta_of(*found);
  if (meta.controller_uid != workflow_.uid) return NameTaken{owner_text(meta)};
  hooks_.wrote_job(meta.resource_version);
  return Done{meta.uid, run_of(meta)};
}

Outcome ActionsPerformer::perform(const SuspendJob& action) const {
  const json patch{
      {"metadata", {{"uid", action.job_uid}, {"annotations", annotations_of(action.stop)}}},
      {"spec", {{"suspend", true}}}};
  const auto patched =
      client_.merge_patch(kube::resources::kJobs, workflow_.ns, action.name, patch.dump());
  if (patched) {
    hooks_.wrote_job(meta_of(*patched).resource_version);
    return Done{action.job_uid};
  }
  if (patched.error().kind == Kind::NotFound) return Done{action.job_uid};  // nothing left to stop
  return outcome_of(patched.error());
}

Outcome ActionsPerformer::perform(const CreateChild& action) const {
  const auto created = client_.create(kube::resources::kWorkflows, workflow_.ns,
                                      build_child(workflow_, action).dump());
  if (created) {
    const ObjectMeta meta = meta_of(*created);
    hooks_.wrote_child(action.name, meta.resource_version);
    return Done{meta.uid};
  }
  if (created.error().kind == Kind::AlreadyExists) return adopt_child(action.name);
  return outcome_of(created.error());
}

Outcome ActionsPerformer::adopt_child(const std::string& name) const {
  const auto found = client_.get(kube::resources::kWorkflows, workflow_.ns, name);
  if (!found) return NotKnown{found.error().message};
  const ObjectMeta meta = meta_of(*found);
  if (meta.controller_uid != workflow_.uid) return NameTaken{owner_text(meta)};
  hooks_.wrote_child(name, meta.resource_version);
  return Done{meta.uid, run_of(meta)};
}

Outcome ActionsPerformer::perform(const SteerChild& action) const {
  const auto patched = client_.merge_patch(kube::resources::kWorkflows, workflow_.ns, action.name,
                                           steering_patch(action).dump());
  if (patched) {
    hooks_.wrote_child(action.name, meta_of(*patched).resource_version);
    return Done{action.uid};
  }
  if (patched.error().kind == Kind::NotFound) return Done{action.uid};  // nothing left to steer
  return outcome_of(patched.error());
}

Outcome ActionsPerformer::perform(const CreateLock& action) const {
  hooks_.takes_lock(action.lock);  // it may be done although the answer is lost
  const auto created =
      client_.create(kube::resources::kLeases, workflow_.ns, build_lease(workflow_, action).dump());
  if (created) return Done{meta_of(*created).uid};
  if (created.error().kind == Kind::AlreadyExists) return adopt_lock(action);
  return outcome_of(created.error());
}

// Who was faster: this one, by a request whose answer was lost, or another. One of another run was
// asked for long ago; it is looked at anew.
Outcome ActionsPerformer::adopt_lock(const CreateLock& action) const {
  const auto found = client_.get(kube::resources::kLeases, workflow_.ns, action.name);
  if (!found) return NotKnown{found.error().message};
  const auto kept = parse_kept(*found, kLeaseProjection.fields);
  const auto lease = kept ? kLeaseProjection.read(*kept) : tl::unexpected(kept.error());
  if (!lease) return NotKnown{lease.error()};
  if (lease->meta.controller_uid != workflow_.uid) return NameTaken{lease->holder};
  if (run_of(*lease) != action.run) return NotKnown{"its Lease is that of another run"};
  return Done{lease->meta.uid};
}

// When it is not there any more, or is another one, somebody has given it up.
Outcome ActionsPerformer::perform(const MarkLock& action) const {
  const json marks{{labels::kRun, std::to_string(action.run)}, {labels::kBegun, "true"}};
  const json patch{{"metadata", {{"uid", action.uid}, {"labels", marks}}}};
  const auto patched =
      client_.merge_patch(kube::resources::kLeases, workflow_.ns, action.name, patch.dump());
  if (patched) return Done{action.uid};
  return outcome_of(patched.error());
}

Outcome ActionsPerformer::perform(const ReportStrayLock& action) const {
  hooks_.found_stray_lock(action.holder, action.lock);
  return Done{};
}

// A conflict may mean that it is another's by now, or nothing; whoever asks for it looks again.
Outcome ActionsPerformer::perform(const Delete& action) const {
  const kube::Resource& resource = action.what == Made::Job ? kube::resources::kJobs
                                   : action.what == Made::Plan
                                       ? kube::resources::kControllerRevisions
                                       : kube::resources::kLeases;
  const auto removed =
      client_.remove(resource, workflow_.ns, action.name, {action.uid, action.version});
  if (removed || removed.error().kind == Kind::NotFound) return Done{action.uid};
  return outcome_of(removed.error());
}

}  // namespace bootstrap
