#include "controllers/actions.h"

#include <fmt/format.h>

namespace bootstrap {
namespace {

struct KeyOf {
  std::string operator()(const CreatePlan& a) const { return "plan/" + a.name; }
  std::string operator()(const CreateClaim& a) const { return "claim/" + a.name; }
  std::string operator()(const CreateJob& a) const { return "job/" + a.name; }
  std::string operator()(const SuspendJob& a) const { return "suspend/" + a.name; }
  std::string operator()(const CreateChild& a) const { return "child/" + a.name; }
  std::string operator()(const SteerChild& a) const { return "steer/" + a.name; }
  std::string operator()(const CreateLock& a) const { return "lock/" + a.name; }
  std::string operator()(const MarkLock& a) const { return "mark/" + a.name; }
  std::string operator()(const Delete& a) const {
    const char* what = a.what == Made::Job ? "job" : a.what == Made::Plan ? "plan" : "lock";
    return fmt::format("delete/{}/{}", what, a.name);
  }
  std::string operator()(const ReportStrayLock& a) const { return "stray/" + lease_name(a.lock); }
};

}  // namespace

std::string key_of(const Action& action) {
  return std::visit(KeyOf{}, action);
}

}  // namespace bootstrap
