#pragma once
// Whether a workflow may use a ServiceAccount, and what that may read.
//
// An account lends its rights to whoever writes a workflow: only those that carry the label may be
// named. What no account is named for runs as kDefaultAccount.
//
// Pure functions.

#include <string>

#include "controllers/questions.h"

namespace bootstrap {

// The account a step without one would run as.
inline constexpr const char* kDefaultAccount = "default";

struct AccountUse {
  enum class Kind { Allowed, Refused, NotKnownYet } kind = Kind::Allowed;
  const char* reason = "";  // of Refused: one of reasons
  std::string message;  // of Refused; of NotKnownYet: why the API could not tell, if it was asked
};

// Its right to read a resource, which whoever learns about the resource by a workflow must have;
// and what to do when it has not.
MayRead right_to_read(const std::string& account, const ResourceRef&);
std::string no_right_text(const std::string& account, const ResourceRef&);

// `account` in namespace `ns`; empty: none is named.
AccountUse use_of(const std::string& account, const std::string& ns, Inquiry& ask);

}  // namespace bootstrap
