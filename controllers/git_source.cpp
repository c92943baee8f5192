#include "controllers/git_source.h"

#include <algorithm>

#include "controllers/limits.h"
#include "controllers/step_machine.h"

namespace bootstrap {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kSsh = "ssh://";
constexpr std::string_view kMessage = "commit=";
constexpr std::size_t kSha1 = 40;
constexpr std::size_t kSha256 = 64;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

// "user@host:path", without a scheme.
bool is_scp_like(std::string_view repository) {
  const auto at = repository.find('@');
  const auto colon = repository.find(':');
  return at != std::string_view::npos && colon != std::string_view::npos && at > 0 &&
         colon > at + 1 && colon + 1 < repository.size() &&
         repository.substr(0, colon).find('/') == std::string_view::npos;
}

}  // namespace

std::optional<std::string> repository_problem(std::string_view repository) {
  constexpr const char* kAllowed =
      "must be https://host/path, ssh://user@host/path or user@host:path";
  if (!is_printable(repository) || repository.starts_with('-')) return kAllowed;
  if (repository.starts_with(kHttps)) {
    repository.remove_prefix(kHttps.size());
    const auto slash = repository.find('/');
    if (repository.substr(0, slash).find('@') != std::string_view::npos)
      return "must not contain a user or password; put them into a Secret and name it in secretRef";
    return slash == 0 || slash == std::string_view::npos || slash + 1 == repository.size()
               ? std::optional<std::string>(kAllowed)
               : std::nullopt;
  }
  if (repository.starts_with(kSsh)) {
    repository.remove_prefix(kSsh.size());
    const auto slash = repository.find('/');
    const auto user = repository.substr(0, slash);
    return slash == 0 || slash == std::string_view::npos || slash + 1 == repository.size() ||
                   user.starts_with('-') || user.find("@-") != std::string_view::npos
               ? std::optional<std::string>(kAllowed)
               : std::nullopt;
  }
  if (repository.find("://") == std::string_view::npos && is_scp_like(repository) &&
      repository.find("@-") == std::string_view::npos)
    return std::nullopt;
  return kAllowed;
}

// What git-check-ref-format refuses, as far as it could hurt.
std::optional<std::string> revision_problem(std::string_view revision) {
  constexpr const char* kAllowed =
      "must be the name of a branch or tag, a whole commit, or HEAD for the default branch";
  const bool good = !revision.empty() && revision.size() <= limits::kRevision &&
                    is_printable(revision) && !revision.starts_with('-') &&
                    !revision.starts_with('/') && !revision.ends_with('/') &&
                    !revision.ends_with('.') && !revision.ends_with(".lock") &&
                    revision.find("..") == std::string_view::npos &&
                    revision.find("//") == std::string_view::npos &&
                    revision.find("@{") == std::string_view::npos &&
                    revision.find_first_of("~^:?*[\\\"'`$") == std::string_view::npos;
  return good ? std::nullopt : std::optional<std::string>(kAllowed);
}

Problems git_problems(const GitSource& git, const std::string& at) {
  Problems problems;
  if (git.repository.empty())
    problems.push_back({at + ".repository", "is needed"});
  else if (auto problem = repository_problem(git.repository))
    problems.push_back({at + ".repository", *problem});
  else if (is_ssh_repository(git.repository) && git.secret.empty())
    problems.push_back(
        {at + ".secretRef",
         "is needed for SSH: a Secret with the keys ssh-privatekey and known_hosts"});
  if (auto problem = revision_problem(git.revision))
    problems.push_back({at + ".revision", *problem});
  if (git.credentials_for_steps && git.secret.empty())
    problems.push_back({at + ".credentials", "Steps needs secretRef: without it there are none"});
  return problems;
}

bool is_ssh_repository(std::string_view repository) {
  return !repository.starts_with(kHttps);
}

bool is_commit(std::string_view text) {
  return (text.size() == kSha1 || text.size() == kSha256) && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

GitSource filled(GitSource source, const Lookup& lookup) {
  for (std::string* text : {&source.repository, &source.revision, &source.image, &source.secret})
    *text = substitute(*text, lookup, Quoting::Plain).value_or(*text);
  return source;
}

std::string commit_in(std::string_view message) {
  if (!message.starts_with(kMessage)) return "";
  message.remove_prefix(kMessage.size());
  message = message.substr(0, message.find_first_of("\r\n"));
  return is_commit(message) ? std::string(message) : "";
}

bool has_same_source(const PlanStep& step, const GitSource& source, const Plan& plan) {
  if (!has_job(step) || !step.definition.tools.source_git) return false;
  const Lookup lookup = lookup_of(plan.run, plan.parameters);
  const GitSource one = filled(*step.definition.tools.source_git, lookup);
  const GitSource other = filled(source, lookup);
  return one.repository == other.repository && one.revision == other.revision;
}

std::string resolved_commit(const GitSource& source, const Plan& plan, const Status& status) {
  std::string revision = filled(source, lookup_of(plan.run, plan.parameters)).revision;
  if (is_commit(revision)) return revision;
  for (const PlanStep& step : plan.steps) {
    if (!has_same_source(step, source, plan)) continue;
    const StepRecord* record = find_step(status, step.ref);
    if (record != nullptr && record->plan == plan.name && !record->source_revision.empty())
      return record->source_revision;
  }
  return "";
}

const PlanStep* resolving_step(const GitSource& source, const Plan& plan, const Status& status) {
  const auto found = std::ranges::find_if(plan.steps, [&](const PlanStep& step) {
    const StepRecord* record = find_step(status, step.ref);
    return has_same_source(step, source, plan) && record != nullptr && is_launched(record->state) &&
           record->plan == plan.name && record->source_revision.empty();
  });
  return found == plan.steps.end() ? nullptr : &*found;
}

}  // namespace bootstrap
